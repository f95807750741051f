"""What is known of routes, calls that take over, and the images of a job."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from bot.domain.decide import Move
from bot.domain.ids import CallId, GatewayId, Micros, Millis
from bot.domain.jobs import Call, CallState, Job, JobState, Reference
from bot.domain.outcome import Failure
from bot.domain.request import Handle, ImageRequest, Kind
from bot.ports.store import Condition, Opened
from bot.store.database import Database, open_database
from bot.store.jobs import JobStore
from bot.store.overview import Spending, overview
from bot.store.routes import RouteStore
from tests.store.scenes import AMPLE, NOW, accepted, after, loaded, order, planned


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.sqlite3") as database:
        yield database


async def begun(store: JobStore, number: int = 1, **call: Any) -> tuple[Job, Call]:
    """A job that works on one call."""
    job = await accepted(store, number)
    await store.begin(job, [a_call(job, **call)], NOW)
    job = await loaded(store, job)
    return job, job.calls[0]


def a_call(job: Job, ordinal: int = 0, route: str = "north/fox", **changes: Any) -> Call:
    [call] = planned(job)
    name = CallId(f"{job.id}-{ordinal}")
    gateway = GatewayId(route.split("/")[0])
    return replace(call, id=name, ordinal=ordinal, gateway=gateway, route=route, **changes)


async def moved(store: JobStore, call: Call, to: CallState, now: Millis = NOW, **facts: Any) -> Call:
    present = await store.move_call(call, Move(to, **facts), now)
    assert present
    return present


async def test_another_call_takes_over_once(database: Database) -> None:
    store = JobStore(database)
    job, call = await begun(store)
    rejected = await moved(store, call, CallState.REJECTED, elsewhere=True)
    other = a_call(job, 1, "south/fox")
    [taken_over] = await store.replace_call(rejected, [other])
    assert taken_over.ordinal == 1
    assert not await store.replace_call(rejected, [a_call(job, 2, "south/fox")])
    present = await loaded(store, job)
    assert [(call.route, call.elsewhere) for call in present.calls] == [
        ("north/fox", False),
        ("south/fox", False),
    ]
    assert present.state is JobState.WORKING


async def edited(store: JobStore) -> Job:
    request = ImageRequest(Kind.EDIT, "make it night", references=(Handle("a"), Handle("b")))
    answer = await store.accept(replace(order(), request=request), AMPLE, NOW, UTC)
    assert isinstance(answer, Opened)
    return answer.job


async def test_images_of_a_job_come_back_in_their_order_and_once(database: Database) -> None:
    store = JobStore(database)
    job = await edited(store)
    second, first = (Reference(n, f"r/{n}", 500, 400, 9, "image/png") for n in (1, 0))
    for reference in (second, first, first):
        await store.note_references(job.id, [reference])
    present = await loaded(store, job)
    assert present.references == (first, second)


async def test_the_first_callback_of_a_call_that_waits_is_written_down(database: Database) -> None:
    store, routes = JobStore(database), RouteStore(database)
    job, call = await begun(store)
    assert await routes.note_callback(call.id, NOW) is None  # nobody was asked yet
    await moved(store, call, CallState.SUBMITTING)
    assert await routes.note_callback(call.id, NOW) == job.id
    assert await routes.note_callback(call.id, NOW) is None
    assert await routes.note_callback(CallId("unknown"), NOW) is None
    present = await loaded(store, job)
    assert present.calls[0].called_back


async def test_durations_and_spending_are_those_of_calls_that_ended(
    database: Database, tmp_path: Path
) -> None:
    store, routes = JobStore(database), RouteStore(database)
    for seconds, charged in ((3, Micros(400)), (8, None)):
        _, call = await begun(store, seconds, cost=Micros(500))
        call = await moved(store, call, CallState.SUBMITTING)
        call = await moved(store, call, CallState.WAITING, ref="t")
        ended = after(seconds * 1000)
        await moved(store, call, CallState.FETCHING, ended, links=("http://x/1",), charged=charged)
    assert list(await routes.durations("north/fox", 10)) == [8, 3]
    assert list(await routes.durations("north/fox", 1)) == [8]
    [line] = overview(tmp_path / "test.sqlite3", NOW).spending
    assert line == Spending("north/fox", calls=2, pictures=2, cost=Micros(900), told=False)
    assert overview(tmp_path / "test.sqlite3", after(9000)).spending == []


async def test_open_breakers_are_remembered_until_they_close(database: Database, tmp_path: Path) -> None:
    routes = RouteStore(database)
    condition = Condition("north", Failure.OUT_OF_MONEY, after(60))
    await routes.note_condition(condition)
    await routes.note_condition(Condition("south", Failure.UPSTREAM, after(5)))
    await routes.note_condition(Condition("south", None, None))
    assert await routes.conditions() == [condition]
    assert list(overview(tmp_path / "test.sqlite3", NOW).conditions) == [condition]


async def test_an_own_secret_is_made_once_and_stays(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.sqlite3") as database:
        first = await RouteStore(database).own_secret("callbacks")
        assert len(first) == 32
        assert await RouteStore(database).own_secret("other") != first
    async with open_database(tmp_path / "a.sqlite3") as database:
        assert await RouteStore(database).own_secret("callbacks") == first


async def test_a_job_with_a_call_to_be_taken_over_is_not_delivered_yet(database: Database) -> None:
    store = JobStore(database)
    job, call = await begun(store)
    rejected = await moved(store, call, CallState.REJECTED, elsewhere=True)
    present = await loaded(store, job)
    assert present.state is JobState.WORKING
    assert not await store.replace_call(rejected, [])
    assert not (await loaded(store, job)).calls[0].elsewhere


async def test_a_lost_answer_is_in_the_operators_overview_with_what_it_may_have_cost(
    database: Database, tmp_path: Path
) -> None:
    store = JobStore(database)
    _, call = await begun(store, cost=Micros(500))
    for state in (CallState.SUBMITTING, CallState.UNCLEAR, CallState.ABANDONED):
        call = await moved(store, call, state)
    seen = overview(tmp_path / "test.sqlite3", NOW)
    assert seen.lost == [Spending("north/fox", calls=1, pictures=1, cost=Micros(500), told=False)]
    assert seen.spending == []


async def test_what_was_cancelled_at_a_gateway_is_in_the_operators_overview(
    database: Database, tmp_path: Path
) -> None:
    store = JobStore(database)
    job, call = await begun(store, cost=Micros(500))
    for state in (CallState.SUBMITTING, CallState.WAITING):
        call = await moved(store, call, state)
    assert await store.cancel(job.id, NOW, submitted=True)
    seen = overview(tmp_path / "test.sqlite3", NOW)
    assert seen.lost == [Spending("north/fox", calls=1, pictures=1, cost=Micros(500), told=False)]


@pytest.mark.parametrize("by_the_job", [True, False])
async def test_a_call_that_was_turned_away_and_then_given_up_cost_nothing(
    database: Database, tmp_path: Path, by_the_job: bool
) -> None:
    store = JobStore(database)
    job, call = await begun(store, cost=Micros(500))
    for state in (CallState.SUBMITTING, CallState.PLANNED):
        call = await moved(store, call, state)
    if by_the_job:
        assert await store.cancel(job.id, NOW)
    else:
        await moved(store, call, CallState.ABANDONED)
    assert overview(tmp_path / "test.sqlite3", NOW).lost == []


async def test_what_was_drawn_and_then_lost_is_spent_once(database: Database, tmp_path: Path) -> None:
    store = JobStore(database)
    job, call = await begun(store, cost=Micros(500))
    for state in (CallState.SUBMITTING, CallState.FETCHING):
        call = await moved(store, call, state)
    assert await store.close(job, JobState.FAILED, None, NOW)
    seen = overview(tmp_path / "test.sqlite3", NOW)
    assert ([line.calls for line in seen.spending], seen.lost) == ([1], [])
