"""The server as tests hold it: opened with `serve`, people's verbs, a witness of the bot, planned faults."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web

from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.control import Control
from tests.fakes.telegram.errors import Refusal
from tests.fakes.telegram.faults import BadGateway, Cut, Delay, Fail, When
from tests.fakes.telegram.flood import FloodLimits
from tests.fakes.telegram.people import People
from tests.fakes.telegram.server import Door, application
from tests.fakes.telegram.webhook import deliver_for_ever
from tests.fakes.telegram.witness import Witness
from tests.fakes.telegram.world import World

TEST_TOKEN: Final = "123456:TEST"


class BotApi(People, Witness):
    """A Bot API server on loopback. `url` is the root address, without a final slash."""

    def __init__(self, world: World, door: Door) -> None:
        People.__init__(self, world)
        Witness.__init__(self, world, door)
        self.url = ""

    @classmethod
    @contextlib.asynccontextmanager
    async def serve(
        cls,
        *,
        token: str = TEST_TOKEN,
        port: int = 0,
        keep_uploads: bool = True,
        privacy: bool = False,
        flood: FloodLimits | None = None,
    ) -> "AsyncIterator[BotApi]":
        """Serves on 127.0.0.1 until the block ends; port 0 takes a free one.

        `keep_uploads=False` keeps only size, hash and pixels of what the bot uploads; `privacy` turns on
        the filter for groups; `flood` turns on flood control.
        """
        world = World(token, keep_uploads=keep_uploads, privacy=privacy)
        api = cls(world, Door(world))
        api.limit(flood)
        async with contextlib.AsyncExitStack() as stack:
            runner = await _runner(api)
            stack.push_async_callback(runner.cleanup)
            stack.callback(world.updates.close)
            await stack.enter_async_context(_background(api))
            # A bench opens a thousand connections at once, and each that is dropped waits a second.
            site = web.TCPSite(runner, "127.0.0.1", port, backlog=4096)
            await site.start()
            api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield api

    def limit(self, flood: FloodLimits | None) -> None:
        """Switches flood control on, or off with None; what was sent before does not count."""
        self.door.limit(flood)

    def fail(
        self,
        method: str,
        error_code: int,
        description: str,
        parameters: dict[str, Any] | None = None,
        *,
        times: int | None = 1,
        chat: Chat | None = None,
    ) -> None:
        """Answers the method's next calls with this error, without effect. `times` None: until `heal`."""
        fault = Fail(Refusal(error_code, description, parameters))
        self.door.faults.plan(method, fault, times, None if chat is None else chat.id)

    def bad_gateway(self, method: str, *, times: int | None = 1) -> None:
        """Answers with a proxy's HTML page and status 502, without effect."""
        self.door.faults.plan(method, BadGateway(), times)

    def cut(self, method: str, when: When, *, times: int | None = 1) -> None:
        """Aborts the connection instead of answering, before or after the method takes effect."""
        self.door.faults.plan(method, Cut(when), times)

    def delay(self, method: str, seconds: float, *, times: int | None = None) -> None:
        """Takes so long before the method takes effect; the only fault that combines with another."""
        self.door.faults.plan(method, Delay(seconds), times)

    def heal(self) -> None:
        """Forgets every planned fault."""
        self.door.faults.heal()


async def _runner(api: BotApi) -> web.AppRunner:
    app = application()
    api.door.add_routes(app)
    Control(api, api, api.door).add_routes(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    return runner


@contextlib.asynccontextmanager
async def _background(api: BotApi) -> AsyncIterator[None]:
    delivery = asyncio.create_task(deliver_for_ever(api.world), name="telegram fake: webhook delivery")
    try:
        yield
    finally:
        delivery.cancel()
        await asyncio.wait([delivery])
        if not delivery.cancelled():
            delivery.result()
