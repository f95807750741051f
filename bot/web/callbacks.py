"""Callbacks: the addresses under which gateways tell us that there is news of a call.

    <public url>/cb/<call id>/<token>

No gateway documents a signature on its callbacks, so the address itself is the secret: a token per call
(HMAC-SHA256), given to nobody but the gateway. What it sends is not even read; it only makes us ask the
gateway. Whoever calls, right or wrong, early, late or twice, gets the same empty answer.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web

from bot.domain.ids import CallId
from bot.web.server import Part

log = structlog.get_logger()

Heard = Callable[[CallId], Awaitable[None]]
"""Told of a call that its gateway has news of. Must bear repetition, and calls long over or unknown."""

_PURPOSE: Final = b"callback:"
_BODY_LIMIT: Final = 64 * 1024
_AT_ONCE: Final = 16
LONGEST: Final = 2048
"""Longer addresses are refused by a gateway (documented by EvoLink)."""
_LONGEST_ID: Final = 64


class Callbacks:
    """Makes the addresses and answers under them. `secret` must be unguessable and survive restarts."""

    def __init__(self, secret: bytes, public_url: str) -> None:
        """Raises ValueError when `public_url` leaves too little room for an address."""
        self._secret = secret
        self._root = f"{public_url.rstrip('/')}/cb/"
        if len(self.address(CallId("x" * _LONGEST_ID))) > LONGEST:
            raise ValueError("the public address is too long")

    def address(self, call_id: CallId) -> str:
        """Where the gateway may call about `call_id`: always the same address for the same call."""
        return f"{self._root}{call_id}/{self._token(call_id)}"

    def part(self, heard: Heard) -> Part:
        """POST `/cb/...`: answers 200 whatever happens, after `heard` is done if the token was right.

        `heard` runs for a bounded number of callers at once, the others wait. When it fails, that is logged
        and the gateway is not told: the call is looked at sooner or later anyway.
        """
        room = asyncio.Semaphore(_AT_ONCE)

        async def answer(request: web.Request) -> web.Response:
            call_id = CallId(request.match_info["call"])
            if self._is_right(call_id, request.match_info["token"]):
                async with room:
                    await _tell(heard, call_id)
            return web.Response()

        return Part([web.post("/cb/{call}/{token}", answer)], _BODY_LIMIT)

    def _is_right(self, call_id: CallId, token: str) -> bool:
        return hmac.compare_digest(token.encode(errors="replace"), self._token(call_id).encode())

    def _token(self, call_id: CallId) -> str:
        digest = hmac.digest(self._secret, _PURPOSE + call_id.encode(errors="replace"), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def _tell(heard: Heard, call_id: CallId) -> None:
    try:
        await heard(call_id)
    except Exception:
        log.exception("callback not noted", call=call_id)
