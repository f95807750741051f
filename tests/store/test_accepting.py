"""Accepting: one transaction, once per event, never beyond the plan."""

import asyncio
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ids import Micros
from bot.domain.jobs import JobState
from bot.domain.ledger import Plan, Usage
from bot.domain.problems import Key, Problem
from bot.ports.store import Opened, Order, Repeated, Store
from tests.store.engines import ENGINES, Engine
from tests.store.scenes import AMPLE, NOW, accepted, after, loaded, order


async def test_an_accepted_job_is_what_was_ordered(store: Store) -> None:
    wish = order(count=3)
    opened = await store.accept(wish, AMPLE, NOW, UTC)
    assert isinstance(opened, Opened)
    assert opened.job.request == wish.request
    assert opened.job.address == wish.address
    assert opened.job.state is JobState.ACCEPTED
    assert opened.job.deadline_at - opened.job.created_at == 15 * 60_000
    assert await loaded(store, opened.job) == opened.job


async def test_accepting_holds_the_pictures_and_their_price(engine: Engine) -> None:
    job = await accepted(engine.store, count=3)
    (hold,) = await engine.execute("SELECT * FROM entries")
    assert (hold["kind"], hold["job_id"], hold["held"], hold["held_micros"]) == ("hold", job.id, 3, 120_003)


async def test_the_usage_told_after_accepting_is_the_usage_asked_for_later(store: Store) -> None:
    await accepted(store, 1, count=2)
    plan = AMPLE.model_copy(update={"pictures_per_month": 5})
    opened = await store.accept(order(2, count=3), plan, after(1_000), UTC)
    assert isinstance(opened, Opened)
    assert opened.usage == Usage(today=5, in_flight=2, last_minute=2, oldest_in_minute=after(1), month=5)
    assert await store.usage("telegram", "ann", after(1_000), UTC) == opened.usage


async def test_an_accepted_job_knows_who_asked(store: Store) -> None:
    job = await accepted(store, person="ben")
    assert job.person == (await loaded(store, job)).person == "ben"


async def test_a_repeated_event_opens_no_second_job(engine: Engine) -> None:
    first = await accepted(engine.store)
    assert await engine.store.accept(order(), AMPLE, after(5), UTC) == Repeated(first.id)
    assert len(await engine.execute("SELECT * FROM entries")) == 1


async def test_a_repeated_event_is_recognised_when_nothing_is_left_of_the_plan(store: Store) -> None:
    first = await accepted(store)
    assert await store.accept(order(), Plan(in_flight=1), after(5), UTC) == Repeated(first.id)


async def test_fifty_concurrent_repetitions_open_one_job(engine: Engine) -> None:
    answers = await asyncio.gather(*(engine.store.accept(order(), AMPLE, after(n), UTC) for n in range(50)))
    (opened,) = [answer for answer in answers if isinstance(answer, Opened)]
    assert answers.count(Repeated(opened.job.id)) == 49
    for table in ("accounts", "identities", "jobs", "entries"):
        assert len(await engine.execute(f"SELECT * FROM {table}")) == 1  # noqa: S608 - names of ours


async def test_a_refused_order_leaves_nothing_behind(engine: Engine) -> None:
    refused = await engine.store.accept(order(count=4), Plan(pictures_per_day=3), NOW, UTC)
    assert isinstance(refused, Problem)
    for table in ("accounts", "identities", "jobs", "entries"):
        assert await engine.execute(f"SELECT * FROM {table}") == []  # noqa: S608 - names of ours


async def test_an_event_refused_once_may_be_accepted_later(store: Store) -> None:
    refused = await store.accept(order(count=4), Plan(pictures_per_day=3), NOW, UTC)
    assert isinstance(refused, Problem)
    assert isinstance(await store.accept(order(count=4), AMPLE, NOW, UTC), Opened)


@pytest.mark.parametrize(
    ("plan", "key", "most"),
    [
        (Plan(pictures_per_day=7, in_flight=100, per_minute=100), Key.QUOTA_DAY, 7),
        (Plan(pictures_per_day=100, in_flight=5, per_minute=100), Key.QUOTA_IN_FLIGHT, 5),
        (Plan(pictures_per_day=100, in_flight=100, per_minute=4), Key.QUOTA_MINUTE, 4),
    ],
)
async def test_concurrent_orders_of_one_person_cannot_overshoot(
    store: Store, plan: Plan, key: Key, most: int
) -> None:
    answers = await asyncio.gather(*(store.accept(order(n), plan, after(n), UTC) for n in range(40)))
    assert sum(isinstance(answer, Opened) for answer in answers) == most
    refused = [answer for answer in answers if isinstance(answer, Problem)]
    assert {why.key for why in refused} == {key}


async def test_one_person_does_not_use_up_the_plan_of_another(store: Store) -> None:
    plan = Plan(in_flight=2)
    people = ["ann", "ben", "cho"] * 5
    answers = await asyncio.gather(
        *(store.accept(order(n, person=person), plan, after(n), UTC) for n, person in enumerate(people))
    )
    opened = Counter(answer.job.account_id for answer in answers if isinstance(answer, Opened))
    assert sorted(opened.values()) == [2, 2, 2]


async def test_the_same_name_on_two_platforms_is_two_people(store: Store) -> None:
    first = await accepted(store, 1)
    elsewhere = replace(order(2), platform="discord")
    second = await store.accept(elsewhere, AMPLE, after(2), UTC)
    assert isinstance(second, Opened)
    assert second.job.account_id != first.account_id
    assert await store.account("discord", "ann") == second.job.account_id
    assert await store.account("matrix", "ann") is None


async def test_an_amount_beyond_the_database_is_refused_and_leaves_nothing(engine: Engine) -> None:
    monstrous = replace(order(count=4), price=Micros(2**62))
    with pytest.raises(OverflowError):
        await engine.store.accept(monstrous, AMPLE, NOW, UTC)
    assert await engine.execute("SELECT id FROM jobs") == []
    assert isinstance(await engine.store.accept(order(), AMPLE, NOW, UTC), Opened)


_PLANS = st.builds(
    Plan,
    pictures_per_day=st.integers(1, 12),
    in_flight=st.integers(1, 6),
    per_minute=st.integers(1, 6),
)
_WISHES = st.lists(st.tuples(st.sampled_from(["ann", "ben"]), st.integers(1, 4)), max_size=24)


@pytest.mark.parametrize("kind", ENGINES)
@settings(max_examples=25, deadline=None)
@given(plan=_PLANS, wishes=_WISHES)
def test_no_mixture_of_concurrent_orders_exceeds_any_limit(
    kind: str, plan: Plan, wishes: list[tuple[str, int]]
) -> None:
    orders = [order(n, person=person, count=count) for n, (person, count) in enumerate(wishes)]
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_accept_all(kind, Path(folder), plan, orders))


async def _accept_all(kind: str, folder: Path, plan: Plan, orders: list[Order]) -> None:
    async with ENGINES[kind](folder) as engine:
        answers = await asyncio.gather(
            *(engine.store.accept(wish, plan, after(n), UTC) for n, wish in enumerate(orders))
        )
        for person in ("ann", "ben"):
            taken = [
                wish.request.count
                for wish, answer in zip(orders, answers, strict=True)
                if wish.person == person and isinstance(answer, Opened)
            ]
            usage = await engine.store.usage("telegram", person, after(1_000), UTC)
            assert (usage.today, usage.in_flight, usage.last_minute) == (sum(taken), len(taken), len(taken))
            assert usage.today <= plan.pictures_per_day
            assert usage.in_flight <= min(plan.in_flight, plan.per_minute)
