"""The SQLite engine: one writer with group commit, one reader, each in a thread of its own.

Whatever writes are waiting run one after another in a single `BEGIN IMMEDIATE` transaction, each in a
savepoint, and are committed together: under load one disk flush and one trip to the thread serve dozens of
jobs, and a caller resumes only when its write is safely on disk. A caller that is cancelled cannot tear a
transaction apart, because the transaction does not run in its task; what it asked for is still done.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar, cast

import aiosql
import aiosqlite
from aiosql.adapters.aiosqlite import AioSQLiteAdapter
from filelock import FileLock, Timeout

from bot.ports.store import StoreBusy, StoreUnusable
from bot.store.schema import scripts, upgrade

T = TypeVar("T")

_BATCH = 128
_PATIENCE = timedelta(seconds=5)


class Connection(Protocol):
    """Where a named query runs."""

    async def execute_fetchall(self, sql: str, parameters: Any = ...) -> Iterable[sqlite3.Row]:
        """Run one statement and return all its rows."""
        ...


Work = Callable[[Connection], Coroutine[Any, Any, T]]
"""What is done in one transaction. It awaits nothing but its connection."""


class _Adapter(AioSQLiteAdapter):
    """aiosql's driver for our connections: one step per query, where its own takes three."""

    async def select(
        self, conn: Connection, _name: str, sql: str, parameters: Any, _record_class: Any = None
    ) -> AsyncIterator[Any]:
        for row in await conn.execute_fetchall(sql, parameters):
            yield row

    async def select_one(
        self, conn: Connection, _name: str, sql: str, parameters: Any, _record_class: Any = None
    ) -> Any:
        return next(iter(await conn.execute_fetchall(sql, parameters)), None)

    async def insert_update_delete(self, conn: Connection, _name: str, sql: str, parameters: Any) -> None:
        await conn.execute_fetchall(sql, parameters)


def load_queries() -> Any:
    """All named queries of `queries/*.sql`, as methods: `await queries.get_job(connection, id=...)`."""
    folder = resources.files("bot.store") / "queries"
    adapter = cast("Any", _Adapter)  # aiosql's own protocol does not describe its drivers
    return aiosql.from_path(str(folder), adapter, mandatory_parameters=False)


# --- in the thread of a connection ---------------------------------------------------------------------


class _Here:
    """A connection for work that runs in its thread: awaiting it never waits."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def execute_fetchall(self, sql: str, parameters: Any = ()) -> Iterable[sqlite3.Row]:
        return self._connection.execute(sql, parameters).fetchall()


@dataclass(frozen=True, slots=True)
class _Answer:
    value: Any = None
    failure: Exception | None = None


def _run(work: Work[T], connection: Connection) -> T:
    """Run work to its end at once. It is written as a coroutine so that other engines can run it too."""
    coroutine = work(connection)
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    coroutine.close()
    raise RuntimeError("work in a transaction waited for something other than its connection")


def _commit(pieces: list[Work[Any]], connection: sqlite3.Connection) -> list[_Answer]:
    """Run all pieces in one transaction; the failure of one undoes that one alone."""
    here = _Here(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        answers = [_guarded(piece, here, connection) for piece in pieces]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return answers


def _guarded(piece: Work[Any], here: _Here, connection: sqlite3.Connection) -> _Answer:
    connection.execute("SAVEPOINT piece")
    try:
        answer = _Answer(_run(piece, here))
    except Exception as error:
        if not connection.in_transaction:
            raise  # a full disk, for one: the engine has undone the whole transaction by itself
        connection.execute("ROLLBACK TO piece")
        answer = _Answer(failure=error)
    connection.execute("RELEASE piece")
    return answer


def _look(work: Work[T], connection: sqlite3.Connection) -> T:
    """Run work on one snapshot, so that its queries agree with each other."""
    connection.execute("BEGIN")
    try:
        return _run(work, _Here(connection))
    finally:
        connection.execute("ROLLBACK")


# --- outside -------------------------------------------------------------------------------------------


class _Threaded(aiosqlite.Connection):
    """aiosqlite's connection, whose thread also takes more than one statement per trip."""

    def __init__(self, path: Path, patience: timedelta) -> None:
        super().__init__(partial(_connect, path, patience), iter_chunk_size=64)
        self._path = path

    async def __aenter__(self) -> Self:
        try:
            await super().__aenter__()
        except BaseException:
            self._thread.join()  # it is at its end, and must come to it before the event loop does
            raise
        return self

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        with _translated(self._path):
            return cast("T", await self._execute(job, self._conn))  # type: ignore[no-untyped-call]


