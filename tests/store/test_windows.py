"""What counts against which day and minute, and finding the jobs that need work."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest

from bot.domain.ids import JobId, Millis
from bot.domain.jobs import JobState
from bot.domain.ledger import Plan, Usage, day_of
from bot.domain.problems import Key, Problem
from bot.ports.store import Opened, Store
from tests.store.engines import Engine
from tests.store.scenes import (
    AMPLE,
    LOS_ANGELES,
    NOW,
    SHANGHAI,
    accepted,
    after,
    at,
    deliver,
    delivering,
    loaded,
    order,
)

ZONES: list[tzinfo] = [UTC, SHANGHAI, LOS_ANGELES, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Kiritimati")]


async def test_a_person_never_seen_uses_nothing(store: Store) -> None:
    assert await store.usage("telegram", "nobody", NOW, UTC) == Usage(0, 0, 0, None)


@pytest.mark.parametrize("zone", ZONES, ids=str)
async def test_the_day_is_renewed_at_local_midnight(store: Store, zone: tzinfo) -> None:
    early = at(zone, 6, 16)
    late = Millis(early - 1)
    plan = Plan(pictures_per_day=2)
    await accepted(store, 1, count=2, now=late, zone=zone)
    refused = await store.accept(order(2), plan, late, zone)
    assert isinstance(refused, Problem)
    assert refused.key is Key.QUOTA_DAY
    opened = await store.accept(order(2), plan, early, zone)
    assert isinstance(opened, Opened)
    assert (opened.usage.today, opened.usage.last_minute) == (1, 2)


async def test_a_day_of_twenty_five_hours_is_one_day(store: Store) -> None:
    begin, end = at(LOS_ANGELES, 11, 2), at(LOS_ANGELES, 11, 2, 23, 59)
    assert end - begin == (25 * 60 - 1) * 60_000
    await accepted(store, 1, count=2, now=begin, zone=LOS_ANGELES)
    assert (await store.usage("telegram", "ann", end, LOS_ANGELES)).today == 2


async def test_what_is_returned_after_midnight_counts_for_the_day_of_the_hold(store: Store) -> None:
    late, early = at(SHANGHAI, 6, 15, 23, 59), at(SHANGHAI, 6, 16, 0, 5)
    job = await accepted(store, 1, count=3, now=late, zone=SHANGHAI)
    assert await store.cancel(job.id, early)
    assert await store.used(job.account_id, day_of(late, SHANGHAI)) == 0
    assert await store.used(job.account_id, day_of(early, SHANGHAI)) == 0


async def test_what_is_settled_after_midnight_counts_for_the_day_of_the_hold(store: Store) -> None:
    job = await delivering(store, count=2)
    await deliver(store, job.pictures)
    await store.close(job, JobState.DONE, None, after(86_400_000))
    assert await store.used(job.account_id, day_of(NOW, UTC)) == 2
    assert await store.used(job.account_id, day_of(after(86_400_000), UTC)) == 0


async def test_a_minute_is_sixty_seconds_to_the_millisecond(store: Store) -> None:
    await accepted(store, 1, now=NOW)
    await accepted(store, 2, now=after(30_000))
    assert (await store.usage("telegram", "ann", after(59_999), UTC)).last_minute == 2
    moved_on = await store.usage("telegram", "ann", after(60_000), UTC)
    assert (moved_on.last_minute, moved_on.oldest_in_minute) == (1, after(30_000))


async def test_a_cancelled_job_still_counts_in_its_minute_but_not_in_its_day(store: Store) -> None:
    job = await accepted(store)
    await store.cancel(job.id, after(10))
    assert await store.usage("telegram", "ann", after(20), UTC) == Usage(0, 0, 1, after(1))


async def test_open_jobs_are_the_unfinished_ones_of_the_account(store: Store) -> None:
    first, second = await accepted(store, 1), await delivering(store, 2)
    other = await accepted(store, 3, person="ben")
    ended = await accepted(store, 4)
    await store.cancel(ended.id, NOW)
    assert await store.open_jobs(first.account_id) == [first, second]
    assert await store.open_jobs(other.account_id) == [other]


async def test_unfinished_jobs_come_page_by_page_oldest_first(store: Store) -> None:
    jobs = [await accepted(store, number) for number in range(7)]
    pages: list[JobId] = []
    after_: JobId | None = None
    while page := await store.unfinished(after_, 3):
        assert len(page) <= 3
        pages += page
        after_ = page[-1]
    assert pages == [job.id for job in jobs]


async def test_a_job_is_found_until_its_person_was_told(store: Store) -> None:
    job = await accepted(store)
    await store.cancel(job.id, NOW)
    assert await store.unfinished(None, 10) == [job.id]
    await store.note_told(job.id, NOW)
    assert await store.unfinished(None, 10) == []


async def test_a_delivered_job_is_found_until_its_status_says_so(store: Store) -> None:
    job = await delivering(store)
    await deliver(store, job.pictures)
    assert await store.close(job, JobState.DONE, None, NOW)
    assert await store.unfinished(None, 10) == [job.id]


async def test_telling_is_noted_once(engine: Engine) -> None:
    job = await accepted(engine.store)
    await engine.store.cancel(job.id, NOW)
    await engine.store.note_told(job.id, after(1))
    await engine.store.note_told(job.id, after(2))
    assert await engine.execute("SELECT told_at FROM jobs") == [{"told_at": after(1)}]


async def test_an_unfinished_job_cannot_be_told_and_thereby_forgotten(store: Store) -> None:
    job = await accepted(store)
    await store.note_told(job.id, NOW)
    assert await store.unfinished(None, 10) == [job.id]
    assert isinstance(await store.accept(order(2), AMPLE, NOW, UTC), Opened)
    assert (await loaded(store, job)).state is JobState.ACCEPTED
