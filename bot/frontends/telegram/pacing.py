"""How often something may be said: every message and every change counts against Telegram's limits."""

import math
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from bot.domain.ids import JobId
from bot.ports.chat import Stage

_PASSING: Final = frozenset({Stage.FETCHING, Stage.SENDING})
_REMEMBERED: Final = 1024

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Manners:
    """How much a job may talk before its picture comes; all in seconds.

    `status_after` is the age at which a job gets a status message, `spacing` the time between its changes: in
    a private chat, and in a group, where every message is read by many and 20 a minute are all there are.
    Stages that hardly last are told only when they last for `lingering`. A chat action is shown for 5 seconds
    and repeated a little sooner, after `action_every`. Where reactions are not allowed they are tried again
    after `reactions_after`.
    """

    status_after: float = 10.0
    status_after_in_group: float = 30.0
    spacing: float = 3.0
    spacing_in_group: float = 10.0
    lingering: float = 5.0
    action_every: float = 4.5
    reactions_after: float = 3600.0

    def patience(self, chat: str) -> float:
        """The age at which a job gets a status message."""
        return self.status_after_in_group if is_group(chat) else self.status_after

    def pause(self, chat: str) -> float:
        """The time between two changes of a status message."""
        return self.spacing_in_group if is_group(chat) else self.spacing


def is_group(chat: str) -> bool:
    """Whether many read it: groups and channels have negative numbers, private chats those of the person."""
    return chat.startswith("-")


class Lately(Generic[K]):
    """When something happened last, for the latest thousand to which it happened."""

    def __init__(self) -> None:
        self._at: dict[K, float] = {}

    def note(self, key: K) -> None:
        self._at.pop(key, None)
        self._at[key] = time.monotonic()
        if len(self._at) > _REMEMBERED:
            del self._at[next(iter(self._at))]

    def forget(self, key: K) -> None:
        self._at.pop(key, None)

    def ago(self, key: K) -> float:
        """Seconds; infinite for what never happened, or is forgotten."""
        return time.monotonic() - self._at.get(key, -math.inf)


class Pacing:
    """Knows when the status message of a job may appear or change next."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._changed: Lately[JobId] = Lately()
        self._passing: Lately[JobId] = Lately()

    def wait(self, job: JobId, chat: str, stage: Stage) -> float:
        """Seconds until the message may tell this stage; 0 when it may now."""
        wait = self._manners.pause(chat) - self._changed.ago(job)
        if stage in _PASSING:
            if math.isinf(self._passing.ago(job)):
                self._passing.note(job)
            wait = max(wait, self._manners.lingering - self._passing.ago(job))
        return max(0.0, wait)

    def changed(self, job: JobId) -> None:
        self._changed.note(job)

    def forget(self, job: JobId) -> None:
        self._changed.forget(job)
        self._passing.forget(job)
