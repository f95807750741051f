"""SIGTERM, a second process, and what a person notices of a restart: nothing."""

import asyncio
import os
import random

import pytest

from tests.crash.dice import dice
from tests.crash.town import Town
from tests.crash.verdict import Verdict


@pytest.mark.timeout(120)
async def test_stopping_in_the_middle_of_submissions_loses_and_tears_nothing(town: Town) -> None:
    with dice() as rng:
        for _ in range(4):
            await _start_and_stop(town, rng)
            states = {call["state"] for job in town.books().jobs.values() for call in job.calls}
            assert not states & {"submitting", "unclear", "abandoned"}
        await town.service.start()
        await town.until_all_is_told()
        assert await town.service.terminate() == 0
        verdict = Verdict(town)
        verdict.check()
        assert verdict.lost_answers == 0
        assert verdict.repetitions == 0


async def _start_and_stop(town: Town, rng: random.Random) -> None:
    """A process that is told to stop while it is submitting; somebody asks for more until it is gone."""
    for _ in range(10):
        town.ask_anything(rng)
    wanted = town.accepted_in_all + rng.randint(1, 8)
    await town.service.start()
    await town.until(lambda: town.accepted_in_all >= wanted)
    stopping = asyncio.create_task(town.service.terminate())
    while not stopping.done():
        if rng.random() < 0.02:
            town.ask_anything(rng)
        await asyncio.sleep(0.001)
    assert stopping.result() == 0


async def test_a_second_process_on_the_same_data_is_refused_in_one_line(town: Town) -> None:
    await town.service.start()
    await town.until_listening()
    code, printed = await town.service.run_beside()
    assert code == os.EX_UNAVAILABLE
    assert printed.count("\n") == 1
    assert "DATA_DIR" in printed
    assert "another" in printed
    town.ask(town.person("en"), "2512")
    await town.until_all_is_told()
    Verdict(town).check()


async def test_a_killed_process_leaves_no_lock_behind(town: Town) -> None:
    await town.service.start()
    await town.until_listening()
    await town.service.kill()
    town.ask(town.person("en"), "2512")
    await town.service.start()
    await town.until_all_is_told()
    Verdict(town).check()