class _There:
    """A connection for a query from outside its thread; errors are translated as for whole transactions."""

    __slots__ = ("_connection",)

    def __init__(self, connection: _Threaded) -> None:
        self._connection = connection

    async def execute_fetchall(self, sql: str, parameters: Any = ()) -> Iterable[sqlite3.Row]:
        return await self._connection.run(lambda raw: raw.execute(sql, parameters).fetchall())


@dataclass(frozen=True, slots=True)
class _Write(Generic[T]):
    """A piece of work for the writer, and where its result goes."""

    work: Work[T]
    result: asyncio.Future[T]

    def answer(self, answer: _Answer) -> None:
        if self.result.done():
            return  # whoever asked was cancelled meanwhile
        if answer.failure:
            self.result.set_exception(answer.failure)
        else:
            self.result.set_result(answer.value)


class Database:
    """An open database: see `open_database`."""

    def __init__(self, writer: _Threaded, reader: _Threaded) -> None:
        self._writer = writer
        self._reader = reader
        self._waiting: list[_Write[Any]] = []
        self._committing: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction; its result is returned after the commit.

        What it raises undoes it alone and is raised here. Raises StoreBusy when nothing can be written for
        now, StoreUnusable when the database is broken or closed.
        """
        if self._closed:
            raise StoreUnusable("the database is closed")
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Write(work, result))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_waiting(), name="database writer")
        return await result

    async def read(self, work: Work[T]) -> T:
        """Run `work`, which changes nothing, on one snapshot of what is committed.

        Raises StoreBusy and StoreUnusable as `write` does.
        """
        return await self._reader.run(partial(_look, work))

    @property
    def reader(self) -> Connection:
        """For a single query that changes nothing; sees what is committed."""
        return _There(self._reader)

    async def answers(self) -> bool:
        """Whether the database can be read: for the readiness check. Raises what `read` raises."""
        await self.reader.execute_fetchall("SELECT 1")
        return True

    async def close(self) -> None:
        """Commit what is waiting, take nothing more."""
        self._closed = True
        if self._committing:
            await asyncio.wait([self._committing])

    async def _commit_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            try:
                answers = await self._writer.run(partial(_commit, [write.work for write in batch]))
            except Exception as error:  # noqa: BLE001 - it is raised where the work was asked for
                answers = [_Answer(failure=error)] * len(batch)
            for write, answer in zip(batch, answers, strict=True):
                write.answer(answer)


_PASSING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL})
_BROKEN = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
    }
)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """What an operator can mend becomes StoreBusy or StoreUnusable; bugs of ours pass as they are."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bits are details
        if code in _PASSING:
            raise StoreBusy(f"{path}: {error}") from error
        if code in _BROKEN:
            raise StoreUnusable(f"{path} cannot be used: {error}") from error
        raise


# --- opening -------------------------------------------------------------------------------------------


@asynccontextmanager
async def open_database(path: Path, patience: timedelta = _PATIENCE) -> AsyncIterator[Database]:
    """Open the database file, bring it up to date and serve it while the context lasts.

    `patience` is how long a lock of another process is waited for. Raises StoreUnusable when another
    Drawbridge has the file open, when it is newer than this program, somebody else's or damaged; StoreBusy
    when it stays locked.
    """
    with _alone(path):
        async with AsyncExitStack() as stack:
            writer, reader = _Threaded(path, patience), _Threaded(path, patience)
            with _translated(path):
                await stack.enter_async_context(writer)
                await writer.run(partial(upgrade, path=path, steps=scripts()))
                await writer.run(_for_writing)
                await stack.enter_async_context(reader)
                await reader.run(_for_reading)
            database = Database(writer, reader)
            stack.push_async_callback(database.close)
            yield database


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one Drawbridge process has the file open; the lock goes with the process."""
    lock = FileLock(f"{path}.lock", timeout=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise StoreUnusable(f"{path} is in use by another Drawbridge process") from None
    except OSError as error:
        raise StoreUnusable(f"{path} cannot be opened: {error.strerror}") from None
    try:
        yield
    finally:
        lock.release()


def _connect(path: Path, patience: timedelta) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=patience.total_seconds(), isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _for_writing(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # money: a commit that was reported is on the disk
    connection.execute("PRAGMA foreign_keys = ON")


def _for_reading(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")
