"""From the command to the picture: the real core, a sandbox for a gateway, the real library."""

from pathlib import Path

import pytest

from bot.frontends.telegram import TelegramBot
from bot.frontends.telegram.pacing import Manners
from bot.sandbox import FaultName, serve
from tests.fakes.telegram import BotApi, Chat, FloodLimits, User
from tests.telegram.service import running, slow_sandbox
from tests.telegram.studio import png


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada", language_code="en")


@pytest.fixture
def private(botapi: BotApi, ada: User) -> Chat:
    return botapi.private(ada)


def _calls_of_jobs(botapi: BotApi) -> dict[str, int]:
    """Successful calls, without those that receive and introduce."""
    idle = {"getUpdates", "getMe", "deleteWebhook", "setMyCommands"}
    return {method: count for (method, _), count in botapi.counts().items() if method not in idle}


async def test_a_command_in_private_becomes_one_message(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot) as house:
        command = botapi.say(ada, private, "/draw a fox --ar 16:9")
        (picture,) = await botapi.wait_for_photos(private)
        await botapi.wait_for(lambda: not house.core.dispatcher.running)
    assert picture.reply_to is command
    assert picture.caption.startswith("a fox\n")
    assert f"{picture.width}x{picture.height}" in picture.caption
    assert set(picture.message.buttons) >= {"🔁 Again", "✏️ Edit", "📎 File", "🗑 Delete"}
    assert len(botapi.replies(private)) == 1
    assert _calls_of_jobs(botapi) == {"sendChatAction": 1, "sendPhoto": 1}


async def test_a_command_in_a_group_becomes_a_reaction_and_one_message(
    botapi: BotApi, bot: TelegramBot, ada: User, tmp_path: Path
) -> None:
    group = botapi.group("Foxes", members=[ada])
    async with running(tmp_path, bot) as house:
        command = botapi.say(ada, group, "/draw a fox")
        (picture,) = await botapi.wait_for_photos(group)
        await botapi.wait_for(lambda: not house.core.dispatcher.running)
    assert picture.reply_to is command
    assert command.reactions == ("👀",)
    assert _calls_of_jobs(botapi) == {"setMessageReaction": 1, "sendPhoto": 1}


async def test_several_files_arrive_together_with_a_companion_that_carries_the_buttons(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot):
        botapi.say(ada, private, "/draw a fox --n 3 --file")
        pictures = await botapi.wait_for_photos(private, 3)
        companion = await botapi.wait_for_text(private, "Done in")
        botapi.press(ada, companion, companion.buttons["✏️ 2"])
        await botapi.wait_for_text(private, "What shall I change?")
    assert [picture.kind for picture in pictures] == ["document"] * 3
    assert len(botapi.calls_of("sendMediaGroup")) == 1
    assert not any(picture.message.buttons for picture in pictures)
    assert botapi.unanswered() == []


async def test_a_repeated_update_opens_no_second_job(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot):
        command = botapi.say(ada, private, "/draw a fox")
        (picture,) = await botapi.wait_for_photos(private)
        query = botapi.press(ada, picture.message, picture.message.buttons["🔁 Again"])
        await botapi.wait_for_photos(private, 2)
    async with running(tmp_path, bot):  # has forgotten which updates it has seen
        botapi.repeat(command)
        botapi.repeat(query)
        botapi.say(ada, private, "/quota")
        await botapi.wait_for_text(private, "Under way: 0")
    assert len(botapi.photos(private)) == 2


async def test_a_restart_goes_on_in_the_same_topic_with_the_same_status_message(
    botapi: BotApi, bot: TelegramBot, ada: User, tmp_path: Path
) -> None:
    forum = botapi.group("Foxes", members=[ada], forum=True)
    topic = botapi.topic(forum, "Drawings")
    sandbox, talkative = slow_sandbox(1), Manners(status_after_in_group=0.1)
    async with serve(sandbox) as root:
        async with running(tmp_path, bot, sandbox, root, manners=talkative):
            botapi.say(ada, forum, "/draw a fox --model 2512", topic=topic)
            status = await botapi.wait_for_text(forum, "Drawing")
        assert botapi.photos(forum) == []
        async with running(tmp_path, bot, sandbox, root, manners=talkative):
            await botapi.wait_for_photos(forum, timeout=10)
            await botapi.wait_for(lambda: status.deleted)
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
    async with running(tmp_path, bot) as house:
        for person in people:
            botapi.say(person, botapi.private(person), "/draw a fox")
        for person in people:
            await botapi.wait_for_photos(botapi.private(person), timeout=20)
        await botapi.wait_for(lambda: not house.core.dispatcher.running)
    assert all(len(botapi.replies(botapi.private(person))) == 1 for person in people)


