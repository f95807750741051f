"""Background loops: named, surviving their own errors, stopping at once when told to."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

_LOOK_SECONDS = 1.0


async def repeat(
    name: str,
    one_pass: Callable[[], Awaitable[None]],
    every: float,
    stop: asyncio.Event,
    when: Callable[[], bool] | None = None,
) -> None:
    """Run `one_pass` now and every so many seconds, or within one second when `when` says so, until `stop`.

    A pass that fails is logged and the loop goes on. A pass under way is finished before the loop stops.
    """
    pause = min(every, _LOOK_SECONDS) if when else every
    waited = every
    while not stop.is_set():
        try:
            if waited >= every or (when and when()):
                waited = 0.0
                await one_pass()
        except Exception:
            log.exception("loop failed", loop=name)
        try:
            async with asyncio.timeout(pause):
                await stop.wait()
        except TimeoutError:
            waited += pause
