"""Steps that must not be torn apart: a paid submission under way, a message being sent."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot.domain.ids import JobId


class Steps:
    """Knows which jobs are inside such a step, so that whoever interrupts a job lets it finish the step.

    A job is one task, which may be inside several steps at once (its calls).
    """

    def __init__(self) -> None:
        self._inside: Counter[JobId] = Counter()
        self._interrupted: dict[JobId, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def step(self, job: JobId) -> AsyncIterator[None]:
        """The code inside is not cancelled by an interruption before it is through.

        An interrupted job, whose other calls are still finishing their steps, begins no new one.
        """
        if job in self._interrupted:
            await asyncio.Event().wait()  # until the cancellation comes
        self._inside[job] += 1
        try:
            yield
        finally:
            self._inside[job] -= 1
            if not self._inside[job]:
                del self._inside[job]
                if task := self._interrupted.get(job):
                    task.cancel()

    def interrupt(self, job: JobId, task: asyncio.Task[None]) -> None:
        """Cancel a job's task, once: now, or as soon as it is outside of every step."""
        if job in self._interrupted:
            return
        self._interrupted[job] = task
        task.add_done_callback(lambda _: self._interrupted.pop(job, None))
        if job not in self._inside:
            task.cancel()

    async def stop(self, tasks: Mapping[JobId, asyncio.Task[None]], grace: float) -> int:
        """Interrupt the jobs' tasks and wait for their end; after `grace` seconds cancel what still runs.

        Returns how many had to be cut short.
        """
        for job, task in tasks.items():
            self.interrupt(job, task)
        if not tasks:
            return 0
        _, late = await asyncio.wait(tasks.values(), timeout=grace)
        if late:
            self._interrupted.clear()  # one cancellation is enough: a second would tear the cleaning up
            for task in late:
                task.cancel()
            await asyncio.wait(late)
        return len(late)
