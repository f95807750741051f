"""From the command to the picture: the real core, a sandbox for a gateway, the real library."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.frontends.telegram import TelegramBot, TelegramChat, TelegramIntake
from bot.sandbox import FaultName, Options, Sandbox, serve
from bot.sandbox.drawing import paint_plain
from tests.fakes.telegram import BotApi, Chat, FloodLimits, User
from tests.house import House, open_house
from tests.telegram.studio import png


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada", language_code="en")


@pytest.fixture
def private(botapi: BotApi, ada: User) -> Chat:
    return botapi.private(ada)


@asynccontextmanager
async def running(
    folder: Path,
    bot: TelegramBot,
    sandbox: Sandbox | None = None,
    root: str | None = None,
    gateways: tuple[str, ...] = ("crazyrouter", "dieyuyun", "qwen-image-2512"),
) -> AsyncIterator[House]:
    """The whole service with Telegram as its frontend; again in the same folder is a restart."""
    async with open_house(folder, sandbox=sandbox, root=root, gateways=gateways) as house:
        house.parts.chats["telegram"] = TelegramChat(bot, house.parts.media, house.parts.texts)
        await house.core.dispatcher.scan()
        intake = TelegramIntake(bot, house.core.conversation, house.parts.texts)
        await intake.start()
        try:
            yield house
        finally:
            await intake.stop()


def slow_sandbox(seconds: float) -> Sandbox:
    return Sandbox(Options(latency=timedelta(seconds=seconds), painter=paint_plain))


async def test_a_command_becomes_a_picture_and_a_companion(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot):
        command = botapi.say(ada, private, "/draw a fox --ar 16:9")
        (picture,) = await botapi.wait_for_photos(private)
        status = await botapi.wait_for_text(private, "Done in")
    assert picture.reply_to is command
    assert status.reply_to is command
    assert picture.caption.startswith("a fox\n")
    assert f"{picture.width}x{picture.height}" in picture.caption
    assert len(botapi.replies(private)) == 2
    assert (
        sum(botapi.counts()[method, 200] for method in ("sendMessage", "sendPhoto", "editMessageText")) == 3
    )


async def test_several_files_arrive_together(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot):
        botapi.say(ada, private, "/draw a fox --n 3 --file")
        pictures = await botapi.wait_for_photos(private, 3)
        await botapi.wait_for_text(private, "Done in")
    assert [picture.kind for picture in pictures] == ["document"] * 3
    assert len(botapi.calls_of("sendMediaGroup")) == 1


async def test_a_repeated_update_opens_no_second_job(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot):
        command = botapi.say(ada, private, "/draw a fox")
        await botapi.wait_for_text(private, "Done in")
    async with running(tmp_path, bot):  # has forgotten which updates it has seen
        botapi.repeat(command)
        botapi.say(ada, private, "/quota")
        await botapi.wait_for_text(private, "Under way: 0")
    assert len(botapi.photos(private)) == 1


async def test_a_restart_goes_on_in_the_same_topic_with_the_same_status_message(
    botapi: BotApi, bot: TelegramBot, ada: User, tmp_path: Path
) -> None:
    forum = botapi.group("Foxes", members=[ada], forum=True)
    topic = botapi.topic(forum, "Drawings")
    sandbox = slow_sandbox(0.5)
    async with serve(sandbox) as root:
        async with running(tmp_path, bot, sandbox, root):
            botapi.say(ada, forum, "/draw a fox --model 2512", topic=topic)
            status = await botapi.wait_for_text(forum, "Drawing")
        assert botapi.photos(forum) == []
        async with running(tmp_path, bot, sandbox, root):
            await botapi.wait_for(lambda: status.text.startswith("Done"), timeout=10)
    assert sandbox.tallies["qwen-image-2512"].accepted == 1
    assert len(botapi.photos(forum)) == 1
    assert all(reply.thread_id == topic.id for reply in botapi.replies(forum))


async def test_a_refusal_is_told_in_the_persons_language(
    botapi: BotApi, bot: TelegramBot, tmp_path: Path
) -> None:
    person = botapi.user("小明", language_code="zh-hans")
    private = botapi.private(person)
    async with running(tmp_path, bot) as house:
        house.fault(FaultName.MODERATION)
        botapi.say(person, private, "/draw a fox")
        await botapi.wait_for_text(private, "额度")
    assert len(botapi.replies(private)) == 1


async def test_a_group_is_silent_unless_addressed(
    botapi: BotApi, bot: TelegramBot, ada: User, tmp_path: Path
) -> None:
    group = botapi.group("Foxes", members=[ada])
    async with running(tmp_path, bot):
        botapi.say(ada, group, "good morning")
        botapi.say(ada, group, "/weather")
        botapi.say(ada, group, "/help@another_bot")
        botapi.say(ada, group, "/quota@drawbridge_test_bot")
        await botapi.wait_for_text(group, "Under way")
    assert len(botapi.replies(group)) == 1


async def test_a_burst_within_flood_limits_reaches_everybody_once(
    botapi: BotApi, bot: TelegramBot, tmp_path: Path
) -> None:
    botapi.limit(FloodLimits(chat_per_second=20, chat_burst=1, overall_per_second=1000))
    people = [botapi.user(f"person {number}") for number in range(10)]
    async with running(tmp_path, bot):
        for person in people:
            botapi.say(person, botapi.private(person), "/draw a fox")
        for person in people:
            await botapi.wait_for_text(botapi.private(person), "Done in", timeout=20)
    assert all(len(botapi.replies(botapi.private(person))) == 2 for person in people)


async def test_a_blocked_bot_returns_what_it_could_not_deliver(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot, slow_sandbox(0.3)) as house:
        botapi.say(ada, private, "/draw a fox")
        await botapi.wait_for_text(private, "rawing")
        botapi.block(ada)
        await botapi.wait_for(lambda: botapi.counts()["editMessageText", 403])
        allowance = await house.core.acceptance.allowance("telegram", str(ada.id))
    assert (allowance.usage.today, allowance.usage.in_flight) == (0, 0)


async def test_a_photo_comes_back_edited_and_can_be_edited_further(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot, gateways=("evolink",)) as house:
        photo = botapi.send_photo(ada, private, png((600, 400)), caption="/edit make it night")
        (first,) = await botapi.wait_for_photos(private)
        botapi.say(ada, private, "/edit add a moon", reply_to=first.message)
        _, second = await botapi.wait_for_photos(private, 2)
        assert house.sandbox.tallies["evolink"].accepted == 2
    assert first.reply_to is photo
    assert first.caption.startswith("make it night\n")
    assert second.caption.startswith("add a moon\n")


async def test_an_image_that_cannot_be_used_is_explained_and_costs_nothing(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot, gateways=("evolink",)) as house:
        for name, data, words in (
            ("fox.pdf", b"%PDF-1.7", "no image I can read"),
            ("fox.png", bytes(20 * 1024 * 1024 + 1), "too large a file: 20 MB"),
        ):
            botapi.send_document(
                ada, private, data, filename=name, mime_type="image/png", caption="/edit make it night"
            )
            await botapi.wait_for_text(private, words)
        botapi.fail("getFile", 400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        botapi.send_photo(ada, private, png((600, 400)), caption="/edit make it night")
        await botapi.wait_for_text(private, "no longer to be had")
        allowance = await house.core.acceptance.allowance("telegram", str(ada.id))
    assert (allowance.usage.today, allowance.usage.in_flight) == (0, 0)
    assert house.sandbox.tallies["evolink"].accepted == 0


async def test_an_edit_without_an_image_and_a_drawing_with_one_are_refused_in_words(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot, gateways=("evolink",)):
        botapi.say(ada, private, "/edit make it night")
        await botapi.wait_for_text(private, "Which image")
        botapi.send_photo(ada, private, png((600, 400)), caption="/draw a fox")
        await botapi.wait_for_text(private, "Use /edit")
        botapi.send_photo(ada, private, png((600, 400)), caption="/edit")
        await botapi.wait_for_text(private, "What shall I change?")
    assert botapi.photos(private) == []
