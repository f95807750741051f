"""Keeping within Telegram's flood limits, one chat at a time.

The vendor's FAQ tells bots to stay below about one message per second in a chat, 20 per minute in a group
and 30 per second overall; a server of one's own has no such limits, and paid broadcasts reach 1000 per
second overall. A refusal (429) names the seconds to wait. The library's own limiter stops every chat when
one is limited; here only that chat waits.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, auto
from typing import Any, Final

import structlog
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.frontends.telegram.buckets import Bucket, Window
from bot.frontends.telegram.errors import pause

log = structlog.get_logger()

Result = bool | dict[str, Any] | list[dict[str, Any]]
Call = Callable[[], Coroutine[Any, Any, Result]]

_COUNTED: Final = ("send", "edit", "forward", "copy")
_FREE_OF_CHARGE: Final = 30
"""Messages per second overall; more are taken only as paid broadcasts, documented by the vendor."""
_BURST_OVERALL: Final = 0.1
_BURST_IN_CHAT: Final = 3
_SLOWER: Final = 1.05
"""Our clock and Telegram's do not see a message at the same moment."""
_WATCHFUL: Final = 60.0
_MARGIN: Final = 0.1
_SOON: Final = 1.0
_FORGET_ABOVE: Final = 512


class Urgency(StrEnum):
    """What happens to a call that would have to wait: it waits, or fails at once with RetryAfter."""

    WAIT = auto()
    SKIP = auto()


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages per second over all chats, per second in one chat, per minute in one group.

    None: there is no such limit.
    """

    overall: float | None = _FREE_OF_CHARGE
    chat: float | None = 1
    group: float | None = 20


class _Lane:
    """The calls to one chat, which begin in their order.

    After a refusal each is made `alone`, the refused one first, until there was no refusal for a while.
    """

    def __init__(self, chat: int, rates: Rates) -> None:
        self.turn = asyncio.Lock()
        self.alone = asyncio.Lock()
        self.users = 0
        self._id = chat
        self._chat = Bucket(rates.chat / _SLOWER, _BURST_IN_CHAT) if rates.chat else None
        self._group = _minute(rates.group) if rates.group and chat < 0 else None
        self._closed_until = 0.0
        self._watched_until = 0.0

    def close(self, limited: RetryAfter) -> None:
        seconds = pause(limited)
        self._closed_until = max(self._closed_until, time.monotonic() + seconds + _MARGIN)
        self._watched_until = self._closed_until + _WATCHFUL
        log.info("telegram limits a chat", chat=self._id, seconds=seconds)

    @property
    def closed_for(self) -> float:
        """Seconds that Telegram still asks to wait."""
        return max(0.0, self._closed_until - time.monotonic())

    def wait(self, cost: int) -> float:
        """Seconds until a call of so many messages may begin."""
        return max(
            self.closed_for,
            self._chat.wait if self._chat else 0.0,
            self._group.wait(cost) if self._group else 0.0,
        )

    def take(self, cost: int) -> None:
        if self._chat:
            self._chat.take(cost)
        if self._group:
            self._group.take(cost)

    @property
    def busy(self) -> bool:
        """No room for what may as well be left out: others wait, or half of a group's minute is used up."""
        others = self.turn.locked() or self.alone.locked()
        return others or (self._group is not None and self._group.half_full)

    @property
    def watched(self) -> bool:
        return time.monotonic() < self._watched_until

    @property
    def idle(self) -> bool:
        counted = [limit for limit in (self._chat, self._group) if limit]
        return not self.users and not self.watched and all(limit.idle for limit in counted)


