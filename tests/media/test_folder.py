import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path, PosixPath
from typing import ClassVar

import pytest

from bot.media.folder import FolderMedia, _move


@pytest.fixture
def media(tmp_path: Path) -> FolderMedia:
    return FolderMedia(tmp_path / "media")


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def kept(media: FolderMedia, key: str) -> bytes:
    async with media.open(key) as path:
        return path.read_bytes()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_was_put_can_be_opened(media: FolderMedia) -> None:
    await media.put("job/1.png", stream(b"a", b"b" * 600_000, b"c"))
    assert await kept(media, "job/1.png") == b"a" + b"b" * 600_000 + b"c"


async def test_nothing_can_be_put_too(media: FolderMedia) -> None:
    await media.put("empty", stream())
    assert await kept(media, "empty") == b""


async def test_putting_again_replaces(media: FolderMedia) -> None:
    await media.put("a", stream(b"old"))
    await media.put("a", stream(b"new"))
    assert await kept(media, "a") == b"new"


async def test_a_stream_that_fails_leaves_the_old_content_and_nothing_else(
    media: FolderMedia, tmp_path: Path
) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"x" * 300_000
        raise ConnectionError

    await media.put("a", stream(b"old"))
    with pytest.raises(ConnectionError):
        await media.put("a", failing())
    assert await kept(media, "a") == b"old"
    assert len(files_in(tmp_path)) == 1


async def test_a_cancelled_put_leaves_nothing(media: FolderMedia, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 300_000
            begun.set()

    task = asyncio.ensure_future(media.put("a", endless()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files_in(tmp_path) == []


async def test_an_unknown_key_is_a_key_error(media: FolderMedia) -> None:
    with pytest.raises(KeyError):
        await kept(media, "a")


async def test_what_was_deleted_is_gone_and_may_be_deleted_again(media: FolderMedia) -> None:
    await media.put("a", stream(b"x"))
    await media.delete("a")
    await media.delete("a")
    with pytest.raises(KeyError):
        await kept(media, "a")


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../a", "a/../../b", "a/..", ".", ".partial/a", "a//b", "a/", "a\\b", "a\0b", "a\n",
     "é", "a" * 201],
)  # fmt: skip
async def test_a_key_that_could_escape_is_refused(media: FolderMedia, key: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no key"):
        await media.put(key, stream(b"x"))
    with pytest.raises(ValueError, match="no key"):
        await media.delete(key)
    assert files_in(tmp_path) == []


async def test_keys_that_begin_alike_spread_over_folders(media: FolderMedia, tmp_path: Path) -> None:
    for index in range(40):
        await media.put(f"0198c0ffee-{index}.png", stream(b"x"))
    assert len({path.parent for path in files_in(tmp_path)}) > 20


async def test_what_a_killed_process_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    FolderMedia(tmp_path)
    old, young = tmp_path / ".partial" / "old", tmp_path / ".partial" / "young"
    for file in (old, young):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    FolderMedia(tmp_path)
    assert files_in(tmp_path) == [young]


class Swept(PosixPath):
    """A path whose folders are removed as soon as they are made, a few times."""

    sweeps: ClassVar[int]
    while_looking: ClassVar[bool]

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        super().mkdir(mode, parents, exist_ok)
        if Swept.sweeps:
            Swept.sweeps -= 1
            self.rmdir()
            if Swept.while_looking:
                raise FileExistsError(self)


@pytest.mark.parametrize("sweeps", [1, 2, 4])
@pytest.mark.parametrize("while_looking", [False, True])
def test_a_folder_swept_away_just_before_it_is_filled_is_made_again(
    sweeps: int, while_looking: bool, tmp_path: Path
) -> None:
    Swept.sweeps, Swept.while_looking = sweeps, while_looking
    (tmp_path / "new").write_bytes(b"x")
    place = Swept(tmp_path / "ab" / "job" / "00")
    _move(tmp_path / "new", place)
    assert place.read_bytes() == b"x"
    assert Swept.sweeps == 0


def test_a_file_that_vanished_is_not_looked_for_again(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _move(tmp_path / "new", tmp_path / "ab" / "00")
