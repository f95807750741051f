"""Images that people hand in: which came with a message, and how their bytes are had."""

import logging
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
import structlog

from bot.core.talk import Incoming, Replied
from bot.domain.problems import Key, problem
from bot.domain.request import Handle
from bot.frontends.telegram import TelegramBot, TelegramChat
from bot.i18n.texts import FluentTexts
from bot.media.formats import FORMATS
from bot.ports.chat import ChatUnavailable, HandleGone, HandleTooLarge
from tests.fakes.telegram import BotApi, Chat, Message, User
from tests.fakes.telegram.api import TEST_TOKEN
from tests.telegram.listening import Ear, receiving
from tests.telegram.studio import Studio, png

PNG = png((400, 300))


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada")


@pytest.fixture
def group(botapi: BotApi, ada: User) -> Chat:
    return botapi.group("Foxes", members=[ada])


class Listener:
    """Receives until something was heard."""

    def __init__(self, bot: TelegramBot, texts: FluentTexts) -> None:
        self._bot = bot
        self._texts = texts

    async def hears(self) -> Incoming:
        ear = Ear()
        async with receiving(self._bot, ear, self._texts):
            await ear.hears()
        (heard,) = ear.heard
        return heard

    async def replied(self) -> Replied:
        """What was replied to, when nothing else came with the message."""
        heard = await self.hears()
        assert heard.replied
        assert (heard.images, heard.unusable) == ((), None)
        return heard.replied


@pytest.fixture
def listener(bot: TelegramBot, texts: FluentTexts) -> Listener:
    return Listener(bot, texts)


def handed_in(message: Message) -> tuple[Handle, ...]:
    assert message.file is not None
    return (Handle(message.file.file_id),)


async def fetched(chat: TelegramChat, handle: Handle) -> bytes:
    async with aclosing(chat.fetch(handle)) as chunks:
        return b"".join([chunk async for chunk in chunks])


# --- which image ---------------------------------------------------------------------------------------


async def test_a_photo_comes_with_its_caption_in_the_largest_size(
    botapi: BotApi, listener: Listener, ada: User, group: Chat
) -> None:
    photo = botapi.send_photo(ada, group, PNG, caption="/edit make it night")
    heard = await listener.hears()
    assert (heard.text, heard.images) == ("/edit make it night", handed_in(photo))
    assert photo.file is not None
    assert (photo.file.width, photo.file.height) == (400, 300)


@pytest.mark.parametrize("mime", ["image/png", "application/octet-stream", ""])
async def test_a_file_that_may_be_an_image_is_taken_for_one(
    botapi: BotApi, listener: Listener, ada: User, group: Chat, mime: str
) -> None:
    file = botapi.send_document(ada, group, PNG, filename="fox.png", mime_type=mime, caption="/edit")
    heard = await listener.hears()
    assert (heard.images, heard.unusable) == (handed_in(file), None)


async def test_a_photo_without_words_is_heard_in_private_alone(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, group: Chat
) -> None:
    private = botapi.private(ada)
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.send_photo(ada, group, PNG)
        photo = botapi.send_photo(ada, private, PNG)
        await ear.hears()
    (heard,) = ear.heard
    assert (heard.text, heard.images, heard.address.chat) == ("", handed_in(photo), str(private.id))


async def test_a_reply_tells_another_members_photo_from_its_own(
    botapi: BotApi, listener: Listener, ada: User, group: Chat
) -> None:
    ben = botapi.user("Ben")
    group.member(ben, "member")
    photo = botapi.send_photo(ben, group, PNG)
    own = botapi.send_photo(ada, group, PNG, caption="/edit make it night", reply_to=photo)
    heard = await listener.hears()
    assert heard.images == handed_in(own)
    assert heard.replied == Replied(str(photo.id), images=handed_in(photo))


async def test_a_reply_to_the_bots_picture_is_known_as_one_and_needs_no_command(
    botapi: BotApi, chat: TelegramChat, studio: Studio, listener: Listener, ada: User, group: Chat
) -> None:
    async for _ in chat.deliver(await studio.parcel(studio.job(group))):
        pass
    (picture,) = botapi.photos(group)
    botapi.say(ada, group, "make it night", reply_to=picture.message)
    images = (Handle(picture.file.file_id),)
    assert await listener.replied() == Replied(str(picture.message.id), ours=True, images=images)


