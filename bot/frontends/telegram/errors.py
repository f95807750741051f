"""What a refusal of the Bot API means to us, and how it is told onwards without the bot token.

The Bot API documents neither codes nor a list of its descriptions; the words below are those the vendor's
open-source server and its clients use.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum, auto
from typing import Final

from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.ports.chat import ChatGone, ChatUnavailable


class TelegramKeyRefused(Exception):
    """Telegram does not know the bot token: the operator has to mend TELEGRAM_BOT_TOKEN."""

    def __init__(self) -> None:
        super().__init__("Telegram does not know this token")


class Meaning(StrEnum):
    """What is to be done about a refusal."""

    LATER = auto()
    """Not now: limited, unreachable, failing."""
    CHAT_GONE = auto()
    """Nothing will ever be taken here again."""
    KIND_FORBIDDEN = auto()
    """This kind of message is not allowed in this chat; another may be."""
    PLACE_GONE = auto()
    """The topic, or the message to reply to, is not there any more."""
    MESSAGE_GONE = auto()
    """The message to change is not there any more, or is not ours to change."""
    NOT_MODIFIED = auto()
    """The edit changes nothing."""
    CONTENT_REFUSED = auto()
    """What was sent is not acceptable in this form."""


_WORDS: Final = {
    Meaning.NOT_MODIFIED: ("message is not modified",),
    Meaning.MESSAGE_GONE: (
        "message to edit not found",
        "message can't be edited",
        "message_id_invalid",
        "no text in the message",
        "message to react not found",
    ),
    Meaning.PLACE_GONE: (
        "thread not found",
        "topic_closed",
        "topic_deleted",
        "topic_id_invalid",
        "message to be replied not found",
        "message to reply not found",
        "replied message not found",
    ),
    Meaning.CHAT_GONE: (
        "chat not found",
        "not enough rights to send text",
        "no rights to send",
        "need administrator rights",
        "chat_send_plain_forbidden",
        "chat_write_forbidden",
        "chat_restricted",
        "chat_admin_required",
        "channel_private",
        "deactivated",
        "peer_id_invalid",
        "user_is_blocked",
    ),
    Meaning.KIND_FORBIDDEN: ("not enough rights to send", "_forbidden"),
    Meaning.CONTENT_REFUSED: ("request entity too large",),
}
"""Lower case, in the order in which they are looked for."""

_TOKEN: Final = re.compile(r"(?<=/bot)[^/\s'\"]+|\b\d+:[\w-]{20,}")
_LONGEST_REASON: Final = 200


def meaning(error: TelegramError) -> Meaning:
    """What a refusal means; an unknown 400 blames what was sent, anything else is worth another try."""
    if isinstance(error, Forbidden):
        return Meaning.CHAT_GONE
    text = error.message.casefold()
    for found, words in _WORDS.items():
        if any(word in text for word in words):
            return found
    return Meaning.CONTENT_REFUSED if isinstance(error, BadRequest) else Meaning.LATER


def pause(error: RetryAfter) -> float:
    """The seconds Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def reason(error: Exception) -> str:
    """One line for the log, without the token.

    The library puts whole addresses into some messages; its exceptions are never logged with their trace.
    """
    if isinstance(error, InvalidToken):
        return "the bot token was refused"
    text = _TOKEN.sub("<token>", str(error))
    return f"{type(error).__name__}: {text}"[:_LONGEST_REASON]


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the library raises into ChatGone and ChatUnavailable.

    The cause is cut off, because its messages may hold the token.
    """
    try:
        yield
    except RetryAfter as limited:
        raise ChatUnavailable("Telegram asks to wait", pause(limited)) from None
    except TelegramError as error:
        if meaning(error) in {Meaning.CHAT_GONE, Meaning.KIND_FORBIDDEN}:
            raise ChatGone(reason(error)) from None
        raise ChatUnavailable(reason(error)) from None
