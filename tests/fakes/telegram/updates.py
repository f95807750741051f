"""The queue of updates: numbered, kept until confirmed, handed out by long polling or to a webhook."""

import asyncio
import contextlib
import itertools
from collections import deque
from dataclasses import dataclass
from typing import Final

from tests.fakes.telegram.errors import Refusal
from tests.fakes.telegram.users import Wire

ONLY_WHEN_ASKED: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
FIRST_UPDATE_ID: Final = 500_000_001


class Bell:
    """Wakes everyone who waits, without losing a ring between looking and waiting on one event loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Returns at the next ring, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for may swallow a cancellation beside a ring
                await self._event.wait()


@dataclass(slots=True)
class Webhook:
    url: str = ""
    secret: str | None = None
    max_connections: int = 40
    last_error: tuple[int, str] | None = None


class Updates:
    def __init__(self) -> None:
        self.bell = Bell()
        self.webhook = Webhook()
        self._pending: deque[Wire] = deque()
        self._repeated: deque[Wire] = deque()
        self._ids = itertools.count(FIRST_UPDATE_ID)
        self._allowed: frozenset[str] = frozenset()
        self._in_flight: set[int] = set()
        self._poller = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def allowed(self) -> list[str]:
        return sorted(self._allowed)

    def push(self, kind: str, payload: Wire) -> Wire | None:
        """Queues an update and returns it; None when the bot did not ask for this kind."""
        if kind not in self._allowed if self._allowed else kind in ONLY_WHEN_ASKED:
            return None
        update = {"update_id": next(self._ids), kind: payload}
        self._pending.append(update)
        self.bell.ring()
        return update

    def repeat(self, update: Wire) -> None:
        """Delivers a confirmed update once more, under its old number."""
        self._repeated.append(update)
        self.bell.ring()

    def allow(self, kinds: list[str] | None) -> None:
        """Which kinds are queued from now on: None leaves it as it was, an empty list means the default."""
        if kinds is not None:
            self._allowed = frozenset(kinds)

    def drop(self) -> None:
        self._pending.clear()
        self._repeated.clear()

    def close(self) -> None:
        self._closed = True
        self.bell.ring()

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Wire]:
        """One getUpdates. Raises Refusal 409 when a webhook is set or another poller takes over."""
        self._refuse_beside_webhook()
        self._poller += 1
        mine = self._poller
        self.bell.ring()
        self._confirm(offset)
        deadline = asyncio.get_running_loop().time() + seconds
        while not (batch := self._batch(limit)) and not self._closed:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            await self.bell.wait(left)
            if mine != self._poller:
                raise _terminated()
            self._refuse_beside_webhook()
        return batch

    async def next(self) -> Wire:
        """The oldest update that is not on its way yet, which now it is, for the webhook.

        Waits until there is one, a webhook to take it, and a connection free. End with `landed`.
        """
        while (update := self._waiting()) is None:
            await self.bell.wait(3600)
        self._in_flight.add(update["update_id"])
        return update

    def landed(self, update: Wire, *, taken: bool) -> None:
        """The update is not on its way any more; unless it was taken, it will be tried again."""
        self._in_flight.discard(update["update_id"])
        queue = self._repeated if update in self._repeated else self._pending
        if taken and update in queue:
            queue.remove(update)
        self.bell.ring()

    def _waiting(self) -> Wire | None:
        if not self.webhook.url or len(self._in_flight) >= self.webhook.max_connections:
            return None
        queued = itertools.chain(self._repeated, self._pending)
        return next((update for update in queued if update["update_id"] not in self._in_flight), None)

    def _batch(self, limit: int) -> list[Wire]:
        repeated = [self._repeated.popleft() for _ in range(min(limit, len(self._repeated)))]
        return [*repeated, *itertools.islice(self._pending, limit - len(repeated))]

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
        while self._pending and self._pending[0]["update_id"] < offset:
            self._pending.popleft()

    def _refuse_beside_webhook(self) -> None:
        if self.webhook.url:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active;"
                " use deleteWebhook to delete the webhook first",
            )


def _terminated() -> Refusal:
    return Refusal(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
