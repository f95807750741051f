"""The in-process dispatcher: runs a task per job, finds forgotten ones, stops gracefully."""

import asyncio
from collections import Counter

import structlog

from bot.core.fulfilment import Fulfilment
from bot.core.steps import Steps
from bot.domain.ids import JobId
from bot.ports.store import Store, StoreBusy

log = structlog.get_logger()

_CRASHES = 3
"""How often a bug of ours may break the same job before we give it up."""

_PAGE = 500


class Dispatcher:
    """Dispatched means "look at this job": dispatching twice, or a finished job, does no harm.

    At most `most` jobs are in memory. The others wait in the database, oldest first.
    """

    def __init__(self, store: Store, fulfilment: Fulfilment, steps: Steps, most: int = 2_000) -> None:
        self._store = store
        self._fulfilment = fulfilment
        self._steps = steps
        self._most = most
        self._running: dict[JobId, asyncio.Task[None]] = {}
        self._again: set[JobId] = set()
        self._crashes: Counter[JobId] = Counter()
        self._left_out = False
        self._stopping = False

    def dispatch(self, job_id: JobId) -> None:
        """Work on a job soon. Never waits."""
        if self._stopping or job_id in self._running:
            return
        if len(self._running) >= self._most:
            self._left_out = True  # it is in the database and found there
            return
        task = asyncio.create_task(self._run(job_id), name=f"job {job_id}")
        self._running[job_id] = task
        task.add_done_callback(lambda _: self._done(job_id))

    def wake(self, job_id: JobId) -> None:
        """A job was changed by somebody else: look at it anew, whatever it was waiting for.

        A submission or a message under way is finished first.
        """
        task = self._running.get(job_id)
        if task:
            self._again.add(job_id)
            self._steps.interrupt(job_id, task)
        else:
            self.dispatch(job_id)

    async def scan(self) -> None:
        """Dispatch what the database holds and nobody works on: at the start, and as a safety net."""
        after: JobId | None = None
        self._left_out = False
        while not self._stopping and len(self._running) < self._most:
            page = await self._store.unfinished(after, _PAGE)
            for job_id in page:
                self.dispatch(job_id)
            if len(page) < _PAGE:
                return
            after = page[-1]
        self._left_out = True

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def has_room_again(self) -> bool:
        """Whether jobs were left in the database for lack of room and there is room now."""
        return self._left_out and len(self._running) <= self._most // 2

    async def stop(self, grace: float) -> None:
        """Take no more jobs, let submissions and sends under way finish within `grace` seconds."""
        self._stopping = True
        torn = await self._steps.stop(dict(self._running), grace)
        if torn:
            log.warning("jobs cut short by the stop", jobs=torn)

    async def _run(self, job_id: JobId) -> None:
        try:
            await self._fulfilment.fulfil(job_id)
        except* StoreBusy:  # one of the job's calls may have met it, and then it comes in a group
            log.warning("database busy", job=job_id)  # the next scan finds the job
        except* Exception:
            self._crashes[job_id] += 1
            log.exception("job broken by a bug", job=job_id, time=self._crashes[job_id])
            await self._give_up_if_hopeless(job_id)
        else:
            self._crashes.pop(job_id, None)

    async def _give_up_if_hopeless(self, job_id: JobId) -> None:
        if self._crashes[job_id] < _CRASHES:
            return
        try:
            await self._fulfilment.give_up(job_id)
        except Exception:
            log.exception("job not given up", job=job_id)  # the next scan finds it, and we try again
        else:
            del self._crashes[job_id]

    def _done(self, job_id: JobId) -> None:
        del self._running[job_id]
        if job_id in self._again:
            self._again.discard(job_id)
            self.dispatch(job_id)
