"""A database with a past: many finished jobs over many accounts, written by SQL alone."""

import sqlite3
from pathlib import Path

from bot.core.ids import new_id
from bot.domain.ids import Millis
from bot.store.database import open_database

NOW = Millis(1_750_000_000_000)
"""When the past ends."""

YEAR = 365 * 86_400_000
PEOPLE = 20_000
BUSIEST = 0
"""The person to whom a tenth of all jobs belongs."""


async def write_history(path: Path, jobs: int) -> None:
    """Make a database at `path` in which `jobs` jobs were done within the year before `NOW`."""
    async with open_database(path):
        pass  # the schema
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
        connection.create_function("new_id", 1, lambda at: new_id(Millis(at)))
        connection.execute("BEGIN")
        for statement in _STATEMENTS:
            connection.execute(statement, {"jobs": jobs, "now": NOW, "year": YEAR, "people": PEOPLE})
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


# The multiplication spreads the others evenly but out of order, as people come and go.
_STATEMENTS = (
    """
    CREATE TEMP TABLE past AS
    WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :jobs)
    SELECT n, CASE WHEN n % 10 = 0 THEN 0 ELSE n * 7919 % :people END AS person,
           :now - :year + n * :year / :jobs AS at, new_id(:now - :year + n * :year / :jobs) AS id
      FROM counted
    """,
    """
    INSERT INTO accounts (id, created_at)
    WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < :people - 1)
    SELECT 'account' || n, :now - :year FROM counted
    """,
    """
    INSERT INTO identities (platform, person, account_id)
    SELECT 'telegram', SUBSTR(id, 8), id FROM accounts
    """,
    """
    INSERT INTO jobs (id, event_key, account_id, person, platform, chat, message, locale, request, state,
                      version, created_at, deadline_at, finished_at, told_at, status_message)
    SELECT id, 'telegram:' || n, 'account' || person, person, 'telegram', person, n, 'en',
           '{"kind":"draw","prompt":"a fox in the snow, number ' || n || '","count":1,"watermark":false,'
           || '"prompt_extension":true,"output":"photo"}',
           'done', 3, at, at + 900000, at + 20000, at + 20000, n FROM past
    """,
    """
    INSERT INTO calls (id, job_id, ordinal, gateway, route, first_picture, pictures, state, version, attempts,
                       failures, ref, submitted_at, links, cost_micros, charged_micros)
    SELECT 'c' || id, id, 0, 'crazyrouter', 'crazyrouter/gpt-image-1', 0, 1, 'fetched', 3, 1, 0, id, at,
           '["https://results.example/' || id || '.png"]', 40000, 40000 FROM past
    """,
    """
    INSERT INTO pictures (id, job_id, call_id, ordinal, media_key, width, height, bytes, mime, created_at)
    SELECT 'p' || id, id, 'c' || id, 0, id || '/00', 1024, 1024, 500000, 'image/png', at + 15000 FROM past
    """,
    """
    INSERT INTO deliveries (platform, chat, message, picture_id, person, created_at)
    SELECT 'telegram', person, n, 'p' || id, person, at + 20000 FROM past
    """,
    """
    INSERT INTO entries (id, account_id, job_id, kind, day, created_at, held, settled, returned, held_micros,
                         settled_micros, returned_micros)
    SELECT 'h' || id, 'account' || person, id, 'hold', at / 86400000, at, 1, 0, 0, 40000, 0, 0 FROM past
    """,
    """
    INSERT INTO entries (id, account_id, job_id, kind, day, created_at, held, settled, returned, held_micros,
                         settled_micros, returned_micros, closes)
    SELECT 's' || id, 'account' || person, id, 'settle', at / 86400000, at + 20000, 0, 1, 0, 0, 40000, 0,
           'h' || id FROM past
    """,
)
