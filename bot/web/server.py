"""The built-in web server: one listening socket for the playground, callbacks, media links and health.

Whatever is served here comes as a `Part`: routes with a limit for what may be sent to them. Every answer
carries the security headers below unless its handler set others, and no answer ever shows a traceback.
"""

import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

log = structlog.get_logger()

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_SMALL_BODY = 1024
_SHUTDOWN_SECONDS = 5.0
_MAX_HEADER = 16 * 1024


class CannotListen(Exception):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {reason}")
        self.host = host
        self.port = port
        self.reason = reason


class PortTaken(CannotListen):
    """Another program listens on this port already."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, "another program uses this port")


@dataclass(frozen=True, slots=True)
class Part:
    """Routes of one purpose. A request body of more than `body_limit` bytes is refused with 413.

    `stop` is called when the server begins to stop; it ends answers that would otherwise never end.
    """

    routes: Sequence[web.AbstractRouteDef]
    body_limit: int = _SMALL_BODY
    stop: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the server listens; `port` is the real one also when 0 was asked for."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address for a person on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return str(URL.build(scheme="http", host=host, port=self.port))


@asynccontextmanager
async def serve(parts: Sequence[Part], host: str, port: int) -> AsyncIterator[Listening]:
    """Serve `parts` while the context lasts; on leaving, running requests get a few seconds to end.

    Raises PortTaken, or CannotListen when the address is not ours or not allowed.
    """
    runner = web.AppRunner(
        _application(parts),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        max_field_size=_MAX_HEADER,
        max_line_size=_MAX_HEADER,
    )
    await runner.setup()
    try:
        await _listen(runner, host, port)
        bound = runner.addresses[0]
        yield Listening(host, int(bound[1]))
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host, port) from None
        raise CannotListen(host, port, error.strerror or str(error)) from None


def _application(parts: Sequence[Part]) -> web.Application:
    limits: dict[web.AbstractRoute, int] = {}
    app = web.Application(middlewares=[_hide_failures, _limit_bodies(limits)])
    app.on_response_prepare.append(_add_headers)
    for part in parts:
        for definition in part.routes:
            limits |= dict.fromkeys(definition.register(app.router), part.body_limit)
        if part.stop:
            app.on_shutdown.append(_calling(part.stop))
    return app


def _calling(stop: Callable[[], None]) -> Callable[[web.Application], Awaitable[None]]:
    async def call(_app: web.Application) -> None:
        stop()

    return call


@web.middleware
async def _hide_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (web.HTTPException, ConnectionError):
        raise
    except Exception:
        # The pattern, not the path: a path may hold a secret, such as the token of a callback.
        resource = request.match_info.route.resource
        log.exception("request failed", method=request.method, route=resource.canonical if resource else "")
        if request.writer.output_size:
            raise ConnectionResetError("the answer had begun") from None
        return web.Response(status=500, text="500: Internal Server Error")


def _limit_bodies(limits: Mapping[web.AbstractRoute, int]) -> Middleware:
    @web.middleware
    async def limit_body(request: web.Request, handler: Handler) -> web.StreamResponse:
        limit = limits.get(request.match_info.route, _SMALL_BODY)
        length = request.content_length or 0
        if length > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=length)
        return await handler(request.clone(client_max_size=limit))

    return limit_body


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall(hdrs.SERVER, None)  # which versions run here is nobody's business
