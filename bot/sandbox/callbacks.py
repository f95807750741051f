"""Calling a client back when its task is done, or in one of the ways that go wrong."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.sandbox.faults import OF_A_CALLBACK, Endpoint, FaultName

if TYPE_CHECKING:
    from bot.sandbox.desk import Desk

_log = logging.getLogger(__name__)
_PATIENCE = ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class CallbackPlan:
    """What will be sent to one callback address, decided when the task is opened."""

    desk: Desk
    address: str
    fault: FaultName | None

    @classmethod
    def draw_up(cls, desk: Desk, address: str, prompt: str) -> CallbackPlan:
        fault = desk.take(Endpoint.CALLBACK, prompt, OF_A_CALLBACK) if address else None
        return cls(desk, address, fault.fault if fault else None)

    @property
    def early(self) -> bool:
        """Whether the task is to be done, and the call made, before the submission is answered."""
        return self.fault is FaultName.CALLBACK_EARLY

    async def deliver(self, body: dict[str, Any]) -> None:
        """Tell the client, once unless a fault says otherwise. Does nothing without an address."""
        if not self.address or self.fault is FaultName.CALLBACK_NEVER:
            return
        for _ in range(2 if self.fault is FaultName.CALLBACK_TWICE else 1):
            await self._post(body)

    async def forge(self, body: dict[str, Any]) -> None:
        if self.fault is FaultName.CALLBACK_FORGED:
            await self._post(body)

    async def _post(self, body: dict[str, Any]) -> None:
        self.desk.tally.callbacks += 1
        try:
            async with ClientSession(timeout=_PATIENCE) as client, client.post(self.address, json=body):
                pass
        except (ClientError, TimeoutError) as error:
            _log.debug("callback not delivered: %s", type(error).__name__)
