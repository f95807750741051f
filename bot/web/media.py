"""Links to single files of the media store, for gateways that fetch images instead of receiving them.

    <public url>/media/<body>.<signature>.<ending>

The body says which file and until when, the ending of what type; the signature (HMAC-SHA256) covers both, so
a link can neither be guessed nor changed nor prolonged. Nothing about links is kept, and whatever is wrong
with one, the answer is the same.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from bot.domain.ids import Millis
from bot.ports.clock import Clock
from bot.ports.media import MediaStore
from bot.web.server import Part

_PURPOSE: Final = b"media:"
_ENDINGS: Final[Mapping[str, str]] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/avif": "avif",
}
_TYPES: Final[Mapping[str, str]] = {ending: mime for mime, ending in _ENDINGS.items()}
_TOKEN: Final = re.compile(r"([A-Za-z0-9_-]{1,400})\.([A-Za-z0-9_-]{43})\.([a-z]{3,4})")


class MediaLinks:
    """Makes links that expire, and serves what they lead to.

    `secret` must be unguessable and stay the same over restarts for as long as links are to live.
    """

    def __init__(self, secret: bytes, public_url: str, clock: Clock) -> None:
        self._secret = secret
        self._root = f"{public_url.rstrip('/')}/media/"
        self._clock = clock

    def link(self, key: str, mime: str, until: Millis) -> str:
        """An address under which the file `key` can be fetched by anyone `until` a moment; always the same.

        `mime` is what the file was found to be when it was kept. Raises KeyError unless it is a type of image
        that is shown as it is.
        """
        body = _text(f"{until}:{key}".encode())
        ending = _ENDINGS[mime]
        return f"{self._root}{body}.{self._signature(body, ending)}.{ending}"

    def part(self, media: MediaStore) -> Part:
        """GET and HEAD `/media/...`, with ranges. 404 for what is wrong, expired or no longer there."""

        async def send(request: web.Request) -> web.StreamResponse:
            wanted = self._read(request.match_info["token"])
            if wanted is None:
                raise _nothing()
            try:
                async with media.open(wanted.key) as path:
                    response = _SentOnce(path, headers=_headers(wanted))
                    await response.prepare(request)  # sends all of it, while the file is there
                    return response
            except KeyError:
                raise _nothing() from None

        return Part([web.get("/media/{token}", send)])

    def _read(self, token: str) -> "_Wanted | None":
        """What a token leads to while it is valid. Nothing in it is believed before the signature is."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            return None
        body, signature, ending = match.groups()
        if not hmac.compare_digest(signature, self._signature(body, ending)):
            return None
        until, _, key = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode().partition(":")
        left = timedelta(milliseconds=int(until) - self._clock.now())
        return _Wanted(key, _TYPES[ending], ending, left) if left > timedelta() else None

    def _signature(self, body: str, ending: str) -> str:
        return _text(hmac.digest(self._secret, _PURPOSE + f"{body}.{ending}".encode(), hashlib.sha256))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file, its type, and for how long it may still be fetched."""

    key: str
    mime: str
    ending: str
    left: timedelta


class _SentOnce(web.FileResponse):
    """aiohttp prepares whatever a handler returns, and a file would thereby be sent a second time."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        return None if self.prepared else await super().prepare(request)


def _headers(wanted: _Wanted) -> dict[str, str]:
    return {
        hdrs.CONTENT_TYPE: wanted.mime,
        hdrs.CONTENT_DISPOSITION: f'inline; filename="image.{wanted.ending}"',
        hdrs.CACHE_CONTROL: f"private, max-age={int(wanted.left.total_seconds())}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _nothing() -> web.HTTPNotFound:
    return web.HTTPNotFound(headers={hdrs.CACHE_CONTROL: "no-store"})


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
