"""The methods that ask about the bot, chats, members and files, and that answer pressed buttons."""

import time
from pathlib import Path
from typing import Final

from tests.fakes.telegram.arguments import Arguments
from tests.fakes.telegram.chats import Chat, Status, User, Wire
from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.files import StoredFile
from tests.fakes.telegram.world import World

MAX_CALLBACK_ANSWER: Final = 200
CALLBACK_LIFE: Final = 30.0  # seconds in which a pressed button may be answered
_RIGHTS: Final = (
    "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats"
    " can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories"
    " can_edit_stories can_delete_stories"
)
ADMIN_RIGHTS: Final = _RIGHTS.split()
GIFTS: Final = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)


def get_me(world: World, _args: Arguments) -> Wire:
    return world.bot.wire() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": False,
    }


def get_chat(world: World, args: Arguments) -> Wire:
    return world.chat(args["chat_id"]).wire() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }


def get_chat_member(world: World, args: Arguments) -> Wire:
    chat = world.chat(args["chat_id"])
    user = world.bot if args["user_id"] == world.bot.id else world.users.get(args["user_id"])
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return member_wire(user, chat.statuses.get(user.id, "left"))


def get_chat_administrators(world: World, args: Arguments) -> list[Wire]:
    """Other administrators; without being asked for them, the real server leaves out bots."""
    chat = world.chat(args["chat_id"])
    if chat.person is not None:
        raise bad_request("there are no administrators in the private chat")
    return [member_wire(user, status) for user, status in _administrators(chat) if not user.is_bot]


def _administrators(chat: Chat) -> list[tuple[User, Status]]:
    leading = {"creator", "administrator"}
    return [(chat.users[user_id], status) for user_id, status in chat.statuses.items() if status in leading]


def member_wire(user: User, status: Status) -> Wire:
    member: Wire = {"user": user.wire(), "status": status}
    match status:
        case "administrator":
            return member | {right: right == "can_delete_messages" for right in ADMIN_RIGHTS}
        case "creator":
            return member | {"is_anonymous": False}
        case "kicked":
            return member | {"until_date": 0}
        case _:
            return member


def get_file(world: World, args: Arguments) -> Wire:
    stored = world.files.get(args["file_id"])
    if stored.size > world.max_download:
        raise bad_request("file is too big")
    if stored.data is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.file_unique_id,
        "file_size": stored.size,
        "file_path": _on_disk(stored, world.disk) if world.disk else stored.path,
    }


def _on_disk(stored: StoredFile, folder: Path) -> str:
    place = folder / stored.file_unique_id
    place.write_bytes(stored.data or b"")
    return str(place)


def answer_callback_query(world: World, args: Arguments) -> bool:
    query = world.queries.get(args["callback_query_id"])
    if query is None or query.answer is not None or time.monotonic() - query.pressed_at > CALLBACK_LIFE:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(args.get("text", "")) > MAX_CALLBACK_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answer = dict(args.values)
    world.changed.ring()
    return True
