"""What one gateway of the sandbox has seen: the other side's books."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Tally:
    """Counts since the start or the last reset."""

    received: int = 0
    """Submissions that arrived, whatever became of them."""
    accepted: int = 0
    """Submissions that cost money, whether or not their answer arrived. Failed tasks are free."""
    refused: int = 0
    """Submissions answered with an error at once, for any reason but content."""
    moderated: int = 0
    """Submissions refused for content, as an error or as a task that fails without a charge."""
    polls: int = 0
    """Questions after a task, known or not."""
    files: int = 0
    """Requests for result links, answered or not."""
    callbacks: int = 0
    """Callbacks sent, answered or not."""
    uploads: int = 0
    """Images taken by the gateway's own upload service. Not a submission, and free."""
    in_flight: int = 0
    """Accepted submissions being worked on now."""
    max_in_flight: int = 0
    by_prompt: Counter[str] = field(default_factory=Counter)
    """Accepted submissions of each prompt: a value of 2 for a unique prompt is a double payment."""
    faults: Counter[str] = field(default_factory=Counter)
    """How often each fault was committed."""

    def accept(self, prompt: str) -> None:
        self.accepted += 1
        self.by_prompt[prompt] += 1

    def begin(self) -> None:
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self) -> None:
        self.in_flight -= 1

    def reset(self) -> None:
        """Forget everything but the work that is still going on."""
        fresh = Tally(in_flight=self.in_flight, max_in_flight=self.in_flight)
        for count in fields(self):
            setattr(self, count.name, getattr(fresh, count.name))

    def as_json(self) -> dict[str, Any]:
        return {count.name: getattr(self, count.name) for count in fields(self)}
