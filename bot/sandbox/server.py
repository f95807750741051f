"""All imitations on one web server."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.control import control_routes
from bot.sandbox.desk import Desk
from bot.sandbox.errands import Errands
from bot.sandbox.evolink_files import SERVICE as EVOLINK_FILES
from bot.sandbox.faults import ANY, Fault, Faults
from bot.sandbox.imitation import mount
from bot.sandbox.memory import Memory
from bot.sandbox.options import Options
from bot.sandbox.registry import REGISTRY, SERVICES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.sandbox.tally import Tally

_PAINTED_AT_ONCE = 2
_SERVER = "server"  # the shelf of what belongs to no gateway
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
        self._memory = Memory(self.options.memory)
        self._faults = Faults()
        self._errands = Errands()
        easel = asyncio.Semaphore(_PAINTED_AT_ONCE)
        self._desks = {
            entry.gateway: Desk(
                entry.gateway,
                self.options,
                self._memory,
                self._faults,
                self._errands,
                easel,
                entry.link_life,
            )
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

    @property
    def port(self) -> int:
        """The port remembered from before, 0 for none. It can be asked for while the sandbox is served."""
        return int(self._memory.get(_SERVER, "port") or 0)

    @port.setter
    def port(self, port: int) -> None:
        self._memory.put(_SERVER, "port", b"%d" % port)

    def app(self) -> web.Application:
        """The web application; `serve` runs it."""
        app = web.Application()
        app.add_routes(control_routes(self))
        imitations = [entry.build(self._desks[entry.gateway]) for entry in REGISTRY]
        for entry, imitation in zip(REGISTRY, imitations, strict=True):
            app.add_subapp(f"/{entry.gateway}", mount(imitation, imitation.desk.hosting.routes()))
        for service in SERVICES:
            app.add_subapp(f"/{service.path}", mount(service.build(self._desks[service.gateway])))

        async def live(_: web.Application) -> AsyncIterator[None]:
            self._memory.open()
            try:
                for imitation in imitations:
                    imitation.resume()
                yield
            finally:
                await self._errands.close()
                self._memory.close()

        app.cleanup_ctx.append(live)
        return app


def _check_gateway(gateway: str) -> None:
    known = [entry.gateway for entry in REGISTRY]
    if gateway not in known:
        message = f"unknown gateway {gateway!r}, there are {', '.join(known)}"
        raise ValueError(message)


def base_urls(root: str) -> dict[str, str]:
    """The base address of each gateway, by its id, of a sandbox at `root`."""
    return {entry.gateway: f"{root.rstrip('/')}/{entry.gateway}{entry.base_path}" for entry in REGISTRY}


def files_base_url(root: str) -> str:
    """The base address of EvoLink's upload service, of a sandbox at `root`."""
    return f"{root.rstrip('/')}/{EVOLINK_FILES}"


@asynccontextmanager
async def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve until the block ends and yield the root address.

    Port 0 takes the one this sandbox remembers, so that its links stay valid, or a free one.

    OSError when the address cannot be bound.
    """
    runner = web.AppRunner(sandbox.app(), access_log=None, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        await _listen(runner, host, port or sandbox.port, fallback=not port)
        bound = runner.addresses[0]
        sandbox.port = bound[1]
        shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        yield f"http://{shown}:{bound[1]}"
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int, *, fallback: bool) -> None:
    try:
        await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
    except OSError:
        if not (port and fallback):
            raise
        await web.TCPSite(runner, host, 0, backlog=_BACKLOG).start()
