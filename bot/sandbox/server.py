"""All imitations on one web server."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.control import control_routes
from bot.sandbox.desk import Desk
from bot.sandbox.errands import Errands
from bot.sandbox.faults import ANY, Fault, Faults
from bot.sandbox.imitation import mount
from bot.sandbox.options import Options
from bot.sandbox.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.sandbox.tally import Tally

_PAINTED_AT_ONCE = 2
_BACKLOG = 2048  # a burst beyond the usual 128 would wait seconds for the system to try again
_GRACE = 0.1  # seconds for answers under way when the server stops; the rest is cut


class Sandbox:
    """The gateways, their books and their faults. Serves one application at a time.

    ValueError when the options name an unknown gateway.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        for gateway in self.options.capacity:
            _check_gateway(gateway)
        self._faults = Faults()
        self._errands = Errands()
        easel = asyncio.Semaphore(_PAINTED_AT_ONCE)
        self._desks = {
            entry.gateway: Desk(entry.gateway, self.options, self._faults, self._errands, easel)
            for entry in REGISTRY
        }

    @property
    def tallies(self) -> Mapping[str, Tally]:
        """Counts by gateway id."""
        return {gateway: desk.tally for gateway, desk in self._desks.items()}

    def reset(self) -> None:
        """Counts back to zero; faults, tasks and links stay."""
        for desk in self._desks.values():
            desk.tally.reset()

    def add_faults(self, *faults: Fault) -> None:
        """Misbehave as asked; ValueError, and no fault added, when a gateway is unknown."""
        for fault in faults:
            if fault.gateway != ANY:
                _check_gateway(fault.gateway)
        for fault in faults:
            self._faults.add(fault)

    def clear_faults(self) -> None:
        self._faults.clear()

    def app(self) -> web.Application:
        """The web application; `serve` runs it."""
        app = web.Application()
        app.add_routes(control_routes(self))
        for entry in REGISTRY:
            app.add_subapp(f"/{entry.gateway}", mount(entry.build(self._desks[entry.gateway])))

        async def close(_: web.Application) -> None:
            await self._errands.close()

        app.on_cleanup.append(close)
        return app


def _check_gateway(gateway: str) -> None:
    known = [entry.gateway for entry in REGISTRY]
    if gateway not in known:
        message = f"unknown gateway {gateway!r}, there are {', '.join(known)}"
        raise ValueError(message)


def base_urls(root: str) -> dict[str, str]:
    """The base address of each gateway, by its id, of a sandbox at `root`."""
    return {entry.gateway: f"{root.rstrip('/')}/{entry.gateway}{entry.base_path}" for entry in REGISTRY}


@asynccontextmanager
async def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve until the block ends and yield the root address; port 0 takes a free one.

    OSError when the address cannot be bound.
    """
    runner = web.AppRunner(sandbox.app(), access_log=None, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
        bound = runner.addresses[0]
        shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        yield f"http://{shown}:{bound[1]}"
    finally:
        await runner.cleanup()
