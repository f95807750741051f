"""The job store: `bot.ports.store.Store` on an open database."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import tzinfo
from typing import Any

from bot.core.ids import new_id
from bot.domain.decide import Move
from bot.domain.ids import AccountId, EntryId, JobId, Micros, Millis
from bot.domain.jobs import (
    FINISHED_CALL,
    FINISHED_JOB,
    JOB_MOVES,
    Call,
    CallState,
    Job,
    JobState,
    Picture,
    Reference,
    check_move,
)
from bot.domain.ledger import Plan, Usage, close
from bot.domain.problems import Problem
from bot.ports.chat import Sent
from bot.ports.store import Opened, Order, Repeated
from bot.store import rows
from bot.store.accepting import Accepting
from bot.store.accounts import find_account
from bot.store.database import Connection, Database, load_queries
from bot.store.loading import Loading


class JobStore:
    """Jobs, calls, pictures, deliveries and the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries: Any = load_queries()
        self._accepting = Accepting(self._queries)
        self._loading = Loading(self._queries)

    async def accept(
        self, order: Order, plan: Plan, now: Millis, zone: tzinfo
    ) -> Opened | Repeated | Problem:
        async def work(connection: Connection) -> Opened | Repeated | Problem:
            return await self._accepting.accept(connection, order, plan, now, zone)

        return await self._database.write(work)

    async def load(self, job_id: JobId) -> Job | None:
        async def work(connection: Connection) -> Job | None:
            return await self._loading.job(connection, job_id)

        return await self._database.read(work)

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
            ended_at=now if moved.state in _DRAWN else None,
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

    async def note_delivery(self, sent: Sent, now: Millis, *, person: str | None = None) -> None:
        async def work(connection: Connection) -> None:
            for picture_id, message in sent.messages:
                await self._queries.add_delivery(
                    connection,
                    platform=sent.platform,
                    chat=sent.chat,
                    message=message,
                    picture_id=picture_id,
                    person=person,
                    created_at=now,
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

    async def cancel(self, job_id: JobId, now: Millis, *, submitted: bool = False) -> Job | None:
        async def work(connection: Connection) -> Job | None:
            job = await self._loading.job(connection, job_id)
            if job is None or JobState.CANCELLED not in JOB_MOVES[job.state]:
                return None
            states = {call.state for call in job.calls}
            too_far = states & _DRAWN if submitted else states - _UNPAID
            if too_far:
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
        return await find_account(self._queries, self._database.reader, platform, person)

    async def usage(self, platform: str, person: str, now: Millis, zone: tzinfo) -> Usage:
        async def work(connection: Connection) -> Usage:
            return await self._accepting.usage(connection, platform, person, now, zone)

        return await self._database.read(work)

    async def used(self, account: AccountId, day: int) -> int:
        return await self._accepting.used(self._database.reader, account, range(day, day + 1))

    async def open_jobs(self, account: AccountId) -> Sequence[Job]:
        async def work(connection: Connection) -> Sequence[Job]:
            found = self._queries.list_unfinished_of_account(connection, account_id=account)
            return [await self._loading.complete(connection, row) async for row in found]

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


_DRAWN = frozenset({CallState.FETCHING, CallState.FETCHED})
"""The gateway's work is over and it has drawn."""

_UNPAID = frozenset({CallState.PLANNED, CallState.REJECTED})


def _apply(call: Call, move: Move, now: Millis) -> Call:
    """The call after the move. Submitting counts an attempt and notes the time; a call that was turned away
    and is given up before another attempt was never submitted.
    """
    submitting = move.to is CallState.SUBMITTING
    given_up = call.state is CallState.PLANNED and move.to is CallState.ABANDONED
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
        submitted_at=now if submitting else None if given_up else call.submitted_at,
    )
