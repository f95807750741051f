"""What an operator asks of the database from another process, read-only."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.domain.ids import Micros, Millis
from bot.domain.outcome import Failure
from bot.ports.store import Condition, StoreUnusable


@dataclass(frozen=True, slots=True)
class Spending:
    """What the calls of a route came to: what was charged where the gateway told, else what was expected.

    `told` says whether all of it was told.
    """

    route: str
    calls: int
    pictures: int
    cost: Micros
    told: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """How the routes are: spending since a moment, open breakers, and each route's last problem.

    `lost` may have been spent too: nobody heard how it ended, or waited for it.
    """

    spending: Sequence[Spending]
    conditions: Sequence[Condition]
    problems: dict[str, str]
    lost: Sequence[Spending] = ()


def overview(path: Path, since: Millis) -> Overview:
    """Read the database file, also while the service runs. Raises StoreUnusable when it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return Overview(
                _spending(connection, since),
                _conditions(connection),
                _problems(connection, since),
                _lost(connection, since),
            )
    except sqlite3.Error as error:
        raise StoreUnusable(f"{path}: {error}") from None


def _spending(connection: sqlite3.Connection, since: Millis) -> list[Spending]:
    rows = connection.execute(
        "SELECT route, COUNT(*), SUM(pictures), SUM(COALESCE(charged_micros, cost_micros, 0)),"
        " MIN(charged_micros IS NOT NULL) FROM calls WHERE ended_at >= ? GROUP BY route",
        (since,),
    )
    return [
        Spending(route, calls, pictures, Micros(cost), bool(told))
        for route, calls, pictures, cost, told in rows
    ]


def _lost(connection: sqlite3.Connection, since: Millis) -> list[Spending]:
    rows = connection.execute(
        "SELECT route, COUNT(*), SUM(pictures), SUM(COALESCE(cost_micros, 0)) FROM calls"
        " WHERE state = 'abandoned' AND ended_at IS NULL AND submitted_at >= ? GROUP BY route",
        (since,),
    )
    return [
        Spending(route, calls, pictures, Micros(cost), told=False) for route, calls, pictures, cost in rows
    ]


def _conditions(connection: sqlite3.Connection) -> list[Condition]:
    rows = connection.execute("SELECT scope, why, open_until FROM breakers ORDER BY scope")
    return [Condition(scope, Failure(why), Millis(until)) for scope, why, until in rows]


def _problems(connection: sqlite3.Connection, since: Millis) -> dict[str, str]:
    rows = connection.execute(
        "SELECT route, json_extract(problem, '$.key'), MAX(submitted_at) FROM calls"
        " WHERE problem IS NOT NULL AND submitted_at >= ? GROUP BY route",
        (since,),
    )
    return {route: key for route, key, _ in rows}
