"""Media in a local folder.

`root/ab/<key>` where `ab` comes from a hash of the key, so that the files spread evenly over 256 folders
however the keys are made. A file is written aside, synced and then renamed: it is there whole or not at all.
"""

import asyncio
import hashlib
import os
import re
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Final

from bot.domain.ids import Millis
from bot.media.sweep import PARTIAL, remove_abandoned

_KEY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_LONGEST_KEY: Final = 200
_BLOCK: Final = 1024 * 1024
"""Chunks are gathered to this size: every trip to a thread costs more than the writing."""
_TRIES: Final = 5


class FolderMedia:
    """Implements `ports.media.MediaStore`. Raises OSError when the disk fails or is full."""

    def __init__(self, root: Path) -> None:
        """Use `root`, which is made when missing. Blocks for a moment; meant for the start."""
        self._root = root
        self._partial = root / PARTIAL
        self._partial.mkdir(parents=True, exist_ok=True)
        remove_abandoned(root, Millis(time.time_ns() // 1_000_000))

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """See the port. Raises ValueError for a key that is no plain relative path."""
        writing = _Writing(self._place(key), self._partial)
        block = bytearray()
        try:
            async for chunk in chunks:
                block += chunk
                if len(block) >= _BLOCK:
                    await asyncio.to_thread(writing.write, block)
                    block = bytearray()
            await asyncio.to_thread(writing.finish, block)
        except BaseException:
            # Shielded: a second cancellation must not leave the thread's work behind.
            await asyncio.shield(asyncio.to_thread(writing.discard))
            raise

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator[Path]:
        place = self._place(key)
        if not await asyncio.to_thread(place.is_file):
            raise KeyError(key)
        yield place

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._place(key).unlink, missing_ok=True)

    def _place(self, key: str) -> Path:
        if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key of the media store")
        shard = hashlib.blake2b(key.encode(), digest_size=1).hexdigest()
        return self._root / shard / key


class _Writing:
    """One file on its way to its place. All methods block.

    A cancelled coroutine leaves its thread at work, so discarding waits for what is being done.
    """

    def __init__(self, place: Path, aside: Path) -> None:
        self._place = place
        self._aside = aside
        self._file: IO[bytes] | None = None
        self._discarded = False
        self._lock = threading.Lock()

    def write(self, block: bytearray) -> None:
        with self._lock:
            self._opened().write(block)

    def finish(self, rest: bytearray) -> None:
        """Write the rest and put the file in its place."""
        with self._lock:
            file = self._opened()
            file.write(rest)
            file.flush()
            os.fsync(file.fileno())
            file.close()
            _move(Path(file.name), self._place)
            self._file = None
            _sync_folder(self._place.parent)

    def discard(self) -> None:
        """Drop what is not finished."""
        with self._lock:
            self._discarded = True
            if self._file:
                self._file.close()
                Path(self._file.name).unlink(missing_ok=True)

    def _opened(self) -> IO[bytes]:
        if self._discarded:
            raise OSError("the writing was given up")
        if self._file is None:
            self._file = tempfile.NamedTemporaryFile(dir=self._aside, delete=False)  # noqa: SIM115
        return self._file


def _move(file: Path, place: Path) -> None:
    """Put `file` in its place. The folder may be swept away for being empty, just before it is filled.

    Making a folder fails too when it is there and then gone, with FileExistsError.
    """
    for left in reversed(range(_TRIES)):
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)
        except (FileNotFoundError, FileExistsError):
            if not left or not file.exists():
                raise
        else:
            return


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
