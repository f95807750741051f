"""How often a task gateway is asked and how late its pictures are noticed, against fixed beats.

The beats are reckoned for the very same tasks, free of the time that a question takes. Ours is measured, in
a process whose time runs faster (see `bench.hurry`): what work adds to a delay counts that many times.
"""

import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist, fmean, median

from rich.table import Table

from bench.hurry import FACTOR
from bench.processes import running
from bench.watching import CASES, MEDIAN, SEEN, SIGMA, durations

_SIZES = {False: (150, 300.0), True: (60, 60.0)}
"""Jobs at each gateway and the seconds over which they begin, by whether it must be quick."""

_FEW, _SOON = 5.0, 2.0
"""The beats in seconds: fewer looks than the one, less delay than the other."""

_AIM_MS = 50.0
_TITLES = {
    "telling": "tells its progress",
    "silent": "tells nothing",
    "telling, calls": "tells its progress, calls back",
    "silent, calls": "tells nothing, calls back",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Looks per job, and seconds of delay: the mean for the sake of the beats, the median for callbacks."""

    looks: float
    delay: float
    median: float


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured, and the two beats for the same tasks."""

    cases: Mapping[str, Waiting]
    few: Waiting
    soon: Waiting

    def met(self, name: str) -> bool:
        case, (_, calls_back) = self.cases[name], CASES[name]
        soon = called_ms(case) < _AIM_MS if calls_back else case.delay < self.soon.delay
        return soon and case.looks < self.few.looks


async def measure(*, quick: bool) -> Found:
    """About 40 s, or 15 s when it must be quick. Raises RuntimeError when the measured process fails."""
    jobs, seconds = _SIZES[quick]
    with tempfile.TemporaryDirectory(prefix="drawbridge-bench-") as folder:
        async with running("bench.watching", str(jobs), str(seconds), folder=Path(folder)) as process:
            told = json.loads(await process.first_line())
    cases = {name: _waiting(case["looks"], case["delays"]) for name, case in told.items()}
    tasks = durations(jobs)
    return Found(cases, _beat(tasks, _FEW), _beat(tasks, _SOON))


def called_ms(case: Waiting) -> float:
    """The median delay in true milliseconds: after a callback nothing waits, so that all of it is work."""
    return case.median / FACTOR * 1_000


def _waiting(looks: Sequence[float], delays: Sequence[float]) -> Waiting:
    return Waiting(fmean(looks), fmean(delays), median(delays))


def _beat(tasks: Sequence[float], beat: float) -> Waiting:
    looks = [math.ceil(task / beat) for task in tasks]
    return _waiting(looks, [made * beat - task for made, task in zip(looks, tasks, strict=True)])


def least_delay(looks: float) -> float:
    """The least mean delay in seconds that so many looks a task can have, when nothing but the distribution
    of the durations is known: about 1.7 s for five looks.

    With `l(t)` looks a second after `t` seconds, `f` the density of the ends and `S` the share of tasks that
    still run, there are `∫ l·S` looks and `∫ f/2l` seconds of delay. Their product is least for
    `l ~ √(f/S)`, and then it is `½(∫ √(f·S))²`.
    """
    logs, step = NormalDist(), 0.01
    whole = 0.0
    for index in range(1, int(20 * MEDIAN / step)):
        seconds = index * step
        z = math.log(seconds / MEDIAN) / SIGMA
        whole += math.sqrt(logs.pdf(z) / (SIGMA * seconds) * logs.cdf(-z)) * step
    return whole * whole / 2 / looks


def table(found: Found) -> Table:
    shown = Table("A gateway that", "looks", f"to {_FEW:g} s beat", "delay", f"to {_SOON:g} s beat", "met")
    shown.title = "Waiting for tasks: looks per job, mean delay"
    for name, case in found.cases.items():
        delay = f"{called_ms(case):.1f} ms, median" if CASES[name][1] else f"{case.delay:.2f} s"
        ratios = (f"{case.looks / found.few.looks:.2f}", f"{case.delay / found.soon.delay:.2f}")
        verdict = "yes" if found.met(name) else "NO"
        shown.add_row(_TITLES[name], f"{case.looks:.2f}", ratios[0], delay, ratios[1], verdict)
    shown.add_section()
    for beat, fixed in ((_FEW, found.few), (_SOON, found.soon)):
        shown.add_row(f"a beat of {beat:g} s", f"{fixed.looks:.2f}", "", f"{fixed.delay:.2f} s", "", "")
    return shown


def remarks(found: Found) -> Iterator[str]:
    yield (
        f"Tasks of {MEDIAN:g} s at the median (log-normal, sigma {SIGMA:g}) after {SEEN} were seen; time "
        f"{FACTOR} times as fast."
    )
    yield (
        f"Aims: fewer looks than every {_FEW:g} s and less delay than every {_SOON:g} s; where the gateway "
        f"calls back, a median delay under {_AIM_MS:g} ms."
    )
    yield (
        f"Where nothing is told both cannot be had: with the {found.few.looks:.1f} looks of the {_FEW:g} s "
        f"beat no schedule comes below about {least_delay(found.few.looks):.1f} s for tasks that differ so "
        "much."
    )


def figures(found: Found) -> dict[str, object]:
    """All of it for a machine to read; `delay_ms` is given where it is true time."""
    measured: dict[str, object] = {
        name: {
            "looks": round(case.looks, 3),
            "looks_ratio": round(case.looks / found.few.looks, 3),
            "delay_s": round(case.delay, 3),
            "delay_ratio": round(case.delay / found.soon.delay, 3),
            "met": found.met(name),
        }
        | ({"delay_ms": round(called_ms(case), 2)} if CASES[name][1] else {})
        for name, case in found.cases.items()
    }
    return measured | {"least_delay_s": round(least_delay(found.few.looks), 3)}
