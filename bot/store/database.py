"""The SQLite engine: one writer with group commit, one reader, forward-only migrations.

All writes pass through one task. It takes whatever writes are waiting, runs each in a savepoint of one
`BEGIN IMMEDIATE` transaction and commits once: under load a single disk flush serves dozens of jobs, and a
caller resumes only when its write is safely on disk. A caller that is cancelled cannot tear a
transaction apart, because the transaction does not run in its task.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import aiosql
import aiosqlite
from aiosql.adapters.aiosqlite import AioSQLiteAdapter
from filelock import FileLock, Timeout

from bot.ports.store import StoreBusy, StoreUnusable

Connection = aiosqlite.Connection

_BATCH = 128
_BUSY_TIMEOUT_MS = 5_000


class _OneHopAdapter(AioSQLiteAdapter):
    """aiosql's driver for aiosqlite with one trip to the database thread per query instead of three."""

    async def select(
        self, conn: Connection, _name: str, sql: str, parameters: Any, _record_class: Any = None
    ) -> AsyncIterator[Any]:
        for row in await conn.execute_fetchall(sql, parameters):
            yield row

    async def select_one(
        self, conn: Connection, _name: str, sql: str, parameters: Any, _record_class: Any = None
    ) -> Any:
        rows = list(await conn.execute_fetchall(sql, parameters))
        return rows[0] if rows else None

    async def insert_update_delete(self, conn: Connection, _name: str, sql: str, parameters: Any) -> None:
        await conn.execute_fetchall(sql, parameters)


def load_queries() -> Any:
    """All named queries of `queries/*.sql`, as methods: `await queries.get_job(connection, id=...)`."""
    folder = resources.files("bot.store") / "queries"
    adapter = cast("Any", _OneHopAdapter)  # aiosql's own protocol does not describe its drivers
    return aiosql.from_path(str(folder), adapter, mandatory_parameters=False)


T = TypeVar("T")
Work = Callable[[Connection], Awaitable[T]]


@dataclass(slots=True)
class _Write(Generic[T]):
    """A piece of work for the writer, and where its result goes."""

    work: Work[T]
    result: asyncio.Future[T]


