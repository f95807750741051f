"""Keeping within Telegram's flood limits, one chat at a time.

The vendor's FAQ tells bots to stay below about one message per second in a chat, 20 per minute in a group
and 30 per second overall; a server of one's own has no such limits. A refusal (429) names the seconds to
wait. The library's own limiter stops every chat when one is limited; here only that chat waits.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from enum import StrEnum, auto
from typing import Any, Final

import structlog
from aiolimiter import AsyncLimiter
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.frontends.telegram.errors import pause

log = structlog.get_logger()

Result = bool | dict[str, Any] | list[dict[str, Any]]

_COUNTED: Final = ("send", "edit", "forward", "copy")
_GROUP_PER_MINUTE: Final = 20
_GROUP_RESERVE: Final = 10
_SPACING: Final = 1.0
_GROUP_SPACING: Final = 60 / _GROUP_PER_MINUTE
_WATCHFUL: Final = 60.0
_MARGIN: Final = 0.1
_FORGET_ABOVE: Final = 512


class Urgency(StrEnum):
    """What happens to a call that would have to wait: it waits, or fails at once with RetryAfter."""

    WAIT = auto()
    SKIP = auto()


class _Gate:
    """A chat that was limited: calls go one by one and spaced, until it was quiet for a while."""

    def __init__(self, spacing: float) -> None:
        self.turn = asyncio.Lock()
        self.waiting = 0
        self._spacing = spacing
        self._opens_at = 0.0
        self._watched_until = 0.0

    def close_for(self, seconds: float) -> None:
        self._opens_at = max(self._opens_at, time.monotonic() + seconds + _MARGIN)
        self._watched_until = self._opens_at + _WATCHFUL

    def space(self) -> None:
        self._opens_at = max(self._opens_at, time.monotonic() + self._spacing)

    @property
    def closed_for(self) -> float:
        """Seconds until the next call may go."""
        return max(0.0, self._opens_at - time.monotonic())

    @property
    def idle(self) -> bool:
        return not self.waiting and time.monotonic() > self._watched_until


class FloodControl(BaseRateLimiter[Urgency]):
    """Paces everything that posts or edits; getUpdates, chat actions and button answers are not counted.

    `rate` is messages per second over all chats, None for a server without limits: then nothing is paced
    before Telegram asks for it. After a 429 the call is made again up to `attempts` times in all, when the
    wait is not longer than `patience`; otherwise RetryAfter goes to the caller. Calls of a waiting chat keep
    their order. With `rate_limit_args=Urgency.SKIP` a call never waits.
    """

    def __init__(
        self, rate: float | None, patience: timedelta = timedelta(seconds=60), attempts: int = 5
    ) -> None:
        self._patience = patience.total_seconds()
        self._attempts = attempts
        self._overall = _smooth(rate) if rate else None
        self._groups: dict[int, AsyncLimiter] = {}
        self._gates: dict[int, _Gate] = {}

    async def initialize(self) -> None:
        """Nothing is to be prepared."""

    async def shutdown(self) -> None:
        """Nothing is held."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Urgency | None,
    ) -> Result:
        chat = data.get("chat_id")
        if not isinstance(chat, int):
            return await callback(*args, **kwargs)
        cost = _cost(endpoint, data)
        if rate_limit_args is Urgency.SKIP:
            self._check_room(chat, cost)

        async def call() -> Result:
            await self._spend(chat, cost)
            return await callback(*args, **kwargs)

        gate = self._gates.get(chat)
        if gate is not None and cost:
            return await self._through(chat, gate, call)
        try:
            return await call()
        except RetryAfter as limited:
            gate = self._limited(chat, limited)
            if rate_limit_args is Urgency.SKIP or self._attempts < 2:
                raise
        return await self._through(chat, gate, call, spent=1)

    def _check_room(self, chat: int, cost: int) -> None:
        gate = self._gates.get(chat)
        if gate is not None and (gate.waiting or gate.closed_for):
            raise RetryAfter(timedelta(seconds=max(gate.closed_for, _SPACING)))
        if self._overall is None or not cost:
            return
        group = self._group(chat)
        if not self._overall.has_capacity() or (group and not group.has_capacity(_GROUP_RESERVE)):
            raise RetryAfter(timedelta(seconds=_GROUP_SPACING if chat < 0 else _SPACING))

    async def _spend(self, chat: int, cost: int) -> None:
        if self._overall is None:
            return
        group = self._group(chat)
        for _ in range(cost):
            if group:
                await group.acquire()
            await self._overall.acquire()

    async def _through(
        self, chat: int, gate: _Gate, call: Callable[[], Awaitable[Result]], spent: int = 0
    ) -> Result:
        """Wait for the chat's turn, then call until it is taken. `spent` attempts were made already."""
        gate.waiting += 1
        try:
            async with gate.turn:
                for attempt in range(spent + 1, self._attempts + 1):
                    await self._until_open(gate)
                    try:
                        result = await call()
                    except RetryAfter as limited:
                        self._limited(chat, limited)
                        if attempt == self._attempts:
                            raise
                    else:
                        gate.space()
                        return result
        finally:
            gate.waiting -= 1
            if gate.idle:
                self._gates.pop(chat, None)
        raise AssertionError("the last attempt returns or raises")

    async def _until_open(self, gate: _Gate) -> None:
        wait = gate.closed_for
        if wait > self._patience:
            raise RetryAfter(timedelta(seconds=wait))
        await asyncio.sleep(wait)

    def _limited(self, chat: int, limited: RetryAfter) -> _Gate:
        if len(self._gates) > _FORGET_ABOVE:
            self._gates = {id_: gate for id_, gate in self._gates.items() if not gate.idle}
        gate = self._gates.setdefault(chat, _Gate(_GROUP_SPACING if chat < 0 else _SPACING))
        gate.close_for(pause(limited))
        log.info("telegram limits a chat", chat=chat, seconds=pause(limited))
        return gate

    def _group(self, chat: int) -> AsyncLimiter | None:
        if chat >= 0:
            return None
        if len(self._groups) > _FORGET_ABOVE:
            self._groups = {
                id_: group for id_, group in self._groups.items() if not group.has_capacity(_GROUP_PER_MINUTE)
            }
        return self._groups.setdefault(chat, AsyncLimiter(_GROUP_PER_MINUTE, 60))


def _smooth(rate: float) -> AsyncLimiter:
    """A tenth of a second's messages may go in one burst, so that no second sees many more than `rate`."""
    burst = max(1.0, rate / 10)
    return AsyncLimiter(burst, burst / rate)


def _cost(endpoint: str, data: dict[str, Any]) -> int:
    """How many messages a call counts as; an album may count as its items."""
    if endpoint == "sendChatAction" or not endpoint.startswith(_COUNTED):
        return 0
    return len(data["media"]) if endpoint == "sendMediaGroup" else 1