async def test_a_reply_to_another_bot_is_not_taken_for_one_to_us(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, group: Chat
) -> None:
    other = botapi.send_photo(User(77, "Other", is_bot=True), group, PNG)
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.say(ada, group, "make it night", reply_to=other)
        botapi.say(ada, group, "/edit make it night", reply_to=other)
        await ear.hears()
    (heard,) = ear.heard
    assert heard.text == "/edit make it night"
    assert heard.replied == Replied(str(other.id), images=handed_in(other))


async def test_a_reply_is_about_the_one_item_of_an_album_that_it_answers(
    botapi: BotApi, listener: Listener, ada: User, group: Chat
) -> None:
    album = botapi.send_album(ada, group, [PNG, PNG, PNG])
    botapi.say(ada, group, "/edit make it night", reply_to=album[1])
    assert (await listener.replied()).images == handed_in(album[1])


async def test_a_static_sticker_is_an_image(
    botapi: BotApi, listener: Listener, ada: User, group: Chat
) -> None:
    sticker = botapi.send_sticker(ada, group, PNG)
    botapi.say(ada, group, "/edit make it night", reply_to=sticker)
    assert (await listener.replied()).images == handed_in(sticker)


async def test_a_reply_to_a_photo_in_another_chat_brings_it_along(
    botapi: BotApi, listener: Listener, ada: User, group: Chat
) -> None:
    elsewhere = botapi.send_photo(ada, botapi.group("Hares", members=[ada], with_bot=False), PNG)
    botapi.say(ada, group, "/edit make it night", reply_to=elsewhere)
    assert await listener.replied() == Replied("", images=handed_in(elsewhere))


async def test_a_reply_to_words_in_another_chat_brings_nothing(
    botapi: BotApi, listener: Listener, ada: User, group: Chat
) -> None:
    elsewhere = botapi.say(ada, botapi.group("Hares", members=[ada], with_bot=False), "a fox")
    botapi.say(ada, group, "/edit make it night", reply_to=elsewhere)
    assert (await listener.hears()).replied is None


# --- what is of no use ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mime", ["application/x-tgsticker", "video/webm"])
async def test_a_moving_sticker_is_no_image(
    botapi: BotApi, listener: Listener, ada: User, group: Chat, mime: str
) -> None:
    sticker = botapi.send_sticker(ada, group, b"moving", mime_type=mime)
    botapi.say(ada, group, "/edit make it night", reply_to=sticker)
    replied = await listener.replied()
    assert (replied.images, replied.unusable) == ((), problem(Key.REFERENCE_ANIMATED, number=1))


@pytest.mark.parametrize("kind", ["animation", "video"])
async def test_a_film_is_no_image(
    botapi: BotApi, listener: Listener, ada: User, group: Chat, kind: Literal["animation", "video"]
) -> None:
    botapi.send_film(ada, group, kind=kind, caption="/edit make it night")
    heard = await listener.hears()
    assert (heard.images, heard.unusable) == ((), problem(Key.REFERENCE_ANIMATED, number=1))


@pytest.mark.parametrize("mime", ["application/pdf", "video/mp4", "text/plain"])
async def test_a_file_that_calls_itself_something_else_is_no_image(
    botapi: BotApi, listener: Listener, ada: User, group: Chat, mime: str
) -> None:
    botapi.send_document(ada, group, b"%PDF-1.7", filename="fox", mime_type=mime, caption="/edit")
    heard = await listener.hears()
    refused = problem(Key.REFERENCE_NOT_AN_IMAGE, number=1, formats=FORMATS)
    assert (heard.images, heard.unusable) == ((), refused)


async def test_a_file_that_is_too_large_is_refused_before_anything_is_fetched(
    botapi: BotApi, listener: Listener, ada: User, group: Chat
) -> None:
    data = bytes(20 * 1024 * 1024 + 1)
    botapi.send_document(ada, group, data, filename="fox.png", mime_type="image/png", caption="/edit")
    heard = await listener.hears()
    refused = problem(Key.REFERENCE_TOO_LARGE, number=1, limit=20)
    assert (heard.images, heard.unusable) == ((), refused)


# --- its bytes -----------------------------------------------------------------------------------------