class Database:
    """An open database: see `open_database`."""

    def __init__(self, writer: Connection, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._waiting: asyncio.Queue[_Write[Any]] = asyncio.Queue()
        self.writing = asyncio.create_task(self._run_writer(), name="database writer")

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction; its result is returned after the commit.

        `work` awaits nothing but the connection. What it raises undoes it alone and is raised here.
        Raises StoreBusy when another process keeps the database locked.
        """
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Write(work, result))
        return await result

    @property
    def reader(self) -> Connection:
        """For queries that change nothing; sees what is committed."""
        return self._reader

    async def answers(self) -> bool:
        """Whether the database can be read and its writer is alive: for the readiness check."""
        await self._reader.execute_fetchall("SELECT 1")
        return not self.writing.done()

    async def _run_writer(self) -> None:
        """Serve writes until cancelled. What is being committed then is still committed."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < _BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            commit = asyncio.ensure_future(self._commit(batch))
            try:
                await asyncio.shield(commit)
            except asyncio.CancelledError:
                await commit
                raise

    async def _commit(self, batch: list[_Write[Any]]) -> None:
        # A single write needs no savepoint: its failure rolls back the whole transaction, which is itself.
        run = self._guarded if len(batch) > 1 else self._unguarded
        try:
            await self._writer.execute_fetchall("BEGIN IMMEDIATE")
            answers = [await run(write.work) for write in batch]
            await self._writer.execute_fetchall("COMMIT")
        except BaseException as error:
            if self._writer.in_transaction:
                await self._writer.execute_fetchall("ROLLBACK")
            for write in batch:
                _answer(write.result, None, _translate(error))
            if not isinstance(error, Exception):
                raise
            return
        for write, (value, failure) in zip(batch, answers, strict=True):
            _answer(write.result, value, failure)

    async def _unguarded(self, work: Work[Any]) -> tuple[Any, Exception | None]:
        return await work(self._writer), None

    async def _guarded(self, work: Work[Any]) -> tuple[Any, Exception | None]:
        await self._writer.execute_fetchall("SAVEPOINT piece")
        try:
            value, failure = await work(self._writer), None
        except Exception as error:  # noqa: BLE001 - it is raised again where the work was asked for
            await self._writer.execute_fetchall("ROLLBACK TO piece")
            value, failure = None, error
        await self._writer.execute_fetchall("RELEASE piece")
        return value, failure


def _answer(future: asyncio.Future[Any], value: Any, failure: BaseException | None) -> None:
    if future.done():
        return  # whoever asked was cancelled meanwhile
    if failure:
        future.set_exception(failure)
    else:
        future.set_result(value)


def _translate(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return StoreBusy(str(error))
    return error


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """Open the database file, bring it up to date and serve writes while the context lasts.

    Raises StoreUnusable when another Drawbridge has it open, when it is newer than this program, when it
    is somebody else's or damaged; StoreBusy when it stays locked.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{path}.lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise StoreUnusable(f"{path} is in use by another Drawbridge process") from None
    except OSError as error:
        raise StoreUnusable(f"{path} cannot be opened: {error.strerror}") from None
    try:
        async with AsyncExitStack() as stack:
            writer = await stack.enter_async_context(_connect(path))
            await migrate(writer, path)
            reader = await stack.enter_async_context(_connect(path))
            database = Database(writer, reader)
            try:
                yield database
            finally:
                database.writing.cancel()
                await asyncio.wait([database.writing])
    finally:
        lock.release()


@asynccontextmanager
async def _connect(path: Path) -> AsyncIterator[Connection]:
    connection = aiosqlite.connect(path, isolation_level=None)
    async with connection:
        connection.row_factory = sqlite3.Row
        try:
            for pragma in _PRAGMAS:
                await connection.execute_fetchall(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as error:
            raise _translate(error) from None
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(f"{path} is damaged or no database: {error}") from None
        yield connection


_PRAGMAS = (
    f"busy_timeout = {_BUSY_TIMEOUT_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",  # money: a commit that was reported is on the disk
    "foreign_keys = ON",
    "temp_store = MEMORY",
)


def migrations() -> list[tuple[int, str]]:
    """The numbered scripts that lead to the present schema."""
    folder = resources.files("bot.store") / "migrations"
    scripts = (entry for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return sorted((int(entry.name.split("_")[0]), entry.read_text("utf-8")) for entry in scripts)


async def schema_version(connection: Connection) -> int | None:
    """The version of the schema; 0 for an empty database, None for one that is not ours."""
    tables = {row["name"] for row in await connection.execute_fetchall(_TABLES)}
    if not tables:
        return 0
    if "drawbridge_schema" not in tables:
        return None
    rows = await connection.execute_fetchall("SELECT MAX(version) AS version FROM drawbridge_schema")
    return int(next(iter(rows))["version"])


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


async def examine(path: Path) -> tuple[bool, str]:
    """Whether a database file can be used, and its state in a line, without changing or locking it."""
    newest = migrations()[-1][0]
    if not await asyncio.to_thread(path.is_file):
        return True, f"{path} does not exist yet and will be made (schema {newest})"
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        async with aiosqlite.connect(address, uri=True) as connection:
            connection.row_factory = sqlite3.Row
            version = await schema_version(connection)
    except sqlite3.Error as error:
        return False, f"{path}: {error}"
    if version is None:
        return False, f"{path} is not a Drawbridge database"
    if version > newest:
        return False, f"{path} is newer (schema {version}) than this program (schema {newest})"
    return True, f"{path}, schema {version}" + ("" if version == newest else f", will be brought to {newest}")


async def migrate(connection: Connection, path: Path) -> None:
    """Bring the schema up to date, each script in a transaction of its own.

    Raises StoreUnusable when the database is newer than this program or not ours.
    """
    steps = migrations()
    try:
        present = await schema_version(connection)
    except sqlite3.OperationalError as error:
        raise _translate(error) from None
    if present is None:
        raise StoreUnusable(f"{path} is not a Drawbridge database")
    if present > steps[-1][0]:
        raise StoreUnusable(
            f"{path} was written by a newer Drawbridge (schema {present}, this program knows "
            f"{steps[-1][0]}): update Drawbridge or restore the backup made before the update"
        )
    for version, script in steps:
        if version > present:
            try:
                await connection.executescript(_as_transaction(version, script))
            except sqlite3.Error as error:
                if connection.in_transaction:
                    await connection.execute_fetchall("ROLLBACK")
                raise _translate(error) from None


def _as_transaction(version: int, script: str) -> str:
    note = "CREATE TABLE IF NOT EXISTS drawbridge_schema (version INTEGER PRIMARY KEY);\n"
    note += f"INSERT INTO drawbridge_schema (version) VALUES ({version});\n"  # noqa: S608 - a number of ours
    return f"BEGIN IMMEDIATE;\n{script}\n{note}COMMIT;"
