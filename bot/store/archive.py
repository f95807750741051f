"""Finished pictures, and forgetting them, on an open database."""

from collections.abc import Sequence
from typing import Any

from bot.domain.ids import AccountId, JobId, Millis, PictureId
from bot.domain.jobs import Job
from bot.domain.request import ImageRequest
from bot.ports.archive import Posted, Shown
from bot.store import rows
from bot.store.accounts import find_account
from bot.store.database import Connection, Database, load_queries
from bot.store.loading import Loading


class ArchiveStore:
    """Implements `bot.ports.archive.Archive`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries: Any = load_queries()
        self._loading = Loading(self._queries)

    async def shown(self, platform: str, chat: str, message: str) -> Shown | None:
        async def work(connection: Connection) -> Shown | None:
            row = await self._queries.find_shown(connection, platform=platform, chat=chat, message=message)
            return await self._shown(connection, row)

        return await self._database.read(work)

    async def latest(self, platform: str, person: str, chat: str) -> Shown | None:
        async def work(connection: Connection) -> Shown | None:
            row = await self._queries.find_latest(connection, platform=platform, person=person, chat=chat)
            return await self._shown(connection, row)

        return await self._database.read(work)

    async def picture(self, picture_id: PictureId) -> Shown | None:
        async def work(connection: Connection) -> Shown | None:
            row = await self._queries.find_picture(connection, id=picture_id)
            return await self._shown(connection, row)

        return await self._database.read(work)

    async def _shown(self, connection: Connection, row: Any) -> Shown | None:
        job = await self._loading.job(connection, JobId(row["job_id"])) if row else None
        if job is None:
            return None
        [picture] = [picture for picture in job.pictures if picture.id == row["id"]]
        return Shown(job, picture)

    async def history(self, platform: str, person: str, limit: int) -> Sequence[Job]:
        async def work(connection: Connection) -> Sequence[Job]:
            found = self._queries.list_history(connection, platform=platform, person=person, limit=limit)
            return [await self._loading.complete(connection, row) async for row in found]

        return await self._database.read(work)

    async def posted(self, job_id: JobId) -> Sequence[Posted]:
        found = self._queries.list_posted(self._database.reader, job_id=job_id)
        return [Posted(row["platform"], row["chat"], row["message"]) async for row in found]

    async def keepsakes(self, platform: str, person: str) -> Sequence[str]:
        found = self._queries.list_keepsakes(self._database.reader, platform=platform, person=person)
        return [row["media_key"] async for row in found]

    async def forget(self, platform: str, person: str, now: Millis) -> None:
        async def work(connection: Connection) -> None:
            await self._queries.drop_asks_of_person(connection, platform=platform, person=person)
            account = await find_account(self._queries, connection, platform, person)
            if account:
                await self._forget_jobs(connection, account, now)
                await self._queries.forget_account(connection, id=account, now=now)

        await self._database.write(work)

    async def _forget_jobs(self, connection: Connection, account: AccountId, now: Millis) -> None:
        found = self._queries.list_forgettable(connection, account_id=account)
        for job_id, text in [(row["id"], row["request"]) async for row in found]:
            said = rows.request_from(text)
            emptied = rows.request_text(ImageRequest(said.kind, prompt="", count=said.count))
            await self._queries.forget_job(connection, job_id=job_id, request=emptied, now=now)
            await self._queries.forget_calls(connection, job_id=job_id)
            await self._queries.forget_deliveries(connection, job_id=job_id)
            await self._queries.forget_pictures(connection, job_id=job_id)
            await self._queries.forget_references(connection, job_id=job_id)

    async def forget_for_good(self, before: Millis) -> int:
        async def work(connection: Connection) -> int:
            found = self._queries.list_accounts_to_unname(connection, before=before)
            accounts = [row["id"] async for row in found]
            for account in accounts:
                await self._queries.unname_account(connection, id=account)
                await self._queries.end_forgetting(connection, id=account)
            return len(accounts)

        return await self._database.write(work)
