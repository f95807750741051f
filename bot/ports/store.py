"""The contract of the database: one method per business operation, each one transaction.

All methods raise StoreBusy for what passes and StoreUnusable for what does not; nothing was changed then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Protocol

from bot.domain.decide import Move
from bot.domain.ids import AccountId, CallId, JobId, Micros, Millis
from bot.domain.jobs import Address, Call, Job, JobState, Picture, Reference
from bot.domain.ledger import Plan, Usage
from bot.domain.outcome import Failure
from bot.domain.problems import Problem
from bot.domain.request import ImageRequest
from bot.ports.chat import Sent


class StoreBusy(Exception):
    """The database stayed locked for longer than we wait, or the disk is full; nothing was changed."""


class StoreUnusable(Exception):
    """The database cannot be used at all: newer than this program, not ours, or damaged."""


@dataclass(frozen=True, slots=True)
class Order:
    """A checked request that asks to become a job.

    `event_key` is the platform's own id of the event that asked, so that a repeated event opens no second
    job. `price` is what one picture is expected to cost. In a `shared` chat the pictures count for the chat
    too, which may use `chat_limit` a day (None: as many as its people may).
    """

    event_key: str
    platform: str
    person: str
    address: Address
    locale: str
    request: ImageRequest
    price: Micros
    deadline: timedelta
    shared: bool = False
    chat_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A job was opened and its pictures are held. `usage` includes it."""

    job: Job
    usage: Usage


@dataclass(frozen=True, slots=True)
class Repeated:
    """The event had been accepted before; nothing was changed."""

    job_id: JobId


class Store(Protocol):
    async def accept(
        self, order: Order, plan: Plan, now: Millis, zone: tzinfo
    ) -> Opened | Repeated | Problem:
        """Open a job and hold its pictures, or say which limit of the plan forbids it. Idempotent."""
        ...

    async def load(self, job_id: JobId) -> Job | None:
        """A job with its calls and pictures."""
        ...

    async def unfinished(self, after: JobId | None, limit: int) -> Sequence[JobId]:
        """Jobs that still need work: not finished, or their person was not told; oldest first."""
        ...

    async def begin(self, job: Job, calls: Sequence[Call], now: Millis) -> bool:
        """Move a job from accepted to working with these calls; False when somebody else moved it."""
        ...

    async def move_call(self, call: Call, move: Move, now: Millis) -> Call | None:
        """Move a call if it still has this version, and return it as it is now; None when it has not.

        Raises IllegalMove for a move that the table does not list.
        """
        ...

    async def keep(
        self, call: Call, pictures: Sequence[Picture], charged: Micros | None, now: Millis
    ) -> bool:
        """Note the pictures of a call, which is fetched now; with the last call the job is delivering.

        A call moves only once; False when it had moved.
        """
        ...

    async def note_delivery(self, sent: Sent, now: Millis, *, person: str | None = None) -> None:
        """Write down that pictures arrived, for the first time or once more. Idempotent.

        `person` is to whom they were shown; None: to whoever asked for the job.
        """
        ...

    async def close(self, job: Job, state: JobState, problem: Problem | None, now: Millis) -> Job | None:
        """End a job and close its hold: what was delivered is settled, the rest returned, exactly once.

        Open calls are abandoned. None when somebody else had moved it.
        """
        ...

    async def cancel(self, job_id: JobId, now: Millis, *, submitted: bool = False) -> Job | None:
        """Cancel a job no part of which was submitted yet, and return its hold; None when it is too late.

        With `submitted` one may be under way at a gateway, but no picture of it may be there yet.
        """
        ...

    async def note_references(self, job_id: JobId, references: Sequence[Reference]) -> None:
        """Keep the prepared images of a job. Idempotent."""
        ...

    async def replace_call(self, call: Call, calls: Sequence[Call]) -> Sequence[Call]:
        """Let other calls take over a rejected one; none at all lets the rejection stand.

        Returns them, numbered on from the job's other calls; none when somebody else did it before.
        """
        ...

    async def note_told(self, job_id: JobId, now: Millis) -> None:
        """Write down that the person knows how the job ended. Idempotent."""
        ...

    async def note_status_message(self, job_id: JobId, message: str) -> None:
        """Remember which message shows the job's status."""
        ...

    async def account(self, platform: str, person: str) -> AccountId | None:
        """The account of a person, if there ever was a job."""
        ...

    async def usage(self, platform: str, person: str, now: Millis, zone: tzinfo) -> Usage:
        """What a person is using now; nothing, if they were never seen."""
        ...

    async def used(self, account: AccountId, day: int) -> int:
        """Pictures of an account that count against a local day (days since 1970-01-01)."""
        ...

    async def open_jobs(self, account: AccountId) -> Sequence[Job]:
        """An account's unfinished jobs, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Condition:
    """An open breaker of a gateway or route: why, and when it is probed. `until` of None: it is closed."""

    scope: str
    why: Failure | None
    until: Millis | None


class Routes(Protocol):
    """What is known of routes beyond a single job."""

    async def note_callback(self, call_id: CallId, now: Millis) -> JobId | None:
        """Write down that a gateway called about a call; its job the first time, None for all others."""
        ...

    async def durations(self, route: str, limit: int) -> Sequence[float]:
        """How many seconds the latest calls of a route took, the last one first."""
        ...

    async def note_condition(self, condition: Condition) -> None:
        """Remember that a breaker opened or closed."""
        ...

    async def conditions(self) -> Sequence[Condition]:
        """The breakers that were open."""
        ...

    async def own_secret(self, name: str) -> bytes:
        """32 random bytes of the service's own, made at the first call and the same ever after."""
        ...
