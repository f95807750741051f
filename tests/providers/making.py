"""What the provider tests make again and again: rows, submissions, small pictures."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from PIL import Image

from bot.domain.catalogue import Route
from bot.domain.geometry import Size
from bot.domain.ids import CallId, GatewayId
from bot.domain.request import ImageRequest, Kind
from bot.ports.gateway import Submission


def route(gateway: str = "g", model: str = "m", **keys: object) -> Route:
    return Route.model_validate({"gateway": gateway, "model": model, "name": model, **keys})


def submission(
    route_: Route,
    prompt: str = "a red kite",
    *,
    count: int = 1,
    size: Size | None = None,
    seed: int | None = None,
    negative_prompt: str | None = None,
    raw: bool = False,
) -> Submission:
    request = ImageRequest(
        kind=Kind.DRAW,
        prompt=prompt,
        count=count,
        negative_prompt=negative_prompt,
        prompt_extension=not raw,
    )
    return Submission(CallId("c1"), route_, request, count, size or route_.default_size, seed)


def picture(format_: str = "PNG", width: int = 40, height: int = 30) -> bytes:
    # Noise, so that half of the file is well before the end of the picture.
    image = Image.effect_noise((width, height), 80).convert("RGB")
    file = io.BytesIO()
    image.save(file, format_)
    return file.getvalue()


@asynccontextmanager
async def web_server(*routes: web.RouteDef) -> AsyncIterator[str]:
    """A small server on loopback; yields its root address."""
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


GATEWAY = GatewayId("g")
