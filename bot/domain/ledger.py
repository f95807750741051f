"""The arithmetic of quota and money.

The ledger is append-only. A hold reserves pictures (and micro-dollars) before anything is submitted. One
closing entry ends it: `settle` charges what was delivered and thereby returns the rest, `release` returns
all. What a person has used in a window is the sum of what was held less what was returned, so it is right
at every moment, also while jobs run.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, NewType

from pydantic import Field

from bot.domain.configured import Count, Row
from bot.domain.ids import AccountId, EntryId, JobId, Micros, Millis
from bot.domain.problems import Key, Problem, problem

ChatId = NewType("ChatId", str)
"""A chat of several people, which has a day of its own; not the platform's name for it, which may change."""


class EntryKind(StrEnum):
    HOLD = "hold"
    SETTLE = "settle"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `held` is reserved, `settled` charged, `returned` given back.

    `day` is the local day (days since 1970-01-01) in whose window it counts: that of the hold, also for
    the entry that closes it, and likewise `chat_id` is the chat for whose day it counts, too (None: a private
    one). `closes` names the hold that this entry closes.
    """

    id: EntryId
    account_id: AccountId
    job_id: JobId
    kind: EntryKind
    day: int
    created_at: Millis
    held: int = 0
    settled: int = 0
    returned: int = 0
    held_micros: Micros = Micros(0)
    settled_micros: Micros = Micros(0)
    returned_micros: Micros = Micros(0)
    closes: EntryId | None = None
    chat_id: ChatId | None = None


def close(hold: Entry, delivered: int, id_: EntryId, now: Millis) -> Entry:
    """The entry that closes `hold` after `delivered` of its pictures arrived.

    Money is settled in proportion, rounded down in the person's favour.
    Raises ValueError when `hold` is no hold or more was delivered than held.
    """
    if hold.kind is not EntryKind.HOLD or not 0 <= delivered <= hold.held:
        raise ValueError(f"cannot settle {delivered} of a {hold.kind} of {hold.held}")
    micros = hold.held_micros * delivered // hold.held
    return Entry(
        id=id_,
        account_id=hold.account_id,
        job_id=hold.job_id,
        kind=EntryKind.SETTLE if delivered else EntryKind.RELEASE,
        day=hold.day,
        created_at=now,
        settled=delivered,
        returned=hold.held - delivered,
        settled_micros=Micros(micros),
        returned_micros=Micros(hold.held_micros - micros),
        closes=hold.id,
        chat_id=hold.chat_id,
    )


class Plan(Row):
    """What one account may use: pictures per local day and month (None: no limit of its own), jobs at once,
    jobs per minute, pictures per job.
    """

    pictures_per_day: Count = 50
    pictures_per_month: Count | None = None
    in_flight: Count = 3
    per_minute: Count = 10
    pictures_per_job: Annotated[int, Field(ge=1, le=10)] = 4


@dataclass(frozen=True, slots=True)
class Usage:
    """What one account is using: pictures of today, unfinished jobs, jobs begun in the last minute.

    `month` is the pictures of this month, where somebody wants to know: accepting counts them only for a plan
    that limits them.
    """

    today: int
    in_flight: int
    last_minute: int
    oldest_in_minute: Millis | None = None
    month: int = 0


def day_of(now: Millis, zone: tzinfo) -> int:
    """The local day in which `now` lies, as days since 1970-01-01."""
    return moment(now).astimezone(zone).date().toordinal() - _EPOCH_DAY


def month_of(now: Millis, zone: tzinfo) -> range:
    """The local days, as `day_of` counts them, of the month in which `now` lies."""
    first = moment(now).astimezone(zone).date().replace(day=1)
    begins = first.toordinal() - _EPOCH_DAY
    return range(begins, begins + monthrange(first.year, first.month)[1])


def midnight(now: Millis, zone: tzinfo, days: int = 0) -> Millis:
    """When the local day began in which `now` lies, or one so many days later."""
    day = moment(now).astimezone(zone).date() + timedelta(days=days)
    return Millis(round(datetime.combine(day, time.min, zone).timestamp() * 1000))


def renewal(now: Millis, zone: tzinfo) -> timedelta:
    """The time from `now` until the next local midnight, true to the clock's summer-time jumps."""
    return timedelta(milliseconds=midnight(now, zone, days=1) - now)


def moment(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def exceeds(plan: Plan, usage: Usage, wanted: int, now: Millis, zone: tzinfo) -> Problem | None:
    """Why `wanted` more pictures would exceed the plan; None when they fit.

    Of several reasons the one that lasts longest: nobody should come back tomorrow for nothing.
    """
    month = plan.pictures_per_month
    if month is not None and usage.month + wanted > month:
        days = month_of(now, zone).stop - day_of(now, zone)
        return problem(
            Key.QUOTA_MONTH, limit=month, left=max(0, month - usage.month), wanted=wanted, days=days
        )
    if usage.today + wanted > plan.pictures_per_day:
        return _day_is_used_up(Key.QUOTA_DAY, plan.pictures_per_day, usage.today, wanted, now, zone)
    if usage.in_flight >= plan.in_flight:
        return problem(Key.QUOTA_IN_FLIGHT, limit=plan.in_flight)
    if usage.last_minute >= plan.per_minute:
        oldest = usage.oldest_in_minute or now
        seconds = max(1, -(-(oldest + 60_000 - now) // 1000))
        return problem(Key.QUOTA_MINUTE, limit=plan.per_minute, seconds=seconds)
    return None


def exceeds_chat(limit: int | None, today: int, wanted: int, now: Millis, zone: tzinfo) -> Problem | None:
    """Why `wanted` more pictures would exceed what a chat that used `today` may use in a day; None when they
    fit, or there is no limit.
    """
    if limit is None or today + wanted <= limit:
        return None
    return _day_is_used_up(Key.QUOTA_CHAT, limit, today, wanted, now, zone)


def _day_is_used_up(key: Key, limit: int, used: int, wanted: int, now: Millis, zone: tzinfo) -> Problem:
    minutes = max(1, -(-renewal(now, zone) // timedelta(minutes=1)))
    return problem(
        key,
        limit=limit,
        left=max(0, limit - used),
        wanted=wanted,
        hours=minutes // 60,
        minutes=minutes % 60,
    )


_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
