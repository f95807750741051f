"""What gateways have in common that take a task and are asked after it."""

from typing import Final, Self

from pydantic import model_validator

from bot.domain.outcome import Failure, Rejected
from bot.providers.http import Answer, Reply
from bot.providers.wire import Wire

TASK_LIMIT: Final = 1024 * 1024
"""Bytes of an answer about a task: it holds links, never pictures."""
_LONGEST_REF: Final = 256


class States(Wire):
    """The words for a task's state. A word that is in none of them means that the task is running."""

    done: frozenset[str]
    failed: frozenset[str]

    @model_validator(mode="after")
    def _no_word_means_two_things(self) -> Self:
        if both := sorted(self.done & self.failed):
            raise ValueError(f"{both[0]!r} cannot mean both done and failed")
        return self

    def ended_well(self, state: object) -> bool:
        return isinstance(state, str) and state in self.done

    def ended_badly(self, state: object) -> bool:
        return isinstance(state, str) and state in self.failed


def heard(reply: Reply) -> Answer | Rejected:
    """The answer to a question, which costs nothing and may be asked again when there is none."""
    if isinstance(reply, Answer):
        return reply
    return Rejected(Failure.UNREACHABLE, again=True, detail=reply.reason)


def ref_of(value: object) -> str:
    """A task's id as a gateway gave it; empty when it is none that can be asked after."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**30 else ""
    if not isinstance(value, str) or len(value) > _LONGEST_REF or not value.isprintable():
        return ""
    return value.strip()


def amount(value: object) -> float | None:
    """A sum a gateway reports, as a number or as text; None when it makes no sense."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 1_000_000 else None
