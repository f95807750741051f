"""Bringing a SQLite database to the present schema: numbered scripts, forward only."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib import resources
from pathlib import Path

from bot.ports.store import StoreUnusable

Scripts = Sequence[tuple[int, str]]
"""SQL by number, ascending."""


def scripts() -> Scripts:
    """The scripts that lead to the present schema."""
    folder = resources.files("bot.store") / "migrations"
    files = (entry for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return sorted((int(entry.name.split("_")[0]), entry.read_text("utf-8")) for entry in files)


def upgrade(connection: sqlite3.Connection, path: Path, steps: Scripts) -> None:
    """Run the steps that this database has not seen, each in a transaction of its own. Repeatable.

    Raises StoreUnusable, and changes nothing, when the database is newer than the steps or not ours.
    """
    present, newest = _version(connection), steps[-1][0]
    if present is None:
        raise StoreUnusable(f"{path} is not a Drawbridge database")
    if present > newest:
        raise StoreUnusable(
            f"{path} was written by a newer Drawbridge (schema {present}, this program knows {newest}): "
            "update Drawbridge or restore the backup made before the update"
        )
    for number, script in steps:
        if number > present:
            _run(connection, number, script)


def examine(path: Path) -> tuple[bool, str]:
    """Whether a database file can be used, and its state in a line; nothing is changed or locked."""
    newest = scripts()[-1][0]
    if not path.is_file():
        return True, f"{path} does not exist yet and will be made (schema {newest})"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            present = _version(connection)
    except sqlite3.Error as error:
        return False, f"{path}: {error}"
    if present is None:
        return False, f"{path} is not a Drawbridge database"
    if present > newest:
        return False, f"{path} is newer (schema {present}) than this program (schema {newest})"
    return True, f"{path}, schema {present}" + ("" if present == newest else f", will be brought to {newest}")


def _version(connection: sqlite3.Connection) -> int | None:
    """The number of the last script that ran; 0 for an empty database, None for somebody else's."""
    tables = {name for (name,) in connection.execute(_TABLES)}
    if not tables:
        return 0
    if "drawbridge_schema" not in tables:
        return None
    (version,) = connection.execute("SELECT MAX(version) FROM drawbridge_schema").fetchone()
    return int(version)


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def _run(connection: sqlite3.Connection, number: int, script: str) -> None:
    note = "CREATE TABLE IF NOT EXISTS drawbridge_schema (version INTEGER PRIMARY KEY);\n"
    note += f"INSERT INTO drawbridge_schema (version) VALUES ({number});\n"  # noqa: S608 - a number of ours
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n{note}COMMIT;")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
