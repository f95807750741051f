"""What every imitation of a gateway shares: its books, faults, keys, pace, and result links."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.faults import BEFORE_ACCEPTANCE, Endpoint, Fault, FaultArgs, FaultName, Faults
from bot.sandbox.hosting import Hosting
from bot.sandbox.refusals import Canned, Cut, Kind, Refusal
from bot.sandbox.tally import Tally
from bot.sandbox.wire import PAGE

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection, Iterator
    from datetime import timedelta

    from bot.sandbox.errands import Errands
    from bot.sandbox.memory import Memory
    from bot.sandbox.options import Options

_REFUSED_KEYS = ("wrong", "bad-key")
_REFUSALS = {
    FaultName.RATE_LIMITED: (Kind.RATE_LIMITED, "rate limit reached, please try again later"),
    FaultName.SERVER_ERROR: (Kind.UPSTREAM, "upstream error: do request failed"),
    FaultName.UNAVAILABLE: (Kind.UNAVAILABLE, "service temporarily unavailable"),
    FaultName.BAD_KEY: (Kind.BAD_KEY, "invalid token"),
    FaultName.OUT_OF_MONEY: (Kind.OUT_OF_MONEY, "insufficient balance"),
    FaultName.NO_SUCH_MODEL: (Kind.NO_SUCH_MODEL, "no available channel for this model"),
    FaultName.MODERATION: (Kind.MODERATED, "the prompt was rejected by the safety system"),
    FaultName.ERROR_IN_200: (Kind.UPSTREAM, "the upstream task failed"),
}


class Desk:
    """One gateway's side of the counter. `easel` bounds the pictures painted at once, for all gateways."""

    def __init__(
        self,
        gateway: str,
        options: Options,
        memory: Memory,
        faults: Faults,
        errands: Errands,
        easel: asyncio.Semaphore,
        link_life: timedelta,
    ) -> None:
        self.gateway = gateway
        self.options = options
        self.memory = memory
        self.errands = errands
        self.easel = easel
        self.tally = Tally()
        self.hosting = Hosting(self, link_life)
        self._faults = faults

    def take(self, endpoint: Endpoint, prompt: str, names: Collection[FaultName]) -> Fault | None:
        """The fault to commit now, if one of these was asked for."""
        return self._faults.take(self.tally, self.gateway, endpoint, prompt, names)

    def trip(self, endpoint: Endpoint, prompt: str = "") -> None:
        """Fail here if a fault before acceptance was asked for: Refusal, Canned or Cut."""
        fault = self.take(endpoint, prompt, BEFORE_ACCEPTANCE)
        if fault is None:
            return
        if fault.args.paid and endpoint is Endpoint.SUBMIT:
            self.tally.accept(prompt)
        raise _failure(fault)

    def check_key(self, request: web.Request, *, optional: bool = False, header: str | None = None) -> None:
        """Refusal unless the bearer key (or the key in `header`) is accepted."""
        key = request.headers.get(header, "") if header else ""
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            key = bearer.strip()
        if (optional and not key) or self._is_accepted(key):
            return
        raise Refusal(Kind.BAD_KEY, "invalid token" if key else "no token provided")

    @contextmanager
    def booked(self) -> Iterator[None]:
        """Count a submission, and how it was refused if it was."""
        self.tally.received += 1
        try:
            yield
        except Refusal as refusal:
            if refusal.kind is Kind.MODERATED:
                self.tally.moderated += 1
            else:
                self.tally.refused += 1
            raise
        except Canned:
            self.tally.refused += 1
            raise

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the gateway's places; Refusal when all are taken."""
        self.claim()
        try:
            yield
        finally:
            self.tally.end()

    def claim(self) -> None:
        """Take a place until `tally.end()`; Refusal when all are taken."""
        capacity = self.options.capacity.get(self.gateway)
        if capacity is not None and self.tally.in_flight >= capacity:
            raise Refusal(Kind.RATE_LIMITED, f"too many concurrent requests, limit is {capacity}")
        self.tally.begin()

    def work_time(self) -> float:
        """Seconds this gateway takes for the next pictures."""
        latency, spread = self.options.latency, self.options.spread
        return latency.total_seconds() + random.random() * spread.total_seconds()

    def _is_accepted(self, key: str) -> bool:
        if self.options.keys is not None:
            return key in self.options.keys
        return bool(key) and not key.startswith(_REFUSED_KEYS)


def _failure(fault: Fault) -> Refusal | Canned | Cut:
    args = fault.args
    if fault.fault is FaultName.DROP_BEFORE:
        return Cut()
    if fault.fault is FaultName.BAD_GATEWAY:
        page = PAGE.format(title="502 Bad Gateway")
        return Canned(web.Response(status=args.status or 502, text=page, content_type="text/html"))
    if fault.fault is FaultName.RATE_LIMITED and args.empty:
        return Canned(web.Response(status=args.status or 429, headers=_retry_after(args)))
    kind, message = _REFUSALS[fault.fault]
    status = 200 if fault.fault is FaultName.ERROR_IN_200 else args.status
    retry_after = None if args.retry_after is None else str(args.retry_after)
    return Refusal(kind, args.message or message, status=status, code=args.code, retry_after=retry_after)


def _retry_after(args: FaultArgs) -> dict[str, str]:
    return {} if args.retry_after is None else {"Retry-After": str(args.retry_after)}
