"""An event loop whose time does not pass but leaps: waiting costs nothing, and order is exact.

The loop is asyncio's own. Only its idea of time differs: where it would wait for the next timer, the time
becomes that of the timer. A wait that nothing can end fails the test at once instead of hanging.
"""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from bot.domain.ids import Millis

P = ParamSpec("P")


class _Leaping(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits and nothing will ever happen")
            self.now += timeout
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


class LoopClock:
    """The running loop's time as the clock of the service."""

    def now(self) -> Millis:
        return Millis(round(asyncio.get_running_loop().time() * 1000))


def leaping(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test in a loop whose time leaps."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=LeapingLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


async def settle() -> None:
    """Let everything happen that happens now, without any time passing."""
    for _ in range(20):
        await asyncio.sleep(0)
