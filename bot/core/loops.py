"""Background loops: named, surviving their own errors, stopping at once when told to."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


async def repeat(
    name: str,
    one_pass: Callable[[], Awaitable[None]],
    every: float,
    stop: asyncio.Event,
    when: Callable[[], bool] | None = None,
) -> None:
    """Run `one_pass` every so many seconds, or within one second when `when` says so, until `stop` is set.

    A pass that fails is logged and the loop goes on.
    """
    waited = every
    while not stop.is_set():
        if waited >= every or (when and when()):
            waited = 0.0
            try:
                await one_pass()
            except Exception:
                log.exception("loop failed", loop=name)
        pause = 1.0 if when else every
        try:
            async with asyncio.timeout(pause):
                await stop.wait()
        except TimeoutError:
            waited += pause
