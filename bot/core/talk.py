"""What is said between people and the core: the same on every platform.

A frontend turns its events into `Incoming` and `Press`, and sends back what it is given.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from bot.domain.command import Command
from bot.domain.jobs import Address
from bot.domain.problems import Problem
from bot.domain.request import Handle
from bot.domain.settings import Ask, ChatSettings, PersonSettings

# --- what comes in --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that somebody did in a chat.

    `event_key` is the platform's own id of this event. `address` is where to answer. `language` is the
    platform's tag of the person's language. `for_chat`: somebody spoke in the chat's own name, which only its
    admins can. `bot_name` is how we are called there.
    """

    event_key: str
    platform: str
    person: str
    address: Address
    language: str | None
    private: bool
    bot_name: str
    for_chat: bool = False


@dataclass(frozen=True, slots=True)
class Replied:
    """The message that a message replies to: `ours` when we wrote it, and the images in it."""

    message: str
    ours: bool = False
    images: tuple[Handle, ...] = ()
    unusable: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming(Event):
    """A text, images, or both. In a private chat everything is meant for us, elsewhere commands and replies
    to us are.

    `images` came with the text, in their order; `unusable` says what is wrong with something that came in
    their place.
    """

    text: str
    images: tuple[Handle, ...] = ()
    unusable: Problem | None = None
    replied: Replied | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Press(Event):
    """A button of ours was pressed; `press` is what `Button` held, unless somebody forged it. `address` names
    the message that carries the button.
    """

    press: str


# --- what goes out --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Button:
    """A button that tells us `press`, at most 64 bytes, when it is pressed."""

    label: str
    press: str


@dataclass(frozen=True, slots=True)
class Door:
    """A button that leads into the private chat with us and says `/start <start>` there."""

    label: str
    start: str


Rows = tuple[tuple[Button | Door, ...], ...]
"""Buttons, row by row."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A text to send back, in a language. `refused` tells that what was asked is not done; `asks` that the
    next thing we hope to hear is an answer to it.
    """

    text: str
    locale: str
    refused: bool = False
    buttons: Rows = ()
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a pressed button leads to: a short `note` (at most 200 characters; an `alert` must be confirmed),
    a `reply` of its own, new words and buttons for the message that carries the button.
    """

    note: str = ""
    alert: bool = False
    reply: Reply | None = None
    update: Reply | None = None


class Verb(StrEnum):
    """What a button does. The letters are in messages that were sent long ago: never give one away anew."""

    AGAIN = "a"  # job
    NEW_SEED = "s"  # job
    MORE = "m"  # job, count
    EDIT = "e"  # job, ordinal of the picture
    AS_FILE = "f"  # job
    DELETE = "d"  # job
    RESEND = "r"  # job
    CANCEL = "c"  # job, or nothing for all
    EXAMPLE = "x"
    HELP = "h"  # topic
    SETTINGS = "p"  # nothing; a setting; a setting and its value
    CHAT = "g"  # nothing; a setting; a setting and its value
    FORGET = "z"  # yes or no


# --- in between -----------------------------------------------------------------------------------------

E = TypeVar("E", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Turn(Generic[E]):
    """An event with what is known of who did it and where; `locale` is the language to answer in."""

    event: E
    locale: str
    person: PersonSettings = PersonSettings()
    chat: ChatSettings = ChatSettings()
    ask: Ask | None = None


CommandHandler = Callable[[Turn[Incoming], Command], Awaitable[Reply | Problem | None]]
PressHandler = Callable[[Turn[Press], tuple[str, ...]], Awaitable[Answer | Problem]]
"""Takes the words that the button holds after its verb."""


class Topic(Protocol):
    """Commands and buttons that belong together. Handlers raise StoreBusy and ChatUnavailable."""

    @property
    def commands(self) -> Mapping[str, CommandHandler]: ...

    @property
    def presses(self) -> Mapping[Verb, PressHandler]: ...
