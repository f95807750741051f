"""A long day: hundreds of people, thirty groups, flood limits, troubles everywhere.

SOAK_DEEDS=40 makes a longer one of it (each person does so many things), SOAK_SEED=... repeats the choices of
another run.
"""

import asyncio
import contextlib
import logging
import os
import random
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox import Fault, FaultName, Options, Sandbox, serve
from bot.sandbox.drawing import paint_plain
from tests.crash.service import KEYS, TOKEN, Service
from tests.fakes.telegram import BotApi, FloodLimits
from tests.soak.audit import Audit, Books
from tests.soak.crowd import Crowd

_DEEDS = int(os.environ.get("SOAK_DEEDS", "4"))
_PEOPLE, _GROUPS = int(os.environ.get("SOAK_PEOPLE", "300")), 30
_SPED_UP = 20
"""Telegram's limits are so many times wider here, and the service knows: a day has to pass in a minute."""
_PAUSE = 2.0
_PATIENCE = 120.0 + 30 * _DEEDS
_SECONDS = 3 * _PATIENCE
_ROOM = 48 * 1024 * 1024

log = logging.getLogger(__name__)


@asynccontextmanager
async def outside(folder: Path, **rates: float) -> AsyncIterator[tuple[BotApi, Sandbox, Service]]:
    """A Bot API server, gateways, and a service that is running."""
    options = Options(
        latency=timedelta(seconds=0.2),
        spread=timedelta(seconds=0.6),
        capacity=dict.fromkeys(KEYS, 32),
        keys=frozenset(KEYS.values()),
        painter=paint_plain,
        allow_loopback=True,
    )
    sandbox = Sandbox(options)
    environment = {f"TELEGRAM_{name.upper()}": str(rate) for name, rate in rates.items()}
    async with AsyncExitStack() as stack:
        root = await stack.enter_async_context(serve(sandbox))
        api = await stack.enter_async_context(BotApi.serve(token=TOKEN, keep_uploads=False))
        service = Service(folder, root, api.url, public=True, environment=environment)
        stack.push_async_callback(service.close)
        await service.start()
        await service.until_ready()
        yield api, sandbox, service


@asynccontextmanager
async def troubles(api: BotApi, rng: random.Random) -> AsyncIterator[None]:
    """Telegram fails, stumbles and dawdles now and then; nothing it did is lost on the way back, because
    nobody could tell a message that was posted from one that was not.
    """
    sends = ("sendMessage", "sendPhoto", "sendDocument", "sendMediaGroup", "editMessageText", "getFile")

    async def make() -> None:
        while True:
            await asyncio.sleep(rng.random() * 0.3)
            api.heal()  # what nobody met is over: troubles must not pile up
            method = rng.choice((*sends, "getUpdates", "answerCallbackQuery", "setMessageReaction"))
            match rng.randrange(4):
                case 0:
                    api.fail(method, 500, "Internal Server Error")
                case 1:
                    api.bad_gateway(method)
                case 2:
                    api.cut(method, "before")
                case _:
                    api.delay(method, rng.random(), times=1)

    making = asyncio.create_task(make(), name="troubles")
    try:
        yield
    finally:
        making.cancel()
        await asyncio.wait([making])
        api.heal()


@pytest.mark.timeout(_SECONDS)
async def test_a_crowd_is_served_once_and_in_the_right_place_whatever_fails(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbelow(1_000_000))
    rng = random.Random(seed)
    limits = FloodLimits(
        chat_per_second=1 * _SPED_UP,
        chat_burst=3,
        group_per_minute=20 * _SPED_UP,
        overall_per_second=30 * _SPED_UP,
    )
    rates = {"rate": 30 * _SPED_UP, "chat_rate": 1 * _SPED_UP, "group_rate": 20 * _SPED_UP * 1.2}
    with _telling(seed):
        async with outside(tmp_path, **rates) as (api, sandbox, service):
            api.limit(limits)
            for name in (
                FaultName.RATE_LIMITED,
                FaultName.SERVER_ERROR,
                FaultName.DROP_AFTER,
                FaultName.SLOW,
            ):
                sandbox.add_faults(Fault(fault=name, times=None, probability=0.02))
            crowd = Crowd(api, int(TOKEN.partition(":")[0]), _PEOPLE, _GROUPS, rng, _PAUSE)
            async with troubles(api, rng):
                await crowd.live(1)
                await _until_all_is_told(service, crowd)
                before = service.memory
                await crowd.live(_DEEDS - 1)
                await _until_all_is_told(service, crowd)
            await _until_quiet(api)
            after = service.memory
            assert await service.terminate() == 0
            audit = Audit(crowd, Books.read(service.database))
            audit.check()
            limited = sum(count for (_, status), count in api.counts().items() if status == 429)
            log.warning(
                "%d deeds, %d pictures, %d times limited, memory %.0f -> %.0f MB, seed %d",
                len(crowd.deeds),
                audit.pictures,
                limited,
                before / 2**20,
                after / 2**20,
                seed,
            )
            assert "Traceback" not in service.log, service.log[service.log.index("Traceback") - 500 :][:5000]
            assert TOKEN not in service.log
            assert after < before + _ROOM


@pytest.mark.timeout(120)
async def test_two_hundred_people_at_once_are_all_answered_once_at_thirty_messages_a_second(
    tmp_path: Path,
) -> None:
    async with outside(tmp_path, rate=30, chat_rate=1, group_rate=20) as (api, _, service):
        api.limit(FloodLimits())
        people = [api.user(f"Person {number}", language_code="en") for number in range(200)]
        for person in people:
            api.say(person, api.private(person), "/draw a fox")
        await api.wait_for(lambda: all(api.photos(api.private(person)) for person in people), timeout=90)
        await _until_told(service, 30)
        assert await service.terminate() == 0
        for person in people:
            assert len(api.photos(api.private(person))) == 1
        books = Books.read(service.database)
        assert (books.open_holds, books.holds) == (0, 200)
        assert sum(count for (_, status), count in api.counts().items() if status == 429) == 0


async def _until_all_is_told(service: Service, crowd: Crowd) -> None:
    """Until the service knows of everything and has told how it ended."""
    api = crowd.botapi

    def all_heard() -> bool:
        return not len(api.world.updates) and not api.unanswered()

    await api.wait_for(all_heard, timeout=_PATIENCE)
    await _until_told(service, _PATIENCE)


async def _until_told(service: Service, seconds: float) -> None:
    """Until everybody knows how their job ended. Raises TimeoutError, with the end of the log."""
    give_up = time.monotonic() + seconds
    while untold := Books.read(service.database).untold:
        if time.monotonic() > give_up:
            raise TimeoutError(f"{untold} jobs not told within {seconds} s:\n{service.log[-5000:]}")
        assert service.alive, service.log[-3000:]
        await asyncio.sleep(0.5)


async def _until_quiet(api: BotApi) -> None:
    """Until nothing is sent any more: the last answers may be waiting for their turn."""
    while True:
        calls = sum(call.method != "getUpdates" for call in api.calls)
        await asyncio.sleep(3)
        if calls == sum(call.method != "getUpdates" for call in api.calls):
            return


@contextlib.contextmanager
def _telling(seed: int) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        error.add_note(f"SOAK_SEED={seed}")
        raise
