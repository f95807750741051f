"""The contract of a chat platform: show how a job is doing, and hand over its pictures."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.ids import PictureId
from bot.domain.jobs import Job, Picture
from bot.domain.ledger import Plan, Usage
from bot.domain.problems import Problem
from bot.domain.request import Handle


class Stage(StrEnum):
    """How far a job is, as a person sees it."""

    QUEUED = "queued"
    PAUSED = "paused"
    DRAWING = "drawing"
    LATE = "late"
    FETCHING = "fetching"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Offers:
    """What else may be asked for once a job is done: a new seed, so many pictures more at once."""

    seed: bool = False
    more: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What the status message should say. `place` counts from 1 and is set only while queued;
    `pictures` of `count` are finished; `returned` pictures went back to the person's quota. `offers` belong
    to a finished job."""

    stage: Stage
    place: int | None = None
    pictures: int = 0
    problem: Problem | None = None
    returned: int = 0
    seconds: int = 0
    model: str = ""
    offers: Offers = Offers()

    @property
    def final(self) -> bool:
        return self.stage in {Stage.DONE, Stage.FAILED, Stage.CANCELLED}


@dataclass(frozen=True, slots=True)
class Made:
    """The model that drew a picture, and the size that it was asked for (None: its own choice)."""

    model: str
    asked_size: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """Pictures on their way to a person, and what is written beside them.

    `made` tells how each picture was made, `planned` names the model that was chosen at first. `left_today`
    is None when pictures are shown again: nothing was used then.
    """

    job: Job
    pictures: tuple[Picture, ...]
    made: Mapping[PictureId, Made]
    planned: str
    left_today: int | None
    offers: Offers = Offers()


@dataclass(frozen=True, slots=True)
class Sent:
    """These pictures arrived in a chat, each in a message: together, or one by one."""

    platform: str
    chat: str
    messages: tuple[tuple[PictureId, str], ...]


class ChatGone(Exception):
    """The chat will never take a message again: blocked, deleted, not allowed."""


class ChatUnavailable(Exception):
    """The platform does not answer or asks to wait; later may work. `after` is in seconds."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class HandleGone(Exception):
    """The platform does not have (or does not give out) an image that was handed in."""


class HandleTooLarge(Exception):
    """An image that was handed in has more megabytes than are fetched."""

    def __init__(self, limit_mb: int) -> None:
        super().__init__(f"more than {limit_mb} MB")
        self.limit_mb = limit_mb


class Chat(Protocol):
    """One platform's frontend as the core sees it."""

    async def show(self, job: Job, status: Status) -> str | None:
        """Create or edit the job's status message; returns its id, None when there is none.

        Never a second message because an edit was limited: what comes too early, or is limited, raises
        ChatUnavailable with the time to wait, and then the newest status is shown. Raises ChatGone.
        """
        ...

    def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        """Send the pictures; yields right after each message, so that the caller can write it down.

        What the platform refuses in one form is sent in another (smaller, as a file); what a group refuses
        goes to the person alone where the platform allows that. Raises ChatGone and ChatUnavailable; what
        was yielded has arrived.
        """
        ...

    def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        """The bytes of an image that was handed in. Raises HandleGone, HandleTooLarge and ChatUnavailable."""
        ...

    async def remove(self, chat: str, messages: Sequence[str]) -> None:
        """Take messages of ours away; those that are gone, or too old to be taken away, are passed over.

        Raises ChatUnavailable. Repeatable.
        """
        ...

    async def is_admin(self, chat: str, person: str) -> bool:
        """Whether a person administers a chat; nobody does in a chat that is gone. Raises ChatUnavailable."""
        ...

    async def forget(self, person: str) -> None:
        """Forget what the frontend itself keeps of a person. Repeatable. Raises ChatUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """A plan and what of it is in use: what `/quota` tells."""

    plan: Plan
    usage: Usage

    @property
    def left_today(self) -> int:
        return max(0, self.plan.pictures_per_day - self.usage.today)
