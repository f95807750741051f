"""The job store: `bot.ports.store.Store` on an open database."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import tzinfo
from typing import Any

from bot.core.ids import new_id
from bot.domain.decide import Move, later
from bot.domain.ids import AccountId, EntryId, JobId, Micros, Millis
from bot.domain.jobs import (
    FINISHED_CALL,
    FINISHED_JOB,
    Call,
    CallState,
    Job,
    JobState,
    Picture,
    Reference,
    check_move,
)
from bot.domain.ledger import Entry, EntryKind, Plan, Usage, close, day_of, exceeds
from bot.domain.problems import Problem
from bot.ports.chat import Sent
from bot.ports.store import Opened, Order, Repeated
from bot.store import rows
from bot.store.database import Connection, Database, load_queries

_MINUTE = 60_000
_DAY = 86_400_000


class JobStore:
    """Jobs, calls, pictures, deliveries and the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries: Any = load_queries()

    async def accept(
        self, order: Order, plan: Plan, now: Millis, zone: tzinfo
    ) -> Opened | Repeated | Problem:
        async def work(connection: Connection) -> Opened | Repeated | Problem:
            return await self._accept(connection, order, plan, now, zone)

        return await self._database.write(work)

    async def _accept(
        self, connection: Connection, order: Order, plan: Plan, now: Millis, zone: tzinfo
    ) -> Opened | Repeated | Problem:
        day = day_of(now, zone)
        known = await self._context(connection, order.platform, order.person, order.event_key, day, now)
        if known["repeated"]:
            return Repeated(JobId(known["repeated"]))
        usage = _usage(known)
        count = order.request.count
        if why := exceeds(plan, usage, count, now, zone):
            return why
        account = known["account_id"] or await self._add_account(connection, order, now)
        job = await self._add_job(connection, order, account, now)
        hold = Entry(
            id=EntryId(new_id(now)),
            account_id=account,
            job_id=job.id,
            kind=EntryKind.HOLD,
            day=day,
            created_at=now,
            held=count,
            held_micros=Micros(order.price * count),
        )
        await self._queries.add_entry(connection, **rows.entry_columns(hold))
        return Opened(job, _with(usage, count, now))

    async def _context(
        self, connection: Connection, platform: str, person: str, event_key: str, day: int, now: Millis
    ) -> Any:
        return await self._queries.accept_context(
            connection,
            platform=platform,
            person=person,
            event_key=event_key,
            day=day,
            day_floor=_day_floor(day),
            since=now - _MINUTE,
        )

    async def _add_account(self, connection: Connection, order: Order, now: Millis) -> AccountId:
        account = AccountId(new_id(now))
        await self._queries.add_account(connection, id=account, created_at=now)
        await self._queries.add_identity(
            connection, platform=order.platform, person=order.person, account_id=account
        )
        return account

    async def _add_job(self, connection: Connection, order: Order, account: AccountId, now: Millis) -> Job:
        job = Job(
            id=JobId(new_id(now)),
            account_id=account,
            address=order.address,
            locale=order.locale,
            request=order.request,
            state=JobState.ACCEPTED,
            version=0,
            created_at=now,
            deadline_at=later(now, order.deadline),
        )
        await self._queries.add_job(
            connection,
            id=job.id,
            event_key=order.event_key,
            account_id=account,
            platform=order.address.platform,
            chat=order.address.chat,
            thread=order.address.thread,
            message=order.address.message,
            locale=job.locale,
            request=rows.request_text(job.request),
            state=job.state.value,
            created_at=now,
            deadline_at=job.deadline_at,
        )
        return job

    async def load(self, job_id: JobId) -> Job | None:
        async def work(connection: Connection) -> Job | None:
            return await self._load(connection, job_id)

        return await self._database.read(work)

    async def _load(self, connection: Connection, job_id: JobId) -> Job | None:
        row = await self._queries.get_job(connection, id=job_id)
        return await self._complete(connection, row) if row else None

    async def _complete(self, connection: Connection, row: Any) -> Job:
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

    async def unfinished(self, after: JobId | None, limit: int) -> Sequence[JobId]:
        async def work(connection: Connection) -> Sequence[JobId]:
            found = self._queries.list_unfinished(connection, after=after or "", limit=limit)
            return [JobId(row["id"]) async for row in found]

        return await self._database.read(work)

    async def begin(self, job: Job, calls: Sequence[Call], now: Millis) -> bool:
        async def work(connection: Connection) -> bool:
            if not await self._move_job(connection, job, JobState.WORKING, None, now):
                return False
            for call in calls:
                await self._queries.add_call(connection, **rows.call_columns(call))
            return True

        return await self._database.write(work)

    async def note_references(self, job_id: JobId, references: Sequence[Reference]) -> None:
        async def work(connection: Connection) -> None:
            for reference in references:
                await self._queries.add_reference(connection, job_id=job_id, **asdict(reference))

        await self._database.write(work)

    async def replace_call(self, call: Call, calls: Sequence[Call]) -> Sequence[Call]:
        async def work(connection: Connection) -> Sequence[Call]:
            if await self._queries.give_up_elsewhere(connection, id=call.id, version=call.version) is None:
                return ()
            if not calls:
                await self._queries.present_job(connection, id=call.job_id)
                return ()
            last = await self._queries.last_ordinal(connection, job_id=call.job_id)
            numbered = [replace(other, ordinal=last["ordinal"] + 1 + n) for n, other in enumerate(calls)]
            for other in numbered:
                await self._queries.add_call(connection, **rows.call_columns(other))
            return numbered

        return await self._database.write(work)

    async def move_call(self, call: Call, move: Move, now: Millis) -> Call | None:
        async def work(connection: Connection) -> Call | None:
            moved = await self._move_call(connection, call, move, now)
            if moved and moved.state in FINISHED_CALL:
                await self._queries.present_job(connection, id=call.job_id)
            return moved

        return await self._database.write(work)

    async def _move_call(self, connection: Connection, call: Call, move: Move, now: Millis) -> Call | None:
        check_move(call.state, move.to)
        moved = _apply(call, move, now)
        row = await self._queries.move_call(
            connection,
            id=call.id,
            version=call.version,
            state=moved.state.value,
            due_at=moved.due_at,
            ref=moved.ref,
            links=rows.links_text(moved.links),
            problem=rows.problem_text(moved.problem),
            attempts=moved.attempts,
            failures=moved.failures,
            elsewhere=int(moved.elsewhere),
            ended_at=now if moved.state in _DONE else None,
            submitted_at=moved.submitted_at,
            charged_micros=moved.charged,
        )
        return replace(moved, version=row["version"]) if row else None

    async def keep(
        self, call: Call, pictures: Sequence[Picture], charged: Micros | None, now: Millis
    ) -> bool:
        async def work(connection: Connection) -> bool:
            move = Move(CallState.FETCHED, charged=charged)
            if await self._move_call(connection, call, move, now) is None:
                return False
            for picture in pictures:
                await self._queries.add_picture(connection, **rows.picture_columns(picture, now))
            await self._queries.present_job(connection, id=call.job_id)
            return True

        return await self._database.write(work)

    async def note_delivery(self, sent: Sent, now: Millis) -> None:
        async def work(connection: Connection) -> None:
            for picture_id in sent.picture_ids:
                await self._queries.add_delivery(
                    connection, picture_id=picture_id, message=sent.message, created_at=now
                )

        await self._database.write(work)

    async def close(self, job: Job, state: JobState, problem: Problem | None, now: Millis) -> Job | None:
        async def work(connection: Connection) -> Job | None:
            return await self._close(connection, job, state, problem, now)

        return await self._database.write(work)

    async def _close(
        self, connection: Connection, job: Job, state: JobState, problem: Problem | None, now: Millis
    ) -> Job | None:
        if not await self._move_job(connection, job, state, problem, now):
            return None
        if state is not JobState.DONE:
            await self._queries.abandon_calls(connection, job_id=job.id)
        found = await self._queries.closing_context(connection, job_id=job.id)
        entry = close(rows.hold_from(found), found["delivered"], EntryId(new_id(now)), now)
        await self._queries.add_entry(connection, **rows.entry_columns(entry))
        return replace(job, state=state, problem=problem, version=job.version + 1, finished_at=now)

    async def cancel(self, job_id: JobId, now: Millis) -> Job | None:
        async def work(connection: Connection) -> Job | None:
            job = await self._load(connection, job_id)
            if job is None or job.finished:
                return None
            if any(call.state not in _UNPAID for call in job.calls):
                return None
            return await self._close(connection, job, JobState.CANCELLED, None, now)

        return await self._database.write(work)

    async def note_told(self, job_id: JobId, now: Millis) -> None:
        async def work(connection: Connection) -> None:
            await self._queries.set_told(connection, id=job_id, told_at=now)

        await self._database.write(work)

    async def note_status_message(self, job_id: JobId, message: str) -> None:
        async def work(connection: Connection) -> None:
            await self._queries.set_status_message(connection, id=job_id, message=message)

        await self._database.write(work)

    async def account(self, platform: str, person: str) -> AccountId | None:
        async def work(connection: Connection) -> AccountId | None:
            row = await self._queries.find_account(connection, platform=platform, person=person)
            return AccountId(row["account_id"]) if row else None

        return await self._database.read(work)

    async def usage(self, platform: str, person: str, now: Millis, zone: tzinfo) -> Usage:
        async def work(connection: Connection) -> Usage:
            return _usage(await self._context(connection, platform, person, "", day_of(now, zone), now))

        return await self._database.read(work)

    async def used(self, account: AccountId, day: int) -> int:
        async def work(connection: Connection) -> int:
            row = await self._queries.used(connection, account_id=account, day=day, day_floor=_day_floor(day))
            return int(row["pictures"])

        return await self._database.read(work)

    async def open_jobs(self, account: AccountId) -> Sequence[Job]:
        async def work(connection: Connection) -> Sequence[Job]:
            found = self._queries.list_unfinished_of_account(connection, account_id=account)
            return [await self._complete(connection, row) async for row in found]

        return await self._database.read(work)

    async def _move_job(
        self, connection: Connection, job: Job, state: JobState, problem: Problem | None, now: Millis
    ) -> bool:
        check_move(job.state, state)
        row = await self._queries.move_job(
            connection,
            id=job.id,
            version=job.version,
            state=state.value,
            finished_at=now if state in FINISHED_JOB else None,
            problem=rows.problem_text(problem),
        )
        return row is not None


