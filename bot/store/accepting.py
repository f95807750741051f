"""Opening jobs: what a person and a chat are using, the limits, the hold. All within one transaction."""

from dataclasses import replace
from datetime import tzinfo
from typing import Any

from bot.core.ids import new_id
from bot.domain.decide import later
from bot.domain.ids import AccountId, EntryId, JobId, Micros, Millis
from bot.domain.jobs import Job, JobState
from bot.domain.ledger import (
    ChatId,
    Entry,
    EntryKind,
    Plan,
    Usage,
    day_of,
    exceeds,
    exceeds_chat,
    month_of,
)
from bot.domain.problems import Problem
from bot.ports.store import Opened, Order, Repeated
from bot.store import rows
from bot.store.accounts import make_account
from bot.store.database import Connection

_MINUTE = 60_000
_DAY = 86_400_000


class Accepting:
    """Works within the transaction of whoever asks."""

    def __init__(self, queries: Any) -> None:
        self._queries = queries

    async def accept(
        self, connection: Connection, order: Order, plan: Plan, now: Millis, zone: tzinfo
    ) -> Opened | Repeated | Problem:
        day = day_of(now, zone)
        known = await self._look(connection, order.platform, order.person, order.event_key, day, now)
        if known["repeated"]:
            return Repeated(JobId(known["repeated"]))
        usage, count = _usage(known), order.request.count
        if plan.pictures_per_month is not None:
            usage = await self._with_month(connection, usage, known["account_id"], now, zone)
        if why := exceeds(plan, usage, count, now, zone):
            return why
        chat = await self._chat(connection, order, now, zone) if order.shared else None
        if isinstance(chat, Problem):
            return chat
        account = await self._account(connection, order, known, now)
        job = await self._add_job(connection, order, account, now)
        await self._add_hold(connection, job, order.price, chat, day)
        return Opened(job, _after(usage, count, now, plan))

    async def usage(
        self, connection: Connection, platform: str, person: str, now: Millis, zone: tzinfo
    ) -> Usage:
        """What a person is using, the month included."""
        known = await self._look(connection, platform, person, "", day_of(now, zone), now)
        return await self._with_month(connection, _usage(known), known["account_id"], now, zone)

    async def used(self, connection: Connection, account: AccountId | None, days: range) -> int:
        """Pictures of an account that count against these local days."""
        row = await self._queries.used(
            connection,
            account_id=account,
            first_day=days.start,
            next_day=days.stop,
            day_floor=_day_floor(days.start),
        )
        return int(row["pictures"])

    async def _look(
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

    async def _with_month(
        self, connection: Connection, usage: Usage, account: AccountId | None, now: Millis, zone: tzinfo
    ) -> Usage:
        return replace(usage, month=await self.used(connection, account, month_of(now, zone)))

    async def _chat(
        self, connection: Connection, order: Order, now: Millis, zone: tzinfo
    ) -> ChatId | Problem:
        """The chat whose day the pictures count for; or why its day has no room for them."""
        platform, chat = order.address.platform, order.address.chat
        day = day_of(now, zone)
        known = await self._queries.chat_context(connection, platform=platform, chat=chat, day=day)
        today = known["today"] if known else 0
        if why := exceeds_chat(order.chat_limit, today, order.request.count, now, zone):
            return why
        if known:
            return ChatId(known["id"])
        chat_id = ChatId(new_id(now))
        await self._queries.add_chat(connection, id=chat_id, platform=platform, chat=chat)
        return chat_id

    async def _account(self, connection: Connection, order: Order, known: Any, now: Millis) -> AccountId:
        """The account of who asks; it is remembered again if it was to be forgotten."""
        if known["account_id"] is None:
            return await make_account(self._queries, connection, order.platform, order.person, now)
        account = AccountId(known["account_id"])
        if known["forgotten_at"] is not None:
            await self._queries.end_forgetting(connection, id=account)
        return account

    async def _add_job(self, connection: Connection, order: Order, account: AccountId, now: Millis) -> Job:
        job = Job(
            id=JobId(new_id(now)),
            account_id=account,
            person=order.person,
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
            person=job.person,
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

    async def _add_hold(
        self, connection: Connection, job: Job, price: Micros, chat: ChatId | None, day: int
    ) -> None:
        hold = Entry(
            id=EntryId(new_id(job.created_at)),
            account_id=job.account_id,
            job_id=job.id,
            chat_id=chat,
            kind=EntryKind.HOLD,
            day=day,
            created_at=job.created_at,
            held=job.request.count,
            held_micros=Micros(price * job.request.count),
        )
        await self._queries.add_entry(connection, **rows.entry_columns(hold))


def _day_floor(day: int) -> Millis:
    """A moment before a local day begins anywhere: the first places are 14 hours ahead of UTC."""
    return Millis((day - 1) * _DAY)


def _usage(known: Any) -> Usage:
    return Usage(known["today"], known["in_flight"], known["last_minute"], known["oldest"])


def _after(usage: Usage, pictures: int, now: Millis, plan: Plan) -> Usage:
    """What is in use after one more job."""
    return Usage(
        today=usage.today + pictures,
        in_flight=usage.in_flight + 1,
        last_minute=usage.last_minute + 1,
        oldest_in_minute=now if usage.oldest_in_minute is None else usage.oldest_in_minute,
        month=0 if plan.pictures_per_month is None else usage.month + pictures,
    )
