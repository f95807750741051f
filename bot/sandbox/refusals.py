"""The ways a request ends early, raised anywhere below a handler and turned into wire form in one place.

Refusal   an error answer in the gateway's own shape
Canned    an answer no gateway would write itself: a proxy's HTML page, an empty 429
Cut       no answer: the connection is aborted
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web


class Kind(StrEnum):
    """Why a gateway says no; each imitation maps it to a status and a code of its own."""

    BAD_REQUEST = "bad_request"
    BAD_KEY = "bad_key"
    OUT_OF_MONEY = "out_of_money"
    NO_SUCH_MODEL = "no_such_model"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    MODERATED = "moderated"
    RATE_LIMITED = "rate_limited"
    UPSTREAM = "upstream"
    UNAVAILABLE = "unavailable"


class Refusal(Exception):
    """A no. `status` and `code` override what the gateway would say; `retry_after` is sent as it is."""

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Canned(Exception):
    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


class Cut(Exception):
    """Abort the connection without an answer."""
