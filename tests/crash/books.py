"""The database as an auditor reads it: opened read-only, with queries of the test's own."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JobBooks:
    """All that is written about one job."""

    job: Row
    calls: Sequence[Row]
    pictures: Sequence[Row]
    entries: Sequence[Row]

    @property
    def state(self) -> str:
        return str(self.job["state"])

    @property
    def holds(self) -> list[Row]:
        return [entry for entry in self.entries if entry["kind"] == "hold"]

    @property
    def closings(self) -> list[Row]:
        return [entry for entry in self.entries if entry["kind"] != "hold"]

    @property
    def delivered(self) -> list[Row]:
        return [picture for picture in self.pictures if picture["delivered_at"] is not None]

    def calls_in(self, state: str) -> list[Row]:
        return [call for call in self.calls if call["state"] == state]

    @property
    def lost_answers(self) -> list[Row]:
        """The calls that were torn off while their gateway might have been drawing."""
        found = [call for call in self.calls_in("abandoned") if call["problem"]]
        return [call for call in found if json.loads(call["problem"])["key"] == "answer-lost"]


@dataclass(frozen=True, slots=True)
class Books:
    """Jobs by the chat and the message that asked for them."""

    jobs: Mapping[tuple[str, str], JobBooks]
    rows: int
    damage: str


_PICTURES = """
SELECT pictures.*,
       (SELECT MIN(created_at) FROM deliveries WHERE picture_id = pictures.id) AS delivered_at
  FROM pictures
"""


def read_books(database: Path) -> Books:
    """What is committed now. Nothing, when there is no schema yet."""
    with _open(database) as connection:
        return _read(connection) if connection else Books({}, 0, "")


def count_told(database: Path) -> int:
    """How many jobs are over and their people know it."""
    with _open(database) as connection:
        if connection is None:
            return 0
        query = "SELECT COUNT(*) FROM jobs WHERE finished_at IS NOT NULL AND told_at IS NOT NULL"
        return int(connection.execute(query).fetchone()[0])


def read_calls(database: Path) -> Sequence[str]:
    """The ids of all calls so far."""
    with _open(database) as connection:
        return [row["id"] for row in connection.execute("SELECT id FROM calls")] if connection else []


def read_secret(database: Path, name: str) -> bytes | None:
    """A secret that the service made for itself; None as long as it has none."""
    with _open(database) as connection:
        if connection is None:
            return None
        row = connection.execute("SELECT value FROM own_secrets WHERE name = ?", (name,)).fetchone()
        return bytes.fromhex(row["value"]) if row else None


@contextmanager
def _open(database: Path) -> Iterator[sqlite3.Connection | None]:
    """One view of everything; None when a process was killed before it made the first table."""
    if not database.exists():
        yield None
        return
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").fetchall()
        yield connection if tables else None


def _read(connection: sqlite3.Connection) -> Books:
    jobs = connection.execute("SELECT * FROM jobs").fetchall()
    calls = _by_job(connection.execute("SELECT * FROM calls"))
    pictures = _by_job(connection.execute(_PICTURES))
    entries = _by_job(connection.execute("SELECT * FROM entries ORDER BY created_at"))
    found = {
        (row["chat"], row["message"]): JobBooks(
            dict(row), calls.get(row["id"], []), pictures.get(row["id"], []), entries.get(row["id"], [])
        )
        for row in jobs
    }
    damage = connection.execute("PRAGMA quick_check").fetchone()[0]
    return Books(found, len(jobs), "" if damage == "ok" else damage)


def _by_job(rows: Iterable[sqlite3.Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["job_id"], []).append(dict(row))
    return found
