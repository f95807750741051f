"""What the bot may do in a chat it is in: send, react, edit, delete."""

import time
from typing import Final, Literal, TypeAlias

from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.errors import Refusal, bad_request, forbidden
from tests.fakes.telegram.members import Permissions
from tests.fakes.telegram.messages import Message
from tests.fakes.telegram.users import User

Content: TypeAlias = Literal["text", "photo", "document"]

DELETABLE_FOR: Final = 48 * 3600  # seconds; older messages a bot cannot delete anywhere
_CALLED: Final = {"text": "text messages", "photo": "photos", "document": "documents"}


def check_send(chat: Chat, bot: User, content: Content) -> None:
    """Raises Refusal 400 where the bot may not post this."""
    member = chat.standing(bot)
    if chat.type == "channel":
        if not member.may("can_post_messages"):
            raise bad_request("need administrator rights in the channel chat")
    elif not all(_allows(permissions, content) for permissions in _binding(chat, bot)):
        raise bad_request(f"not enough rights to send {_CALLED[content]} to the chat")


def check_react(chat: Chat, bot: User) -> None:
    """Raises Refusal 403 where the bot is muted: whoever may not write may not react either."""
    if not all(permissions.messages for permissions in _binding(chat, bot)):
        raise forbidden("CHAT_WRITE_FORBIDDEN")


def check_edit(message: Message, bot: User) -> None:
    """Raises Refusal 400 unless it is the bot's own, or a channel's post it may edit."""
    if message.sender != bot and not (
        message.chat.type == "channel" and message.chat.standing(bot).may("can_edit_messages")
    ):
        raise bad_request("message can't be edited")


def check_delete(message: Message, bot: User) -> None:
    """The documented rules of deleteMessage. Raises Refusal 400."""
    if not _may_delete(message, bot):
        raise bad_request("message can't be deleted")
    if time.time() - message.sent_at > DELETABLE_FOR:
        raise _too_old(message.chat)


def _may_delete(message: Message, bot: User) -> bool:
    member = message.chat.standing(bot)
    match message.chat.type:
        case "private":
            return True
        case "group":
            return message.sender == bot or member.leads
        case "supergroup":
            return message.sender == bot or member.may("can_delete_messages")
        case "channel":
            own = message.sender == bot and member.may("can_post_messages")
            return own or member.may("can_delete_messages")


def _too_old(chat: Chat) -> Refusal:
    shared = chat.type in {"supergroup", "channel"}  # what is deleted there is gone for everyone anyway
    return bad_request(f"message can't be deleted{'' if shared else ' for everyone'}")


def _binding(chat: Chat, bot: User) -> list[Permissions]:
    member = chat.standing(bot)
    if chat.type not in {"group", "supergroup"} or member.leads:
        return []
    return [chat.permissions, member.permissions]


def _allows(permissions: Permissions, content: Content) -> bool:
    match content:
        case "text":
            return permissions.messages
        case "photo":
            return permissions.photos
        case "document":
            return permissions.documents
