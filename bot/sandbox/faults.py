"""Misbehaviour on request.

A fault is a wish: the next `times` requests to this endpoint of this gateway that match are spoiled in the
named way. The first matching wish is used, in the order they were made.
"""

from __future__ import annotations

import random
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.sandbox.tally import Tally

ANY: Final = "*"


class Endpoint(StrEnum):
    SUBMIT = "submit"
    POLL = "poll"
    FILE = "file"
    """A result link; the picture faults also spoil pictures inside an answer (b64_json)."""
    CATALOGUE = "catalogue"
    """Lists of models and prices, and the balance."""
    CALLBACK = "callback"
    UPLOAD = "upload"
    """A gateway's own service for images to edit."""


class FaultName(StrEnum):
    RATE_LIMITED = "rate_limited"
    """429. Args: retry_after; empty for a 429 without a body."""
    SERVER_ERROR = "server_error"
    """500 in the gateway's own shape."""
    BAD_GATEWAY = "bad_gateway"
    """502 with a proxy's HTML page."""
    UNAVAILABLE = "unavailable"
    """503 in the gateway's own shape. Args: retry_after."""
    BAD_KEY = "bad_key"
    OUT_OF_MONEY = "out_of_money"
    NO_SUCH_MODEL = "no_such_model"
    MODERATION = "moderation"
    DROP_BEFORE = "drop_before"
    """The connection is cut before anything is accepted. With endpoint `*`, always: the gateway is down."""
    ERROR_IN_200 = "error_in_200"
    """An error body with HTTP 200."""

    DROP_AFTER = "drop_after"
    """Accepted and paid, then the connection is cut without an answer."""
    TRUNCATED_JSON = "truncated_json"
    HTML_200 = "html_200"
    """A page instead of JSON, as captive portals and broken proxies send."""
    SLOW = "slow"
    """The answer comes later. Args: seconds."""
    NEVER = "never"
    """No answer until the client leaves."""
    EMPTY_DATA = "empty_data"
    """No pictures in a success."""
    EMPTY_URL = "empty_url"
    FEWER_IMAGES = "fewer_images"
    """One picture less than asked for and paid."""
    TASK_ID_IN_SYNC = "task_id_in_sync"
    """A task id where pictures were expected."""
    TASK_STUCK = "task_stuck"
    """A task that never ends."""
    TASK_FAILED = "task_failed"
    """A task that fails for a reason other than content; free. Args: message."""

    TASK_LOST = "task_lost"
    """404 for a task that exists."""
    TASK_UNKNOWN_STATUS = "task_unknown_status"

    LINK_EXPIRED = "link_expired"
    """Args: status, 403 unless given."""
    LINK_NOT_IMAGE = "link_not_image"
    """A page that claims to be a PNG."""
    LINK_WRONG_TYPE = "link_wrong_type"
    """A page that says so."""
    LINK_HUGE = "link_huge"
    """Bytes without end. Args: content_length to declare."""
    LINK_TRUNCATED = "link_truncated"
    """Half a picture, honestly framed. Args: cut for a connection cut in the middle instead."""
    LINK_REDIRECT_PRIVATE = "link_redirect_private"
    """302 to a private address. Args: to."""
    IMAGE_WRONG_SIZE = "image_wrong_size"
    """A good picture of other pixels. Args: width, height."""
    IMAGE_BOMB = "image_bomb"
    """A tiny file that declares enormous dimensions. Args: width, height."""

    CALLBACK_NEVER = "callback_never"
    CALLBACK_TWICE = "callback_twice"
    CALLBACK_EARLY = "callback_early"
    """The task is done and called back before the submission is answered."""
    CALLBACK_FORGED = "callback_forged"
    """A stranger calls first, with a success and a link of their own."""

    UPLOAD_QUOTA = "upload_quota"
    """No room for another file."""


_N = FaultName

BEFORE_ACCEPTANCE: Final = frozenset(
    {
        _N.RATE_LIMITED,
        _N.SERVER_ERROR,
        _N.BAD_GATEWAY,
        _N.UNAVAILABLE,
        _N.BAD_KEY,
        _N.OUT_OF_MONEY,
        _N.NO_SUCH_MODEL,
        _N.MODERATION,
        _N.DROP_BEFORE,
        _N.ERROR_IN_200,
    }
)
"""Nothing is accepted or paid, unless args say `paid`."""
OF_THE_ANSWER: Final = frozenset({_N.DROP_AFTER, _N.TRUNCATED_JSON, _N.HTML_200, _N.SLOW, _N.NEVER})
"""The work is done (and paid), only the answer is spoiled."""
OF_THE_CONTENT: Final = frozenset({_N.EMPTY_DATA, _N.EMPTY_URL})
OF_A_SYNC_ANSWER: Final = frozenset({_N.FEWER_IMAGES, _N.TASK_ID_IN_SYNC}) | OF_THE_CONTENT
OF_A_NEW_TASK: Final = frozenset({_N.TASK_STUCK, _N.TASK_FAILED})
OF_A_POLL: Final = frozenset({_N.TASK_LOST, _N.TASK_UNKNOWN_STATUS})
OF_A_PICTURE: Final = frozenset({_N.IMAGE_WRONG_SIZE, _N.IMAGE_BOMB})
OF_A_LINK: Final = frozenset(
    {
        _N.LINK_EXPIRED,
        _N.LINK_NOT_IMAGE,
        _N.LINK_WRONG_TYPE,
        _N.LINK_HUGE,
        _N.LINK_TRUNCATED,
        _N.LINK_REDIRECT_PRIVATE,
    }
)
OF_A_CALLBACK: Final = frozenset(
    {_N.CALLBACK_NEVER, _N.CALLBACK_TWICE, _N.CALLBACK_EARLY, _N.CALLBACK_FORGED}
)

