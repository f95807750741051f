"""The SQLite engine: commits in groups, locks, and what it refuses to open."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.ports.store import Opened, StoreBusy, StoreUnusable
from bot.store.database import Connection, Database, Work, open_database
from bot.store.jobs import JobStore
from tests.store.engines import execute
from tests.store.scenes import AMPLE, NOW, accepted, after, order

IMPATIENT = timedelta(milliseconds=50)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.sqlite"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    async with open_database(path, IMPATIENT) as database:
        yield database


def accounts(path: Path) -> list[str]:
    """What somebody else sees in the file."""
    with closing(sqlite3.connect(path)) as other:
        return [id_ for (id_,) in other.execute("SELECT id FROM accounts ORDER BY id")]


async def add(connection: Connection, account: str) -> str:
    await connection.execute_fetchall("INSERT INTO accounts (id, created_at) VALUES (?, 0)", (account,))
    return account


def adding(account: str) -> Work[str]:
    return partial(add, account=account)


# --- writing -------------------------------------------------------------------------------------------


async def test_a_write_is_answered_when_others_can_see_it(database: Database, path: Path) -> None:
    async def work(connection: Connection) -> list[str]:
        await add(connection, "a")
        return accounts(path)

    assert await database.write(work) == []
    assert accounts(path) == ["a"]


async def test_one_failing_write_undoes_itself_and_nothing_else(database: Database, path: Path) -> None:
    async def fail(connection: Connection) -> str:
        await add(connection, "half")
        raise LookupError("on purpose")

    async def add_twice(connection: Connection) -> str:
        await add(connection, "twice")
        return await add(connection, "twice")

    works = [adding(f"good {n}") for n in range(8)]
    works.insert(3, fail)
    works.insert(6, add_twice)
    answers = await asyncio.gather(*(database.write(work) for work in works), return_exceptions=True)
    assert isinstance(answers[3], LookupError)
    assert isinstance(answers[6], sqlite3.IntegrityError)
    good = [f"good {n}" for n in range(8)]
    assert [answer for answer in answers if isinstance(answer, str)] == good
    assert accounts(path) == good


async def test_writes_that_wait_together_share_commits(database: Database, path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        (before,) = other.execute("PRAGMA data_version").fetchone()
        await asyncio.gather(*(database.write(adding(str(n))) for n in range(100)))
        (now,) = other.execute("PRAGMA data_version").fetchone()
    assert now - before == 1  # how many commits the other connection came to know of
    assert len(accounts(path)) == 100


async def test_a_cancelled_caller_does_not_tear_its_transaction(database: Database, path: Path) -> None:
    async def both(connection: Connection) -> None:
        await add(connection, "first")
        await add(connection, "second")

    caller = asyncio.create_task(database.write(both))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await database.write(adding("third"))
    assert accounts(path) == ["first", "second", "third"]


async def test_work_that_waits_for_something_else_is_refused(database: Database, path: Path) -> None:
    async def dawdle(connection: Connection) -> None:
        await add(connection, "a")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="waited"):
        await database.write(dawdle)
    assert accounts(path) == []


async def test_a_reader_cannot_change_anything(database: Database, path: Path) -> None:
    with pytest.raises(StoreUnusable, match="readonly"):
        await database.read(adding("a"))
    assert accounts(path) == []


async def test_the_queries_of_one_look_see_the_same_moment(database: Database, path: Path) -> None:
    async def look(connection: Connection) -> list[int]:
        counts = []
        for _ in range(2):
            (row,) = await connection.execute_fetchall("SELECT COUNT(*) AS n FROM accounts")
            counts.append(row["n"])
            with closing(sqlite3.connect(path)) as other, other:
                other.execute(
                    "INSERT INTO accounts (id, created_at) VALUES ('meanwhile', 0) ON CONFLICT DO NOTHING"
                )
        return counts

    assert await database.read(look) == [0, 0]
    assert accounts(path) == ["meanwhile"]


async def test_what_waits_at_the_end_is_still_committed(path: Path) -> None:
    async with open_database(path) as database:
        waiting = [asyncio.create_task(database.write(adding(f"{n:03}"))) for n in range(300)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*waiting) == accounts(path)
    with pytest.raises(StoreUnusable, match="closed"):
        await database.write(adding("late"))


# --- trouble -------------------------------------------------------------------------------------------


async def test_a_locked_database_is_busy_and_then_usable_again(database: Database, path: Path) -> None:
    store = JobStore(database)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answers = await asyncio.gather(
            *(store.accept(order(n), AMPLE, after(n), UTC) for n in range(3)), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [StoreBusy] * 3
        assert await store.unfinished(None, 10) == []
        other.execute("ROLLBACK")
    assert isinstance(await store.accept(order(1), AMPLE, NOW, UTC), Opened)


async def test_a_lock_that_is_soon_gone_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "test.sqlite"
    async with open_database(path) as database:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            accepting = asyncio.create_task(accepted(JobStore(database)))
            await asyncio.sleep(0.05)
            assert not accepting.done()
            other.execute("ROLLBACK")
        assert (await accepting).calls == ()


async def test_a_full_disk_is_busy_and_loses_nothing(database: Database) -> None:
    store = JobStore(database)
    first = await accepted(store, 1)
    await execute(database, "PRAGMA max_page_count = 1")
    with pytest.raises(StoreBusy, match="full"):
        await store.accept(order(2, prompt="x" * 100_000), AMPLE, after(2), UTC)
    await execute(database, "PRAGMA max_page_count = 100000")
    assert await store.unfinished(None, 10) == [first.id]
    assert isinstance(await store.accept(order(2), AMPLE, after(2), UTC), Opened)


# --- opening -------------------------------------------------------------------------------------------


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def overwrite(path: Path, offset: int, content: bytes) -> None:
    path.touch()
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


async def refuse(path: Path, words: str) -> None:
    with pytest.raises(StoreUnusable, match=words):
        async with open_database(path, IMPATIENT):
            pass


async def test_a_second_process_is_refused_and_may_come_when_the_first_has_gone(path: Path) -> None:
    program = f"""
