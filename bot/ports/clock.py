"""Time, as a port: tests move it, and SQL receives it as a parameter."""

import time
from typing import Protocol

from bot.domain.ids import Millis


class Clock(Protocol):
    def now(self) -> Millis:
        """The present moment."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> Millis:
        return Millis(time.time_ns() // 1_000_000)