_ANYWHERE = (BEFORE_ACCEPTANCE - {_N.MODERATION, _N.NO_SUCH_MODEL}) | OF_THE_ANSWER
_FITS: Final[Mapping[Endpoint, frozenset[FaultName]]] = {
    Endpoint.SUBMIT: BEFORE_ACCEPTANCE | OF_THE_ANSWER | OF_A_SYNC_ANSWER | OF_A_NEW_TASK,
    Endpoint.POLL: _ANYWHERE | OF_A_POLL | OF_THE_CONTENT,
    Endpoint.FILE: _ANYWHERE | OF_A_LINK | OF_A_PICTURE,
    Endpoint.CATALOGUE: _ANYWHERE,
    Endpoint.CALLBACK: OF_A_CALLBACK,
    Endpoint.UPLOAD: _ANYWHERE | {_N.UPLOAD_QUOTA},
}


class FaultArgs(BaseModel):
    """Details of a fault; which ones matter stands at the fault's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    retry_after: int | float | str | None = None
    """The value of a Retry-After header: seconds, or text sent as it is."""
    empty: bool = False
    paid: bool = False
    """The submission is accepted and paid although it is answered with an error."""
    status: int | None = Field(default=None, ge=200, le=599)
    code: str | None = None
    message: str | None = None
    seconds: float = Field(default=1.0, ge=0)
    width: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    content_length: int | None = Field(default=None, ge=1)
    cut: bool = False
    to: str = "http://10.0.0.1/"


class Fault(BaseModel):
    """One wish. `times` None means always; `match` is a part of the prompt the request belongs to."""

    model_config = ConfigDict(extra="forbid")

    fault: FaultName
    gateway: str = ANY
    endpoint: Endpoint | None = None
    """None is the endpoint the fault is made for, and the submission when it fits several."""
    everywhere: bool = False
    """Every endpoint the fault fits; written `"endpoint": "*"` in JSON."""
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1.0, ge=0, le=1)
    match: str | None = None
    args: FaultArgs = FaultArgs()

    @model_validator(mode="before")
    @classmethod
    def _read_star(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("endpoint") == ANY:
            return {**data, "endpoint": None, "everywhere": True}
        return data

    @model_validator(mode="after")
    def _fits(self) -> Fault:
        if self.endpoint is not None and self.fault not in _FITS[self.endpoint]:
            message = f"{self.fault} cannot happen at {self.endpoint}"
            raise ValueError(message)
        return self

    def applies(self, gateway: str, endpoint: Endpoint, prompt: str) -> bool:
        """Whether this request is one of those meant; `prompt` is empty where none is known."""
        return (
            self.gateway in (ANY, gateway)
            and endpoint in self._endpoints()
            and (self.match is None or self.match in prompt)
        )

    def _endpoints(self) -> tuple[Endpoint, ...]:
        if self.endpoint is not None:
            return (self.endpoint,)
        fitting = tuple(endpoint for endpoint, names in _FITS.items() if self.fault in names)
        if self.everywhere or self.fault in OF_THE_CONTENT:  # pictures are listed wherever a job ends
            return fitting
        return fitting[:1]


class Faults:
    """The wishes that are still open, for all gateways of a sandbox."""

    def __init__(self) -> None:
        self._open: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._open.append(fault.model_copy())

    def clear(self) -> None:
        self._open.clear()

    def take(
        self, tally: Tally, gateway: str, endpoint: Endpoint, prompt: str, names: Collection[FaultName]
    ) -> Fault | None:
        """The fault to commit now out of these `names`, or None; it is counted and used up."""
        for fault in self._open:
            if fault.fault not in names or not fault.applies(gateway, endpoint, prompt):
                continue
            if random.random() >= fault.probability:
                continue
            tally.faults[fault.fault.value] += 1
            self._use(fault)
            return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if not fault.times:
            self._open = [other for other in self._open if other is not fault]
