"""Images handed in by people: received, checked, brought into the shape gateways take, kept."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Final

from bot.domain.problems import Key, Problem, problem
from bot.media.finishing import Finished, finish
from bot.media.reading import Unusable, read
from bot.ports.media import Kept, MediaStore

_MEGABYTES: Final = 20
_LIMIT: Final = _MEGABYTES * 1024 * 1024
_RECEIVED_AT_ONCE: Final = 8
_DECODED_AT_ONCE: Final = 2
_BLOCK: Final = 1024 * 1024


@contextmanager
def open_normaliser(media: MediaStore) -> Iterator["ImageNormaliser"]:
    """A normaliser that keeps in `media`, with its threads, until the block ends."""
    threads = ThreadPoolExecutor(_DECODED_AT_ONCE, thread_name_prefix="images")
    try:
        yield ImageNormaliser(media, threads)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


class ImageNormaliser:
    """Implements `ports.media.Normaliser`.

    Few images are received at once, into nameless files that vanish with the process, and fewer decoded. A
    thread cannot be cancelled, which is why the threads themselves are counted and not those who wait.
    """

    def __init__(self, media: MediaStore, threads: ThreadPoolExecutor) -> None:
        self._media = media
        self._threads = threads
        self._receiving = asyncio.Semaphore(_RECEIVED_AT_ONCE)

    async def normalise(
        self, chunks: AsyncGenerator[bytes, None], number: int, media_key: str
    ) -> Kept | Problem:
        """See the port. Raises OSError when the disk fails or is full."""
        async with self._receiving:
            try:
                finished = await self._prepared(chunks)
            except Unusable as why:
                return problem(why.key, number=number, **why.args_told)
            await self._media.put(media_key, _once(finished.data))
        return Kept(media_key, finished.width, finished.height, len(finished.data), finished.mime)

    async def _prepared(self, chunks: AsyncGenerator[bytes, None]) -> Finished:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever uses it last
        try:
            await _receive(chunks, file)
        except BaseException:
            file.close()
            raise
        work = self._threads.submit(_prepare, file)
        work.add_done_callback(lambda _: file.close())
        return await asyncio.wrap_future(work)


def _prepare(file: IO[bytes]) -> Finished:
    return finish(read(file))


async def _receive(chunks: AsyncGenerator[bytes, None], file: IO[bytes]) -> None:
    """Write a stream to `file`. Raises Unusable as soon as it is too long, or when there is nothing in it."""
    size = 0
    block = bytearray()
    async for chunk in chunks:
        size += len(chunk)
        if size > _LIMIT:
            raise Unusable(Key.REFERENCE_TOO_LARGE, limit=_MEGABYTES)
        block += chunk
        if len(block) >= _BLOCK:
            await asyncio.to_thread(file.write, block)
            block = bytearray()
    if not size:
        raise Unusable(Key.REFERENCE_BROKEN)
    await asyncio.to_thread(file.write, block)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
