"""Albums: many messages that were sent as one."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from bot.core.talk import Incoming
from bot.domain.problems import Key, problem
from bot.domain.request import Handle
from bot.frontends.telegram import TelegramBot, open_bot
from bot.frontends.telegram.flood import Rates
from bot.i18n.texts import FluentTexts
from tests.fakes.telegram import BotApi, Chat, Message, User
from tests.fakes.telegram.api import TEST_TOKEN
from tests.telegram.listening import Ear, echo, receiving
from tests.telegram.studio import png

PNG = png((400, 300))


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada")


@pytest.fixture
def private(botapi: BotApi, ada: User) -> Chat:
    return botapi.private(ada)


@pytest.fixture
def group(botapi: BotApi, ada: User) -> Chat:
    return botapi.group("Foxes", members=[ada])


def handles(messages: Sequence[Message]) -> tuple[Handle, ...]:
    return tuple(Handle(message.file.file_id) for message in messages if message.file)


# --- gathering -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("captioned", [0, 1, 2])
async def test_an_album_is_heard_once_in_its_order_with_the_caption_of_any_item(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, group: Chat, captioned: int
) -> None:
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        album = botapi.send_album(ada, group, [PNG] * 3, caption="/edit swap them", caption_on=captioned)
        reply = await botapi.wait_for_text(group, "/edit swap them")
    (heard,) = ear.heard
    assert (heard.text, heard.images, heard.unusable) == ("/edit swap them", handles(album), None)
    assert heard.event_key == f"telegram:123456:{group.id}:{album[captioned].id}"
    assert reply.reply_to is album[captioned]


async def test_an_album_of_files_is_an_album(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, group: Chat
) -> None:
    ear = Ear()
    async with receiving(bot, ear, texts):
        album = botapi.send_album(ada, group, [PNG] * 2, caption="/edit swap them", documents=True)
        await ear.hears()
    assert ear.heard[0].images == handles(album)


async def test_an_album_without_words_is_heard_in_private_alone(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat, group: Chat
) -> None:
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.send_album(ada, group, [PNG] * 2)
        album = botapi.send_album(ada, private, [PNG] * 2)
        await ear.hears()
    (heard,) = ear.heard
    assert (heard.text, heard.images) == ("", handles(album))
    assert heard.address.message == str(album[0].id)


async def test_items_that_come_one_by_one_and_out_of_order_are_put_in_order(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, group: Chat
) -> None:
    unheard = botapi.group("Not yet", members=[ada], with_bot=False)
    album = botapi.send_album(ada, unheard, [PNG] * 3, caption="/edit swap them")
    ear = Ear()
    async with receiving(bot, ear, texts):
        for message in reversed(album):
            botapi.world.updates.push("message", message.wire() | {"chat": group.wire()})
            await asyncio.sleep(0.3)
        await ear.hears()
    assert ear.heard[0].images == handles(album)


async def test_what_is_said_after_an_album_is_heard_after_it(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.send_album(ada, private, [PNG] * 2)
        botapi.say(ada, private, "swap them")
        await ear.hears(2)
    assert [(heard.text, len(heard.images)) for heard in ear.heard] == [("", 2), ("swap them", 0)]


async def test_an_album_keeps_nobody_else_waiting(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, group: Chat
) -> None:
    ben = botapi.user("Ben")
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.send_album(ada, group, [PNG] * 2, caption="/edit swap them")
        botapi.say(ben, botapi.private(ben), "/help")
        botapi.send_album(ben, group, [PNG] * 2, caption="/edit join them")
        await ear.hears(3)
    assert [heard.text for heard in ear.heard] == ["/help", "/edit swap them", "/edit join them"]


async def test_an_album_is_not_confirmed_before_all_of_it_was_heard(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    release = asyncio.Event()

    async def hold(_incoming: Incoming) -> None:
        await release.wait()

    ear = Ear(hold)
    async with receiving(bot, ear, texts):
        botapi.send_album(ada, private, [PNG] * 3)
        await ear.hears()
        await asyncio.sleep(0.05)
        assert len(botapi.world.updates) == 3
        release.set()
    assert len(botapi.world.updates) == 0


async def test_what_is_wrong_with_an_item_is_told_by_its_number(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    ear = Ear()
    async with receiving(bot, ear, texts):
        for name, mime in (("a.png", "image/png"), ("b.mp4", "video/mp4")):
            botapi.send_document(ada, private, PNG, filename=name, mime_type=mime, media_group_id="7")
        await ear.hears()
    (heard,) = ear.heard
    assert heard.unusable is not None
    assert (heard.unusable.key, heard.unusable.args["number"]) == (Key.REFERENCE_NOT_AN_IMAGE, 2)


# --- what privacy mode leaves of them ------------------------------------------------------------------


@pytest.fixture
async def shy() -> AsyncIterator[BotApi]:
    """A server that shows the bot only what is addressed to it, in groups."""
    async with BotApi.serve(privacy=True) as api:
        yield api
        assert api.violations == []


@pytest.fixture
async def shy_bot(shy: BotApi) -> AsyncIterator[TelegramBot]:
    async with open_bot(TEST_TOKEN, shy.url, rates=Rates(None, None, None)) as bot:
        yield bot


async def test_an_album_of_which_one_item_came_is_known_to_be_cut(
    shy: BotApi, shy_bot: TelegramBot, texts: FluentTexts
) -> None:
    ada = shy.user("Ada")
    group = shy.group("Foxes", members=[ada])
    ear = Ear()
    async with receiving(shy_bot, ear, texts):
        album = shy.send_album(ada, group, [PNG] * 3, caption="/edit@drawbridge_test_bot swap them")
        await ear.hears()
    (heard,) = ear.heard
    assert (heard.images, heard.unusable) == (handles(album[:1]), problem(Key.ALBUM_CUT))


@pytest.mark.parametrize("place", ["private", "group"])
async def test_who_sees_everything_does_not_suspect_an_album_of_being_cut(
    shy: BotApi, shy_bot: TelegramBot, texts: FluentTexts, place: str
) -> None:
    ada = shy.user("Ada")
    chat = shy.group("Foxes", members=[ada], bot_is_admin=True) if place == "group" else shy.private(ada)
    ear = Ear()
    async with receiving(shy_bot, ear, texts):
        shy.send_photo(ada, chat, PNG, caption="/edit swap them", media_group_id="7")
        await ear.hears()
    assert ear.heard[0].unusable is None


async def test_one_photo_alone_is_no_cut_album(shy: BotApi, shy_bot: TelegramBot, texts: FluentTexts) -> None:
    ada = shy.user("Ada")
    group = shy.group("Foxes", members=[ada])
    ear = Ear()
    async with receiving(shy_bot, ear, texts):
        shy.send_photo(ada, group, PNG, caption="/edit@drawbridge_test_bot make it night")
        await ear.hears()
    assert ear.heard[0].unusable is None
    assert shy.calls_of("getChatMember") == []
