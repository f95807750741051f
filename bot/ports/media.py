"""Where bytes are kept, and how a finished picture gets there."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.domain.ids import GatewayId
from bot.domain.outcome import Inline, Link
from bot.domain.problems import Problem


class MediaStore(Protocol):
    """Keys are relative paths made by us, never by a person. Writing the same key again replaces it."""

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Keep a stream under `key`. Either all of it is there afterwards or the old content still is."""
        ...

    def open(self, key: str) -> AbstractAsyncContextManager[Path]:
        """A local file to read from while the context lasts. Raises KeyError when there is none."""
        ...

    async def delete(self, key: str) -> None:
        """Forget `key`; nothing happens when it is not there."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A verified image in the media store."""

    media_key: str
    width: int
    height: int
    bytes: int
    mime: str


@dataclass(frozen=True, slots=True)
class NotKept:
    """A result that could not be had. `again` when another try may help."""

    problem: Problem
    again: bool


class Normaliser(Protocol):
    async def normalise(
        self, chunks: AsyncGenerator[bytes, None], number: int, media_key: str
    ) -> Kept | Problem:
        """Check an image handed in by a person and keep it under `media_key` as gateways want it.

        The result is a PNG or JPEG of 384 to 3072 pixels a side and at most 10 MB, upright, without metadata,
        of unchanged shape. `number` (from 1) names the image in what is told. Repeatable; lets errors of
        `chunks` pass.
        """
        ...


class Fetcher(Protocol):
    async def fetch(self, gateway: GatewayId, result: Link | Inline, media_key: str) -> Kept | NotKept:
        """Download (or unpack), verify to be an image, keep under `media_key`. Repeatable."""
        ...
