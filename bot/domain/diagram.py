"""The life of a job as Mermaid state diagrams, made from the transition tables for `docs/architecture.md`."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from bot.domain.jobs import CALL_MOVES, JOB_MOVES

BEGIN = "<!-- diagram:begin -->"
END = "<!-- diagram:end -->"

_S = TypeVar("_S", bound=StrEnum)


class MarkersMissing(ValueError):
    """The text has no place for the diagrams: it needs both markers once, in their order."""


def diagrams() -> str:
    """Both diagrams as Markdown, without the markers: the same for the same tables."""
    return f"A job:\n\n{_diagram(JOB_MOVES)}\n\nA call of a job:\n\n{_diagram(CALL_MOVES)}"


def with_diagrams(text: str) -> str:
    """`text` with what stands between the markers replaced by the diagrams. Idempotent.

    Raises MarkersMissing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in before + after:
        raise MarkersMissing(f"{BEGIN} and {END} must stand in the text, once each and in this order")
    return f"{before}{BEGIN}\n{diagrams()}\n{END}{after}"


def is_current(text: str) -> bool:
    """Whether `text` already shows the diagrams as the tables are now. Raises MarkersMissing."""
    return with_diagrams(text) == text


def _diagram(moves: Mapping[_S, frozenset[_S]]) -> str:
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in _arrows(moves)), "```"])


def _arrows(moves: Mapping[_S, frozenset[_S]]) -> Iterator[str]:
    """From the first state to the ends, in the order in which the states are declared."""
    states = list(moves)
    yield f"[*] --> {states[0].value}"
    for old in states:
        for new in states:
            if new in moves[old]:
                yield f"{old.value} --> {new.value}"
        if not moves[old]:
            yield f"{old.value} --> [*]"
