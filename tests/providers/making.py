"""What the provider tests make again and again: rows, submissions, small pictures."""

import io
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from PIL import Image

from bot.domain.catalogue import Route
from bot.domain.geometry import Size
from bot.domain.ids import CallId, GatewayId
from bot.domain.jobs import Reference
from bot.domain.request import Handle, ImageRequest, Kind
from bot.ports.gateway import Submission
from bot.ports.media import MediaStore


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
    references: Sequence[Reference] = (),
    mask: Reference | None = None,
    callback_url: str | None = None,
    call_id: str | None = None,
) -> Submission:
    """A submission of a new call unless `call_id` says which."""
    request = ImageRequest(
        kind=Kind.EDIT if references else Kind.DRAW,
        prompt=prompt,
        count=count,
        negative_prompt=negative_prompt,
        prompt_extension=not raw,
        references=tuple(Handle(reference.media_key) for reference in references),
    )
    size = size or (None if references else route_.default_size)
    return Submission(
        CallId(call_id or secrets.token_hex(7)),
        route_,
        request,
        count,
        size,
        seed,
        tuple(references),
        mask,
        callback_url,
    )


async def handed_in(
    media: MediaStore, *colours: str, format_: str = "PNG", size: tuple[int, int] = (640, 480)
) -> list[Reference]:
    """Plain images of these colours, prepared and kept as the core does it."""
    references = []
    for ordinal, colour in enumerate(colours):
        key = f"references/{colour}.{format_.lower()}"
        data = _encoded(Image.new("RGB", size, colour), format_)
        await media.put(key, _once(data))
        references.append(Reference(ordinal, key, *size, len(data), f"image/{format_.lower()}"))
    return references


async def mask_for(media: MediaStore, size: tuple[int, int] = (640, 480)) -> Reference:
    """A mask whose left half may change."""
    image = Image.new("RGBA", size, (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    data = _encoded(image, "PNG")
    await media.put("references/mask.png", _once(data))
    return Reference(0, "references/mask.png", *size, len(data), "image/png")


def picture(format_: str = "PNG", width: int = 40, height: int = 30) -> bytes:
    # Noise, so that half of the file is well before the end of the picture.
    image = Image.effect_noise((width, height), 80).convert("RGB")
    return _encoded(image, format_)


def _encoded(image: Image.Image, format_: str) -> bytes:
    file = io.BytesIO()
    image.save(file, format_)
    return file.getvalue()


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


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
