"""The end of a job: its hold is closed exactly once, by the right amounts."""

import asyncio
import tempfile
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.decide import Move
from bot.domain.jobs import CallState, Job, JobState
from bot.domain.problems import Key, problem
from bot.ports.store import Store
from tests.store.engines import ENGINES, Engine
from tests.store.scenes import (
    NOW,
    accepted,
    after,
    deliver,
    delivering,
    done,
    loaded,
    moved,
    pictures_of,
    submitting,
    working,
)

CLOSING = "SELECT * FROM entries WHERE kind <> 'hold'"


async def test_a_delivered_job_is_settled(engine: Engine) -> None:
    job = await delivering(engine.store, count=3)
    await deliver(engine.store, job.pictures)
    assert await engine.store.close(job, JobState.DONE, None, after(9))
    (entry,) = await engine.execute(CLOSING)
    assert (entry["kind"], entry["settled"], entry["returned"]) == ("settle", 3, 0)
    assert (entry["settled_micros"], entry["returned_micros"]) == (120_003, 0)


async def test_what_did_not_arrive_is_returned(engine: Engine) -> None:
    job = await delivering(engine.store, count=3)
    await deliver(engine.store, job.pictures[:1])
    assert await engine.store.close(job, JobState.UNDELIVERABLE, problem(Key.CHAT_REFUSED), after(9))
    (entry,) = await engine.execute(CLOSING)
    assert (entry["settled"], entry["returned"]) == (1, 2)
    assert (entry["settled_micros"], entry["returned_micros"]) == (40_001, 80_002)


async def test_what_arrived_twice_is_charged_once(engine: Engine) -> None:
    job = await delivering(engine.store, count=3)
    for message in ("55", "56"):
        await deliver(engine.store, job.pictures[:2], message)
    assert await engine.store.close(job, JobState.UNDELIVERABLE, None, after(9))
    (entry,) = await engine.execute(CLOSING)
    assert (entry["settled"], entry["returned"]) == (2, 1)


async def test_a_failed_job_returns_everything_and_keeps_its_reason(engine: Engine) -> None:
    job = await working(engine.store, count=2)
    why = problem(Key.GATEWAY_FAILED, gateway="Maler")
    closed = await engine.store.close(job, JobState.FAILED, why, after(9))
    assert closed is not None
    found = await loaded(engine.store, job)
    assert (found.state, found.problem, found.finished_at) == (JobState.FAILED, why, after(9))
    assert found.version == closed.version
    (entry,) = await engine.execute(CLOSING)
    assert (entry["kind"], entry["settled"], entry["returned"]) == ("release", 0, 2)


async def test_a_job_closed_by_several_at_once_is_closed_by_one(engine: Engine) -> None:
    job = await working(engine.store)
    answers = await asyncio.gather(
        engine.store.close(job, JobState.FAILED, None, NOW),
        engine.store.cancel(job.id, NOW),
        engine.store.close(job, JobState.EXPIRED, None, NOW),
        engine.store.cancel(job.id, NOW),
    )
    assert sum(answer is not None for answer in answers) == 1
    assert len(await engine.execute(CLOSING)) == 1


async def test_closing_again_later_changes_nothing(engine: Engine) -> None:
    job = await delivering(engine.store)
    await deliver(engine.store, job.pictures)
    assert await engine.store.close(job, JobState.DONE, None, NOW)
    assert await engine.store.close(job, JobState.DONE, None, NOW) is None
    assert len(await engine.execute(CLOSING)) == 1


async def test_the_database_itself_refuses_to_close_a_hold_twice(engine: Engine) -> None:
    job = await accepted(engine.store)
    await engine.store.cancel(job.id, NOW)
    with pytest.raises(engine.refusal):
        await engine.execute(
            "INSERT INTO entries (id, account_id, job_id, kind, day, created_at, held, settled, returned,"
            " held_micros, settled_micros, returned_micros, closes)"
            " SELECT 'again', account_id, job_id, 'settle', day, created_at, 0, 1, 0, 0, 1, 0, id"
            " FROM entries WHERE kind = 'hold'"
        )


async def test_the_database_itself_refuses_a_second_hold_of_a_job(engine: Engine) -> None:
    await accepted(engine.store)
    with pytest.raises(engine.refusal):
        await engine.execute(
            "INSERT INTO entries (id, account_id, job_id, kind, day, created_at, held, settled, returned,"
            " held_micros, settled_micros, returned_micros)"
            " SELECT 'again', account_id, job_id, kind, day, created_at, held, 0, 0, 1, 0, 0 FROM entries"
        )


async def test_the_database_itself_refuses_to_close_without_a_hold(engine: Engine) -> None:
    await accepted(engine.store)
    with pytest.raises(engine.refusal):
        await engine.execute(
            "INSERT INTO entries (id, account_id, job_id, kind, day, created_at, held, settled, returned,"
            " held_micros, settled_micros, returned_micros, closes)"
            " SELECT 'stray', account_id, job_id, 'release', day, created_at, 0, 0, 1, 0, 0, 1, 'nowhere'"
            " FROM entries"
        )


async def test_cancelling_returns_the_hold_and_abandons_the_calls(store: Store) -> None:
    job = await working(store, count=2, calls=2)
    cancelled = await store.cancel(job.id, NOW)
    assert cancelled is not None
    assert cancelled.state is JobState.CANCELLED
    assert {call.state for call in (await loaded(store, job)).calls} == {CallState.ABANDONED}
    assert (await store.usage("telegram", "ann", NOW, UTC)).today == 0


