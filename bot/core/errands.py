"""Small things done for people on the side: nobody waits for them, and the stop waits only so long."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bot.ports.chat import ChatGone, ChatUnavailable
from bot.ports.store import StoreBusy

log = structlog.get_logger()

_MOST = 1000


class Errands:
    """Runs errands until stopped. What the platform refuses is logged; it can be asked for again."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, errand: Coroutine[Any, Any, None], name: str) -> bool:
        """Never waits. False when too many are under way: nothing was started."""
        if len(self._tasks) >= _MOST:
            errand.close()
            log.warning("errand not begun: too many are under way", errand=name)
            return False
        task = asyncio.create_task(_run(errand, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    @property
    def running(self) -> int:
        return len(self._tasks)

    async def stop(self, grace: float) -> None:
        """Wait for what is under way, at most so many seconds."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=grace)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)


async def _run(errand: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await errand
    except (ChatGone, ChatUnavailable, StoreBusy) as why:
        log.info("errand failed", errand=name, why=str(why))
    except Exception:
        log.exception("errand broken by a bug", errand=name)