async def test_a_blocked_bot_returns_what_it_could_not_deliver_and_brings_it_when_asked_again(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot, slow_sandbox(0.3)) as house:
        botapi.say(ada, private, "/draw a fox")
        await botapi.wait_for(lambda: botapi.calls_of("sendChatAction"))
        botapi.block(ada)
        await botapi.wait_for(lambda: botapi.counts()["sendPhoto", 403])
        await botapi.wait_for(lambda: not house.core.dispatcher.running)
        allowance = await house.core.acceptance.allowance("telegram", str(ada.id))
        botapi.unblock(ada)
        botapi.say(ada, private, "/resend")
        await botapi.wait_for_photos(private)
        later = await house.core.acceptance.allowance("telegram", str(ada.id))
    assert (allowance.usage.today, allowance.usage.in_flight) == (0, 0)
    assert later.usage.today == 0


async def test_a_group_that_takes_no_pictures_any_more_has_them_brought_in_private(
    botapi: BotApi, bot: TelegramBot, ada: User, tmp_path: Path
) -> None:
    group, private = botapi.group("Foxes", members=[ada]), botapi.private(ada)
    async with running(tmp_path, bot, slow_sandbox(0.3), gateways=("evolink",)) as house:
        botapi.say(ada, group, "/draw a fox")
        await botapi.wait_for(lambda: botapi.calls_of("setMessageReaction"))
        botapi.remove_bot(group, ada)
        (picture,) = await botapi.wait_for_photos(private)
        await botapi.wait_for(lambda: not house.core.dispatcher.running)
        botapi.say(ada, private, "make it night", reply_to=picture.message)
        await botapi.wait_for_photos(private, 2)
    assert "so here it is" in picture.caption
    assert botapi.replies(group) == []


async def test_a_group_that_becomes_a_supergroup_keeps_its_settings_and_gets_its_pictures(
    botapi: BotApi, bot: TelegramBot, ada: User, tmp_path: Path
) -> None:
    group = botapi.group("Foxes", members=[ada], basic=True)
    async with running(tmp_path, bot, slow_sandbox(0.5)):
        botapi.say(ada, group, "/chat limit 3")
        await botapi.wait_for_text(group, "3")
        botapi.say(ada, group, "/draw a fox --n 2")
        await botapi.wait_for(lambda: botapi.calls_of("setMessageReaction"))
        bigger = botapi.upgrade(group)
        await botapi.wait_for_photos(bigger, 2)
        botapi.say(ada, bigger, "/draw a hare --n 2")
        refusal = await botapi.wait_for_text(bigger, "of 3")
    assert "1" in refusal.text


async def test_words_in_reply_to_a_picture_go_on_from_what_we_keep_of_it(
    botapi: BotApi, bot: TelegramBot, ada: User, tmp_path: Path
) -> None:
    ben = botapi.user("Ben", language_code="zh-hans")
    group = botapi.group("Foxes", members=[ada, ben])
    async with running(tmp_path, bot, gateways=("evolink",)) as house:
        botapi.say(ada, group, "/draw a fox")
        (first,) = await botapi.wait_for_photos(group)
        await botapi.wait_for(lambda: not house.core.dispatcher.running)
        said = botapi.say(ben, group, "make it night", reply_to=first.message)
        _, second = await botapi.wait_for_photos(group, 2)
        await botapi.wait_for(lambda: not house.core.dispatcher.running)
        botapi.say(ben, group, "/undo", reply_to=second.message)
        *_, third = await botapi.wait_for_photos(group, 3)
    assert second.reply_to is said
    assert "今天还剩" in second.caption
    assert third.file.sha256 == first.file.sha256
    assert botapi.calls_of("getFile") == []


async def test_an_album_is_edited_together_and_a_photo_without_words_is_asked_about(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    colours = [png((600, 400 + 8 * number)) for number in range(3)]
    async with running(tmp_path, bot, gateways=("evolink",)) as house:
        botapi.send_album(ada, private, colours, caption="/edit put them together", caption_on=1)
        await botapi.wait_for_photos(private)
        botapi.send_album(ada, private, colours[:2])
        await botapi.wait_for_text(private, "What shall I change?")
        botapi.say(ada, private, "make it night")
        await botapi.wait_for_photos(private, 2)
        rows = await house.parts.database.reader.execute_fetchall("SELECT COUNT(*) FROM job_references")
    assert next(iter(rows))[0] == 5


async def test_a_link_leads_to_a_command_in_private(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot):
        botapi.start(ada, "settings")
        await botapi.wait_for_text(private, "Your settings")
        botapi.start(ada, "nowhere")
        await botapi.wait_for_text(private, "Hello!")


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


async def test_an_edit_without_an_image_is_asked_about_and_a_drawing_with_one_refused(
    botapi: BotApi, bot: TelegramBot, ada: User, private: Chat, tmp_path: Path
) -> None:
    async with running(tmp_path, bot, gateways=("evolink",)):
        botapi.say(ada, private, "/edit make it night")
        await botapi.wait_for_text(private, "Which image")
        botapi.send_photo(ada, private, png((600, 400)), caption="/draw a fox")
        await botapi.wait_for_text(private, "Use /edit")
        assert botapi.photos(private) == []
        botapi.send_photo(ada, private, png((600, 400)))  # the answer to the question
        (picture,) = await botapi.wait_for_photos(private)
    assert picture.caption.startswith("make it night\n")
