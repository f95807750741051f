"""Handing over finished pictures."""

import hashlib
from dataclasses import replace

import pytest

from bot.domain.request import OutputForm
from bot.frontends.telegram import TelegramChat
from bot.ports.chat import ChatGone, ChatUnavailable, Parcel, Sent
from tests.fakes.telegram import BotApi, Chat
from tests.telegram.studio import Studio, png

NO_PHOTOS = "Bad Request: not enough rights to send photos to the chat"
NO_DOCUMENTS = "Bad Request: not enough rights to send documents to the chat"


@pytest.fixture
def private(botapi: BotApi) -> Chat:
    return botapi.private(botapi.user("Ada"))


async def deliver(chat: TelegramChat, parcel: Parcel) -> list[Sent]:
    return [sent async for sent in chat.deliver(parcel)]


def kinds(botapi: BotApi, private: Chat) -> list[str]:
    return [picture.kind for picture in botapi.photos(private)]


async def test_a_picture_arrives_whole_as_a_photo_below_the_command(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    person = botapi.user("Ada")
    command = botapi.say(person, botapi.private(person), "/draw a fox")
    parcel = await studio.parcel(studio.job(command.chat, command))
    (sent,) = await deliver(chat, parcel)
    (picture,) = botapi.photos(command.chat)
    assert sent == Sent((parcel.pictures[0].id,), str(picture.message.id))
    assert (picture.kind, picture.reply_to) == ("photo", command)
    assert picture.file.sha256 == hashlib.sha256(png((64, 48))).hexdigest()
    assert picture.caption == "a fox in the snow\nmax · 64x48 · 7 left today"


async def test_a_file_that_was_asked_for_keeps_its_name_and_bytes(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    parcel = await studio.parcel(studio.job(private, output=OutputForm.FILE))
    await deliver(chat, parcel)
    (picture,) = botapi.photos(private)
    assert (picture.kind, picture.filename) == ("document", f"{parcel.job.id}-1.png")


@pytest.mark.parametrize(
    ("size", "more"), [((9000, 1001), 0), ((2100, 100), 0), ((64, 48), 10 * 1024 * 1024)]
)
async def test_what_exceeds_the_limits_of_photos_goes_as_a_file_without_asking(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat, size: tuple[int, int], more: int
) -> None:
    await deliver(chat, await studio.parcel(studio.job(private), size=size, more=more))
    assert kinds(botapi, private) == ["document"]
    assert botapi.calls_of("sendPhoto") == []


async def test_a_photo_that_telegram_refuses_goes_as_a_file(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendPhoto", 400, "Bad Request: IMAGE_PROCESS_FAILED")
    await deliver(chat, await studio.parcel(studio.job(private)))
    assert kinds(botapi, private) == ["document"]


async def test_a_chat_without_photos_gets_files(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendPhoto", 400, NO_PHOTOS)
    await deliver(chat, await studio.parcel(studio.job(private)))
    assert kinds(botapi, private) == ["document"]


async def test_a_chat_without_photos_and_files_is_gone(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendPhoto", 400, NO_PHOTOS)
    botapi.fail("sendDocument", 400, NO_DOCUMENTS)
    with pytest.raises(ChatGone):
        await deliver(chat, await studio.parcel(studio.job(private)))


async def test_several_pictures_are_an_album_with_one_caption(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    parcel = await studio.parcel(studio.job(private), 3)
    (sent,) = await deliver(chat, parcel)
    pictures = botapi.photos(private)
    assert sent == Sent(tuple(picture.id for picture in parcel.pictures), str(pictures[0].message.id))
    assert len({picture.message.media_group_id for picture in pictures}) == 1
    assert [bool(picture.caption) for picture in pictures] == [True, False, False]


async def test_an_album_of_files_stays_files(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    await deliver(chat, await studio.parcel(studio.job(private, output=OutputForm.FILE), 2))
    assert kinds(botapi, private) == ["document", "document"]
    assert len(botapi.calls_of("sendMediaGroup")) == 1


async def test_pictures_of_different_sizes_tell_their_size_each(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    small = await studio.parcel(studio.job(private))
    large = await studio.parcel(studio.job(private), size=(80, 60))
    await deliver(
        chat, replace(small, pictures=small.pictures + large.pictures, made={**small.made, **large.made})
    )
    first, second = botapi.photos(private)
    assert "64x48" in first.caption
    assert "80x60" in second.caption


async def test_photos_and_files_of_one_job_are_not_mixed_in_an_album(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    small = await studio.parcel(studio.job(private), 2)
    long = await studio.parcel(studio.job(private), size=(2100, 100))
    await deliver(
        chat, replace(small, pictures=long.pictures + small.pictures, made={**small.made, **long.made})
    )
    assert kinds(botapi, private) == ["photo", "photo", "document"]


async def test_an_album_that_is_refused_goes_picture_by_picture(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendMediaGroup", 400, "Bad Request: group send failed")
    sent = await deliver(chat, await studio.parcel(studio.job(private), 2))
    assert len(sent) == 2
    assert all(picture.caption for picture in botapi.photos(private))


async def test_what_arrived_before_a_failure_is_told(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendMediaGroup", 400, "Bad Request: group send failed")
    parcel, told = await studio.parcel(studio.job(private), 2), []
    with pytest.raises(ChatUnavailable):  # noqa: PT012 - what came before the failure is the point
        async for sent in chat.deliver(parcel):
            told.append(sent)
            botapi.bad_gateway("sendPhoto")
    assert told == [Sent((parcel.pictures[0].id,), str(botapi.photos(private)[0].message.id))]


async def test_a_limited_upload_is_repeated_whole(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendPhoto", 429, "Too Many Requests: retry after 1", {"retry_after": 1})
    await deliver(chat, await studio.parcel(studio.job(private)))
    (picture,) = botapi.photos(private)
    assert picture.file.sha256 == hashlib.sha256(png((64, 48))).hexdigest()


async def test_a_long_pause_is_left_to_the_core(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendPhoto", 429, "Too Many Requests: retry after 500", {"retry_after": 500})
    with pytest.raises(ChatUnavailable) as limited:
        await deliver(chat, await studio.parcel(studio.job(private)))
    assert 499 < limited.value.after < 502


async def test_a_lost_picture_does_not_stop_the_frontend(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    parcel = await studio.parcel(studio.job(private))
    await studio.media.delete(parcel.pictures[0].media_key)
    with pytest.raises(ChatUnavailable):
        await deliver(chat, parcel)


async def test_a_large_upload_is_announced_and_a_small_one_is_not(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    await deliver(chat, await studio.parcel(studio.job(private)))
    assert botapi.calls_of("sendChatAction") == []
    await deliver(chat, await studio.parcel(studio.job(private), more=2**20))
    (action,) = botapi.calls_of("sendChatAction")
    assert action.parameters["action"] == "upload_photo"
