"""Handing over finished pictures."""

import hashlib
from dataclasses import replace

import pytest

from bot.core.buttons import read_press
from bot.core.talk import Verb
from bot.domain.request import OutputForm
from bot.frontends.telegram import TelegramChat
from bot.ports.chat import ChatGone, ChatUnavailable, Parcel, Sent
from tests.fakes.telegram import BotApi, Chat, Message, User
from tests.fakes.telegram.witness import SentPicture
from tests.telegram.studio import Studio, png

ELSEWHERE = "I may not post pictures in the group, so here it is."


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada")


@pytest.fixture
def private(botapi: BotApi, ada: User) -> Chat:
    return botapi.private(ada)


@pytest.fixture
def group(botapi: BotApi, ada: User) -> Chat:
    return botapi.group("Foxes", members=[ada])


async def deliver(chat: TelegramChat, parcel: Parcel) -> list[Sent]:
    return [sent async for sent in chat.deliver(parcel)]


def kinds(botapi: BotApi, chat: Chat) -> list[str]:
    return [picture.kind for picture in botapi.photos(chat)]


def offered(message: Message) -> list[Verb]:
    found = [read_press(data) for data in message.buttons.values()]
    return [press[0] for press in found if press]


def sent_of(parcel: Parcel, *pictures: SentPicture) -> Sent:
    chat = pictures[0].message.chat
    pairs = zip(parcel.pictures, pictures, strict=True)
    messages = tuple((picture.id, str(sent.message.id)) for picture, sent in pairs)
    return Sent("telegram", str(chat.id), messages)


# --- one picture -----------------------------------------------------------------------------------------


async def test_a_picture_arrives_whole_as_a_photo_below_the_command(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, private: Chat
) -> None:
    command = botapi.say(ada, private, "/draw a fox")
    parcel = await studio.parcel(studio.job(private, command))
    (sent,) = await deliver(chat, parcel)
    (picture,) = botapi.photos(private)
    assert sent == sent_of(parcel, picture)
    assert (picture.kind, picture.reply_to) == ("photo", command)
    assert picture.file.sha256 == hashlib.sha256(png((64, 48))).hexdigest()
    assert picture.caption == "a fox in the snow\nmax · 64x48 · 7 left today"
    assert not picture.message.has_spoiler


async def test_a_picture_carries_what_can_be_done_with_it(
    botapi: BotApi, chat: TelegramChat, studio: Studio, group: Chat
) -> None:
    await deliver(chat, await studio.parcel(studio.job(group), more=2**20))
    (picture,) = botapi.photos(group)
    assert offered(picture.message) == [Verb.AGAIN, Verb.NEW_SEED, Verb.EDIT, Verb.AS_FILE, Verb.DELETE]
    assert [call.method for call in botapi.calls] == ["sendPhoto"]


