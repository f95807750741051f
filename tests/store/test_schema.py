"""Migrations: forward only, whole or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.ports.store import StoreUnusable
from bot.store.schema import scripts, upgrade

PATH = Path("test.sqlite")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT name, sql FROM sqlite_master WHERE sql <> '' ORDER BY name").fetchall()


def versions(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT version FROM drawbridge_schema")]


def test_the_scripts_are_numbered_without_a_gap() -> None:
    assert [number for number, _ in scripts()] == list(range(1, len(scripts()) + 1))


def test_upgrading_again_changes_nothing(connection: sqlite3.Connection) -> None:
    upgrade(connection, PATH, scripts())
    before = schema(connection), versions(connection)
    upgrade(connection, PATH, scripts())
    assert (schema(connection), versions(connection)) == before


def test_a_database_of_any_age_ends_with_the_same_schema(connection: sqlite3.Connection) -> None:
    for known in range(1, len(scripts()) + 1):
        upgrade(connection, PATH, scripts()[:known])
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        upgrade(fresh, PATH, scripts())
        assert schema(connection) == schema(fresh)


def test_a_script_that_fails_half_way_leaves_nothing_and_can_be_repeated(
    connection: sqlite3.Connection,
) -> None:
    upgrade(connection, PATH, scripts())
    before = schema(connection)
    number = len(scripts()) + 1
    broken = "CREATE TABLE a (x TEXT); INSERT INTO a VALUES ('1'); INSERT INTO nowhere VALUES (1);"
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        upgrade(connection, PATH, [*scripts(), (number, broken)])
    assert schema(connection) == before
    assert not connection.in_transaction
    upgrade(connection, PATH, [*scripts(), (number, "CREATE TABLE a (x TEXT);")])
    assert versions(connection)[-1] == number


def test_the_scripts_before_a_failing_one_stay(connection: sqlite3.Connection) -> None:
    steps = [(1, "CREATE TABLE a (x TEXT);"), (2, "CREATE TABLE a (x TEXT);")]
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        upgrade(connection, PATH, steps)
    assert versions(connection) == [1]


def test_an_older_program_refuses_a_newer_database(connection: sqlite3.Connection) -> None:
    upgrade(connection, PATH, scripts())
    with pytest.raises(StoreUnusable, match="newer"):
        upgrade(connection, PATH, scripts()[:-1])
