"""SIGKILL at random moments, over hundreds of jobs: nothing is lost, nothing is paid twice.

CRASH_JOBS=2000 makes a longer run of it, CRASH_SEED=... repeats the kills of another run as far as two
processes side by side can be repeated.
"""

import itertools
import logging
import os
import random
from typing import Final

import pytest

from tests.crash.dice import dice
from tests.crash.moments import MOMENTS
from tests.crash.prankster import pranks
from tests.crash.service import KEYS
from tests.crash.town import Town
from tests.crash.verdict import Verdict

_JOBS: Final = int(os.environ.get("CRASH_JOBS", "156"))
_JOBS_PER_LIFE: Final = 13
_SECONDS: Final = 120.0 * max(1.0, _JOBS / 156)

log = logging.getLogger(__name__)


@pytest.mark.timeout(_SECONDS)
async def test_hundreds_of_jobs_survive_being_killed_again_and_again(town: Town) -> None:
    with dice() as rng:
        await _live_and_die(town, rng)
        await _end_well(town)
        assert town.sandbox.tallies["evolink"].uploads > 0


@pytest.mark.timeout(_SECONDS)
async def test_callbacks_survive_it_too_whoever_makes_them(public_town: Town) -> None:
    town = public_town
    town.misuse_callbacks()
    with dice() as rng:
        async with pranks(town, random.Random(rng.random())) as prankster:
            await _live_and_die(town, rng)
            await _end_well(town)
        assert prankster.wrong == []
        assert prankster.answered > 0, "nobody answered the prankster: this run proves little"
        called = {gateway for gateway, tally in town.sandbox.tallies.items() if tally.callbacks}
        assert called == {"evolink", "qwen-image-2512"}


async def _end_well(town: Town) -> None:
    """Bring everything to its end, and judge."""
    await town.service.start()
    await town.until_all_is_told(_SECONDS / 2)
    await town.service.until_ready()
    assert await town.service.terminate() == 0
    verdict = Verdict(town)
    log.warning(
        "%d jobs, %d kills, %d jobs interrupted, %d pictures, %d answers lost, %d messages repeated",
        len(town.wishes),
        len(town.service.kills),
        verdict.interrupted,
        verdict.delivered,
        verdict.lost_answers,
        verdict.repetitions,
    )
    verdict.check()
    assert verdict.interrupted > _JOBS / 4, "the kills hit nothing: this run proves little"
    assert verdict.delivered > _JOBS / 2, "little was drawn: this run proves little"
    assert verdict.lost_answers > 0, "no submission was torn off: this run proves little"
    idle = [gateway for gateway in KEYS if not town.sandbox.tallies[gateway].accepted]
    assert idle == [], "not every gateway was asked: this run proves little"


async def _live_and_die(town: Town, rng: random.Random) -> None:
    """Processes one after the other, until everybody has asked for what they want."""
    moments = list(MOMENTS.items())
    rng.shuffle(moments)
    for name, moment in itertools.cycle(moments):
        before = rng.randint(0, _JOBS_PER_LIFE)
        for _ in range(before):
            town.ask_anything(rng)
        await town.service.start()
        await town.until_listening()
        for _ in range(_JOBS_PER_LIFE - before):
            town.ask_anything(rng)
        await moment(town, rng)
        await town.service.kill()
        await town.until_quiet()
        log.info("killed %s, %d jobs so far", name, len(town.wishes))
        if len(town.wishes) >= _JOBS:
            return
