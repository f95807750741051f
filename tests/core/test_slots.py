"""Turns at a gateway."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.slots import Slots
from bot.domain.ids import AccountId, CallId, Millis
from tests.core.virtual_time import LeapingLoop, LoopClock, leaping, settle

T = TypeVar("T")

ANN, BOB, EVE = AccountId("ann"), AccountId("bob"), AccountId("eve")


class Queue:
    """Calls that come to a gateway, and the order in which they get their turns."""

    def __init__(self, places: int) -> None:
        self.slots = Slots(places, LoopClock())
        self.turns: list[str] = []
        self.inside: dict[str, asyncio.Event] = {}
        self.waiting: dict[str, AccountId] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def come(self, account: AccountId, call: str) -> None:
        self.waiting[call] = account
        self.tasks[call] = asyncio.create_task(self._visit(account, call))

    async def _visit(self, account: AccountId, call: str) -> None:
        try:
            async with self.slots.place(account, CallId(call)):
                self.turns.append(call)
                del self.waiting[call]
                self.inside[call] = asyncio.Event()
                await self.inside[call].wait()
        finally:
            self.waiting.pop(call, None)
            self.inside.pop(call, None)

    async def come_all(self, *calls: str) -> None:
        """Calls are named after their account: `a1` is the first of Ann."""
        for call in calls:
            self.come({"a": ANN, "b": BOB, "e": EVE}[call[0]], call)
        await settle()

    async def leave(self) -> None:
        """The call that came in first goes."""
        next(iter(self.inside.values())).set()
        await settle()

    async def leave_all(self) -> list[str]:
        while self.inside:
            await self.leave()
        return self.turns

    def ahead(self, call: str) -> int:
        return self.slots.ahead(self.waiting[call], CallId(call))


# --- order ---------------------------------------------------------------------------------------------


@leaping
async def test_no_more_are_inside_than_there_are_places() -> None:
    queue = Queue(places=2)
    await queue.come_all("a1", "a2", "a3", "b1")
    assert queue.turns == ["a1", "a2"]
    await queue.leave()
    assert len(queue.inside) == 2
    await queue.leave_all()
    assert len(queue.turns) == 4


@leaping
async def test_turns_go_round_over_accounts_and_in_order_within_one() -> None:
    queue = Queue(places=1)
    await queue.come_all("a1", "a2", "a3", "a4", "b1", "b2", "e1")
    assert await queue.leave_all() == ["a1", "a2", "b1", "e1", "a3", "b2", "a4"]


@leaping
async def test_somebody_with_one_job_waits_for_one_of_somebody_with_a_hundred() -> None:
    queue = Queue(places=1)
    await queue.come_all(*(f"a{n}" for n in range(100)))
    await queue.come_all("b1")
    assert queue.ahead("b1") == 1
    assert (await queue.leave_all()).index("b1") == 2


@leaping
async def test_the_place_told_is_the_place_had() -> None:
    queue = Queue(places=1)
    await queue.come_all("a0", "a1", "a2", "b1", "e1", "e2", "a3", "b2", "e3", "a4")
    told = {call: queue.ahead(call) for call in queue.waiting}
    turns = await queue.leave_all()
    assert told == {call: turns.index(call) - 1 for call in told}


@leaping
async def test_nobody_is_ahead_of_who_does_not_wait() -> None:
    queue = Queue(places=1)
    assert queue.slots.ahead(ANN, CallId("a1")) == 0
    await queue.come_all("b1", "b2")
    assert queue.slots.ahead(ANN, CallId("a1")) == 0


# --- giving up -----------------------------------------------------------------------------------------


@leaping
async def test_who_gives_up_waiting_is_passed_over() -> None:
    queue = Queue(places=1)
    await queue.come_all("a1", "b1", "a2", "e1")
    queue.tasks["b1"].cancel()
    await settle()
    assert queue.ahead("e1") == 1
    assert await queue.leave_all() == ["a1", "a2", "e1"]


@leaping
async def test_who_gives_up_inside_makes_room() -> None:
    queue = Queue(places=1)
    await queue.come_all("a1", "b1")
    queue.tasks["a1"].cancel()
    await settle()
    assert queue.turns == ["a1", "b1"]


@leaping
async def test_a_call_given_up_in_the_moment_of_its_turn_costs_its_account_no_turn() -> None:
    queue = Queue(places=1)
    await queue.come_all("e1", "a1", "a2", "b1")
    queue.inside["e1"].set()
    queue.tasks["a1"].cancel()
    await settle()
    assert await queue.leave_all() == ["e1", "a2", "b1"]


@pytest.mark.parametrize("ticks", range(8))
@leaping
async def test_no_place_is_lost_at_whatever_moment_a_call_gives_up(ticks: int) -> None:
    queue = Queue(places=1)
    await queue.come_all("a1")
    queue.come(BOB, "b1")
    queue.inside["a1"].set()
    for _ in range(ticks):
        await asyncio.sleep(0)
    queue.tasks["b1"].cancel()
    await settle()
    await queue.come_all("e1", "e2")
    assert list(queue.inside) == ["e1"]
    await queue.leave()
    assert list(queue.inside) == ["e2"]


@leaping
async def test_a_deadline_while_waiting_leaves_the_queue_as_it_was() -> None:
    queue = Queue(places=1)
    await queue.come_all("a1")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5), queue.slots.place(BOB, CallId("b1")):
            raise AssertionError("there was no room")
    await queue.come_all("b2")
    assert queue.ahead("b2") == 0


# --- pauses and what is under way ----------------------------------------------------------------------


@leaping
async def test_nobody_comes_in_during_a_pause_and_all_do_right_after() -> None:
    queue = Queue(places=2)
    queue.slots.pause_until(Millis(7_000))
    await queue.come_all("a1", "b1", "a2")
    await asyncio.sleep(6.9)
    assert queue.turns == []
    assert queue.slots.paused
    await asyncio.sleep(0.2)
    assert queue.turns == ["a1", "b1"]
    assert not queue.slots.paused


@leaping
async def test_a_pause_is_only_ever_made_longer() -> None:
    queue = Queue(places=1)
    queue.slots.pause_until(Millis(9_000))
    queue.slots.pause_until(Millis(2_000))
    await queue.come_all("a1")
    await asyncio.sleep(8.9)
    assert queue.turns == []
    queue.slots.pause_until(Millis(20_000))
    await asyncio.sleep(11)
    assert queue.turns == []
    await asyncio.sleep(1)
    assert queue.turns == ["a1"]


@leaping
async def test_a_pause_puts_nobody_out_but_fills_no_place_either() -> None:
    queue = Queue(places=1)
    await queue.come_all("a1", "b1")
    queue.slots.pause_until(Millis(5_000))
    assert list(queue.inside) == ["a1"]
    await queue.leave()
    assert queue.turns == ["a1"]
    await asyncio.sleep(5.1)
    assert queue.turns == ["a1", "b1"]


@leaping
async def test_calls_under_way_after_a_restart_take_places_without_waiting() -> None:
    queue = Queue(places=2)
    async with queue.slots.taken():
        async with queue.slots.taken(), queue.slots.taken():
            await queue.come_all("a1", "b1")
            assert queue.turns == []
        await settle()
        assert queue.turns == ["a1"]
    await settle()
    assert queue.turns == ["a1", "b1"]


# --- anything, in any order ----------------------------------------------------------------------------

accounts = st.sampled_from([ANN, BOB, EVE])


class AnyTraffic(RuleBasedStateMachine):
    """Calls come, go, give up and are paused; places are kept, and nobody is overtaken twice."""

    @initialize(places=st.integers(1, 3))
    def open(self, places: int) -> None:
        self.runner = asyncio.Runner(loop_factory=LeapingLoop)
        self.places = places
        self.queue = self._run(self._open(places))
        self.number = 0
        self.seen = 0
        self.account_of: dict[str, AccountId] = {}
        self.overtaken: dict[AccountId, Counter[AccountId]] = {}

    async def _open(self, places: int) -> Queue:
        return Queue(places)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _settled(self, *actions: Callable[[], object]) -> None:
        for action in actions:
            action()
        await settle()

    @rule(account=accounts, calls=st.integers(1, 4))
    def come(self, account: AccountId, calls: int) -> None:
        names = [f"{account}-{self.number + n}" for n in range(calls)]
        self.number += calls
        self.account_of |= dict.fromkeys(names, account)
        self._run(self._settled(*(lambda name=name: self.queue.come(account, name) for name in names)))

    @precondition(lambda self: self.queue.inside)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(sorted(self.queue.inside)))
        self._run(self._settled(self.queue.inside[call].set))

    @precondition(lambda self: self.queue.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(sorted(self.queue.waiting)))
        self._run(self._settled(self.queue.tasks[call].cancel))

    @precondition(lambda self: self.queue.waiting and self.queue.inside)
    @rule(data=st.data(), ticks=st.integers(0, 5))
    def give_up_while_somebody_leaves(self, data: st.DataObject, ticks: int) -> None:
        """The turn may come before, in or after the moment of giving up; it counts as had."""
        leaving = data.draw(st.sampled_from(sorted(self.queue.inside)))
        call = data.draw(st.sampled_from(sorted(self.queue.waiting)))
        self._run(self._give_up_while(leaving, call, ticks))
        self.overtaken.clear()
        self.seen = len(self.queue.turns)

    async def _give_up_while(self, leaving: str, call: str, ticks: int) -> None:
        self.queue.inside[leaving].set()
        for _ in range(ticks):
            await asyncio.sleep(0)
        self.queue.tasks[call].cancel()
        await settle()

    @rule(seconds=st.integers(1, 10))
    def pause(self, seconds: int) -> None:
        self._run(self._pause(seconds))

    async def _pause(self, seconds: int) -> None:
        self.queue.slots.pause_until(Millis(LoopClock().now() + seconds * 1000))
        await settle()

    @rule(seconds=st.integers(1, 10))
    def wait(self, seconds: int) -> None:
        self._run(asyncio.sleep(seconds + 0.01))  # a pause ends within a millisecond
        self._run(settle())

    @invariant()
    def places_are_kept_and_none_is_wasted(self) -> None:
        assert len(self.queue.inside) <= self.places
        if self.queue.waiting and not self._run(self._paused()):
            assert len(self.queue.inside) == self.places

    async def _paused(self) -> bool:
        return self.queue.slots.paused

    @invariant()
    def places_told_are_all_different_and_without_gaps(self) -> None:
        assert sorted(map(self.queue.ahead, self.queue.waiting)) == list(range(len(self.queue.waiting)))

    @invariant()
    def nobody_is_overtaken_twice_by_the_same_account(self) -> None:
        """Looks at the turns since the last look."""
        for call in self.queue.turns[self.seen :]:
            account = self.account_of[call]
            self.overtaken.pop(account, None)
            for other, by in self.overtaken.items():
                by[account] += 1
                assert by[account] <= 1, f"{account} overtook {other} twice"
        self.seen = len(self.queue.turns)
        still = set(self.queue.waiting.values())
        self.overtaken = {account: self.overtaken.get(account, Counter()) for account in still}

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            turns, waiting = len(self.queue.turns), dict(self.queue.waiting)
            told = {call: self.queue.ahead(call) for call in waiting}
            self._run(self._empty())
            assert self.queue.turns[turns:] == sorted(told, key=told.__getitem__)
            self.runner.close()

    async def _empty(self) -> None:
        await asyncio.sleep(200)
        while self.queue.inside:
            await self.queue.leave()


AnyTraffic.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAnyTraffic = AnyTraffic.TestCase