_DONE = frozenset({CallState.FETCHING, CallState.FETCHED})
"""The gateway's work is over and it has drawn."""

_UNPAID = frozenset({CallState.PLANNED, CallState.REJECTED})


def _apply(call: Call, move: Move, now: Millis) -> Call:
    """The call after the move. Submitting counts an attempt and notes the time."""
    submitting = move.to is CallState.SUBMITTING
    return replace(
        call,
        state=move.to,
        due_at=move.due_at,
        ref=move.ref if move.ref is not None else call.ref,
        links=move.links if move.links is not None else call.links,
        problem=move.problem or call.problem,
        charged=move.charged if move.charged is not None else call.charged,
        attempts=call.attempts + submitting,
        failures=call.failures + move.failed,
        missing_since=move.missing_since,
        elsewhere=move.elsewhere,
        submitted_at=now if submitting else call.submitted_at,
    )


def _day_floor(day: int) -> Millis:
    """A moment before a local day begins anywhere: the first places are 14 hours ahead of UTC."""
    return Millis((day - 1) * _DAY)


def _usage(known: Any) -> Usage:
    return Usage(known["today"], known["in_flight"], known["last_minute"], known["oldest"])


def _with(usage: Usage, pictures: int, now: Millis) -> Usage:
    """What is in use after one more job."""
    oldest = now if usage.oldest_in_minute is None else usage.oldest_in_minute
    return Usage(usage.today + pictures, usage.in_flight + 1, usage.last_minute + 1, oldest)
