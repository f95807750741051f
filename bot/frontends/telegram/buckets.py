"""Counting messages against limits."""

import time
from collections import deque


class Bucket:
    """So many per second, `burst` of them at once after a while of silence.

    Whatever fits begins as soon as there is room for one; what it counts beyond that is owed afterwards.
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self._each = 1 / per_second
        self._slack = (max(burst, 1.0) - 1) * self._each
        self._spent_until = 0.0

    @property
    def wait(self) -> float:
        """Seconds until there is room."""
        return max(0.0, self._spent_until - self._slack - time.monotonic())

    @property
    def idle(self) -> bool:
        return self._spent_until <= time.monotonic()

    def take(self, count: int) -> float:
        """Count this many; returns the seconds after which they may go. Who takes first goes first."""
        wait = self.wait
        self._spent_until = max(self._spent_until, time.monotonic()) + count * self._each
        return wait


class Window:
    """At most `room` in any `period` of seconds."""

    def __init__(self, room: int, period: float) -> None:
        self._room = room
        self._period = period
        self._taken: deque[float] = deque(maxlen=room)

    def wait(self, count: int = 1) -> float:
        """Seconds until there is room for so many, or for as many as there ever is."""
        needed = len(self._taken) + min(count, self._room) - self._room
        if needed <= 0:
            return 0.0
        return max(0.0, self._taken[needed - 1] + self._period - time.monotonic())

    @property
    def half_full(self) -> bool:
        return self.wait(self._room // 2) > 0

    @property
    def idle(self) -> bool:
        return not self._taken or self._taken[-1] + self._period <= time.monotonic()

    def take(self, count: int) -> None:
        self._taken.extend([time.monotonic()] * count)
