"""Retention in the media folder."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.ids import Millis
from bot.media.folder import FolderMedia
from bot.media.sweep import Swept, sweep

NOW = Millis(1_800_000_000_000)
DAY = timedelta(days=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def media(root: Path) -> FolderMedia:
    return FolderMedia(root)


async def bytes_of(size: int) -> AsyncIterator[bytes]:
    yield bytes(size)


async def put(media: FolderMedia, key: str, age: timedelta, size: int = 10) -> Path:
    await media.put(key, bytes_of(size))
    async with media.open(key) as path:
        grow_old(path, age)
        return path


def grow_old(path: Path, age: timedelta) -> None:
    written = NOW / 1000 - age.total_seconds()
    os.utime(path, (written, written))


async def test_only_what_is_older_than_its_kind_may_be_is_removed(media: FolderMedia, root: Path) -> None:
    old = await put(media, "references/a/00", DAY * 1.1, size=7)
    young = await put(media, "references/a/01", DAY * 0.9)
    result = await put(media, "results/a/00", DAY * 400)
    assert await sweep(root, {"references": DAY}, NOW) == Swept(files=1, bytes=7)
    assert (old.exists(), young.exists(), result.exists()) == (False, True, True)


async def test_each_kind_has_its_own_life(media: FolderMedia, root: Path) -> None:
    reference = await put(media, "references/a/00", DAY * 2)
    result = await put(media, "results/a/00", DAY * 2)
    await sweep(root, {"references": DAY, "results": DAY * 3}, NOW)
    assert (reference.exists(), result.exists()) == (False, True)


async def test_folders_that_became_empty_go_too_and_others_stay(media: FolderMedia, root: Path) -> None:
    old = await put(media, "references/a/00", DAY * 2)
    kept = await put(media, "references/b/00", DAY / 2)
    await sweep(root, {"references": DAY}, NOW)
    assert not old.parents[2].exists() or old.parents[2] == kept.parents[2]
    assert kept.exists()
    assert (root / ".partial").is_dir()


async def test_sweeping_again_finds_nothing(media: FolderMedia, root: Path) -> None:
    await put(media, "references/a/00", DAY * 2)
    await sweep(root, {"references": DAY}, NOW)
    assert await sweep(root, {"references": DAY}, NOW) == Swept()


async def test_sweeping_before_anything_was_kept_is_fine(root: Path) -> None:
    assert await sweep(root, {"references": DAY}, NOW) == Swept()


async def test_half_written_files_go_after_an_hour(media: FolderMedia, root: Path) -> None:
    old, young = root / ".partial" / "old", root / ".partial" / "young"
    for file, age in ((old, timedelta(hours=2)), (young, timedelta(minutes=30))):
        file.write_bytes(b"half")
        grow_old(file, age)
    assert await sweep(root, {}, NOW) == Swept(files=1, bytes=4)
    assert (old.exists(), young.exists()) == (False, True)


async def test_what_others_put_beside_the_media_is_not_touched(media: FolderMedia, root: Path) -> None:
    for name in ("notes.txt", "backup/references/a/00", "ff/other/a"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
        grow_old(file, DAY * 400)
    await sweep(root, {"references": DAY}, NOW)
    assert (root / "notes.txt").exists()
    assert (root / "backup/references/a/00").exists()
    assert (root / "ff/other/a").exists()


async def test_a_link_is_removed_and_not_followed(media: FolderMedia, root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_bytes(b"x")
    grow_old(elsewhere / "precious", DAY * 400)
    shard = (await put(media, "references/a/00", DAY * 2)).parent
    (shard / "link").symlink_to(elsewhere)
    os.utime(shard / "link", (0, 0), follow_symlinks=False)
    await sweep(root, {"references": DAY}, NOW)
    assert (elsewhere / "precious").exists()
    assert not (shard / "link").is_symlink()


async def test_keeping_and_sweeping_at_once_lose_nothing(media: FolderMedia, root: Path) -> None:
    """Every write makes a folder that the sweep would like to remove for being empty."""

    async def keep(worker: int) -> None:
        for number in range(60):
            key = f"references/{worker}-{number % 3}/00"
            await media.put(key, bytes_of(3))
            async with media.open(key) as path:
                assert path.read_bytes() == bytes(3)
            await media.delete(key)

    async def remove() -> None:
        while True:
            await sweep(root, {"references": DAY}, Millis(0))

    sweeping = asyncio.ensure_future(remove())
    await asyncio.gather(*(keep(worker) for worker in range(4)))
    sweeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sweeping