import asyncio, pathlib
from bot.store.database import open_database
async def main():
    async with open_database(pathlib.Path({str(path)!r})):
        print("open", flush=True)
        await asyncio.to_thread(input)
asyncio.run(main())
"""
    pipe = asyncio.subprocess.PIPE
    first = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdin=pipe, stdout=pipe)
    assert first.stdin
    assert first.stdout
    assert await first.stdout.readline() == b"open\n"
    await refuse(path, "in use by another Drawbridge process")
    first.kill()
    await first.communicate()
    async with open_database(path):
        pass


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a" / "b" / "test.sqlite") as database:
        await accepted(JobStore(database))


async def test_jobs_outlive_the_process(path: Path) -> None:
    async with open_database(path) as database:
        job = await accepted(JobStore(database))
    async with open_database(path) as database:
        assert await JobStore(database).load(job.id) == job


async def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    async with open_database(path):
        pass
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("INSERT INTO drawbridge_schema VALUES (4711)")
    await refuse(path, "newer Drawbridge .schema 4711, .* update Drawbridge or restore the backup")
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT MAX(version) FROM drawbridge_schema").fetchone() == (4711,)


async def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    content = content_of(path)
    await refuse(path, "is not a Drawbridge database")
    assert content_of(path) == content


async def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    overwrite(path, 0, b"Dear diary, " * 1_000)
    await refuse(path, "test.sqlite cannot be used: file is not a database")
    assert content_of(path) == b"Dear diary, " * 1_000


async def test_a_damaged_database_is_refused(path: Path) -> None:
    async with open_database(path):
        pass
    overwrite(path, 100, bytes(4_096 - 100))  # the page that says where the tables are
    await refuse(path, "test.sqlite cannot be used: .*malformed")


async def test_a_folder_in_place_of_the_file_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    await refuse(tmp_path_factory.mktemp("test.sqlite"), "cannot be used: unable to open")


async def test_a_new_database_that_is_locked_is_busy(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusy):
            async with open_database(path, IMPATIENT):
                pass


async def test_money_is_on_the_disk_when_it_is_reported(database: Database) -> None:
    async def settings(connection: Connection) -> list[object]:
        sql = "SELECT * FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys"
        (row,) = await connection.execute_fetchall(sql)
        return list(row)

    assert await database.write(settings) == ["wal", 2, 1]
