"""An event loop in which a minute lasts a few seconds, and the same time as the clock of the service.

Every wait of the process is shortened by the same factor, the patience of its connections included; work
takes as long as ever, and so counts `FACTOR` times as much.
"""

import asyncio
import selectors
import time

from bot.domain.ids import Millis

FACTOR = 10


class _Hurrying(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout and timeout / FACTOR)


class HurryingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__(_Hurrying())

    def time(self) -> float:
        return super().time() * FACTOR


class HurryingClock:
    """Implements `bot.ports.clock.Clock`: runs as fast as the loop it was made in."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._behind = time.time() - self._loop.time()

    def now(self) -> Millis:
        return Millis(round((self._behind + self._loop.time()) * 1000))
