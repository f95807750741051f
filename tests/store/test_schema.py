"""Migrations: forward only, whole or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.ids import JobId, Millis
from bot.ports.archive import Posted, Shown
from bot.ports.people import Acquaintance
from bot.ports.store import StoreUnusable
from bot.store.archive import ArchiveStore
from bot.store.database import open_database
from bot.store.jobs import JobStore
from bot.store.people import PeopleStore
from bot.store.schema import scripts, upgrade
from tests.store.engines import execute

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


OLD = """
INSERT INTO accounts VALUES ('a', 0), ('nameless', 0);
INSERT INTO identities VALUES ('telegram', 'ann', 'a'), ('discord', 'someone else', 'nameless');
INSERT INTO jobs (id, event_key, account_id, platform, chat, locale, request, state, version, created_at,
                  deadline_at, finished_at, told_at, status_message)
VALUES ('done', 'telegram:1', 'a', 'telegram', '-1', 'en', '{"kind":"draw","prompt":"fox","count":3}',
        'done', 3, 5, 9, 8, 8, 'status'),
       ('stray', 'telegram:2', 'nameless', 'telegram', '-1', 'en', '{"kind":"draw","prompt":"owl"}',
        'accepted', 0, 6, 9, NULL, NULL, NULL);
INSERT INTO calls (id, job_id, ordinal, gateway, route, first_picture, pictures, state, version, attempts,
                   failures, links)
VALUES ('c', 'done', 0, 'north', 'north/fox', 0, 3, 'fetched', 3, 1, 0, '[]');
INSERT INTO pictures
VALUES ('p0', 'done', 'c', 0, 'done/00', 9, 9, 9, 'image/png', 7),
       ('p1', 'done', 'c', 1, 'done/01', 9, 9, 9, 'image/png', 7),
       ('p2', 'done', 'c', 2, 'done/02', 9, 9, 9, 'image/png', 7);
INSERT INTO deliveries VALUES ('p0', 'album', 8), ('p1', 'album', 8);
INSERT INTO entries
VALUES ('h', 'a', 'done', 'hold', 0, 5, 3, 0, 0, 3, 0, 0, NULL),
       ('s', 'a', 'done', 'settle', 0, 8, 0, 2, 1, 0, 2, 1, 'h'),
       ('o', 'nameless', 'stray', 'hold', 0, 6, 1, 0, 0, 1, 0, 0, NULL);
"""
"""A database as it was before people and chats had settings; two pictures came in one message."""


async def test_what_was_drawn_before_the_archive_is_found_in_it(tmp_path: Path) -> None:
    path = tmp_path / "test.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        upgrade(connection, path, scripts()[:4])
        connection.executescript(f"PRAGMA foreign_keys = ON; BEGIN; {OLD} COMMIT;")
    async with open_database(path) as database:
        store, archive, people = JobStore(database), ArchiveStore(database), PeopleStore(database)
        job = await store.load(JobId("done"))
        assert job
        assert (job.person, [picture.delivered for picture in job.pictures]) == ("ann", [True, True, False])
        assert await archive.shown("telegram", "-1", "album") == Shown(job, job.pictures[0])
        assert await archive.latest("telegram", "ann", "-1") == Shown(job, job.pictures[1])
        assert await archive.history("telegram", "ann", 9) == [job]
        assert set(await archive.posted(job.id)) == {
            Posted("telegram", "-1", "album"),
            Posted("telegram", "-1", "status"),
        }
        assert await store.used(job.account_id, 0) == 2
        assert await people.recall("telegram", "ann", "-1") == Acquaintance()
        stray = await store.load(JobId("stray"))
        assert stray
        assert stray.person == ""
        assert await store.cancel(stray.id, Millis(10))
        assert [row["n"] for row in await execute(database, "SELECT COUNT(*) AS n FROM deliveries")] == [2]
        assert await execute(database, "PRAGMA foreign_key_check") == []


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
