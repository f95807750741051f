"""Gateways that call when a picture is done: early, twice, forged, never; asking stays the safety net."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.domain.ids import CallId
from bot.ports.chat import Stage
from bot.sandbox import FaultName, Options, Sandbox, serve
from bot.sandbox.drawing import paint_plain
from tests.house import House, open_house, with_policy

TASKS = ("qwen-image-2512", "evolink")
GATEWAY = "qwen-image-2512"
LATENCY = timedelta(milliseconds=150)
"""Looks at a task that is called back come a minute apart: a test in which the call is not heard runs out of
its time."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, gateways=(GATEWAY,), callbacks=True, latency=LATENCY) as opened:
        yield opened


async def call_of(house: House) -> CallId:
    """The one call there is, once its task is open."""
    async with asyncio.timeout(10):
        while True:
            rows = await house.parts.database.reader.execute_fetchall(
                "SELECT id FROM calls WHERE ref IS NOT NULL"
            )
            if found := [CallId(row["id"]) for row in rows]:
                return found[0]
            await asyncio.sleep(0.005)


def address(house: House, call: CallId) -> str:
    assert house.parts.callbacks
    return house.parts.callbacks.address(call)


async def post(url: str, body: bytes = b"{}") -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.post(url, data=body) as answer:
        return answer.status, await answer.read()


async def sent(house: House, callbacks: int) -> None:
    """Wait until the gateway has made so many calls."""
    async with asyncio.timeout(10):
        while True:
            if house.sandbox.tallies[GATEWAY].callbacks >= callbacks:
                return
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("gateway", TASKS)
async def test_a_gateway_that_calls_back_is_asked_once(tmp_path: Path, gateway: str) -> None:
    async with open_house(tmp_path, gateways=(gateway,), callbacks=True, latency=LATENCY) as house:
        await house.say("/draw a fox")
        await house.wall.ended(1)
        tally = house.sandbox.tallies[gateway]
        assert (tally.callbacks, tally.polls, tally.accepted) == (1, 1, 1)
        assert len(house.wall.pictures) == 1


async def test_a_callback_before_the_answer_of_the_submission_is_not_lost(house: House) -> None:
    house.fault(FaultName.CALLBACK_EARLY, GATEWAY)
    await house.say("/draw a fox")
    await house.wall.ended(1)
    assert house.sandbox.tallies[GATEWAY].polls == 1
    assert len(house.wall.pictures) == 1


async def test_a_callback_that_comes_twice_brings_the_picture_once(house: House) -> None:
    house.fault(FaultName.CALLBACK_TWICE, GATEWAY)
    await house.say("/draw a fox")
    await house.wall.ended(1)
    await sent(house, 2)
    assert len(house.wall.pictures) == 1
    assert await house.used() == 1
    assert house.sandbox.tallies[GATEWAY].files == 1


async def test_what_a_forged_callback_claims_is_not_believed(house: House) -> None:
    house.fault(FaultName.CALLBACK_FORGED, GATEWAY)
    await house.say("/draw a fox")
    await house.wall.ended(1)
    tally = house.sandbox.tallies[GATEWAY]
    assert (tally.callbacks, tally.polls, tally.files) == (2, 2, 1)
    assert [end.stage for end in house.ended] == [Stage.DONE]


async def test_a_wrong_token_makes_nobody_ask(house: House) -> None:
    await house.say("/draw a fox")
    call = await call_of(house)
    right = address(house, call)
    other = address(house, CallId("another call")).rpartition("/")[2]
    for wrong in (right[:-1], f"{right}x", f"{right.rpartition('/')[0]}/{other}"):
        assert await post(wrong) == (200, b"")
    await house.wall.ended(1)
    assert house.sandbox.tallies[GATEWAY].polls == 1


async def test_right_unknown_and_late_callers_get_the_same_empty_answer(house: House) -> None:
    await house.say("/draw a fox")
    call = await call_of(house)
    assert await post(address(house, call)) == (200, b"")
    assert await post(address(house, CallId("nobody's"))) == (200, b"")
    await house.wall.ended(1)
    polls = house.sandbox.tallies[GATEWAY].polls
    for _ in range(3):
        assert await post(address(house, call)) == (200, b"")
    assert house.sandbox.tallies[GATEWAY].polls == polls
    assert len(house.wall.pictures) == await house.used() == 1
    assert await house.in_flight() == 0


async def test_a_huge_body_is_refused_and_harms_nothing(house: House) -> None:
    await house.say("/draw a fox")
    status, _ = await post(address(house, await call_of(house)), bytes(1024 * 1024))
    assert status == 413
    await house.wall.ended(1)
    assert len(house.wall.pictures) == 1
    assert house.sandbox.tallies[GATEWAY].polls == 1


async def test_a_gateway_that_never_calls_is_asked(tmp_path: Path) -> None:
    policy = with_policy(callback_look=timedelta(milliseconds=100))
    async with open_house(
        tmp_path, gateways=(GATEWAY,), callbacks=True, latency=LATENCY, policy=policy
    ) as house:
        house.fault(FaultName.CALLBACK_NEVER, GATEWAY)
        await house.say("/draw a fox")
        await house.wall.ended(1)
        assert len(house.wall.pictures) == 1
        assert house.sandbox.tallies[GATEWAY].callbacks == 0


async def test_a_callback_that_came_while_nobody_listened_is_made_up_for_at_the_start(tmp_path: Path) -> None:
    sandbox = Sandbox(Options(painter=paint_plain, latency=LATENCY, allow_loopback=True))
    async with serve(sandbox) as root:
        async with open_house(
            tmp_path, sandbox=sandbox, root=root, gateways=(GATEWAY,), callbacks=True
        ) as first:
            await first.say("/draw a fox")
            await call_of(first)
        await sent(first, 1)
        assert not first.ended
        async with open_house(
            tmp_path, sandbox=sandbox, root=root, gateways=(GATEWAY,), callbacks=True
        ) as second:
            await second.wall.ended(1)
            assert len(second.wall.pictures) == 1
            assert await second.used() == 1
    assert sandbox.tallies[GATEWAY].polls == 1
    assert sandbox.tallies[GATEWAY].accepted == 1


async def test_a_callback_after_a_restart_is_heard(tmp_path: Path) -> None:
    sandbox = Sandbox(Options(painter=paint_plain, latency=timedelta(seconds=1), allow_loopback=True))
    async with serve(sandbox) as root:
        async with open_house(
            tmp_path, sandbox=sandbox, root=root, gateways=(GATEWAY,), callbacks=True
        ) as first:
            await first.say("/draw a fox")
            call = await call_of(first)
        async with open_house(
            tmp_path, sandbox=sandbox, root=root, gateways=(GATEWAY,), callbacks=True
        ) as second:
            await sent(second, 1)  # to the address of the first, which is no more
            assert not second.ended
            assert await post(address(second, call)) == (200, b"")
            await second.wall.ended(1)
            assert len(second.wall.pictures) == 1
    assert sandbox.tallies[GATEWAY].polls == 2
