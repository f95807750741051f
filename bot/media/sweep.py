"""Retention: removing files of the media folder when their time is over.

The first part of a key is its kind (`references/...`, `results/...`), and each kind has its own life. The age
of a file is counted from when it was last written.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.domain.ids import Millis

PARTIAL: Final = ".partial"
"""The folder for what is being written; no key can lead there."""
_ABANDONED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Swept:
    """What was removed: how many files, and how many bytes."""

    files: int = 0
    bytes: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.files + other.files, self.bytes + other.bytes)


async def sweep(root: Path, lives: Mapping[str, timedelta], now: Millis) -> Swept:
    """Remove what is older than the life of its kind, and folders that are empty then.

    Kinds that `lives` does not name are kept for ever. Half-written files go after an hour, whatever `lives`
    says: nobody writes for that long. Goes through one shard at a time, so it ends soon when it is cancelled.
    Repeatable; harmless beside reading and writing. Raises OSError when the disk fails.
    """
    removed = await asyncio.to_thread(remove_abandoned, root, now)
    for shard in await asyncio.to_thread(_shards, root):
        removed += await asyncio.to_thread(_sweep_shard, shard, lives, now)
    return removed


def remove_abandoned(root: Path, now: Millis) -> Swept:
    """Remove what a killed process left half written; the young may be another process at work. Blocks."""
    return _total(_remove_older(root / PARTIAL, _before(now, _ABANDONED)))


def _shards(root: Path) -> list[Path]:
    """At most 256 folders, and no others that somebody may have put beside them."""
    return [root / name for name in (f"{number:02x}" for number in range(256)) if (root / name).is_dir()]


def _sweep_shard(shard: Path, lives: Mapping[str, timedelta], now: Millis) -> Swept:
    removed = Swept()
    for kind, life in lives.items():
        removed += _total(_remove_older(shard / kind, _before(now, life)))
        _remove_empty(shard / kind)
    _remove_empty(shard)
    return removed


def _before(now: Millis, life: timedelta) -> float:
    """Seconds, as file systems count them."""
    return now / 1000 - life.total_seconds()


def _remove_older(folder: Path | str, before: float) -> Iterator[Swept]:
    """Remove the files below `folder` that were last written before a moment; links are not followed."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _remove_older(entry.path, before)
                _remove_empty(entry.path)
                continue
            with suppress(FileNotFoundError):
                facts = entry.stat(follow_symlinks=False)
                if facts.st_mtime < before:
                    Path(entry.path).unlink()
                    yield Swept(1, facts.st_size)


def _remove_empty(folder: Path | str) -> None:
    with suppress(OSError):  # it is not empty, or not there
        Path(folder).rmdir()


def _total(parts: Iterable[Swept]) -> Swept:
    return sum(parts, Swept())
