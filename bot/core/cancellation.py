"""Cancelling: what was not submitted yet is given back, what was submitted is paid and will arrive."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.domain.ids import JobId
from bot.ports.clock import Clock
from bot.ports.store import Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How many jobs were cancelled, the pictures returned with them, and the jobs that are too far on."""

    cancelled: int
    returned: int
    too_late: int


class Cancellation:
    """`wake` is told of every cancelled job, so that its status can be shown."""

    def __init__(self, store: Store, clock: Clock, wake: Callable[[JobId], None]) -> None:
        self._store = store
        self._clock = clock
        self._wake = wake

    async def cancel_all(self, platform: str, person: str) -> Cancelled:
        """Cancel whatever of a person's jobs was not submitted yet. Repeatable. Raises StoreBusy."""
        account = await self._store.account(platform, person)
        jobs = await self._store.open_jobs(account) if account else []
        cancelled = returned = 0
        for job in jobs:
            if await self._store.cancel(job.id, self._clock.now()):
                log.info("job cancelled", job=job.id)
                cancelled += 1
                returned += job.request.count
                self._wake(job.id)
        return Cancelled(cancelled, returned, len(jobs) - cancelled)
