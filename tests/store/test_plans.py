"""No named query reads a table from end to end: its time must not grow with history."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.database import load_queries
from bot.store.schema import scripts, upgrade

QUERIES = load_queries()
NAMES = sorted(name for name in QUERIES.available_queries if not name.endswith("_cursor"))


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        upgrade(connection, Path("test.sqlite"), scripts())
        yield connection


def plan(connection: sqlite3.Connection, name: str) -> list[str]:
    query = getattr(QUERIES, name)
    parameters = dict.fromkeys(re.findall(r":(\w+)", query.sql), 1)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query.sql}", parameters)]


def test_the_hot_path_is_among_the_queries() -> None:
    assert {"accept_context", "get_job", "list_unfinished", "move_job", "move_call", "used"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_query_finds_its_rows_by_an_index(connection: sqlite3.Connection, name: str) -> None:
    steps = plan(connection, name)
    # These may be walked, because they stay few however many jobs there were: the open breakers, and what is
    # in the indexes of the unfinished jobs and of the accounts to be forgotten. `who` and `finished` are of
    # the query itself.
    walked = [
        step
        for step in steps
        if re.match("SCAN (?!CONSTANT ROW|who$|finished$|breakers )", step)
        and not re.search("INDEX (jobs_un|accounts_forgotten)", step)
    ]
    assert walked == []
    assert not [step for step in steps if "AUTOMATIC" in step]


@pytest.mark.parametrize("name", ["list_unfinished", "list_unfinished_of_account"])
def test_unfinished_jobs_come_from_the_small_index_already_sorted(
    connection: sqlite3.Connection, name: str
) -> None:
    (step,) = plan(connection, name)
    assert "USING" in step
    assert "INDEX jobs_un" in step


def test_usage_is_counted_in_the_index_alone(connection: sqlite3.Connection) -> None:
    steps = [step for step in plan(connection, "accept_context") if "entries" in step]
    assert len(steps) == 3
    assert all("COVERING INDEX entries_window" in step for step in steps)


@pytest.mark.parametrize("name", ["find_latest", "list_history"])
def test_the_newest_come_already_sorted_so_that_older_ones_are_not_read(
    connection: sqlite3.Connection, name: str
) -> None:
    assert not [step for step in plan(connection, name) if "TEMP B-TREE" in step]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("find_shown", "(platform=? AND chat=? AND message=?)"),
        ("find_latest", "COVERING INDEX deliveries_latest (platform=? AND chat=? AND person=?)"),
        ("list_history", "INDEX entries_window (account_id=?)"),
        ("chat_context", "COVERING INDEX entries_of_chat (chat_id=? AND day=?)"),
    ],
)
def test_reading_begins_at_the_rows_that_are_meant(
    connection: sqlite3.Connection, name: str, index: str
) -> None:
    assert [step for step in plan(connection, name) if index in step]


def test_recalling_is_four_looks_by_name(connection: sqlite3.Connection) -> None:
    steps = [step for step in plan(connection, "recall") if step.startswith(("SEARCH", "SCAN "))]
    assert len([step for step in steps if "platform=?" in step]) == 4
    assert len([step for step in steps if step.startswith("SEARCH accounts")]) == 1


def test_the_month_is_counted_in_the_index_alone(connection: sqlite3.Connection) -> None:
    (step,) = plan(connection, "used")
    assert "COVERING INDEX entries_window (account_id=? AND created_at>?)" in step
