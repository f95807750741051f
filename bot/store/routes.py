"""What is known of routes, and the service's own secrets, on an open database."""

import secrets
from collections.abc import Sequence
from typing import Any

from bot.domain.ids import CallId, JobId, Millis
from bot.domain.outcome import Failure
from bot.ports.store import Condition
from bot.store.database import Connection, Database, load_queries


class RouteStore:
    """Implements `bot.ports.store.Routes`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries: Any = load_queries()

    async def note_callback(self, call_id: CallId, now: Millis) -> JobId | None:
        async def work(connection: Connection) -> JobId | None:
            row = await self._queries.note_callback(connection, id=call_id, now=now)
            return JobId(row["job_id"]) if row else None

        return await self._database.write(work)

    async def durations(self, route: str, limit: int) -> Sequence[float]:
        found = self._queries.list_durations(self._database.reader, route=route, limit=limit)
        return [row["duration"] / 1000 async for row in found]

    async def note_condition(self, condition: Condition) -> None:
        async def work(connection: Connection) -> None:
            if condition.until is None or condition.why is None:
                await self._queries.drop_breaker(connection, scope=condition.scope)
            else:
                await self._queries.put_breaker(
                    connection,
                    scope=condition.scope,
                    why=condition.why.value,
                    open_until=condition.until,
                )

        await self._database.write(work)

    async def conditions(self) -> Sequence[Condition]:
        found = self._queries.list_breakers(self._database.reader)
        return [
            Condition(row["scope"], Failure(row["why"]), Millis(row["open_until"])) async for row in found
        ]

    async def own_secret(self, name: str) -> bytes:
        async def work(connection: Connection) -> bytes:
            await self._queries.add_secret(connection, name=name, value=secrets.token_hex(32))
            row = await self._queries.get_secret(connection, name=name)
            return bytes.fromhex(row["value"])

        return await self._database.write(work)
