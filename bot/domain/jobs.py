"""The life of a job and of its calls: states, the legal moves between them, and what is kept of each.

The tables below are the one truth. The diagram in `docs/architecture.md` is made from them, the store
refuses whatever they do not list, and a test walks every pair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import AccountId, CallId, GatewayId, JobId, Micros, Millis, PictureId
from bot.domain.problems import Problem
from bot.domain.request import ImageRequest


class JobState(StrEnum):
    ACCEPTED = "accepted"
    WORKING = "working"
    DELIVERING = "delivering"
    DONE = "done"
    UNDELIVERABLE = "undeliverable"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CallState(StrEnum):
    PLANNED = "planned"
    SUBMITTING = "submitting"
    WAITING = "waiting"
    FETCHING = "fetching"
    FETCHED = "fetched"
    REJECTED = "rejected"
    UNCLEAR = "unclear"
    ABANDONED = "abandoned"


JOB_MOVES: Mapping[JobState, frozenset[JobState]] = {
    JobState.ACCEPTED: frozenset({JobState.WORKING, JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED}),
    JobState.WORKING: frozenset({JobState.DELIVERING, JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED}),
    JobState.DELIVERING: frozenset({JobState.DONE, JobState.UNDELIVERABLE}),
    JobState.DONE: frozenset(),
    JobState.UNDELIVERABLE: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
    JobState.EXPIRED: frozenset(),
}

CALL_MOVES: Mapping[CallState, frozenset[CallState]] = {
    # planned -> abandoned: the job was cancelled or expired before this call was made
    CallState.PLANNED: frozenset({CallState.SUBMITTING, CallState.REJECTED, CallState.ABANDONED}),
    # submitting -> planned: turned away for now (rate limit, outage); certainly neither taken nor paid
    # submitting -> fetched: a synchronous gateway sent the pictures inside its answer
    CallState.SUBMITTING: frozenset(
        {
            CallState.PLANNED,
            CallState.WAITING,
            CallState.FETCHING,
            CallState.FETCHED,
            CallState.REJECTED,
            CallState.UNCLEAR,
        }
    ),
    CallState.WAITING: frozenset(
        {CallState.WAITING, CallState.FETCHING, CallState.FETCHED, CallState.REJECTED, CallState.UNCLEAR}
    ),
    # fetching -> fetching: the picture was not to be had this time, another try is due
    CallState.FETCHING: frozenset({CallState.FETCHING, CallState.FETCHED, CallState.REJECTED}),
    CallState.FETCHED: frozenset(),
    CallState.REJECTED: frozenset(),
    CallState.UNCLEAR: frozenset({CallState.WAITING, CallState.ABANDONED}),
    CallState.ABANDONED: frozenset(),
}

FINISHED_JOB = frozenset(state for state, moves in JOB_MOVES.items() if not moves)
FINISHED_CALL = frozenset(state for state, moves in CALL_MOVES.items() if not moves)


class IllegalMove(Exception):
    """A move that the tables do not list: a bug of ours; nothing was changed."""


def check_move(old: JobState | CallState, new: JobState | CallState) -> None:
    """Raise IllegalMove unless the tables list `old -> new`."""
    legal: frozenset[JobState] | frozenset[CallState]
    legal = JOB_MOVES[old] if isinstance(old, JobState) else CALL_MOVES[old]
    if new not in legal:
        raise IllegalMove(f"{old} -> {new}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to answer: opaque to the core, understood by the platform's frontend."""

    platform: str
    chat: str
    thread: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One submission to one gateway model for `count` pictures.

    `attempts` counts submissions, `failures` those that the gateway itself failed at. `missing_since` is when
    the gateway began to say that it does not know our task; it is not kept over a restart. `elsewhere` tells
    of a rejected call that another route may take over, `called_back` that the gateway has called us.
    """

    id: CallId
    job_id: JobId
    ordinal: int
    gateway: GatewayId
    route: str
    offset: int
    count: int
    seed: int | None
    size: str | None
    state: CallState
    version: int = 0
    attempts: int = 0
    failures: int = 0
    missing_since: Millis | None = None
    ref: str | None = None
    due_at: Millis | None = None
    submitted_at: Millis | None = None
    links: tuple[str, ...] = ()
    problem: Problem | None = None
    elsewhere: bool = False
    called_back: bool = False
    cost: Micros | None = None
    charged: Micros | None = None

    def overlaps(self, other: "Call") -> bool:
        """Whether both are for (some of) the same pictures."""
        return self.offset < other.offset + other.count and other.offset < self.offset + self.count


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished image, kept in the media store under `media_key`."""

    id: PictureId
    job_id: JobId
    call_id: CallId
    ordinal: int
    media_key: str
    width: int
    height: int
    bytes: int
    mime: str
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """An image handed in with a request: checked, brought into shape, kept under `media_key`."""

    ordinal: int
    media_key: str
    width: int
    height: int
    bytes: int
    mime: str


@dataclass(frozen=True, slots=True)
class Job:
    """An accepted request: who pays, where to answer, in which language. Owns its calls and pictures.

    `person` is who asked, by the platform's id. `references` are there once the images handed in were fetched
    and prepared.
    """

    id: JobId
    account_id: AccountId
    person: str
    address: Address
    locale: str
    request: ImageRequest
    state: JobState
    version: int
    created_at: Millis
    deadline_at: Millis
    finished_at: Millis | None = None
    told: bool = False
    status_message: str | None = None
    problem: Problem | None = None
    references: tuple[Reference, ...] = ()
    calls: tuple[Call, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def finished(self) -> bool:
        return self.state in FINISHED_JOB

    @property
    def open_calls(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if call.state not in FINISHED_CALL)

    @property
    def last_calls(self) -> tuple[Call, ...]:
        """The calls that had the last word about their pictures: no later call was made for the same ones."""
        return tuple(
            call
            for call in self.calls
            if not any(other.ordinal > call.ordinal and other.overlaps(call) for other in self.calls)
        )

    @property
    def undelivered(self) -> tuple[Picture, ...]:
        return tuple(picture for picture in self.pictures if not picture.delivered)
