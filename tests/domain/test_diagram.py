"""The diagrams in the documentation."""

import re

import pytest

from bot.domain.diagram import BEGIN, END, MarkersMissing, diagrams, is_current, with_diagrams
from bot.domain.jobs import CALL_MOVES, JOB_MOVES

DOCUMENT = f"# House\n\n{BEGIN}\nold\n{END}\n\nMore.\n"


def test_the_diagrams_show_every_move_of_the_tables_and_no_other() -> None:
    drawn = re.findall(r"^    (\w+) --> (\w+)$", diagrams(), re.MULTILINE)
    listed = [(old, new) for moves in (JOB_MOVES, CALL_MOVES) for old, news in moves.items() for new in news]
    assert sorted(drawn) == sorted((str(old), str(new)) for old, new in listed)


def test_the_diagrams_begin_and_end_where_the_tables_do() -> None:
    assert re.findall(r"\[\*\] --> (\w+)", diagrams()) == ["accepted", "planned"]
    assert re.findall(r"(\w+) --> \[\*\]", diagrams()) == [
        *("done", "undeliverable", "failed", "cancelled", "expired"),
        *("fetched", "rejected", "abandoned"),
    ]


def test_each_diagram_is_a_mermaid_block_of_its_own() -> None:
    assert diagrams().count("```mermaid\nstateDiagram-v2\n") == 2
    assert diagrams().count("```") == 4


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    text = with_diagrams(DOCUMENT)
    assert text == f"# House\n\n{BEGIN}\n{diagrams()}\n{END}\n\nMore.\n"


def test_an_old_diagram_is_told_from_a_current_one() -> None:
    assert not is_current(DOCUMENT)
    assert is_current(with_diagrams(DOCUMENT))


@pytest.mark.parametrize(
    "text",
    ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}", f"{END}{BEGIN}{END}"],
)
def test_a_text_without_a_clear_place_for_the_diagrams_is_refused(text: str) -> None:
    with pytest.raises(MarkersMissing):
        with_diagrams(text)
