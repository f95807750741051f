"""What was measured, as a table with ratios and aims."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from bench import thrift, waiting
from bench.measuring import BURSTS, GATEWAY_SECONDS, Session
from bench.stage import Side

Sessions = Mapping[Side, list[Session]]

_WIDTH = 120
_ACCEPTS = {"idle": "Accept, one at a time", "burst": "Accept, in a burst"}


@dataclass(frozen=True, slots=True)
class Aim:
    """At most so many times the script's figure, and at most this figure; None where there is no aim."""

    ratio: float | None = None
    figure: float | None = None

    def __str__(self) -> str:
        parts = [
            *([f"< {self.ratio:g}x"] if self.ratio else []),
            *([f"< {self.figure:g}"] if self.figure else []),
        ]
        return ", ".join(parts)

    def met(self, figure: float, ratio: float) -> bool:
        return (self.ratio is None or ratio < self.ratio) and (self.figure is None or figure < self.figure)


@dataclass(frozen=True, slots=True)
class Line:
    """One measure. `base` is what `ours` is divided by: the script, or the smaller history."""

    key: str
    title: str
    unit: str
    base: float
    ours: float
    aim: Aim

    @property
    def ratio(self) -> float:
        return self.ours / self.base

    @property
    def verdict(self) -> str:
        if self.aim == Aim():
            return ""
        return "yes" if self.aim.met(self.ours, self.ratio) else "NO"


def lines(sessions: Sessions, accepting: Mapping[str, float]) -> list[Line]:
    """Every measure as the median over the sessions of each side."""
    most = BURSTS[-1]
    found = [_line(sessions, "idle_ms", "Added to the gateway's own time, idle", "ms", _idle, Aim(ratio=2))]
    for jobs in BURSTS:
        aim = Aim(ratio=1.3, figure=4 * GATEWAY_SECONDS) if jobs == most else Aim()
        title = f"Answering {jobs:,} jobs at once, {GATEWAY_SECONDS:g} s gateway"
        found.append(_line(sessions, f"burst_{jobs}_s", title, "s", _seconds(jobs), aim))
    for jobs in BURSTS:
        aim = Aim(ratio=2, figure=8) if jobs == most else Aim()
        found.append(_line(sessions, f"cpu_{jobs}_ms", f"CPU per job, of {jobs:,}", "ms", _cpu(jobs), aim))
    if all(session.peak_memory for side in sessions.values() for session in side):
        found.append(_line(sessions, "peak_mb", "Peak memory", "MB", _memory, Aim(figure=250)))
    return [*found, *_accepting(accepting)]


def _line(
    sessions: Sessions, key: str, title: str, unit: str, read: Callable[[Session], float], aim: Aim
) -> Line:
    base, ours = (median(map(read, sessions[side])) for side in (Side.SCRIPT, Side.OURS))
    return Line(key, title, unit, base, ours, aim)


def _idle(session: Session) -> float:
    return median(session.idle) * 1_000


def _seconds(jobs: int) -> Callable[[Session], float]:
    return lambda session: session.bursts[jobs].seconds


def _cpu(jobs: int) -> Callable[[Session], float]:
    return lambda session: session.bursts[jobs].cpu / jobs * 1_000


def _memory(session: Session) -> float:
    return session.peak_memory or 0.0


def _accepting(figures: Mapping[str, float]) -> Iterable[Line]:
    for kind, title in _ACCEPTS.items():
        if f"many_{kind}_ms" in figures:
            base, ours = figures[f"few_{kind}_ms"], figures[f"many_{kind}_ms"]
            yield Line(f"accept_{kind}_ms", title, "ms", base, ours, Aim(ratio=1.2))


def table(found: Iterable[Line]) -> Table:
    shown = Table("", "script", "Drawbridge", "ratio", "aim", "met", title="Drawbridge against a minimal bot")
    for line in found:
        if line.key.startswith("accept") and "accept" not in (shown.title or ""):
            shown.add_section()
            shown.add_row("", "1,000 jobs", "1,000,000 jobs", "", "", "", style="dim")
            shown.title = f"{shown.title}, and accepting with a long history"
        figures = (f"{figure:.2f} {line.unit}" for figure in (line.base, line.ours))
        shown.add_row(line.title, *figures, f"{line.ratio:.2f}", str(line.aim), line.verdict)
    return shown


def bottlenecks(sessions: Sessions) -> Iterable[str]:
    """What the machine was busy with in the large burst, and how often the chat platform was called."""
    most = BURSTS[-1]
    for side, measured in sessions.items():
        bursts = [session.bursts[most] for session in measured]
        busy = {name: median(burst.busy[name] for burst in bursts) for name in bursts[0].busy}
        shares = ", ".join(f"{name} {share:.0%}" for name, share in busy.items())
        calls = ", ".join(f"{count} {name}" for name, count in sorted(bursts[0].calls.items()) if count)
        yield f"{side}, {most:,} jobs: of one core {shares}; {calls}"


def show(sessions: Sessions, accepting: Mapping[str, float], found: Iterable[Line]) -> None:
    console = _console()
    console.print(table(found))
    for text in bottlenecks(sessions):
        console.print(text, highlight=False)
    if accepting:
        console.print(f"A bare flush to this disk takes {accepting['flush_ms']:.2f} ms.", highlight=False)


def show_waiting(waited: waiting.Found) -> None:
    console = _console()
    console.print(waiting.table(waited))
    for text in waiting.remarks(waited):
        console.print(text, highlight=False)


def show_thrift(found: list[thrift.Found]) -> None:
    _console().print(thrift.table(found))


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH)


def figures(found: Iterable[Line], accepting: Mapping[str, float]) -> dict[str, object]:
    """All of it for a machine to read."""
    measures = {
        line.key: {
            "base": round(line.base, 3),
            "ours": round(line.ours, 3),
            "ratio": round(line.ratio, 3),
            "aim": str(line.aim) or None,
            "met": {"yes": True, "NO": False}.get(line.verdict),
        }
        for line in found
    }
    return {"measures": measures, "accepting": dict(accepting)}
