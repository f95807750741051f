"""Limits per month and per chat: counted where they belong, never overshot."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ids import Millis
from bot.domain.jobs import CallState, Job, JobState
from bot.domain.ledger import Plan, day_of, month_of
from bot.domain.problems import Key, Problem
from bot.ports.store import Opened, Order, Store
from tests.store.engines import ENGINES, Engine
from tests.store.scenes import (
    AMPLE,
    LOS_ANGELES,
    NOW,
    SHANGHAI,
    after,
    at,
    deliver,
    loaded,
    moved,
    order,
    pictures_of,
    planned,
)

MONTHLY = AMPLE.model_copy(update={"pictures_per_month": 5})


async def asked(
    store: Store, wish: Order, plan: Plan = AMPLE, now: Millis = NOW, zone: tzinfo = UTC
) -> Opened | Problem:
    answer = await store.accept(wish, plan, now, zone)
    assert isinstance(answer, Opened | Problem)
    return answer


# --- the month -----------------------------------------------------------------------------------------


async def test_a_month_is_renewed_on_its_first_local_day(store: Store) -> None:
    late = at(SHANGHAI, 6, 30, 23, 59)
    early = at(SHANGHAI, 7, 1)
    assert isinstance(await asked(store, order(1, count=4), MONTHLY, at(SHANGHAI, 6, 1), SHANGHAI), Opened)
    refused = await asked(store, order(2, count=2), MONTHLY, late, SHANGHAI)
    assert isinstance(refused, Problem)
    assert refused.key is Key.QUOTA_MONTH
    assert dict(refused.args) == {"limit": 5, "left": 1, "wanted": 2, "days": 1}
    assert isinstance(await asked(store, order(2, count=2), MONTHLY, early, SHANGHAI), Opened)
    assert (await store.usage("telegram", "ann", early, SHANGHAI)).month == 2


async def test_what_is_returned_in_the_next_month_counts_for_the_month_of_the_hold(store: Store) -> None:
    june, july = at(LOS_ANGELES, 6, 30, 23, 50), at(LOS_ANGELES, 7, 1, 0, 10)
    opened = await asked(store, order(1, count=3), MONTHLY, june, LOS_ANGELES)
    assert isinstance(opened, Opened)
    assert await store.cancel(opened.job.id, july)
    for now in (june, july):
        assert (await store.usage("telegram", "ann", now, LOS_ANGELES)).month == 0


async def test_the_month_of_december_ends_with_the_year(store: Store) -> None:
    december, january = at(SHANGHAI, 12, 1), at(SHANGHAI, 12, 31, 23, 59) + 60_000
    await asked(store, order(1, count=3), MONTHLY, december, SHANGHAI)
    refused = await asked(store, order(2, count=3), MONTHLY, december, SHANGHAI)
    assert isinstance(refused, Problem)
    assert refused.args["days"] == 31
    assert (await store.usage("telegram", "ann", Millis(january), SHANGHAI)).month == 0


async def test_the_month_is_told_where_no_plan_limits_it(store: Store) -> None:
    await asked(store, order(1, count=3), AMPLE, NOW)
    await asked(store, order(2, count=2), AMPLE, Millis(NOW - 5 * 86_400_000))
    usage = await store.usage("telegram", "ann", after(5), UTC)
    assert (usage.today, usage.month) == (3, 5)


# --- the chat ------------------------------------------------------------------------------------------


async def test_a_chat_shares_its_day_among_its_people(engine: Engine) -> None:
    for number, person in enumerate(["ann", "ben"]):
        wish = order(number, person=person, count=2, shared=True, chat_limit=5)
        assert isinstance(await asked(engine.store, wish), Opened)
    refused = await asked(engine.store, order(3, person="cho", count=2, shared=True, chat_limit=5))
    assert isinstance(refused, Problem)
    assert refused.key is Key.QUOTA_CHAT
    assert dict(refused.args) == {"limit": 5, "left": 1, "wanted": 2, "hours": 8, "minutes": 54}
    assert await engine.execute("SELECT * FROM identities WHERE person = 'cho'") == []


async def test_other_chats_and_private_ones_have_days_of_their_own(store: Store) -> None:
    assert isinstance(await asked(store, order(1, count=5, shared=True, chat_limit=5)), Opened)
    elsewhere = order(2, count=5, chat="-7", shared=True, chat_limit=5)
    private = order(3, count=5, chat="ann", chat_limit=5)
    for wish in (elsewhere, private):
        assert isinstance(await asked(store, wish), Opened)


async def test_a_chat_without_a_limit_is_counted_all_the_same(store: Store) -> None:
    assert isinstance(await asked(store, order(1, count=4, shared=True)), Opened)
    refused = await asked(store, order(2, shared=True, chat_limit=4))
    assert isinstance(refused, Problem)
    assert refused.args["left"] == 0


async def test_a_chats_day_is_renewed_at_local_midnight(store: Store) -> None:
    late, early = at(SHANGHAI, 6, 15, 23, 59), at(SHANGHAI, 6, 16)
    wishes = [order(number, count=3, shared=True, chat_limit=3) for number in range(3)]
    assert isinstance(await asked(store, wishes[0], AMPLE, late, SHANGHAI), Opened)
    assert isinstance(await asked(store, wishes[1], AMPLE, late, SHANGHAI), Problem)
    assert isinstance(await asked(store, wishes[2], AMPLE, early, SHANGHAI), Opened)


async def test_a_refused_order_makes_no_chat(engine: Engine) -> None:
    refused = await asked(engine.store, order(count=4, shared=True, chat_limit=3))
    assert isinstance(refused, Problem)
    for table in ("accounts", "chats", "jobs", "entries"):
        assert await engine.execute(f"SELECT * FROM {table}") == []  # noqa: S608 - names of ours


async def test_a_hold_and_its_closing_name_the_same_chat(engine: Engine) -> None:
    opened = await asked(engine.store, order(1, shared=True))
    assert isinstance(opened, Opened)
    await engine.store.cancel(opened.job.id, NOW)
    [chat] = await engine.execute("SELECT id FROM chats")
    assert [row["chat_id"] for row in await engine.execute("SELECT chat_id FROM entries")] == [chat["id"]] * 2


async def test_concurrent_orders_of_many_people_cannot_overshoot_their_chat(engine: Engine) -> None:
    wishes = [
        order(number, person=str(number), count=1 + number % 3, shared=True, chat_limit=20)
        for number in range(60)
    ]
    answers = await asyncio.gather(*(asked(engine.store, wish) for wish in wishes))
    taken = [
        wish.request.count for wish, answer in zip(wishes, answers, strict=True) if isinstance(answer, Opened)
    ]
    assert sum(taken) == 20
    assert {answer.key for answer in answers if isinstance(answer, Problem)} == {Key.QUOTA_CHAT}
    assert len(await engine.execute("SELECT id FROM chats")) == 1


# --- any order of things -------------------------------------------------------------------------------

MONTH_END = at(SHANGHAI, 6, 29)
LIMITED = Plan(pictures_per_day=6, pictures_per_month=14, in_flight=1_000, per_minute=1_000)
CHAT_LIMIT = 8


@dataclass(frozen=True, slots=True)
class Ask:
    """Hours pass; then somebody wishes for so many pictures, in a group or (None) in private."""

    hours: int
    person: str
    chat: str | None
    count: int


@dataclass(frozen=True, slots=True)
class End:
    """Hours pass; then one of the running jobs ends, and so many of its pictures arrived."""

    hours: int
    which: int
    arrived: int


@dataclass(slots=True)
class Held:
    """What a test knows of a hold by itself."""

    ask: Ask
    now: Millis
    counts: int


@dataclass(slots=True)
class Book:
    """The same arithmetic in another way: a list of holds, summed anew each time."""

    holds: list[Held] = field(default_factory=list)

    def day(self, now: Millis, **of: str) -> int:
        return self._sum(range(day_of(now, SHANGHAI), day_of(now, SHANGHAI) + 1), **of)

    def month(self, now: Millis, **of: str) -> int:
        return self._sum(month_of(now, SHANGHAI), **of)

    def room(self, ask: Ask, now: Millis) -> bool:
        day = self.day(now, person=ask.person) + ask.count <= LIMITED.pictures_per_day
        month = self.month(now, person=ask.person) + ask.count <= (LIMITED.pictures_per_month or 0)
        chat = ask.chat is None or self.day(now, chat=ask.chat) + ask.count <= CHAT_LIMIT
        return day and month and chat

    def _sum(self, days: range, **of: str) -> int:
        return sum(
            hold.counts
            for hold in self.holds
            if day_of(hold.now, SHANGHAI) in days
            and all(getattr(hold.ask, name) == value for name, value in of.items())
        )


_HOURS = st.integers(0, 9)
_PEOPLE = st.sampled_from(["ann", "ben", "cho"])
_ASKS = st.builds(Ask, _HOURS, _PEOPLE, st.sampled_from([None, "-1", "-2"]), st.integers(1, 4))
_ENDS = st.builds(End, _HOURS, st.integers(0, 50), st.integers(0, 4))


@pytest.mark.parametrize("kind", ENGINES)
@settings(max_examples=20, deadline=None)
@given(steps=st.lists(_ASKS | _ENDS, max_size=40))
def test_no_order_of_holds_and_closings_overshoots_a_day_a_month_or_a_chat(
    kind: str, steps: Sequence[Ask | End]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_play(kind, Path(folder), steps))


async def _play(kind: str, folder: Path, steps: Sequence[Ask | End]) -> None:
    book, now = Book(), MONTH_END
    running: list[tuple[Job, Held]] = []
    async with ENGINES[kind](folder) as engine:
        for number, step in enumerate(steps):
            now = Millis(now + step.hours * 3_600_000)
            match step:
                case Ask():
                    room = book.room(step, now)
                    answer = await asked(engine.store, _wish(number, step), LIMITED, now, SHANGHAI)
                    assert isinstance(answer, Opened) == room
                    if isinstance(answer, Opened):
                        book.holds.append(Held(step, now, step.count))
                        running.append((answer.job, book.holds[-1]))
                        assert answer.usage.month == book.month(now, person=step.person)
                case End() if running:
                    job, held = running.pop(step.which % len(running))
                    held.counts = min(step.arrived, held.ask.count)
                    await _end(engine.store, job, held.counts, now)
            for person in ("ann", "ben", "cho"):
                usage = await engine.store.usage("telegram", person, now, SHANGHAI)
                assert usage.today == book.day(now, person=person)
                assert usage.month == book.month(now, person=person)


def _wish(number: int, ask: Ask) -> Order:
    chat = ask.chat or ask.person
    shared = ask.chat is not None
    return order(number, person=ask.person, count=ask.count, chat=chat, shared=shared, chat_limit=CHAT_LIMIT)


async def _end(store: Store, job: Job, arrived: int, now: Millis) -> None:
    if not arrived:
        assert await store.cancel(job.id, now)
        return
    assert await store.begin(job, planned(job), now)
    call = await moved(store, (await loaded(store, job)).calls[0], CallState.SUBMITTING)
    assert await store.keep(call, pictures_of(call), None, now)
    job = await loaded(store, job)
    await deliver(store, job.pictures[:arrived])
    end = JobState.DONE if arrived == len(job.pictures) else JobState.UNDELIVERABLE
    assert await store.close(job, end, None, now)
