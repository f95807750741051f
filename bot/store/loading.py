"""Jobs with all that belongs to them, from their rows."""

from typing import Any

from bot.domain.ids import JobId
from bot.domain.jobs import Call, Job, JobState, Picture, Reference
from bot.store import rows
from bot.store.database import Connection


class Loading:
    """Reads within the look or the transaction of whoever asks."""

    def __init__(self, queries: Any) -> None:
        self._queries = queries

    async def job(self, connection: Connection, job_id: JobId) -> Job | None:
        row = await self._queries.get_job(connection, id=job_id)
        return await self.complete(connection, row) if row else None

    async def complete(self, connection: Connection, row: Any) -> Job:
        """The job of a row of `jobs`."""
        references: tuple[Reference, ...] = ()
        calls: tuple[Call, ...] = ()
        pictures: tuple[Picture, ...] = ()
        request = rows.request_from(row["request"])
        if request.references:
            handed_in = self._queries.list_references(connection, job_id=row["id"])
            references = tuple([rows.reference_from(reference) async for reference in handed_in])
        if row["state"] != JobState.ACCEPTED:
            found = self._queries.list_calls(connection, job_id=row["id"])
            calls = tuple([rows.call_from(call) async for call in found])
        if calls:
            kept = self._queries.list_pictures(connection, job_id=row["id"])
            pictures = tuple([rows.picture_from(picture) async for picture in kept])
        return rows.job_from(row, request, references, calls, pictures)