async def test_a_picture_that_is_shown_again_tells_its_seed_and_not_what_is_left(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    parcel = await studio.parcel(studio.job(private))
    request = replace(parcel.job.request, seed=1234567)
    await deliver(chat, replace(parcel, left_today=None, job=replace(parcel.job, request=request)))
    assert botapi.photos(private)[0].caption == "a fox in the snow\nmax · 64x48 · seed 1234567"


async def test_a_file_that_was_asked_for_keeps_its_name_and_bytes_and_buttons(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    parcel = await studio.parcel(studio.job(private, output=OutputForm.FILE, spoiler=True))
    await deliver(chat, parcel)
    (picture,) = botapi.photos(private)
    assert (picture.kind, picture.filename) == ("document", f"{parcel.job.id}-1.png")
    assert Verb.AGAIN in offered(picture.message)


@pytest.mark.parametrize("count", [1, 2])
async def test_photos_are_covered_where_that_is_the_rule(
    botapi: BotApi, chat: TelegramChat, studio: Studio, group: Chat, count: int
) -> None:
    await deliver(chat, await studio.parcel(studio.job(group, spoiler=True), count))
    assert [picture.message.has_spoiler for picture in botapi.photos(group)] == [True] * count


# --- limits and refusals ---------------------------------------------------------------------------------


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


async def test_a_group_without_photos_gets_files(
    botapi: BotApi, chat: TelegramChat, studio: Studio, group: Chat
) -> None:
    botapi.permit(group, photos=False)
    await deliver(chat, await studio.parcel(studio.job(group)))
    assert kinds(botapi, group) == ["document"]


async def test_a_group_without_files_gets_a_photo_instead(
    botapi: BotApi, chat: TelegramChat, studio: Studio, group: Chat
) -> None:
    botapi.permit(group, documents=False)
    await deliver(chat, await studio.parcel(studio.job(group, output=OutputForm.FILE)))
    assert kinds(botapi, group) == ["photo"]


async def test_what_is_too_large_for_a_photo_is_made_smaller_where_no_files_are_taken(
    botapi: BotApi, chat: TelegramChat, studio: Studio, group: Chat
) -> None:
    botapi.permit(group, documents=False)
    await deliver(chat, await studio.parcel(studio.job(group), size=(9000, 1001)))
    (picture,) = botapi.photos(group)
    assert (picture.kind, picture.filename, picture.width) == ("photo", "job1-1.jpg", 2560)


async def test_a_photo_that_is_taken_neither_so_nor_as_a_file_is_made_smaller(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendPhoto", 400, "Bad Request: IMAGE_PROCESS_FAILED")
    botapi.fail("sendDocument", 413, "Request Entity Too Large")
    await deliver(chat, await studio.parcel(studio.job(private)))
    (picture,) = botapi.photos(private)
    assert (picture.kind, picture.filename) == ("photo", "job1-1.jpg")


# --- albums ----------------------------------------------------------------------------------------------


async def test_several_pictures_are_an_album_with_one_caption_and_a_message_each(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    parcel = await studio.parcel(studio.job(private), 3)
    (sent,) = await deliver(chat, parcel)
    pictures = botapi.photos(private)
    assert sent == sent_of(parcel, *pictures)
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


async def test_eleven_pictures_are_an_album_and_one(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    sent = await deliver(chat, await studio.parcel(studio.job(private), 11, (8, 8)))
    assert [len(each.messages) for each in sent] == [10, 1]
    assert botapi.photos(private)[-1].message.buttons == {}


async def test_an_album_that_is_refused_goes_picture_by_picture_without_buttons(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendMediaGroup", 400, "Bad Request: group send failed")
    sent = await deliver(chat, await studio.parcel(studio.job(private), 2))
    assert len(sent) == 2
    assert all(picture.caption for picture in botapi.photos(private))
    assert [picture.message.buttons for picture in botapi.photos(private)] == [{}, {}]


async def test_a_group_without_photos_gets_an_album_of_files(
    botapi: BotApi, chat: TelegramChat, studio: Studio, group: Chat
) -> None:
    botapi.permit(group, photos=False)
    await deliver(chat, await studio.parcel(studio.job(group), 2))
    assert kinds(botapi, group) == ["document", "document"]
    assert [call.method for call in botapi.calls] == ["sendMediaGroup"] * 2


# --- what a group does not take --------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("how", ["removed", "muted", "no media"])
async def test_pictures_that_a_group_refuses_for_good_go_to_the_person_who_asked(
    botapi: BotApi,
    chat: TelegramChat,
    studio: Studio,
    ada: User,
    private: Chat,
    group: Chat,
    how: str,
    count: int,
) -> None:
    command = botapi.say(ada, group, "/draw a fox")
    match how:
        case "removed":
            botapi.remove_bot(group, ada)
        case "muted":
            botapi.restrict_bot(group, ada, messages=False, photos=False, documents=False)
        case _:
            botapi.permit(group, photos=False, documents=False)
    parcel = await studio.parcel(studio.job(group, command, person=ada), count)
    (sent,) = await deliver(chat, parcel)
    pictures = botapi.photos(private)
    assert botapi.photos(group) == []
    assert sent == sent_of(parcel, *pictures)
    assert pictures[0].caption.endswith(f" · 7 left today\n{ELSEWHERE}")
    assert pictures[0].reply_to is None
    assert bool(pictures[0].message.buttons) is (count == 1)
    assert len(botapi.calls) <= 3


async def test_what_arrived_in_the_group_is_not_sent_to_the_person_too(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, private: Chat, group: Chat
) -> None:
    parcel = await studio.parcel(studio.job(group, person=ada), 11, (8, 8))
    told = []
    async for sent in chat.deliver(parcel):
        told.append(sent)
        botapi.remove_bot(group, ada)
    assert [(sent.chat, len(sent.messages)) for sent in told] == [(str(group.id), 10), (str(private.id), 1)]


async def test_a_group_and_a_person_who_both_refuse_are_gone_and_asked_once_each(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, private: Chat, group: Chat
) -> None:
    botapi.remove_bot(group, ada)
    botapi.block(ada)
    with pytest.raises(ChatGone):
        await deliver(chat, await studio.parcel(studio.job(group, person=ada)))
    assert [call.chat_id for call in botapi.calls] == [group.id, private.id]


async def test_an_anonymous_admin_and_a_private_chat_have_no_other_place(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, private: Chat, group: Chat
) -> None:
    botapi.remove_bot(group, ada)
    botapi.block(ada)
    for place in (group, private):
        with pytest.raises(ChatGone):
            await deliver(chat, await studio.parcel(studio.job(place)))
    assert [call.chat_id for call in botapi.calls] == [group.id, private.id]


async def test_pictures_for_a_group_that_moved_are_noted_in_its_new_home(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User
) -> None:
    old = botapi.group("Foxes", members=[ada], basic=True)
    new = botapi.upgrade(old)
    (sent,) = await deliver(chat, await studio.parcel(studio.job(old)))
    assert sent.chat == str(new.id)


# --- trouble ---------------------------------------------------------------------------------------------


async def test_what_arrived_before_a_failure_is_told(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.fail("sendMediaGroup", 400, "Bad Request: group send failed")
    parcel, told = await studio.parcel(studio.job(private), 2), []
    with pytest.raises(ChatUnavailable):  # noqa: PT012 - what came before the failure is the point
        async for sent in chat.deliver(parcel):
            told.append(sent)
            botapi.bad_gateway("sendPhoto")
    (picture,) = botapi.photos(private)
    assert [sent.messages for sent in told] == [((parcel.pictures[0].id, str(picture.message.id)),)]


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
    chat: TelegramChat, studio: Studio, private: Chat
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