async def test_an_image_is_had_as_it_was_sent(
    botapi: BotApi, chat: TelegramChat, ada: User, group: Chat
) -> None:
    data = PNG + bytes(300_000)  # more than goes out in one piece
    (handle,) = handed_in(
        botapi.send_document(ada, group, data, filename="fox.png", mime_type="image/png", caption="/edit")
    )
    assert await fetched(chat, handle) == data


async def test_what_the_platform_finds_too_big_is_named_with_the_limit(
    botapi: BotApi, chat: TelegramChat, ada: User, group: Chat
) -> None:
    huge = botapi.send_document(
        ada, group, bytes(20 * 1024 * 1024 + 1), filename="fox.png", mime_type="image/png"
    )
    with pytest.raises(HandleTooLarge) as refused:
        await fetched(chat, handed_in(huge)[0])
    assert refused.value.limit_mb == 20


async def test_a_server_without_that_limit_is_held_to_it(
    botapi: BotApi, chat: TelegramChat, ada: User, group: Chat
) -> None:
    botapi.world.max_download = 100 * 1024 * 1024
    huge = botapi.send_document(
        ada, group, bytes(20 * 1024 * 1024 + 1), filename="fox.png", mime_type="image/png"
    )
    with pytest.raises(HandleTooLarge):
        await fetched(chat, handed_in(huge)[0])


async def test_an_image_that_telegram_does_not_know_is_gone(chat: TelegramChat) -> None:
    with pytest.raises(HandleGone):
        await fetched(chat, Handle("no-such-file"))


async def test_a_file_that_is_not_served_any_more_is_gone(
    botapi: BotApi, chat: TelegramChat, ada: User, group: Chat
) -> None:
    photo = botapi.send_photo(ada, group, PNG)
    botapi.fail("download", 404, "Not Found")
    with pytest.raises(HandleGone):
        await fetched(chat, handed_in(photo)[0])


@pytest.mark.parametrize("method", ["getFile", "download"])
async def test_trouble_on_the_way_is_worth_another_try(
    botapi: BotApi, chat: TelegramChat, ada: User, group: Chat, method: str
) -> None:
    (handle,) = handed_in(botapi.send_photo(ada, group, PNG))
    for trouble in (partial(botapi.bad_gateway, method), partial(botapi.cut, method, "before")):
        trouble(times=None)  # a cut connection is tried once more by the HTTP library itself
        with pytest.raises(ChatUnavailable):
            await fetched(chat, handle)
        botapi.heal()
    assert await fetched(chat, handle) == PNG


async def test_telegram_may_ask_to_wait(botapi: BotApi, chat: TelegramChat, ada: User, group: Chat) -> None:
    photo = botapi.send_photo(ada, group, PNG)
    botapi.fail("getFile", 429, "Too Many Requests: retry after 7", {"retry_after": 7})
    with pytest.raises(ChatUnavailable) as limited:
        await fetched(chat, handed_in(photo)[0])
    assert limited.value.after == 7


async def test_a_server_that_names_its_own_disk_is_not_followed_there(
    botapi: BotApi, chat: TelegramChat, tmp_path: Path, ada: User, group: Chat
) -> None:
    botapi.world.disk = tmp_path
    photo = botapi.send_photo(ada, group, PNG)
    with structlog.testing.capture_logs() as logs, pytest.raises(HandleGone):
        await fetched(chat, handed_in(photo)[0])
    assert [entry["log_level"] for entry in logs] == ["error"]


async def test_the_token_reaches_neither_log_nor_error(
    botapi: BotApi, chat: TelegramChat, caplog: pytest.LogCaptureFixture, ada: User, group: Chat
) -> None:
    caplog.set_level(logging.DEBUG)
    (handle,) = handed_in(botapi.send_photo(ada, group, PNG))
    told = []
    with structlog.testing.capture_logs() as logs:
        for method in ("getFile", "download"):
            refuse = partial(botapi.fail, method, 404, "Not Found")
            for trouble in (
                partial(botapi.bad_gateway, method),
                partial(botapi.cut, method, "before"),
                refuse,
            ):
                trouble(times=None)
                with pytest.raises((ChatUnavailable, HandleGone)) as failed:
                    await fetched(chat, handle)
                botapi.heal()
                assert failed.value.__cause__ is None
                assert failed.value.__suppress_context__
                told.append(str(failed.value))
    assert all(told)
    assert TEST_TOKEN not in f"{told} {logs} {caplog.text}"
