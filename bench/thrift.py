"""How many calls of the Bot API a job takes: in a private chat and in a group, quick and slow."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from bench.stage import Side, Stage, set_up

_JOBS = 10
_QUICK, _SLOW = 1.0, 40.0
_REST = 2.0
_AIM = 2.0
"""Calls per picture in a group: one that says "seen", one that brings it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is asked where, and how long the gateway takes for it, in seconds."""

    title: str
    words: str
    group: bool
    seconds: float = _QUICK
    pictures: int = 1
    aim: float | None = None


_SCENES = (
    Scene("one picture, in a group", "/draw a fox", group=True, aim=_AIM),
    Scene("four pictures, in a group", "/draw a fox --n 4", group=True, pictures=4),
    Scene("one picture, in a private chat", "/draw a fox", group=False),
    Scene("four pictures, in a private chat", "/draw a fox --n 4", group=False, pictures=4),
    Scene(f"one picture after {_SLOW:g} s, in a group", "/draw a fox", group=True, seconds=_SLOW),
    Scene(f"one picture after {_SLOW:g} s, in a private chat", "/draw a fox", group=False, seconds=_SLOW),
)


@dataclass(frozen=True, slots=True)
class Found:
    scene: Scene
    calls: Mapping[str, float]

    @property
    def per_job(self) -> float:
        return sum(self.calls.values())


async def measure(*, quick: bool) -> list[Found]:
    """Play every scene ten times at once; the slow ones only when there is time."""
    async with set_up(Side.OURS) as stage:
        scenes = [scene for scene in _SCENES if scene.seconds < _SLOW or not quick]
        return [await _play(stage, scene) for scene in scenes]


async def _play(stage: Stage, scene: Scene) -> Found:
    await stage.set_latency(scene.seconds)
    before = await _calls(stage)
    await asyncio.gather(
        *(stage.ask_for(scene.words, scene.pictures, group=scene.group) for _ in range(_JOBS))
    )
    await stage.pictures_arrive(scene.seconds + 30)
    await asyncio.sleep(_REST)
    made = await _calls(stage) - before
    return Found(scene, {method: count / _JOBS for method, count in made.items()})


async def _calls(stage: Stage) -> Counter[str]:
    """Successful and failed ones; asking for updates is no part of a job."""
    calls = {method: sum(by_status.values()) for method, by_status in (await stage.calls()).items()}
    return Counter({method: count for method, count in calls.items() if method != "getUpdates"})


def table(found: list[Found]) -> Table:
    shown = Table("", "calls", "", "aim", "met", title="Calls of the Bot API per job")
    for line in found:
        calls = ", ".join(f"{count:g} {method}" for method, count in sorted(line.calls.items()))
        aim = line.scene.aim
        met = "" if aim is None else "yes" if line.per_job <= aim else "NO"
        shown.add_row(line.scene.title, f"{line.per_job:g}", calls, "" if aim is None else f"<= {aim:g}", met)
    return shown


def figures(found: list[Found]) -> dict[str, Any]:
    return {line.scene.title: dict(line.calls) for line in found}