class FloodControl(BaseRateLimiter[Urgency]):
    """Paces everything that posts or edits; nothing else counts for Telegram, as far as is known.

    After a 429 a call is made again up to `attempts` times in all, when the pause is not longer than
    `patience`; otherwise RetryAfter goes to the caller. Calls of a chat begin in their order. Of each chat
    one call at a time waits for its turn among all, first come, first served: a busy chat holds up nobody
    else. With `rate_limit_args=Urgency.SKIP` a call never waits.
    """

    def __init__(self, rates: Rates, patience: timedelta = timedelta(seconds=60), attempts: int = 5) -> None:
        self._rates = rates
        self._patience = patience.total_seconds()
        self._attempts = attempts
        self._overall = _evenly(rates.overall) if rates.overall else None
        self._paid = rates.overall is not None and rates.overall > _FREE_OF_CHARGE
        self._lanes: dict[int, _Lane] = {}
        self._forget_above = _FORGET_ABOVE

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
        chat, cost = data.get("chat_id"), _cost(endpoint, data)
        if not isinstance(chat, int) or not cost:
            return await callback(*args, **kwargs)
        if self._paid and endpoint.startswith("send"):
            data["allow_paid_broadcast"] = True
        lane = self._lane(chat)
        skip = rate_limit_args is Urgency.SKIP
        if skip:
            self._check_room(lane, cost)
        lane.users += 1
        try:
            return await self._make(
                lane, cost, lambda: callback(*args, **kwargs), 1 if skip else self._attempts
            )
        finally:
            lane.users -= 1

    def _check_room(self, lane: _Lane, cost: int) -> None:
        wait = max(lane.wait(cost), self._overall.wait if self._overall else 0.0)
        if wait or lane.busy:
            raise RetryAfter(timedelta(seconds=max(wait, _SOON)))

    async def _make(self, lane: _Lane, cost: int, call: Call, attempts: int) -> Result:
        async with lane.turn:
            while not lane.watched and (wait := lane.wait(cost)):  # noqa: ASYNC110 - the time is known
                await asyncio.sleep(wait)
            if lane.watched:
                return await self._insist(lane, cost, call, attempts)
            await self._take(lane, cost)
        try:
            return await call()
        except RetryAfter as limited:
            lane.close(limited)
            if attempts < 2:
                raise
        return await self._insist(lane, cost, call, attempts - 1)

    async def _insist(self, lane: _Lane, cost: int, call: Call, attempts: int) -> Result:
        """Call until it is taken, while nobody else in this chat may."""
        async with lane.alone:
            for left in reversed(range(attempts)):
                while wait := lane.wait(cost):
                    if lane.closed_for > self._patience:
                        raise RetryAfter(timedelta(seconds=lane.closed_for))
                    await asyncio.sleep(wait)
                await self._take(lane, cost)
                try:
                    return await call()
                except RetryAfter as limited:
                    lane.close(limited)
                    if not left:
                        raise
        raise AssertionError("the last attempt returns or raises")

    async def _take(self, lane: _Lane, cost: int) -> None:
        lane.take(cost)
        if self._overall and (wait := self._overall.take(cost)):
            await asyncio.sleep(wait)

    def _lane(self, chat: int) -> _Lane:
        if len(self._lanes) > self._forget_above:
            self._lanes = {id_: lane for id_, lane in self._lanes.items() if not lane.idle}
            self._forget_above = max(_FORGET_ABOVE, 2 * len(self._lanes))
        lane = self._lanes.get(chat)
        if lane is None:
            lane = self._lanes[chat] = _Lane(chat, self._rates)
        return lane


def _evenly(rate: float) -> Bucket:
    """A tenth of a second's messages may go in one burst, the rest evenly: no second has more than `rate`."""
    burst = max(1.0, rate * _BURST_OVERALL)
    return Bucket(max(rate - burst, rate / 2), burst)


def _minute(rate: float) -> Window:
    room = max(1, int(rate))
    return Window(room, 60 * _SLOWER * room / rate)


def _cost(endpoint: str, data: dict[str, Any]) -> int:
    """How many messages a call counts as; an album may count as its items."""
    if endpoint == "sendChatAction" or not endpoint.startswith(_COUNTED):
        return 0
    return len(data["media"]) if endpoint == "sendMediaGroup" else 1
