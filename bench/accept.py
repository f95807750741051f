"""How long accepting takes, after a thousand jobs and after a million.

Both databases are measured in turns within one run, so that whatever else the machine does meets both.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, timedelta
from itertools import count
from pathlib import Path

from bench.history import BUSIEST, NOW, PEOPLE, write_history
from bot.domain.ids import Micros, Millis
from bot.domain.jobs import Address
from bot.domain.ledger import Plan
from bot.domain.request import ImageRequest, Kind
from bot.ports.store import Opened, Order
from bot.store.database import open_database
from bot.store.jobs import JobStore

FEW, MANY = 1_000, 1_000_000
ROUNDS, SINGLES, BURST = 25, 40, 1_000
PAUSE = 2 * 86_400_000
"""Milliseconds from the past to the first round, and between two, in the time of the jobs: nobody has used
anything of a round's day, so that it is history alone that differs."""

_PLAN = Plan(pictures_per_day=1_000_000, in_flight=1_000_000, per_minute=1_000_000)


async def measure(few: int = FEW, many: int = MANY) -> dict[str, float]:
    """Milliseconds per accept and the ratios of many to few; `flush_ms` is a bare flush to the same disk."""
    with tempfile.TemporaryDirectory(prefix="drawbridge-bench-", dir=Path.cwd()) as name:
        folder = Path(name)
        async with AsyncExitStack() as stack:
            stores: dict[str, JobStore] = {}
            for label, jobs in (("few", few), ("many", many)):
                path = folder / f"{label}.sqlite"
                await write_history(path, jobs)
                stores[label] = JobStore(await stack.enter_async_context(open_database(path)))
            return _summary(await _rounds(stores, folder))


async def _rounds(stores: dict[str, JobStore], folder: Path) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = defaultdict(list)
    numbers = count(1_000_000_000)
    for turn in range(ROUNDS):
        now = Millis(NOW + (turn + 1) * PAUSE)
        labels = list(stores) if turn % 2 else list(stores)[::-1]
        for label in labels:
            taken[f"{label}_burst"].append(await _burst(stores[label], numbers, now))
        for _ in range(SINGLES):
            for label in labels:
                taken[f"{label}_idle"].append(await _single(stores[label], numbers, now))
            taken["flush"].append(_flush(folder))
    return taken


async def _single(store: JobStore, numbers: Iterator[int], now: Millis) -> float:
    order = _order(next(numbers))
    begun = time.perf_counter()
    opened = await store.accept(order, _PLAN, now, UTC)
    taken = time.perf_counter() - begun
    assert isinstance(opened, Opened)
    await store.cancel(opened.job.id, now)  # leave the account as it was found
    return taken


async def _burst(store: JobStore, numbers: Iterator[int], now: Millis) -> float:
    orders = [_order(next(numbers)) for _ in range(BURST)]
    begun = time.perf_counter()
    accepting = (store.accept(order, _PLAN, Millis(now + n), UTC) for n, order in enumerate(orders))
    opened = [one for one in await asyncio.gather(*accepting) if isinstance(one, Opened)]
    taken = time.perf_counter() - begun
    assert len(opened) == BURST
    await asyncio.gather(*(store.cancel(one.job.id, Millis(now + n)) for n, one in enumerate(opened)))
    return taken / BURST


def _order(number: int) -> Order:
    """Every fourth order comes from the busiest person."""
    person = BUSIEST if number % 4 == 0 else number * 104_729 % PEOPLE
    return Order(
        event_key=f"telegram:{number}",
        platform="telegram",
        person=str(person),
        address=Address("telegram", str(person), None, str(number)),
        locale="en",
        request=ImageRequest(Kind.DRAW, f"a fox in the snow, number {number}"),
        price=Micros(40_000),
        deadline=timedelta(minutes=15),
    )


def _flush(folder: Path) -> float:
    """A page and its frame header, appended and flushed: the least a durable commit can cost."""
    with (folder / "flush").open("ab", buffering=0) as file:
        file.write(bytes(4_096 + 24))
        begun = time.perf_counter()
        os.fsync(file.fileno())
        return time.perf_counter() - begun


def _summary(taken: dict[str, list[float]]) -> dict[str, float]:
    """The lower quartiles: above them one measures what else the machine was doing."""
    figures = {f"{label}_ms": statistics.quantiles(times)[0] * 1_000 for label, times in taken.items()}
    for kind in ("idle", "burst"):
        figures[f"{kind}_ratio"] = figures[f"many_{kind}_ms"] / figures[f"few_{kind}_ms"]
    return {label: round(figure, 3) for label, figure in sorted(figures.items())}


def main() -> None:
    json.dump(asyncio.run(measure()), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
