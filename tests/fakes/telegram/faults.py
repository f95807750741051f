"""Faults on request: error answers, a broken proxy's page, cut connections, slow answers."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tests.fakes.telegram.errors import Refusal

When: TypeAlias = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Fail:
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class BadGateway:
    """An HTML page with status 502, as a proxy in front of the server answers."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is aborted before or after the method takes effect."""

    when: When


@dataclass(frozen=True, slots=True)
class Delay:
    seconds: float


Fault: TypeAlias = Fail | BadGateway | Cut | Delay


@dataclass(slots=True)
class _Planned:
    method: str
    chat_id: int | None
    left: float
    fault: Fault

    def meets(self, method: str, chat_id: Any) -> bool:
        named = self.method == method or (self.method == "*" and method != "getUpdates")
        return named and self.chat_id in {None, chat_id}


class Faults:
    """What will go wrong; faults of one kind are used up in the order they were planned."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def plan(self, method: str, fault: Fault, times: int | None, chat_id: int | None = None) -> None:
        """`times` None means until healed; method "*" means any but getUpdates."""
        left = float("inf") if times is None else times
        self._planned.append(_Planned(method, chat_id, left, fault))

    def heal(self) -> None:
        self._planned.clear()

    async def slow_down(self, method: str, chat_id: Any) -> None:
        for planned in self._planned:
            if isinstance(planned.fault, Delay) and planned.meets(method, chat_id):
                self._use_up(planned)
                await asyncio.sleep(planned.fault.seconds)
                return

    def take(self, method: str, chat_id: Any) -> Fail | BadGateway | Cut | None:
        for planned in self._planned:
            if not isinstance(planned.fault, Delay) and planned.meets(method, chat_id):
                self._use_up(planned)
                return planned.fault
        return None

    def _use_up(self, planned: _Planned) -> None:
        planned.left -= 1
        if planned.left <= 0:
            self._planned.remove(planned)
