"""Transitions: compare-and-set, legal moves only, one winner."""

import asyncio

import pytest

from bot.domain.decide import Move
from bot.domain.ids import JobId, Micros, Millis, PictureId
from bot.domain.jobs import CALL_MOVES, JOB_MOVES, Call, CallState, IllegalMove, JobState
from bot.domain.problems import Key, problem
from bot.ports.chat import Sent
from bot.ports.store import Store
from tests.store.engines import Engine
from tests.store.scenes import (
    GROUP,
    NOW,
    accepted,
    after,
    deliver,
    delivering,
    loaded,
    pictures_of,
    planned,
    submitting,
    working,
)


async def test_a_job_that_was_never_there_is_not_found(store: Store) -> None:
    assert await store.load(JobId("nowhere")) is None
    assert await store.cancel(JobId("nowhere"), NOW) is None


async def test_a_begun_job_has_its_calls(store: Store) -> None:
    job = await accepted(store, count=4)
    calls = planned(job, 2)
    assert await store.begin(job, calls, NOW)
    begun = await loaded(store, job)
    assert (begun.state, begun.version, begun.calls) == (JobState.WORKING, 1, tuple(calls))


async def test_of_two_who_begin_a_job_one_wins_and_its_calls_are_there_once(store: Store) -> None:
    job = await accepted(store)
    assert sorted(await asyncio.gather(*(store.begin(job, planned(job), NOW) for _ in range(2)))) == [
        False,
        True,
    ]
    assert len((await loaded(store, job)).calls) == 1


async def test_of_two_who_move_a_call_one_wins(store: Store) -> None:
    job = await working(store)
    moves = [store.move_call(job.calls[0], Move(CallState.SUBMITTING), NOW) for _ in range(5)]
    winners = [call for call in await asyncio.gather(*moves) if call]
    assert len(winners) == 1
    assert (await loaded(store, job)).calls == tuple(winners)


async def test_submitting_counts_the_attempt_and_notes_the_time(store: Store) -> None:
    call = (await working(store)).calls[0]
    first = await submitting(store, call)
    back = await store.move_call(first, Move(CallState.PLANNED, due_at=after(500)), NOW)
    assert back is not None
    second = await store.move_call(back, Move(CallState.SUBMITTING), after(600))
    assert second is not None
    assert (second.attempts, second.submitted_at, second.due_at) == (2, after(600), None)


async def test_what_a_move_does_not_mention_stays(store: Store) -> None:
    job = await working(store)
    call = await submitting(store, job.calls[0])
    waiting = await store.move_call(call, Move(CallState.WAITING, ref="task 1", due_at=after(9)), NOW)
    assert waiting is not None
    fetching = Move(CallState.FETCHING, links=("https://a/1", "https://a/2"), charged=Micros(2**62))
    found = await store.move_call(waiting, fetching, NOW)
    assert found is not None
    again = await store.move_call(found, Move(CallState.FETCHING, due_at=after(20)), NOW)
    assert again is not None
    assert (again.ref, again.links, again.charged) == ("task 1", fetching.links, 2**62)
    assert (await loaded(store, job)).calls == (again,)


async def test_the_problem_of_a_call_is_kept_with_its_arguments(store: Store) -> None:
    job = await working(store)
    why = problem(Key.GATEWAY_REFUSED, gateway="画家 🎨", limit=2**40)
    moved = await store.move_call(job.calls[0], Move(CallState.REJECTED, problem=why), NOW)
    assert moved is not None
    assert (await loaded(store, job)).calls[0].problem == why


@pytest.mark.parametrize("to", [state for state in CallState if state not in CALL_MOVES[CallState.PLANNED]])
async def test_an_illegal_move_of_a_call_is_refused_and_changes_nothing(store: Store, to: CallState) -> None:
    job = await working(store)
    with pytest.raises(IllegalMove):
        await store.move_call(job.calls[0], Move(to), NOW)
    assert await loaded(store, job) == job


@pytest.mark.parametrize("to", [state for state in JobState if state not in JOB_MOVES[JobState.ACCEPTED]])
async def test_an_illegal_end_of_a_job_is_refused_and_closes_no_hold(engine: Engine, to: JobState) -> None:
    job = await accepted(engine.store)
    with pytest.raises(IllegalMove):
        await engine.store.close(job, to, None, NOW)
    assert await loaded(engine.store, job) == job
    assert len(await engine.execute("SELECT id FROM entries")) == 1


