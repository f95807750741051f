"""Steps that must not be torn apart: a paid submission under way, a message being sent."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.domain.ids import JobId


class Steps:
    """Knows which jobs are inside such a step, so that a graceful stop lets them finish it.

    A job is one task. When the service is stopping, its task is cancelled as soon as it leaves its step.
    """

    def __init__(self) -> None:
        self._inside: Counter[JobId] = Counter()
        self._tasks: dict[JobId, asyncio.Task[None]] = {}
        self._stopping = False

    @asynccontextmanager
    async def step(self, job: JobId) -> AsyncIterator[None]:
        """The code inside is not cancelled by a graceful stop before it is through."""
        self._inside[job] += 1
        try:
            yield
        finally:
            self._inside[job] -= 1
            if not self._inside[job]:
                del self._inside[job]
                if self._stopping and (task := self._tasks.get(job)):
                    task.cancel()

    async def stop(self, tasks: dict[JobId, asyncio.Task[None]], grace: float) -> int:
        """Cancel the jobs' tasks, those inside a step after it or after `grace` seconds.

        Returns how many had to be torn.
        """
        self._stopping = True
        self._tasks = tasks
        for job, task in tasks.items():
            if job not in self._inside:
                task.cancel()
        waiting = list(tasks.values())
        if not waiting:
            return 0
        _, late = await asyncio.wait(waiting, timeout=grace)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        return len(late)
