"""The methods that ask about the bot, chats, members and files, and that answer pressed buttons."""

import time
from pathlib import Path
from typing import Final

from tests.fakes.telegram.arguments import Arguments
from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.files import StoredFile
from tests.fakes.telegram.users import Wire
from tests.fakes.telegram.world import BOT_USERNAME, World

MAX_CALLBACK_ANSWER: Final = 200
CALLBACK_LIFE: Final = 30.0  # seconds in which a pressed button may be answered
START_LINK: Final = f"https://t.me/{BOT_USERNAME}?start="
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
    chat = world.chat(args["chat_id"])
    info = chat.wire() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }
    if chat.type in {"group", "supergroup"}:
        info["permissions"] = chat.permissions.wire()
    if chat.reactions is not None:
        info["available_reactions"] = [{"type": "emoji", "emoji": emoji} for emoji in sorted(chat.reactions)]
    if chat.linked is not None:
        info["linked_chat_id"] = chat.linked.id
    return info


def get_chat_member(world: World, args: Arguments) -> Wire:
    chat = world.chat(args["chat_id"])
    user = world.bot if args["user_id"] == world.bot.id else world.users.get(args["user_id"])
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return chat.standing(user).wire()


def get_chat_administrators(world: World, args: Arguments) -> list[Wire]:
    """Administrators; bots other than this one only if asked for."""
    chat = world.chat(args["chat_id"])
    if chat.person is not None:
        raise bad_request("there are no administrators in the private chat")
    return [
        member.wire()
        for member in chat.members.values()
        if member.leads and (not member.user.is_bot or member.user == world.bot or args.get("return_bots"))
    ]


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
    if not args.get("url", START_LINK).startswith(START_LINK):
        raise bad_request("URL_INVALID")
    query.answer = dict(args.values)
    world.changed.ring()
    return True
