"""Flood control as documented in the vendor's FAQ: per chat, per group and minute, and overall."""

import math
import time
from dataclasses import dataclass, field
from typing import Final

from tests.fakes.telegram.errors import Refusal

PAID_FACTOR: Final = 1000 / 30  # a paid broadcast may reach 1000 messages a second


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """Messages per second in one chat (with a short burst), per minute in one group, per second overall."""

    chat_per_second: float = 1.0
    chat_burst: int = 3
    group_per_minute: float = 20.0
    overall_per_second: float = 30.0


@dataclass(slots=True)
class _Bucket:
    capacity: float
    per_second: float
    level: float = field(init=False)
    seen: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.level = self.capacity

    def wait(self) -> float:
        """Seconds until one more message is allowed."""
        now = time.monotonic()
        self.level = min(self.capacity, self.level + (now - self.seen) * self.per_second)
        self.seen = now
        return max(0.0, (1 - self.level) / self.per_second)

    def take(self, count: float) -> None:
        self.level -= count


class Flood:
    """Counts messages sent and edited; an album counts as its items."""

    def __init__(self, limits: FloodLimits) -> None:
        self._limits = limits
        self._overall = _Bucket(limits.overall_per_second, limits.overall_per_second)
        self._chats: dict[int, list[_Bucket]] = {}

    def admit(self, chat_id: int, count: int, *, paid: bool) -> None:
        """Raises Refusal 429 with retry_after (whole seconds) when a limit is reached."""
        chat = self._chats.setdefault(chat_id, self._buckets(chat_id))
        wait = max(bucket.wait() for bucket in (self._overall, *chat))
        if wait > 0:
            seconds = math.ceil(wait)
            raise Refusal(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        self._overall.take(count / PAID_FACTOR if paid else count)
        for bucket in chat:
            bucket.take(count)

    def _buckets(self, chat_id: int) -> list[_Bucket]:
        limits = self._limits
        buckets = [_Bucket(limits.chat_burst, limits.chat_per_second)]
        if chat_id < 0:
            buckets.append(_Bucket(limits.group_per_minute, limits.group_per_minute / 60))
        return buckets
