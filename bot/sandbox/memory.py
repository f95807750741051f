"""What a sandbox knows beyond one request: tasks, result links and images, each until its time is over.

With a folder it is kept in a file, written before the answer leaves, so that it outlives a killed process.
Without one it is a database that SQLite deletes by itself and keeps on disk when it grows: a thousand open
links cost no memory either way.
"""

from __future__ import annotations

import logging
import sqlite3
import time
import weakref
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)
_FILE = "memory.sqlite3"
_VERSION = 1  # of what the records mean; another one is forgotten
_FOREVER: Final = float(2**40)
_TEMPORARY = ""  # SQLite's own word for a database without a name

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    shelf TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (shelf, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_by_end ON records (until);
"""
_PUT = """
INSERT INTO records (shelf, key, value, until) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET value = excluded.value, until = max(until, excluded.until)
"""
_GET = "SELECT value FROM records WHERE shelf = ? AND key = ? AND until > ?"
_LIST = "SELECT key, value FROM records WHERE shelf = ? AND until > ?"
_DROP = "DELETE FROM records WHERE shelf = ? AND key = ?"
_DROP_OLD = "DELETE FROM records WHERE until <= ?"

Kept = TypeVar("Kept")


class Memory:
    """A key-value store with shelves. Statements take microseconds, so they run in the event loop.

    Open it before use. A record that is over is not found, whether or not it was cleared away yet.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._db: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file, and an empty one in place of what is broken or from another version.

        While another process has it open, or where the folder cannot be written, nothing is remembered
        beyond this process; a warning tells so.
        """
        if self._db is None:
            self._db = _connect(_TEMPORARY) if self._folder is None else _connect_in(self._folder)
            weakref.finalize(self, self._db.close)

    def close(self) -> None:
        """Release the file. What has no file stays, for the next time this sandbox is served."""
        if self._folder is not None and self._db is not None:
            self._db.close()
            self._db = None

    def put(self, shelf: str, key: str, value: bytes, until: float = _FOREVER) -> None:
        """Keep `value` until that moment (seconds of the epoch), or longer when it was promised before."""
        self._run(_DROP_OLD, time.time())
        self._run(_PUT, shelf, key, value, until)

    def get(self, shelf: str, key: str) -> bytes | None:
        row = self._run(_GET, shelf, key, time.time()).fetchone()
        return None if row is None else bytes(row[0])

    def items(self, shelf: str) -> Iterator[tuple[str, bytes]]:
        yield from self._run(_LIST, shelf, time.time()).fetchall()

    def drop(self, shelf: str, key: str) -> None:
        self._run(_DROP, shelf, key)

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if self._db is None:
            raise RuntimeError("the sandbox is not being served")
        return self._db.execute(statement, values)


class Shelf(Generic[Kept]):
    """Records of one kind. One that cannot be read any more counts as never written."""

    def __init__(self, memory: Memory, name: str, kind: type[Kept]) -> None:
        self._memory = memory
        self._name = name
        self._adapter: TypeAdapter[Kept] = TypeAdapter(kind)

    def put(self, key: str, record: Kept, until: float) -> None:
        self._memory.put(self._name, key, self._adapter.dump_json(record), until)

    def get(self, key: str) -> Kept | None:
        raw = self._memory.get(self._name, key)
        return None if raw is None else self._read(raw)

    def values(self) -> list[Kept]:
        found = (self._read(raw) for _, raw in self._memory.items(self._name))
        return [record for record in found if record is not None]

    def drop(self, key: str) -> None:
        self._memory.drop(self._name, key)

    def _read(self, raw: bytes) -> Kept | None:
        try:
            return self._adapter.validate_json(raw)
        except ValidationError:
            return None


def _connect_in(folder: Path) -> sqlite3.Connection:
    file = folder / _FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _connect(str(file))
    except (OSError, sqlite3.OperationalError) as error:
        _log.warning("the sandbox will forget everything when it stops: %s: %s", folder, error)
        return _connect(_TEMPORARY)
    except sqlite3.DatabaseError:
        _log.warning("the sandbox's memory in %s cannot be read and begins anew", folder)
        for part in (file, file.with_name(f"{_FILE}-wal")):
            part.unlink(missing_ok=True)
        return _connect(str(file))


def _connect(file: str) -> sqlite3.Connection:
    # The last reference may be dropped in a painter's thread, where the connection is then closed.
    db = sqlite3.connect(file, timeout=0.0, isolation_level=None, check_same_thread=False)
    try:
        # One process at a time: a second one would take the port away, and with it the links of the first.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing this way; a machine without power may lose the last moments.
        db.execute("PRAGMA synchronous = NORMAL")
        if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            db.execute("DROP TABLE IF EXISTS records")
            db.execute(f"PRAGMA user_version = {_VERSION}")
        db.executescript(_SCHEMA)
    except BaseException:
        db.close()
        raise
    return db
