"""Turns at a gateway: a bounded number at once, shared round-robin over accounts."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.domain.ids import AccountId, CallId, Millis
from bot.ports.clock import Clock


@dataclass(slots=True, eq=False)
class _Waiter:
    call: CallId
    turn: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Shaken(Exception):
    """Circumstances changed while waiting for a turn: think again whether to wait here."""


class Slots:
    """The places at one gateway.

    Accounts that wait form a ring; each turn goes to the next account's oldest call, so somebody with a
    hundred jobs delays somebody with one by one place only. `pause_until` holds everybody back, after a
    rate limit or during an outage.
    """

    def __init__(self, places: int, clock: Clock) -> None:
        self._free = places
        self._clock = clock
        self._ring: OrderedDict[AccountId, deque[_Waiter]] = OrderedDict()
        self._paused_until = Millis(0)
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def place(self, account: AccountId, call: CallId) -> AsyncIterator[None]:
        """Wait for the account's turn and keep the place while the context lasts. Cancelling is safe.

        Raises Shaken.
        """
        await self._enter(account, call)
        try:
            yield
        finally:
            self._leave()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Keep a place without waiting: for calls the gateway is already working on after a restart.

        May make the gateway's number of places be exceeded by what was under way; new calls wait.
        """
        self._free -= 1
        try:
            yield
        finally:
            self._leave()

    def pause_until(self, moment: Millis) -> None:
        """Let nobody in before `moment`."""
        self._paused_until = max(self._paused_until, moment)
        self._hand_out()

    def shake(self) -> None:
        """Raise Shaken in everybody who waits."""
        waiting = [waiter for queue in self._ring.values() for waiter in queue]
        self._ring.clear()
        for waiter in waiting:
            if not waiter.turn.done():
                waiter.turn.set_exception(Shaken())

    @property
    def paused(self) -> bool:
        return self._paused_until > self._clock.now()

    @property
    def paused_until(self) -> Millis:
        return self._paused_until

    def ahead(self, account: AccountId, call: CallId) -> int:
        """How many waiting calls get their turn before this one, were nobody else to come."""
        own = self._ring.get(account)
        if own is None:
            return 0
        calls = [waiter.call for waiter in own]
        index = calls.index(call) if call in calls else 0
        accounts = list(self._ring)
        before = accounts.index(account)
        others = 0
        for position, other in enumerate(accounts):
            if other != account:
                others += min(len(self._ring[other]), index + (position < before))
        return index + others

    async def _enter(self, account: AccountId, call: CallId) -> None:
        waiter = _Waiter(call)
        self._ring.setdefault(account, deque()).append(waiter)
        self._hand_out()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled() and not waiter.turn.exception():
                self._leave()  # the turn came in the very moment of giving up
            else:
                self._forget(account, waiter)
            raise

    def _leave(self) -> None:
        self._free += 1
        self._hand_out()

    def _forget(self, account: AccountId, waiter: _Waiter) -> None:
        queue = self._ring.get(account)
        if queue and waiter in queue:
            queue.remove(waiter)
            if not queue:
                del self._ring[account]

    def _hand_out(self) -> None:
        if self.paused:
            self._wake_later()
            return
        while self._free > 0 and self._ring:
            account, queue = next(iter(self._ring.items()))
            waiter = queue.popleft()
            given_up = waiter.turn.done()  # cancelled, and not yet out of the queue
            if not queue:
                del self._ring[account]
            elif not given_up:
                self._ring.move_to_end(account)
            if not given_up:
                self._free -= 1
                waiter.turn.set_result(None)

    def _wake_later(self) -> None:
        if self._timer:
            self._timer.cancel()
        wait = (self._paused_until - self._clock.now()) / 1000
        self._timer = asyncio.get_running_loop().call_later(wait + 0.001, self._hand_out)
