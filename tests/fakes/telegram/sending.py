"""The methods that post: texts, photos, documents, albums, chat actions."""

from dataclasses import dataclass
from typing import Any, Final, Literal, Unpack

from tests.fakes.telegram.arguments import Arguments
from tests.fakes.telegram.body import Upload
from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.entities import RichText, caption_text, message_text
from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.files import StoredFile
from tests.fakes.telegram.keyboards import checked_markup
from tests.fakes.telegram.messages import Message
from tests.fakes.telegram.rights import Content, check_send
from tests.fakes.telegram.users import Wire
from tests.fakes.telegram.world import GENERAL_TOPIC, Details, World

ALBUM_ITEMS: Final = range(2, 11)
_ACTIONS: Final = (
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document"
    " choose_sticker find_location record_video_note upload_video_note"
)
ACTIONS: Final = frozenset(_ACTIONS.split())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a message of the bot goes."""

    chat: Chat
    thread_id: int | None
    reply_to: Message | None


def send_message(world: World, args: Arguments) -> Wire:
    place = _place(world, args, "text")
    rich = message_text(args["text"], args.get("parse_mode"), args.get("entities"))
    return _post(world, place, rich, reply_markup=checked_markup(world, place.chat, args)).wire()


def send_photo(world: World, args: Arguments) -> Wire:
    return _send_file(world, args, "photo")


def send_document(world: World, args: Arguments) -> Wire:
    return _send_file(world, args, "document")


def _send_file(world: World, args: Arguments, kind: Literal["photo", "document"]) -> Wire:
    place = _place(world, args, kind)
    caption = _caption(args.values)
    markup = checked_markup(world, place.chat, args)
    stored = world.files.from_bot(kind, _attached(args, args[kind]))
    spoiler = bool(args.get("has_spoiler"))
    return _post(world, place, caption, sizes=(stored,), reply_markup=markup, has_spoiler=spoiler).wire()


def send_media_group(world: World, args: Arguments) -> list[Wire]:
    items = args["media"]
    if len(items) not in ALBUM_ITEMS:
        raise bad_request("album must include 2-10 items")
    if len({item["type"] for item in items}) > 1:
        raise bad_request("document can't be mixed with other media types")
    place = _place(world, args, items[0]["type"])
    captions = [_caption(item) for item in items]
    files = [media_file(world, args, item) for item in items]
    album = str(next(world.album_ids))
    return [
        _post(
            world,
            place,
            caption,
            sizes=(stored,),
            media_group_id=album,
            has_spoiler=bool(item.get("has_spoiler")),
        ).wire()
        for item, caption, stored in zip(items, captions, files, strict=True)
    ]


def send_chat_action(world: World, args: Arguments) -> bool:
    chat = world.open_chat(args["chat_id"])
    if args["action"] not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    thread_id = args.get("message_thread_id")
    if not (chat.is_forum and thread_id == GENERAL_TOPIC):
        _thread(chat, thread_id)
    return True


def media_file(world: World, args: Arguments, item: dict[str, Any]) -> StoredFile:
    """The file an InputMedia object stands for. Raises Refusal 400."""
    return world.files.from_bot(item["type"], _attached(args, item["media"]))


def _post(world: World, place: _Place, rich: RichText, **details: Unpack[Details]) -> Message:
    message = world.post(
        place.chat, world.bot, rich, reply_to=place.reply_to, thread_id=place.thread_id, **details
    )
    world.publish(message)
    return message


def _caption(values: dict[str, Any]) -> RichText:
    return caption_text(values.get("caption", ""), values.get("parse_mode"), values.get("caption_entities"))


def _attached(args: Arguments, value: Upload | str) -> Upload | str:
    if isinstance(value, str) and value.startswith("attach://"):
        name = value.removeprefix("attach://")
        if name not in args.uploads:
            raise bad_request(f'file "{name}" is not attached')
        return args.uploads[name]
    return value


def _place(world: World, args: Arguments, content: Content) -> _Place:
    chat = world.open_chat(args["chat_id"])
    check_send(chat, world.bot, content)
    return _Place(chat, _thread(chat, args.get("message_thread_id")), _reply_target(world, chat, args))


def _thread(chat: Chat, thread_id: int | None) -> int | None:
    """General is number 1 in the client, but sends to it must name no thread: the real server refuses 1."""
    if thread_id is not None and thread_id not in chat.topics:
        raise bad_request("message thread not found")
    return thread_id


def _reply_target(world: World, chat: Chat, args: Arguments) -> Message | None:
    reply = args.get("reply_parameters")
    if reply is None:
        return None
    target = world.chat(reply.get("chat_id", chat.id)).visible(reply["message_id"])
    if target is None and not reply.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return target
