"""Sending kept pictures from the media store without ever holding one in memory."""

import asyncio
import json
import mimetypes
import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import IO, Any, Self, cast

from telegram import InputFile
from telegram.error import TelegramError, TimedOut
from telegram.request import HTTPXRequest, RequestData

from bot.domain.jobs import Picture
from bot.ports.media import MediaStore


class Upload:
    """A kept picture that is open only while it is its turn to be sent.

    It looks to httpx like a binary file: `fileno` tells the length, `seek` rewinds it for another try, and
    `read` is called for one chunk after the other. Entering raises KeyError when the picture is not there.
    """

    def __init__(self, media: MediaStore, key: str) -> None:
        self._media = media
        self._key = key
        self._stack = AsyncExitStack()
        self._file: IO[bytes] | None = None

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            path = await stack.enter_async_context(self._media.open(self._key))
            self._file = stack.enter_context(_open(path))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._file = None
        await self._stack.aclose()

    @property
    def _opened(self) -> IO[bytes]:
        if self._file is None:
            raise ValueError("read outside of its turn")
        return self._file

    def fileno(self) -> int:
        return self._opened.fileno()

    def read(self, size: int = -1) -> bytes:
        return self._opened.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._opened.seek(offset, whence)


def _open(path: Path) -> IO[bytes]:
    # Unbuffered: httpx reads chunks of 64 KB.
    return path.open("rb", buffering=0)


def input_file(media: MediaStore, picture: Picture, *, attach: bool = False) -> InputFile:
    """A picture as the library takes it; `attach` for an album's items."""
    suffix = mimetypes.guess_extension(picture.mime, strict=False) or ""
    return InputFile(
        cast("IO[bytes]", Upload(media, picture.media_key)),
        filename=f"{picture.job_id}-{picture.ordinal + 1}{suffix}",
        attach=attach,
        read_file_handle=False,
    )


class BotRequest(HTTPXRequest):
    """The library's HTTP, with a bound on how many uploads run at once and how long one may take.

    Pictures are opened when their turn comes and closed with it, so that a thousand waiting deliveries hold
    no file open. `longest` is needed because the aiohttp transport knows no limit for writing, and its limit
    for reading counts from the last byte sent.
    """

    def __init__(self, uploads: int, longest: float, **options: Any) -> None:
        super().__init__(**options)
        self._turns = asyncio.Semaphore(uploads)
        self._longest = longest

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> tuple[int, bytes]:
        if request_data is None or not request_data.contains_files:
            return await super().do_request(url, method, request_data, *args, **kwargs)
        async with self._turns, AsyncExitStack() as stack:
            for _name, content, _type in request_data.multipart_data.values():
                if isinstance(content, Upload):
                    await stack.enter_async_context(content)
            try:
                async with asyncio.timeout(self._longest):
                    return await super().do_request(url, method, request_data, *args, **kwargs)
            except TimeoutError:
                raise TimedOut("the upload took too long") from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As in the library, but silent: the error page of a proxy before Telegram is no line for the log."""
        try:
            answer: dict[str, Any] = json.loads(payload)
        except ValueError:
            raise TelegramError("the answer is not JSON") from None
        return answer
