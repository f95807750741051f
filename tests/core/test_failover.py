"""Several gateways at once: dead, out of money, slow, full; nobody is lost and nothing is paid twice."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.problems import Key
from bot.ports.chat import Stage
from bot.sandbox import FaultName, Options, Sandbox, serve
from bot.sandbox.drawing import paint_plain
from tests.house import House, open_house, with_policy

PATIENT = {
    "breaker_pause": timedelta(milliseconds=300),
    "breaker_pause_limit": timedelta(seconds=1),
    "money_pause": timedelta(seconds=30),
    "switch_after": timedelta(milliseconds=200),
}


async def draw(house: House, jobs: int, words: str = "") -> None:
    await asyncio.gather(*(house.say(f"/draw fox {n} {words}", person=f"p{n % 50}") for n in range(jobs)))
    await house.wall.ended(jobs)


async def test_one_dead_one_without_money_one_slow_and_everybody_gets_a_picture(tmp_path: Path) -> None:
    jobs = 500
    sandbox = Sandbox(Options(painter=paint_plain, latency=timedelta(milliseconds=20)))
    policy = with_policy(**PATIENT)
    gateways = ("crazyrouter", "dieyuyun", "realmrouter")
    dead = {"crazyrouter": "http://127.0.0.1:9/v1"}
    async with open_house(
        tmp_path, sandbox=sandbox, gateways=gateways, policy=policy, concurrency=20, elsewhere=dead
    ) as house:
        house.fault(FaultName.OUT_OF_MONEY, "realmrouter", endpoint="submit")
        await draw(house, jobs, "--ar 1:1")
        assert [end.stage for end in house.ended] == [Stage.DONE] * jobs
        assert len(house.wall.pictures) == jobs
        assert sandbox.tallies["dieyuyun"].accepted == jobs
        assert max(sandbox.tallies["dieyuyun"].by_prompt.values()) == 1
        assert sandbox.tallies["realmrouter"].accepted == 0
        assert sandbox.tallies["realmrouter"].received <= 20
        assert await house.attempts("crazyrouter") < 40
        assert await house.used("p1") == jobs // 50


async def test_a_refusal_for_content_is_not_made_elsewhere(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter", "dieyuyun")) as house:
        house.fault(FaultName.MODERATION, "crazyrouter", endpoint="submit")
        await draw(house, 1)
        [end] = house.ended
        assert end.problem
        assert end.problem.key is Key.MODERATED
        assert house.sandbox.tallies["dieyuyun"].received == 0


async def test_a_lost_answer_is_not_made_elsewhere(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter", "dieyuyun")) as house:
        house.fault(FaultName.DROP_AFTER, "crazyrouter", endpoint="submit")
        await draw(house, 1)
        assert house.sandbox.tallies["dieyuyun"].received == 0
        assert house.ended[0].stage is Stage.FAILED


async def test_a_named_model_is_drawn_by_another_gateway_that_has_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter", "dieyuyun")) as house:
        house.fault(FaultName.OUT_OF_MONEY, "crazyrouter", endpoint="submit")
        await draw(house, 1, "--model max")
        assert house.sandbox.tallies["dieyuyun"].accepted == 1
        assert "qwen-image-max" in house.wall.pictures[0].caption
        assert "another model" not in house.wall.pictures[0].caption


async def test_the_person_is_told_when_another_model_drew(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter", "qwen-image-2512")) as house:
        house.fault(FaultName.OUT_OF_MONEY, "crazyrouter", endpoint="submit")
        await draw(house, 1)
        caption = house.wall.pictures[0].caption
        assert "qwen-image-2512" in caption
        assert "qwen-image-plus was not to be had" in caption


async def test_pictures_of_one_call_are_taken_over_by_several_where_a_model_draws_one_at_a_time(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter", "qwen-image-2512")) as house:
        house.fault(FaultName.OUT_OF_MONEY, "crazyrouter", endpoint="submit")
        await draw(house, 1, "--n 3")
        assert len(house.wall.pictures) == 3
        assert house.sandbox.tallies["qwen-image-2512"].accepted == 3
        assert await house.used("p0") == 3


async def test_a_task_that_failed_free_of_charge_is_made_again(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("evolink",)) as house:
        house.fault(FaultName.TASK_FAILED, "evolink", times=1)
        await draw(house, 1)
        assert len(house.wall.pictures) == 1


async def test_where_all_refuse_for_good_the_hold_is_returned(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter", "dieyuyun")) as house:
        house.fault(FaultName.OUT_OF_MONEY, endpoint="submit")
        await draw(house, 1)
        [end] = house.ended
        assert end.problem
        assert end.problem.key is Key.GATEWAY_OUT_OF_MONEY
        assert await house.used("p0") == 0


# --- a single gateway ---------------------------------------------------------------------------------------


async def test_a_gateway_that_is_down_for_a_while_loses_no_job(tmp_path: Path) -> None:
    sandbox = Sandbox(Options(painter=paint_plain))
    async with serve(sandbox) as root:
        pass
    policy = with_policy(**PATIENT)
    async with open_house(
        tmp_path, sandbox=sandbox, root=root, gateways=("dieyuyun",), policy=policy, concurrency=20
    ) as house:
        talking = asyncio.create_task(draw(house, 200))
        await house.wall.reached(Stage.PAUSED)
        await asyncio.sleep(0.7)
        async with serve(sandbox, port=int(root.rsplit(":", 1)[1])):
            await talking
    assert len(house.wall.pictures) == 200
    assert sandbox.tallies["dieyuyun"].accepted == 200


async def test_a_gateway_that_takes_only_twenty_at_once_answers_everybody(tmp_path: Path) -> None:
    options = Options(painter=paint_plain, latency=timedelta(milliseconds=20), capacity={"dieyuyun": 20})
    async with open_house(
        tmp_path,
        sandbox=Sandbox(options),
        gateways=("dieyuyun",),
        concurrency=50,
        policy=with_policy(**PATIENT),
    ) as house:
        await draw(house, 200)
        assert len(house.wall.pictures) == 200
        assert house.sandbox.tallies["dieyuyun"].accepted == 200


@pytest.mark.parametrize("fault", [FaultName.RATE_LIMITED, FaultName.SERVER_ERROR])
async def test_a_gateway_that_fails_every_fifth_time_answers_everybody(
    tmp_path: Path, fault: FaultName
) -> None:
    policy = with_policy(**PATIENT)
    async with open_house(tmp_path, gateways=("dieyuyun",), concurrency=20, policy=policy) as house:
        house.fault(fault, "dieyuyun", probability=0.2, endpoint="submit")
        await draw(house, 200)
        assert len(house.wall.pictures) == 200
        assert house.sandbox.tallies["dieyuyun"].accepted == 200


async def test_where_every_fifth_answer_is_lost_nothing_is_submitted_twice_and_everybody_is_told(
    tmp_path: Path,
) -> None:
    policy = with_policy(**PATIENT)
    async with open_house(tmp_path, gateways=("dieyuyun",), concurrency=20, policy=policy) as house:
        house.fault(FaultName.DROP_AFTER, "dieyuyun", probability=0.2, endpoint="submit")
        await draw(house, 200)
        tally = house.sandbox.tallies["dieyuyun"]
        assert max(tally.by_prompt.values()) == 1
        assert tally.accepted == 200
        told = [end for end in house.ended if end.stage is Stage.FAILED]
        assert len(house.wall.pictures) + len(told) == 200
        assert 10 < len(told) < 80
        assert {end.problem.key for end in told if end.problem} == {Key.ANSWER_LOST}
        used = [await house.used(f"p{n}") for n in range(50)]
        assert sum(used) == len(house.wall.pictures)


async def test_a_gateway_that_replays_gives_a_lost_answer_again_and_is_paid_once(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("evolink",), concurrency=20) as house:
        for n in range(20):
            house.fault(FaultName.DROP_AFTER, "evolink", times=1, endpoint="submit", match=f"fox {n} ")
        await draw(house, 20, "in the snow")
        assert len(house.wall.pictures) == 20
        assert max(house.sandbox.tallies["evolink"].by_prompt.values()) == 1


async def test_an_answer_that_is_lost_twice_is_told_and_returned(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("evolink",)) as house:
        house.fault(FaultName.DROP_AFTER, "evolink", endpoint="submit")
        await draw(house, 1)
        assert house.ended[0].stage is Stage.FAILED
        assert house.sandbox.tallies["evolink"].accepted == 1
        assert await house.used("p0") == 0
