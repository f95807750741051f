"""Images that a visitor hands in: uploaded ones, and the pictures that hang on their own board."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final

from bot.core.ids import new_id
from bot.domain.request import Handle
from bot.frontends.playground.feed import Feed
from bot.ports.board import Image, NoteKind, Room
from bot.ports.chat import HandleGone
from bot.ports.media import MediaStore

IMAGES_PER_MESSAGE: Final = 16
MEGABYTES: Final = 20
IMAGE_LIMIT: Final = MEGABYTES * 1024 * 1024
"""Bytes of one image."""

ID: Final = r"[A-Za-z0-9_-]{1,128}"
PICTURE: Final = rf"picture-{ID}"
NAME: Final = rf"(?:image-{ID}|{PICTURE})"
"""How a message names an image: `image-` and the id of an upload, or the id of the note with a picture."""

_ROOM: Final = Room(images=2 * IMAGES_PER_MESSAGE, bytes=IMAGES_PER_MESSAGE * IMAGE_LIMIT)
_RECEIVED_AT_ONCE: Final = 8
_RECEIVE_SECONDS: Final = 300.0
_CHUNK: Final = 256 * 1024
_HEAD: Final = 32


class TooLarge(Exception):
    """An upload has more bytes than are taken."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Where an image is kept, and what its bytes are: None when nothing that browsers show."""

    media_key: str
    mime: str | None


def handle_of(visitor: str, name: str) -> Handle:
    """What the core knows an image by: whose board it is on, and its name there."""
    return Handle(f"{visitor}/{name}")


class Attachments:
    """Takes images in and finds them again. An image is only ever found for the visitor whose it is."""

    def __init__(self, feed: Feed, media: MediaStore) -> None:
        self._feed = feed
        self._media = media
        self._receiving = asyncio.Semaphore(_RECEIVED_AT_ONCE)

    async def keep(self, visitor: str, chunks: AsyncIterator[bytes]) -> str:
        """Keep an upload, and return the name for it; images that wait too long make room for it.

        Raises TooLarge, StoreBusy, and TimeoutError when the upload takes too long; nothing is kept then.
        """
        id_ = new_id(self._feed.now())
        key = f"references/board/{id_}"
        seen = _Seen()
        async with self._receiving, asyncio.timeout(_RECEIVE_SECONDS):
            await self._media.put(key, seen.passing(chunks))
        image = Image(visitor, id_, key, shown_type(seen.head), seen.bytes)
        try:
            forgotten = await self._feed.keep_image(image, _ROOM)
        except BaseException:
            await self._media.delete(key)
            raise
        for old in forgotten:
            await self._media.delete(old.media_key)
        return f"image-{id_}"

    async def find(self, visitor: str, name: str) -> Attachment | None:
        """The image that a visitor's message names."""
        kind, _, id_ = name.partition("-")
        if kind == "image":
            image = await self._feed.find_image(visitor, id_)
            return Attachment(image.media_key, image.mime) if image else None
        note = await self._feed.find(visitor, name)
        if note is None or note.kind is not NoteKind.PICTURE or note.media_key is None:
            return None
        return Attachment(note.media_key, str(note.facts["mime"]))

    async def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        """The bytes of an image. Raises HandleGone when it is not there or not there any more."""
        visitor, _, name = handle.ref.partition("/")
        attachment = await self.find(visitor, name)
        if attachment is None:
            raise HandleGone("no such image on this board")
        try:
            async with self._media.open(attachment.media_key) as path:
                with await asyncio.to_thread(path.open, "rb") as file:
                    while chunk := await asyncio.to_thread(file.read, _CHUNK):
                        yield chunk
        except (KeyError, FileNotFoundError):
            raise HandleGone("the image is not kept any more") from None

    async def note_said(self, visitor: str, names: tuple[str, ...]) -> None:
        """A message uses these images: they make no room for others any more. Raises StoreBusy."""
        uploads = [name.partition("-")[2] for name in names if name.startswith("image-")]
        if uploads:
            await self._feed.note_said(visitor, uploads)


class _Seen:
    """What a stream was: its length and its first bytes."""

    def __init__(self) -> None:
        self.bytes = 0
        self.head = b""

    async def passing(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The stream itself. Raises TooLarge as soon as it is too long."""
        async for chunk in chunks:
            self.bytes += len(chunk)
            if self.bytes > IMAGE_LIMIT:
                raise TooLarge
            if len(self.head) < _HEAD:
                self.head = (self.head + chunk)[:_HEAD]
            yield chunk


_BEGINNINGS: Final = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def shown_type(head: bytes) -> str | None:
    """What browsers show a file as that begins with `head`: pixels only, so SVG is not among it."""
    for beginning, mime in _BEGINNINGS.items():
        if head.startswith(beginning):
            return mime
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return "image/avif" if head[4:12] == b"ftypavif" else None
