"""The methods that change what was posted: edits, deletion, reactions."""

import time
from typing import Final

from tests.fakes.telegram.arguments import Arguments
from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.entities import RichText, caption_text, message_text
from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.files import StoredFile
from tests.fakes.telegram.keyboards import checked_markup
from tests.fakes.telegram.messages import Message
from tests.fakes.telegram.rights import check_delete, check_edit, check_react, check_send
from tests.fakes.telegram.sending import media_file
from tests.fakes.telegram.users import Wire
from tests.fakes.telegram.world import World

NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
MAX_DELETED: Final = 100
_EMOJI: Final = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 🌚 🌭"
    " 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡"
    " 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡"
)
REACTIONS: Final = frozenset(_EMOJI.split())


def edit_message_text(world: World, args: Arguments) -> Wire:
    message = _own_message(world, args)
    if message.sizes:
        raise bad_request("there is no text in the message to edit")
    rich = message_text(args.get("text", ""), args.get("parse_mode"), args.get("entities"))
    return _change(world, message, args, rich=rich)


def edit_message_caption(world: World, args: Arguments) -> Wire:
    message = _own_message(world, args)
    if not message.sizes:
        raise bad_request("there is no caption in the message to edit")
    rich = caption_text(args.get("caption", ""), args.get("parse_mode"), args.get("caption_entities"))
    return _change(world, message, args, rich=rich)


def edit_message_media(world: World, args: Arguments) -> Wire:
    message = _own_message(world, args)
    media = args["media"]
    check_send(message.chat, world.bot, media["type"])
    if message.media_group_id is not None and media["type"] != "photo":
        raise bad_request("can't edit an album item to this type of media")
    rich = caption_text(media.get("caption", ""), media.get("parse_mode"), media.get("caption_entities"))
    file = media_file(world, args, media)
    message.has_spoiler = bool(media.get("has_spoiler"))
    return _change(world, message, args, rich=rich, sizes=(file,))


def edit_message_reply_markup(world: World, args: Arguments) -> Wire:
    message = _own_message(world, args)
    return _change(world, message, args, rich=message.rich)


def delete_message(world: World, args: Arguments) -> bool:
    chat = world.open_chat(args["chat_id"])
    message = chat.visible(args["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    _delete(world, [message])
    return True


def delete_messages(world: World, args: Arguments) -> bool:
    """All or none: what is gone already is skipped, but one that may not be deleted keeps the others too."""
    chat = world.open_chat(args["chat_id"])
    if not args["message_ids"]:
        raise bad_request("message identifiers are not specified")
    if len(args["message_ids"]) > MAX_DELETED:
        raise bad_request("too many message identifiers specified")
    found = (chat.visible(message_id) for message_id in args["message_ids"])
    _delete(world, [message for message in found if message is not None])
    return True


def _delete(world: World, messages: list[Message]) -> None:
    for message in messages:
        check_delete(message, world.bot)
    for message in messages:
        message.deleted = True
    world.changed.ring()


def set_message_reaction(world: World, args: Arguments) -> bool:
    chat = world.open_chat(args["chat_id"])
    message = chat.visible(args["message_id"])
    if message is None:
        raise bad_request("message to react not found")
    check_react(chat, world.bot)
    emoji = tuple(reaction.get("emoji", "custom") for reaction in args.get("reaction", []))
    if len(emoji) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if not REACTIONS.issuperset(emoji) or not (chat.reactions is None or chat.reactions.issuperset(emoji)):
        raise bad_request("REACTION_INVALID")
    _first_of_album(chat, message).reactions = emoji
    world.changed.ring()
    return True


def _first_of_album(chat: Chat, message: Message) -> Message:
    """An album's reactions belong to its first message that still exists, as documented."""
    if message.media_group_id is None:
        return message
    album = (other for other in chat.history.values() if other.media_group_id == message.media_group_id)
    return next(other for other in album if not other.deleted)


def _own_message(world: World, args: Arguments) -> Message:
    if args.get("chat_id") is None or args.get("message_id") is None:
        raise bad_request("message identifier is not specified")
    message = world.open_chat(args["chat_id"]).visible(args["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    check_edit(message, world.bot)
    return message


def _change(
    world: World,
    message: Message,
    args: Arguments,
    *,
    rich: RichText,
    sizes: tuple[StoredFile, ...] | None = None,
) -> Wire:
    """An edit without a keyboard removes the keyboard, as on the real server."""
    after = (rich, sizes or message.sizes, checked_markup(world, message.chat, args))
    if after == (message.rich, message.sizes, message.reply_markup):
        raise bad_request(NOT_MODIFIED)
    message.rich, message.sizes, message.reply_markup = after
    message.edited_at = time.time()
    world.changed.ring()
    return message.wire()
