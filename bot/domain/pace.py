"""When to look at a task next: learned from how long earlier ones took.

A look costs the gateway a request, a late look costs the person time. A schedule here makes fewer looks than
a fixed beat of five seconds would, and for that number of looks the smallest delay there can be for the
durations that were seen: no look where no task ends, many where most do. It is found by dynamic programming
over the durations, each blurred a little: the next tasks will end near those moments, not at them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from math import exp, log
from statistics import NormalDist, pstdev

_ENOUGH = 20
"""Below this many durations a schedule would be guesswork."""

_POINTS = 64
_LEAST = 0.01  # seconds; nothing is quicker
_BLUR = 0.4  # of the width that suits durations with a single peak: there may be several
_OFFSETS = tuple(NormalDist().inv_cdf((index + 0.5) / 5) for index in range(5))
_TELLING = 10  # per cent of a task; less of it tells little about the rest
_NEAR = 75
_NEARLY = 0.85
_SHORTEST = 0.5
_MARGIN = 0.1  # seconds after the moment at which tasks used to end
_PRICES = (0.01, 1000.0)  # seconds of delay that one look is worth, at least and at most
_SEARCH = 16
_BEAT = 5.0
_THRIFT = 0.84  # the share of the beat's looks that we allow ourselves


@dataclass(frozen=True, slots=True)
class Schedule:
    """Moments to look, in seconds after the task was accepted, ascending; then every `beat` seconds."""

    looks: tuple[float, ...]
    beat: float

    def next(self, elapsed: float) -> timedelta:
        """How long to wait for the next look, `elapsed` seconds after the task was accepted."""
        index = bisect_right(self.looks, elapsed + 0.05)
        if index < len(self.looks):
            return timedelta(seconds=self.looks[index] - elapsed)
        return timedelta(seconds=self.beat)


def learn(durations: Sequence[float], first: float, beat: float) -> Schedule:
    """The schedule for a route whose tasks took `durations` seconds.

    Before enough of them were seen it is what the gateway's row says: a `first` look, then every `beat`.
    """
    if len(durations) < _ENOUGH:
        return Schedule((first,), beat)
    points = _condense(_blur(durations))
    allowed = _THRIFT * sum(-(-point // _BEAT) for point in points) / len(points)
    return Schedule(_quickest(points, max(1.0, allowed)), max(beat, 0.1 * points[len(points) // 2]))


def foretell(elapsed: float, progress: int | None) -> timedelta | None:
    """The wait until a task should be done that has come `progress` per cent far in `elapsed` seconds.

    None when that tells too little: nothing is known, it has hardly begun, or it claims to be done.
    """
    if progress is None or not _TELLING <= progress < 100 or elapsed <= 0:
        return None
    left = elapsed * (100 - progress) / progress
    # Early on a per cent more or less is much: look once more shortly before the end that is foretold.
    wait = left * _NEARLY if progress < _NEAR else left + _MARGIN
    return timedelta(seconds=max(min(wait, elapsed * 4), _SHORTEST))


def _blur(durations: Sequence[float]) -> list[float]:
    """Each duration as five around it, ascending, none beyond the longest.

    How far around follows Silverman's rule for the logarithms: the fewer were seen, and the more they
    differ, the less a single one tells.
    """
    logs = sorted(log(max(duration, _LEAST)) for duration in durations)
    quarter = len(logs) // 4
    spread = min(pstdev(logs), (logs[-1 - quarter] - logs[quarter]) / 1.34)
    width = _BLUR * spread * len(logs) ** -0.2
    return sorted(exp(min(each + width * offset, logs[-1])) for each in logs for offset in _OFFSETS)


def _condense(ordered: Sequence[float]) -> list[float]:
    """At most `_POINTS` equally likely durations that stand for all."""
    if len(ordered) <= _POINTS:
        return list(ordered)
    return [ordered[(2 * index + 1) * len(ordered) // (2 * _POINTS)] for index in range(_POINTS)]


def _quickest(points: Sequence[float], allowed: float) -> tuple[float, ...]:
    """Of the best schedules for each price of a look, the one of least delay with `allowed` looks a task."""
    low, high = _PRICES
    for _ in range(_SEARCH):
        price = (low * high) ** 0.5
        low, high = (low, price) if _looks_a_task(points, _best(points, price)) <= allowed else (price, high)
    return _best(points, high)


def _looks_a_task(points: Sequence[float], looks: Sequence[float]) -> float:
    return sum(bisect_left(looks, point) + 1 for point in points) / len(points)


def _best(points: Sequence[float], price: float) -> tuple[float, ...]:
    """The schedule of least expected price plus delay, when one look costs as much as `price` seconds.

    `cost[i]` is the sum over the tasks from the i-th on that remain after a look; looking next at the j-th
    duration costs one look for each of them, and the delay of those that end in between.
    """
    count = len(points)
    sums = [0.0, *accumulate(points)]
    cost = [0.0] * (count + 1)
    choice = [count] * count
    for start in range(count - 1, -1, -1):
        best = float("inf")
        for end in range(start, count):
            delay = (points[end] + _MARGIN) * (end + 1 - start) - (sums[end + 1] - sums[start])
            total = price * (count - start) + delay + cost[end + 1]
            if total < best:
                best, choice[start] = total, end
        cost[start] = best
    return tuple(_follow(points, choice))


def _follow(points: Sequence[float], choice: Sequence[int]) -> Iterator[float]:
    start = 0
    while start < len(points):
        yield points[choice[start]] + _MARGIN
        start = choice[start] + 1
