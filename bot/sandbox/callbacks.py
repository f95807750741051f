"""Calling a client back when its task is done, or in one of the ways that go wrong."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.sandbox.faults import OF_A_CALLBACK, Endpoint, FaultName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.sandbox.desk import Desk

_log = logging.getLogger(__name__)
_PATIENCE = ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Callback:
    """What will be sent to one address; no address, no callback."""

    address: str
    fault: FaultName | None = None

    @property
    def early(self) -> bool:
        """Whether the task is to be done, and the call made, before the submission is answered."""
        return self.fault is FaultName.CALLBACK_EARLY


NO_CALLBACK: Final = Callback("")


def _anybody() -> ClientSession:
    return ClientSession(timeout=_PATIENCE)


class Caller:
    """Makes the callbacks of one gateway. `pauses` are the seconds before each further attempt."""

    def __init__(
        self, desk: Desk, pauses: Sequence[float] = (), client: Callable[[], ClientSession] = _anybody
    ) -> None:
        self._desk = desk
        self._pauses = pauses
        self._client = client

    def plan(self, address: str, prompt: str) -> Callback:
        """Decide what will become of the callback when the task is opened."""
        if not address:
            return NO_CALLBACK
        fault = self._desk.take(Endpoint.CALLBACK, prompt, OF_A_CALLBACK)
        return Callback(address, fault.fault if fault else None)

    async def deliver(self, callback: Callback, body: dict[str, Any]) -> None:
        """Tell the client, once unless a fault says otherwise."""
        if not callback.address or callback.fault is FaultName.CALLBACK_NEVER:
            return
        for _ in range(2 if callback.fault is FaultName.CALLBACK_TWICE else 1):
            await self._insist(callback.address, body)

    async def forge(self, callback: Callback, body: dict[str, Any]) -> None:
        if callback.fault is FaultName.CALLBACK_FORGED:
            await self._post(callback.address, body)

    async def _insist(self, address: str, body: dict[str, Any]) -> None:
        for pause in (0.0, *self._pauses):
            await asyncio.sleep(pause)
            if await self._post(address, body):
                return

    async def _post(self, address: str, body: dict[str, Any]) -> bool:
        """Whether the client took it: any 2xx."""
        self._desk.tally.callbacks += 1
        try:
            async with (
                self._client() as client,
                client.post(address, json=body, allow_redirects=False) as answer,
            ):
                return 200 <= answer.status < 300
        except (ClientError, OSError) as error:
            _log.debug("callback not delivered: %s", type(error).__name__)
            return False