async def test_a_refused_move_does_not_hurt_a_neighbour_in_the_same_commit(store: Store) -> None:
    job, other = await working(store, 1), await working(store, 2)
    refused, moved = await asyncio.gather(
        store.move_call(job.calls[0], Move(CallState.FETCHED), NOW),
        store.move_call(other.calls[0], Move(CallState.SUBMITTING), NOW),
        return_exceptions=True,
    )
    assert isinstance(refused, IllegalMove)
    assert isinstance(moved, Call)


async def test_kept_pictures_make_the_job_deliver(store: Store) -> None:
    job = await delivering(store, count=2)
    assert job.state is JobState.DELIVERING
    assert [picture.ordinal for picture in job.undelivered] == [0, 1]
    assert job.pictures[0].bytes == 5_000_000_000
    assert (job.calls[0].state, job.calls[0].charged) == (CallState.FETCHED, 1)


async def test_a_call_is_kept_once(store: Store) -> None:
    job = await working(store, count=2)
    call = await submitting(store, job.calls[0])
    tries = (store.keep(call, pictures_of(call), None, NOW) for _ in range(3))
    assert sorted(await asyncio.gather(*tries)) == [False, False, True]
    assert not await store.keep(call, pictures_of(call), None, NOW)
    assert len((await loaded(store, job)).pictures) == 2


async def test_a_job_waits_for_its_other_calls_before_it_delivers(store: Store) -> None:
    job = await working(store, count=2, calls=2)
    first = await submitting(store, job.calls[0])
    assert await store.keep(first, pictures_of(first), None, NOW)
    assert (await loaded(store, job)).state is JobState.WORKING
    assert await store.move_call(job.calls[1], Move(CallState.REJECTED), NOW)
    assert (await loaded(store, job)).state is JobState.DELIVERING


async def test_two_last_calls_that_end_together_make_the_job_deliver_once(store: Store) -> None:
    job = await working(store, count=2, calls=2)
    calls = [await submitting(store, call) for call in job.calls]
    assert all(await asyncio.gather(*(store.keep(call, pictures_of(call), None, NOW) for call in calls)))
    ready = await loaded(store, job)
    assert (ready.state, ready.version) == (JobState.DELIVERING, job.version + 1)


async def test_a_job_without_pictures_does_not_deliver(store: Store) -> None:
    job = await working(store)
    assert await store.move_call(job.calls[0], Move(CallState.REJECTED), NOW)
    assert (await loaded(store, job)).state is JobState.WORKING


async def test_a_delivery_noted_twice_is_one_delivery(engine: Engine) -> None:
    job = await delivering(engine.store, count=2)
    await asyncio.gather(*(deliver(engine.store, job.pictures[:1]) for _ in range(3)))
    assert [p.ordinal for p in (await loaded(engine.store, job)).undelivered] == [1]
    assert len(await engine.execute("SELECT * FROM deliveries")) == 1


async def test_a_picture_sent_several_times_is_one_picture(engine: Engine) -> None:
    job = await delivering(engine.store, count=2)
    for message, chat in (("55", GROUP), ("56", GROUP), ("55", "ann")):
        await deliver(engine.store, job.pictures[:1], message, chat=chat)
    present = await loaded(engine.store, job)
    assert [(p.ordinal, p.delivered) for p in present.pictures] == [(0, True), (1, False)]
    assert len(await engine.execute("SELECT * FROM deliveries")) == 3


async def test_a_picture_that_was_forgotten_on_its_way_is_passed_over(engine: Engine) -> None:
    await engine.store.note_delivery(Sent("telegram", GROUP, ((PictureId("gone"), "1"),)), NOW)
    assert await engine.execute("SELECT * FROM deliveries") == []


async def test_the_status_message_is_remembered(store: Store) -> None:
    job = await accepted(store)
    await store.note_status_message(job.id, "4711")
    assert (await loaded(store, job)).status_message == "4711"


async def test_a_job_seen_while_it_moves_is_never_half_of_two_states(store: Store) -> None:
    job = await working(store, count=2)
    call = await submitting(store, job.calls[0])
    looks = [store.load(job.id) for _ in range(20)]
    seen = await asyncio.gather(*looks[:10], store.keep(call, pictures_of(call), None, NOW), *looks[10:])
    for look in seen:
        if not isinstance(look, bool) and look is not None:
            assert (look.state is JobState.DELIVERING) == (len(look.pictures) == 2)


async def test_times_far_from_now_are_kept(store: Store) -> None:
    call = (await working(store)).calls[0]
    distant = Millis(253_402_300_799_999)  # the last moment of the year 9999
    moved = await submitting(store, call)
    waiting = await store.move_call(moved, Move(CallState.WAITING, ref="r", due_at=distant), NOW)
    assert waiting is not None
    assert waiting.due_at == distant
