"""The process that is measured waiting: ``python -m bench.watching JOBS SECONDS``.

So many jobs at each of four gateways, begun evenly over so many seconds (of the hurried time): gateways that
tell how far they are and that do not, each asked only, and each calling back. The calls, what they learn and
the database are the real ones; only the chat is missing.
"""

import asyncio
import json
import logging
import math
import random
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC
from itertools import count
from pathlib import Path
from statistics import NormalDist

import structlog

from bench.hurry import HurryingClock, HurryingLoop
from bench.tasks import Task, TaskGateway, serve
from bot.core.calls import Calls, Tools
from bot.core.health import Health
from bot.core.ids import new_id
from bot.core.pacing import Pacing
from bot.core.routing import Preferences, Router
from bot.core.steps import Steps
from bot.core.voice import Voice
from bot.domain.catalogue import Catalogue, Gateway, Route
from bot.domain.decide import Policy
from bot.domain.ids import CallId, GatewayId, Micros
from bot.domain.jobs import Address, Call, CallState, Job
from bot.domain.ledger import Plan
from bot.domain.request import Handle, ImageRequest, Kind
from bot.media.folder import FolderMedia
from bot.ports.chat import Parcel, Sent, Status
from bot.ports.store import Opened, Order
from bot.providers.access import Access
from bot.providers.catalogue import load
from bot.providers.fetcher import open_fetcher
from bot.providers.registry import open_gateways
from bot.store.database import open_database
from bot.store.jobs import JobStore
from bot.store.routes import RouteStore
from bot.web.callbacks import Callbacks
from bot.web.server import serve as serve_web

MEDIAN, SIGMA = 20.0, 0.5
"""Of the tasks' durations in seconds, which are distributed log-normally."""

SEEN = 50
TELLING, SILENT = "evolink", "qwen-image-2512"
CASES = {
    "telling": (TELLING, False),
    "silent": (SILENT, False),
    "telling, calls": (TELLING, True),
    "silent, calls": (SILENT, True),
}
"""Gateway, and whether it can call us."""

_PLAN = Plan(pictures_per_day=1_000_000, in_flight=1_000_000, per_minute=1_000_000)


def durations(jobs: int) -> list[float]:
    """So many durations, as evenly distributed as can be, in a random order that is always the same."""
    logs = NormalDist(math.log(MEDIAN), SIGMA)
    exact = [math.exp(logs.inv_cdf((index + 0.5) / jobs)) for index in range(jobs)]
    random.Random(jobs).shuffle(exact)
    return exact


class _Nobody:
    """Implements `bot.ports.chat.Chat` for a bench that shows nothing to anybody."""

    async def show(self, _job: Job, _status: Status) -> str | None:
        return None

    async def deliver(self, _parcel: Parcel) -> AsyncGenerator[Sent, None]:
        sent: Sequence[Sent] = ()
        for each in sent:
            yield each

    async def fetch(self, _handle: Handle) -> AsyncGenerator[bytes, None]:
        chunks: Sequence[bytes] = ()
        for each in chunks:
            yield each

    async def remove(self, _chat: str, _messages: Sequence[str]) -> None:
        """Nothing was shown."""

    async def is_admin(self, _chat: str, _person: str) -> bool:
        return False

    async def forget(self, _person: str) -> None:
        """Nothing is kept."""


class Watcher:
    """Calls at one gateway, and what they stand on. Open `calls` before the first `watch`."""

    calls: Calls

    def __init__(self, store: JobStore, routes: RouteStore, gateway: Gateway, route: Route) -> None:
        self.clock = HurryingClock()
        self.store = store
        self.routes = routes
        self.pacing = Pacing(routes)
        self.route = route
        self._gateway = gateway
        self._numbers = count()

    async def learn(self) -> None:
        """Have seen some tasks before."""
        await self.pacing.open(self._gateway, self.route)
        dice = random.Random(SEEN)
        for _ in range(SEEN):
            seconds = dice.lognormvariate(math.log(MEDIAN), SIGMA)
            self.pacing.took(self.route, seconds, seconds)

    async def heard(self, call_id: CallId) -> None:
        await self.routes.note_callback(call_id, self.clock.now())
        self.calls.ring(call_id)

    async def watch(self) -> None:
        """Bring one job to its pictures."""
        order = _order(next(self._numbers))
        opened = await self.store.accept(order, _PLAN, self.clock.now(), UTC)
        assert isinstance(opened, Opened)
        await self.store.begin(opened.job, [self._call(opened.job)], self.clock.now())
        job = await self.store.load(opened.job.id)
        assert job is not None
        await self.calls.bring_forward(job, job.calls[0], Voice(job, _Nobody(), self.store))

    def _call(self, job: Job) -> Call:
        return Call(
            id=CallId(new_id(self.clock.now())),
            job_id=job.id,
            ordinal=0,
            gateway=self.route.gateway,
            route=self.route.key,
            offset=0,
            count=1,
            seed=None,
            size="1024x1024",
            state=CallState.PLANNED,
        )


