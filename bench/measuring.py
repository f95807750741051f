"""One session with one bot: idle, a burst of 200, a burst of 1,000; and what the machine did meanwhile."""

import asyncio
import time
from dataclasses import dataclass

from bench.stage import Side, Stage, set_up

GATEWAY_SECONDS = 2.0
BURSTS = (200, 1_000)
_IDLE_GATEWAY_SECONDS = 0.3
_PATIENCE = 90.0
_QUIET_SECONDS = 0.3
_QUIET_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Burst:
    """A burst of jobs. `cpu` is the bot's, in seconds, with the work that follows the last picture.

    `busy` is the share of one core that each process took until the last picture.
    """

    jobs: int
    seconds: float
    cpu: float
    busy: dict[str, float]
    calls: dict[str, int]


@dataclass(frozen=True, slots=True)
class Session:
    """What one bot did. `idle` are seconds added to the gateway's own, `peak_memory` is MB."""

    idle: list[float]
    bursts: dict[int, Burst]
    peak_memory: float | None


async def session(side: Side, idle_jobs: int) -> Session:
    """Measure one bot in fresh processes."""
    async with set_up(side) as stage:
        idle = await _idle(stage, idle_jobs)
        await stage.set_latency(GATEWAY_SECONDS)
        bursts = {jobs: await _burst(stage, jobs) for jobs in BURSTS}
        return Session(idle, bursts, stage.bot.peak_memory)


async def _idle(stage: Stage, jobs: int) -> list[float]:
    """One job after the other; the first one, which warms everything up, does not count."""
    await stage.set_latency(_IDLE_GATEWAY_SECONDS)
    added = []
    for person in stage.people[: jobs + 1]:
        added.append(await stage.ask_once(person) - _IDLE_GATEWAY_SECONDS)
        await _quiet(stage)
    return added[1:]


async def _burst(stage: Stage, jobs: int) -> Burst:
    cpu, calls = stage.cpu, await _calls(stage)
    begun = time.perf_counter()
    await stage.say(jobs)
    await stage.pictures_arrive(_PATIENCE)
    seconds = time.perf_counter() - begun
    busy = {name: (used - cpu[name]) / seconds for name, used in stage.cpu.items()}
    await _quiet(stage)
    made = {name: count - calls.get(name, 0) for name, count in (await _calls(stage)).items()}
    return Burst(jobs, seconds, stage.bot.cpu - cpu["bot"], busy, made)


async def _calls(stage: Stage) -> dict[str, int]:
    return {method: sum(by_status.values()) for method, by_status in (await stage.calls()).items()}


async def _quiet(stage: Stage) -> None:
    """Wait until the bot has nothing more to do."""
    used = stage.bot.cpu
    while True:
        await asyncio.sleep(_QUIET_SECONDS)
        before, used = used, stage.bot.cpu
        if used - before <= _QUIET_SECONDS * _QUIET_SHARE:
            return
