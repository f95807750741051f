"""Pictures and images, for the visitor on whose board they are and for nobody else."""

import mimetypes

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from bot.frontends.playground.attachments import Attachments
from bot.frontends.playground.visitor import visitor_of
from bot.ports.media import MediaStore

_SHOWN = frozenset({"image/avif", "image/gif", "image/jpeg", "image/png", "image/webp"})

_HEADERS = {
    hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable",  # a picture never changes
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


class _SentOnce(web.FileResponse):
    """aiohttp prepares whatever a handler returns, and a file would thereby be sent a second time."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        return None if self.prepared else await super().prepare(request)


class Pictures:
    """`/pictures/<id>`, made for a visitor, and `/images/<id>`, handed in by one.

    They are shown in the page, or saved to a file with `?download`.
    """

    def __init__(self, attachments: Attachments, media: MediaStore) -> None:
        self._attachments = attachments
        self._media = media

    async def send_picture(self, request: web.Request) -> web.StreamResponse:
        """The bytes, or a range of them. 404 also for another visitor's picture: it is none of theirs."""
        return await self._send(request, f"picture-{request.match_info['id']}")

    async def send_image(self, request: web.Request) -> web.StreamResponse:
        """As `send_picture`; 404 also for what its bytes do not show to be an image for browsers."""
        return await self._send(request, f"image-{request.match_info['id']}")

    async def _send(self, request: web.Request, name: str) -> web.StreamResponse:
        visitor = visitor_of(request)
        found = await self._attachments.find(visitor, name) if visitor else None
        if found is None or found.mime is None:
            raise web.HTTPNotFound
        id_ = request.match_info["id"]
        headers = _HEADERS | _type_headers(id_, found.mime, save="download" in request.query)
        try:
            async with self._media.open(found.media_key) as path:
                response = _SentOnce(path, headers=headers)
                await response.prepare(request)  # sends all of it, while the file is there
                return response
        except KeyError:
            raise web.HTTPNotFound from None


def _type_headers(id_: str, mime: str, *, save: bool) -> dict[str, str]:
    if mime not in _SHOWN:
        mime, save = "application/octet-stream", True
    name = f"drawbridge-{id_}{mimetypes.guess_extension(mime) or ''}"
    disposition = "attachment" if save else "inline"
    return {hdrs.CONTENT_TYPE: mime, hdrs.CONTENT_DISPOSITION: f'{disposition}; filename="{name}"'}
