"""What a gateway said. A closed union: every consumer matches all members."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.domain.ids import Micros


class Failure(StrEnum):
    """Why a gateway did not draw: one vocabulary for all dialects."""

    MODERATED_INPUT = "moderated_input"
    MODERATED_OUTPUT = "moderated_output"
    BAD_REQUEST = "bad_request"
    UNAUTHORISED = "unauthorised"
    OUT_OF_MONEY = "out_of_money"
    MODEL_UNAVAILABLE = "model_unavailable"
    RATE_LIMITED = "rate_limited"
    UPSTREAM = "upstream"
    TIMED_OUT = "timed_out"
    NOT_FOUND = "not_found"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Link:
    """A finished picture at an address that may soon expire."""

    url: str


@dataclass(frozen=True, slots=True)
class Inline:
    """A finished picture that came inside the answer."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway took the task and will work on it: it is paid from here on."""

    ref: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """The gateway is still at it, and says how far it is, in per cent, if it says so."""

    progress: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The pictures are there; fewer than asked for is possible. `charged` is what the gateway reports."""

    results: tuple[Link | Inline, ...]
    charged: Micros | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The gateway did not and will not draw this call; nothing was paid for.

    `again` tells that the same call may be submitted (or, of a task, asked after) once more without any risk
    of paying twice. `fresh` tells that a task has ended, cost nothing, and that a new one may succeed, under
    a new call id: the old one stands for the task that failed. `retry_after` is the earliest moment for
    either. `detail` is the gateway's wording, for the log, never for a person.
    """

    failure: Failure
    again: bool = False
    fresh: bool = False
    retry_after: timedelta | None = None
    detail: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """The submission left us and no usable answer came back: it may have been paid for."""

    reason: str
    request_id: str = ""


Outcome = Accepted | Running | Done | Rejected | Unclear
