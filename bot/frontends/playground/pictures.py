"""Pictures, for the visitor on whose board they hang and for nobody else."""

import mimetypes

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from bot.frontends.playground.feed import Feed
from bot.frontends.playground.visitor import visitor_of
from bot.ports.board import NoteKind
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
    """`/pictures/<id>`: shown in the page, or saved to a file with `?download`."""

    def __init__(self, feed: Feed, media: MediaStore) -> None:
        self._feed = feed
        self._media = media

    async def send(self, request: web.Request) -> web.StreamResponse:
        """The bytes, or a range of them. 404 also for another visitor's picture: it is none of theirs."""
        visitor, picture = visitor_of(request), request.match_info["picture"]
        note = await self._feed.find(visitor, f"picture-{picture}") if visitor else None
        if note is None or note.kind is not NoteKind.PICTURE or note.media_key is None:
            raise web.HTTPNotFound
        headers = _HEADERS | _type_headers(picture, str(note.facts["mime"]), save="download" in request.query)
        try:
            async with self._media.open(note.media_key) as path:
                response = _SentOnce(path, headers=headers)
                await response.prepare(request)  # sends all of it, while the file is there
                return response
        except KeyError:
            raise web.HTTPNotFound from None


def _type_headers(picture: str, mime: str, *, save: bool) -> dict[str, str]:
    if mime not in _SHOWN:
        mime, save = "application/octet-stream", True
    name = f"drawbridge-{picture}{mimetypes.guess_extension(mime) or ''}"
    disposition = "attachment" if save else "inline"
    return {hdrs.CONTENT_TYPE: mime, hdrs.CONTENT_DISPOSITION: f'{disposition}; filename="{name}"'}
