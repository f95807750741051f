"""What people and the admins of a chat have settled for themselves."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.geometry import Aspect
from bot.domain.ids import Millis
from bot.domain.request import Handle, OutputForm


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """What a person wants whenever they do not say otherwise; None means "whatever is usual".

    `locale` is the language to answer in, `model` a model's name. `model` and `aspect` are for drawing, and
    for edits only where they can be had.
    """

    locale: str | None = None
    model: str | None = None
    aspect: Aspect | None = None
    count: int = 1
    output: OutputForm = OutputForm.PHOTO
    watermark: bool = False
    prompt_extension: bool = True


class Drawers(StrEnum):
    """Who may ask for pictures in a chat."""

    EVERYONE = "everyone"
    ADMINS = "admins"


class Pressers(StrEnum):
    """Who may press the buttons under a picture: who asked for it, or anyone on their own quota."""

    REQUESTER = "requester"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """What the admins of a group settled. `pictures_per_day` is for the whole group, None without limit;
    a `spoiler` covers pictures until they are tapped.
    """

    drawers: Drawers = Drawers.EVERYONE
    pressers: Pressers = Pressers.ANYONE
    locale: str | None = None
    model: str | None = None
    spoiler: bool = False
    pictures_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of ours that is open: what to change in these `images`, or which image to change.

    `words` are the options and the prompt that were given already; empty when they are what is asked for.
    """

    asked_at: Millis
    words: str = ""
    images: tuple[Handle, ...] = ()


def wanted(person: PersonSettings, chat: ChatSettings) -> PersonSettings:
    """A person's settings in a chat: their own choice of a model goes before the chat's."""
    return replace(person, model=person.model or chat.model)
