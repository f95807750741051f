"""Result links: unguessable, short-lived, and treacherous on request.

A picture is painted when its link is asked for, not before.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import struct
import time
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.drawing import Drawing, PictureFormat
from bot.sandbox.faults import OF_A_LINK, OF_A_PICTURE, OF_THE_ANSWER, Endpoint, Fault, FaultName
from bot.sandbox.memory import Shelf
from bot.sandbox.refusals import Cut, Kind, Refusal
from bot.sandbox.wire import PAGE, spoil

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.sandbox.desk import Desk

_BOMB_SIDE = 60_000
_IMAGES = "images"  # the shelf of all gateways' images
_BLOCK = bytes(64 * 1024)
_MEDIA_TYPES = {
    PictureFormat.PNG: "image/png",
    PictureFormat.JPEG: "image/jpeg",
    PictureFormat.WEBP: "image/webp",
}


@dataclass(frozen=True, slots=True)
class _Link:
    """What a link leads to; the images of an edit are kept once for all the pictures made from them."""

    drawing: Drawing
    images: tuple[str, ...]
    mask: str | None


class Hosting:
    """The result links of one gateway, of that life unless the options say otherwise."""

    def __init__(self, desk: Desk, life: timedelta) -> None:
        self._desk = desk
        self._life = life if desk.options.link_life is None else desk.options.link_life
        self._links = Shelf(desk.memory, f"{desk.gateway}/links", _Link)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/files/{name}", self._serve)]

    def publish(self, drawing: Drawing, *, after: float = 0.0) -> str:
        """The name of a new link to the picture, whose life begins `after` seconds from now."""
        name = f"{secrets.token_urlsafe(24)}.{drawing.format}"
        until = time.time() + after + self._life.total_seconds()
        link = _Link(
            drawing=replace(drawing, images=(), mask=None),
            images=tuple(self._keep(image, until) for image in drawing.images),
            mask=self._keep(drawing.mask, until) if drawing.mask else None,
        )
        self._links.put(name, link, until)
        return name

    def link(self, origin: str, name: str) -> str:
        """The address of a link for a client that calls this server `origin`."""
        return f"{origin}/{self._desk.gateway}/files/{name}"

    async def paint(self, drawing: Drawing) -> bytes:
        """The bytes of the picture, or of what a picture fault makes of it."""
        fault = self._desk.take(Endpoint.FILE, drawing.prompt, OF_A_PICTURE)
        match fault.fault if fault else None:
            case FaultName.IMAGE_BOMB if fault:
                return _bomb(fault.args.width or _BOMB_SIDE, fault.args.height or _BOMB_SIDE)
            case FaultName.IMAGE_WRONG_SIZE if fault:
                width = fault.args.width or max(1, drawing.width // 2)
                height = fault.args.height or max(1, drawing.height // 2)
                drawing = replace(drawing, width=width, height=height)
        async with self._desk.easel:
            return await asyncio.to_thread(self._desk.options.painter, drawing)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self._desk.tally.files += 1
        link = self._links.get(request.match_info["name"])
        if link is None:
            raise Refusal(Kind.NOT_FOUND, "no such file")
        prompt, wanted = link.drawing.prompt, link.drawing.format
        self._desk.trip(Endpoint.FILE, prompt)
        fault = self._desk.take(Endpoint.FILE, prompt, OF_A_LINK)
        if fault is not None and fault.fault is not FaultName.LINK_TRUNCATED:
            return await _trap(request, fault)
        answer = web.Response(body=await self.paint(self._whole(link)), content_type=_MEDIA_TYPES[wanted])
        if fault is not None:
            return await _halve(request, answer, cut=fault.args.cut)
        return await spoil(request, self._desk.take(Endpoint.FILE, prompt, OF_THE_ANSWER), answer)

    def _keep(self, image: bytes, until: float) -> str:
        digest = hashlib.sha256(image).hexdigest()
        self._desk.memory.put(_IMAGES, digest, image, until)
        return digest

    def _whole(self, link: _Link) -> Drawing:
        def found(digest: str) -> bytes:
            return self._desk.memory.get(_IMAGES, digest) or b""

        mask = found(link.mask) if link.mask else None
        return replace(link.drawing, images=tuple(map(found, link.images)), mask=mask)


async def _trap(request: web.Request, fault: Fault) -> web.StreamResponse:
    match fault.fault:
        case FaultName.LINK_EXPIRED:
            status = fault.args.status or 403
            return web.Response(status=status, text="<Error><Message>Request has expired.</Message></Error>")
        case FaultName.LINK_NOT_IMAGE:
            return web.Response(text=PAGE.format(title="Sign in"), content_type="image/png")
        case FaultName.LINK_REDIRECT_PRIVATE:
            return web.Response(status=302, headers={"Location": fault.args.to})
        case FaultName.LINK_HUGE:
            return await _flood(request, fault.args.content_length)
        case _:
            return web.Response(text=PAGE.format(title="Sign in"), content_type="text/html")


async def _flood(request: web.Request, declared: int | None) -> web.StreamResponse:
    """A PNG signature, then zeros for as long as anybody listens."""
    response = web.StreamResponse(headers={"Content-Type": "image/png"})
    if declared is None:
        response.enable_chunked_encoding()
    else:
        response.content_length = declared
    await response.prepare(request)
    await response.write(b"\x89PNG\r\n\x1a\n")
    try:
        while True:
            await response.write(_BLOCK)
            await asyncio.sleep(0)
    except ConnectionError:
        return response


async def _halve(request: web.Request, whole: web.Response, *, cut: bool) -> web.StreamResponse:
    body = whole.body
    picture = body if isinstance(body, bytes) else b""
    half = picture[: len(picture) // 2]
    if not cut:
        return web.Response(body=half, content_type=whole.content_type)
    response = web.StreamResponse(headers={"Content-Type": whole.content_type})
    response.content_length = len(picture)
    await response.prepare(request)
    await response.write(half)
    raise Cut


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few dozen bytes whose header promises `width` x `height` RGBA pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(bytes(64))
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