async def case(name: str, jobs: int, seconds: float) -> dict[str, list[float]]:
    """Looks per job, and the seconds from each task's end to the moment when we were told of it."""
    gateway_id, calls_back = CASES[name]
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drawbridge-bench-")))
        gateway, url = await stack.enter_async_context(serve(durations(jobs)))
        watcher = await _open_watcher(folder, GatewayId(gateway_id), url, stack, calls_back=calls_back)
        await watcher.learn()
        await _watch_evenly(watcher, jobs, seconds)
        return _figures(gateway)


async def _watch_evenly(watcher: Watcher, jobs: int, seconds: float) -> None:
    async with asyncio.TaskGroup() as watching:
        for _ in range(jobs):
            watching.create_task(watcher.watch())
            await asyncio.sleep(seconds / jobs)


def _figures(gateway: TaskGateway) -> dict[str, list[float]]:
    return {
        "looks": [task.looks for task in gateway.tasks],
        "delays": list(_delays(gateway.tasks)),
    }


def _delays(tasks: Sequence[Task]) -> Iterator[float]:
    for task in tasks:
        if task.told is None:
            raise RuntimeError("a task ended and nobody asked")
        yield round(task.told - task.ended, 4)


async def _open_watcher(
    folder: Path, id_: GatewayId, url: str, stack: AsyncExitStack, *, calls_back: bool
) -> Watcher:
    catalogue = _catalogue(id_)
    route = next(route for route in catalogue.routes if Kind.DRAW in route.kinds)
    access = {id_: Access(key="bench", base_url=url)}
    database = await stack.enter_async_context(open_database(folder / "bench.sqlite"))
    media = FolderMedia(folder / "media")
    watcher = Watcher(JobStore(database), RouteStore(database), catalogue.gateways[id_], route)
    health = Health(Policy(), watcher.clock)
    watcher.calls = Calls(
        Tools(
            store=watcher.store,
            catalogue=catalogue,
            gateways=await stack.enter_async_context(open_gateways(catalogue, access, media)),
            fetcher=await stack.enter_async_context(open_fetcher(catalogue, access, media)),
            router=Router(catalogue, Preferences(), health, watcher.clock),
            health=health,
            pacing=watcher.pacing,
            routes=watcher.routes,
            policy=Policy(),
            clock=watcher.clock,
            steps=Steps(),
            callback_address=await _listen(watcher.heard, stack) if calls_back else None,
        )
    )
    return watcher


def _catalogue(id_: GatewayId) -> Catalogue:
    """The gateway's own rows, without its limit of calls at once: it is not what is measured."""
    catalogue = load(None).only(frozenset({id_}))
    row = catalogue.gateways[id_].model_copy(update={"concurrency": 10_000})
    return catalogue.model_copy(update={"gateways": {id_: row}})


async def _listen(
    heard: Callable[[CallId], Awaitable[None]], stack: AsyncExitStack
) -> Callable[[CallId], str]:
    """Where the gateway can call us."""
    secret = b"a secret of the bench"
    part = Callbacks(secret, "http://127.0.0.1").part(heard)
    listening = await stack.enter_async_context(serve_web([part], "127.0.0.1", 0))
    return Callbacks(secret, listening.url).address


def _order(number: int) -> Order:
    return Order(
        event_key=f"bench:{number}",
        platform="bench",
        person=str(number % 250),
        address=Address("bench", str(number % 250)),
        locale="en",
        request=ImageRequest(Kind.DRAW, f"a fox in the snow, number {number}"),
        price=Micros(0),
        deadline=Policy().deadline,
    )


async def _all(jobs: int, seconds: float) -> dict[str, dict[str, list[float]]]:
    found = await asyncio.gather(*(case(name, jobs, seconds) for name in CASES))
    return dict(zip(CASES, found, strict=True))


def main() -> None:
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    with asyncio.Runner(loop_factory=HurryingLoop) as runner:
        print(json.dumps(runner.run(_all(int(sys.argv[1]), float(sys.argv[2])))), flush=True)


if __name__ == "__main__":
    main()
