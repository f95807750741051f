"""The implementations that the contract suite runs over."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.ports.archive import Archive
from bot.ports.people import People
from bot.ports.store import Store
from bot.store.archive import ArchiveStore
from bot.store.database import Connection, Database, open_database
from bot.store.jobs import JobStore
from bot.store.people import PeopleStore

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Engine:
    """The stores of a database, and a way past them to its tables. `refusal` is what a broken constraint
    raises there.
    """

    store: Store
    people: People
    archive: Archive
    execute: Callable[[str], Awaitable[Rows]]
    refusal: type[Exception]


@asynccontextmanager
async def _sqlite(folder: Path) -> AsyncIterator[Engine]:
    async with open_database(folder / "test.sqlite") as database:
        yield Engine(
            store=JobStore(database),
            people=PeopleStore(database),
            archive=ArchiveStore(database),
            execute=lambda sql: execute(database, sql),
            refusal=sqlite3.IntegrityError,
        )


async def execute(database: Database, sql: str) -> Rows:
    """Run one statement in a transaction of its own."""

    async def work(connection: Connection) -> Rows:
        return [dict(row) for row in await connection.execute_fetchall(sql)]

    return await database.write(work)


ENGINES: Mapping[str, Callable[[Path], Any]] = {"sqlite": _sqlite}
"""How to open each implementation in an empty folder, as an async context manager of Engine."""
