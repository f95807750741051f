"""Pictures on their way to Telegram: opened when their turn comes, read in chunks, never held in memory."""

import mimetypes
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import IO, Final, cast

from telegram import InputFile
from telegram.request import RequestData

from bot.domain.jobs import Picture
from bot.ports.media import MediaStore

_CHUNK: Final = 128 * 1024


class Upload:
    """A kept picture that is still to be opened.

    The library carries it from the call to the request, as it would an open file, and looks at nothing.
    """

    def __init__(self, media: MediaStore, key: str) -> None:
        self._media = media
        self._key = key

    @asynccontextmanager
    async def open(self) -> AsyncIterator[IO[bytes]]:
        """The open file. Raises KeyError when the picture is not there."""
        async with self._media.open(self._key) as path:
            with _open(path) as file:
                yield file


def input_file(media: MediaStore, picture: Picture, *, attach: bool = False) -> InputFile:
    """A picture as the library takes it; `attach` for an album's items."""
    suffix = mimetypes.guess_extension(picture.mime, strict=False) or ""
    return InputFile(
        cast("IO[bytes]", Upload(media, picture.media_key)),
        filename=f"{picture.job_id}-{picture.ordinal + 1}{suffix}",
        attach=attach,
        read_file_handle=False,
    )


class Form:
    """A request with files as multipart/form-data; its parts are bytes and open files."""

    def __init__(self, parts: list[bytes | IO[bytes]], boundary: str) -> None:
        self._parts = parts
        self.content_type = f"multipart/form-data; boundary={boundary}"

    @property
    def length(self) -> int:
        """Bytes in all."""
        return sum(_size(part) for part in self._parts)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            for chunk in _chunks(part):
                yield chunk


@asynccontextmanager
async def open_form(data: RequestData) -> AsyncIterator[Form]:
    """The form of a request, whose pictures are open while the context lasts.

    Names need no escaping: they are the library's and ours.
    """
    boundary = secrets.token_hex(16)
    async with AsyncExitStack() as stack:
        head = bytearray()
        for name, value in data.json_parameters.items():
            head += _part_head(boundary, name) + value.encode() + b"\r\n"
        parts: list[bytes | IO[bytes]] = [bytes(head)]
        for name, (filename, content, kind) in data.multipart_data.items():
            named = f'; filename="{filename}"\r\nContent-Type: {kind}'
            opened = (
                await stack.enter_async_context(content.open()) if isinstance(content, Upload) else content
            )
            parts += [_part_head(boundary, name, named), opened, b"\r\n"]
        parts.append(f"--{boundary}--\r\n".encode())
        yield Form(parts, boundary)


def _part_head(boundary: str, name: str, more: str = "") -> bytes:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()


def _open(path: Path) -> IO[bytes]:
    return path.open("rb", buffering=0)


def _size(part: bytes | IO[bytes]) -> int:
    return len(part) if isinstance(part, bytes) else os.fstat(part.fileno()).st_size


def _chunks(part: bytes | IO[bytes]) -> Iterator[bytes]:
    if isinstance(part, bytes):
        yield part
        return
    while chunk := part.read(_CHUNK):
        yield chunk
