"""How often a status message changes: every change counts against Telegram's limits."""

import math
import time
from dataclasses import dataclass
from typing import Final

from bot.domain.ids import JobId
from bot.ports.chat import Stage

_SPACING: Final = 3.0
_LINGERING: Final = 5.0
_PASSING: Final = frozenset({Stage.FETCHING, Stage.SENDING})
_REMEMBERED: Final = 1024


@dataclass(slots=True)
class _Last:
    changed_at: float = -math.inf
    passing_since: float = math.inf


class Pacing:
    """Knows when the status message of a job may change next.

    Changes are three seconds apart. Stages that hardly last, with the picture about to come, are told only
    when they do last.
    """

    def __init__(self) -> None:
        self._jobs: dict[JobId, _Last] = {}

    def wait(self, job: JobId, stage: Stage) -> float:
        """Seconds until the message may tell this stage; 0 when it may now."""
        now, last = time.monotonic(), self._of(job)
        due = last.changed_at + _SPACING
        if stage in _PASSING:
            last.passing_since = min(last.passing_since, now)
            due = max(due, last.passing_since + _LINGERING)
        return max(0.0, due - now)

    def changed(self, job: JobId) -> None:
        self._of(job).changed_at = time.monotonic()

    def forget(self, job: JobId) -> None:
        self._jobs.pop(job, None)

    def _of(self, job: JobId) -> _Last:
        if len(self._jobs) > _REMEMBERED:
            # Jobs whose end nobody could be told of; forgetting a living one means one change too soon.
            del self._jobs[next(iter(self._jobs))]
        return self._jobs.setdefault(job, _Last())