async def test_cancelling_twice_returns_the_hold_once(engine: Engine) -> None:
    job = await accepted(engine.store)
    assert await engine.store.cancel(job.id, NOW)
    assert await engine.store.cancel(job.id, NOW) is None
    assert len(await engine.execute(CLOSING)) == 1


async def test_a_submitted_job_can_no_longer_be_cancelled(engine: Engine) -> None:
    job = await working(engine.store, count=2, calls=2)
    await submitting(engine.store, job.calls[0])
    assert await engine.store.cancel(job.id, NOW) is None
    assert await engine.execute(CLOSING) == []


async def test_a_job_that_is_delivering_can_no_longer_be_cancelled(store: Store) -> None:
    job = await delivering(store)
    assert await store.cancel(job.id, NOW) is None


@pytest.mark.parametrize(
    "moves",
    [
        [CallState.SUBMITTING],
        [CallState.SUBMITTING, CallState.WAITING],
        [CallState.SUBMITTING, CallState.UNCLEAR],
        [CallState.REJECTED],
    ],
    ids=lambda moves: moves[-1],
)
async def test_a_submitted_job_can_be_cancelled_where_that_is_allowed(
    engine: Engine, moves: list[CallState]
) -> None:
    job = await working(engine.store, count=2, calls=2)
    await moved(engine.store, job.calls[0], *moves)
    cancelled = await engine.store.cancel(job.id, NOW, submitted=True)
    assert cancelled is not None
    assert cancelled.state is JobState.CANCELLED
    (entry,) = await engine.execute(CLOSING)
    assert (entry["kind"], entry["returned"]) == ("release", 2)
    assert (await loaded(engine.store, job)).open_calls == ()


@pytest.mark.parametrize("last", [CallState.FETCHING, CallState.FETCHED])
async def test_a_job_one_of_whose_pictures_is_drawn_is_never_cancelled(
    engine: Engine, last: CallState
) -> None:
    job = await working(engine.store, count=2, calls=2)
    await moved(engine.store, job.calls[0], CallState.SUBMITTING, last)
    await moved(engine.store, job.calls[1], CallState.SUBMITTING, CallState.WAITING)
    assert await engine.store.cancel(job.id, NOW, submitted=True) is None
    assert await engine.execute(CLOSING) == []


async def test_a_job_that_is_being_delivered_or_over_is_never_cancelled(store: Store) -> None:
    for job in (await delivering(store, 1), await done(store, 2)):
        assert await store.cancel(job.id, NOW, submitted=True) is None


async def test_what_a_gateway_answers_after_the_cancelling_changes_nothing(store: Store) -> None:
    job = await working(store)
    call = await moved(store, job.calls[0], CallState.SUBMITTING)
    assert await store.cancel(job.id, NOW, submitted=True)
    assert await store.move_call(call, Move(CallState.WAITING, ref="t"), NOW) is None
    assert not await store.keep(call, pictures_of(call), None, NOW)
    assert (await loaded(store, job)).state is JobState.CANCELLED


async def test_cancelling_and_fetching_at_once_do_only_one_of_both(store: Store) -> None:
    for number in range(6):
        job = await working(store, number)
        call = await moved(store, job.calls[0], CallState.SUBMITTING)
        both = [
            store.cancel(job.id, NOW, submitted=True),
            store.keep(call, pictures_of(call), None, NOW),
        ]
        answers = await asyncio.gather(*(both if number % 2 else both[::-1]))
        assert sum(bool(answer) for answer in answers) == 1


async def test_cancelling_and_submitting_at_once_do_only_one_of_both(store: Store) -> None:
    for number in range(6):
        job = await working(store, number)
        both = [
            store.cancel(job.id, NOW),
            store.move_call(job.calls[0], Move(CallState.SUBMITTING), NOW),
        ]
        answers = await asyncio.gather(*(both if number % 2 else both[::-1]))
        assert sum(answer is not None for answer in answers) == 1


async def test_pictures_that_come_for_a_closed_job_do_not_reopen_it(store: Store) -> None:
    job = await working(store)
    call = await submitting(store, job.calls[0])
    assert await store.close(job, JobState.FAILED, None, NOW)
    await store.keep(call, [], None, NOW)
    assert (await loaded(store, job)).state is JobState.FAILED


@pytest.mark.parametrize("kind", ENGINES)
@settings(max_examples=15, deadline=None)
@given(jobs=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=8))
def test_whatever_arrives_the_ledger_balances(kind: str, jobs: list[tuple[int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_deliver_some(kind, Path(folder), [(count, min(count, some)) for count, some in jobs]))


async def _deliver_some(kind: str, folder: Path, jobs: list[tuple[int, int]]) -> None:
    async with ENGINES[kind](folder) as engine:
        for number, (count, arrived) in enumerate(jobs):
            await _finish(engine.store, await delivering(engine.store, number, count=count), arrived)
        (sums,) = await engine.execute(
            "SELECT SUM(held) AS held, SUM(settled) AS settled, SUM(returned) AS returned,"
            " SUM(held_micros) - SUM(settled_micros) - SUM(returned_micros) AS lost FROM entries"
        )
        arrived_in_all = sum(arrived for _, arrived in jobs)
        assert sums["lost"] == 0
        assert sums["settled"] == arrived_in_all == sums["held"] - sums["returned"]
        usage = await engine.store.usage("telegram", "ann", after(1_000), UTC)
        assert (usage.today, usage.in_flight) == (arrived_in_all, 0)


async def _finish(store: Store, job: Job, arrived: int) -> None:
    await deliver(store, job.pictures[:arrived])
    end = JobState.DONE if arrived == job.request.count else JobState.UNDELIVERABLE
    assert await store.close(job, end, None, NOW)
