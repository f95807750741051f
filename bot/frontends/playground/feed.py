"""The board with its watchers: pages learn of a change at once, and read it from the board.

A watcher is told only *that* something changed. Nothing is queued for it, so a slow page costs no memory: it
reads on from the revision it has seen, and what changed several times meanwhile is read once.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from bot.domain.ids import Millis
from bot.ports.board import Board, Draft, Fact, Image, Note, Room
from bot.ports.clock import Clock

_PER_VISITOR = 12
_OVERALL = 500


class TooManyWatchers(Exception):
    """No more pages can be kept up to date at once."""


class Watcher:
    """One open page."""

    def __init__(self) -> None:
        self.ended = False
        self._changed = asyncio.Event()

    def wake(self) -> None:
        self._changed.set()

    def end(self) -> None:
        """Ask the page's stream to end; the page connects again if it is still there."""
        self.ended = True
        self._changed.set()

    async def wait(self, seconds: float) -> None:
        """Until something changed since the last wait, or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()


class Feed:
    """Notes go up through here, so that the pages hear of them."""

    def __init__(self, board: Board, clock: Clock) -> None:
        self._board = board
        self._clock = clock
        self._watchers: dict[str, list[Watcher]] = {}
        self._stopped = False

    def now(self) -> Millis:
        return self._clock.now()

    async def put(self, draft: Draft) -> Note:
        """Pin or replace a note and wake the visitor's pages. Raises StoreBusy."""
        note = await self._board.put(draft, self._clock.now())
        self._wake(draft.visitor)
        return note

    async def change(self, visitor: str, note_id: str, facts: Mapping[str, Fact]) -> Note | None:
        """Replace facts of a note and wake the pages; None when it is not there. Raises StoreBusy."""
        note = await self._board.change(visitor, note_id, facts)
        self._wake(visitor)
        return note

    async def remove(self, visitor: str, note_ids: Sequence[str]) -> None:
        """Take notes down and wake the pages. Raises StoreBusy."""
        await self._board.remove(visitor, note_ids)
        self._wake(visitor)

    async def clear(self, visitor: str) -> Sequence[str]:
        """Forget a board, wake the pages, and return the keys of its uploads. Raises StoreBusy."""
        keys = await self._board.clear(visitor, self._clock.now())
        self._wake(visitor)
        return keys

    async def find(self, visitor: str, note_id: str) -> Note | None:
        return await self._board.find(visitor, note_id)

    async def latest(self, visitor: str, before: int | None, limit: int) -> Sequence[Note]:
        return await self._board.latest(visitor, before, limit)

    async def since(self, visitor: str, revision: int, limit: int) -> Sequence[Note]:
        return await self._board.since(visitor, revision, limit)

    async def revision(self, visitor: str) -> int:
        return await self._board.revision(visitor)

    async def keep_image(self, image: Image, room: Room) -> Sequence[Image]:
        """Note an image and forget the oldest waiting ones, which are returned. Raises StoreBusy."""
        return await self._board.keep_image(image, room, self._clock.now())

    async def find_image(self, visitor: str, image_id: str) -> Image | None:
        return await self._board.find_image(visitor, image_id)

    async def note_said(self, visitor: str, image_ids: Sequence[str]) -> None:
        """Let images wait no more. Raises StoreBusy."""
        await self._board.note_said(visitor, image_ids)

    @contextmanager
    def watch(self, visitor: str) -> Iterator[Watcher]:
        """Be woken by changes of a visitor's board while the context lasts.

        A visitor's oldest page makes room for one too many. Raises TooManyWatchers when all visitors together
        have too many, or the service is stopping.
        """
        if self._stopped or self.watched >= _OVERALL:
            raise TooManyWatchers
        watchers = self._watchers.setdefault(visitor, [])
        if len(watchers) >= _PER_VISITOR:
            watchers[0].end()
        watcher = Watcher()
        watchers.append(watcher)
        try:
            yield watcher
        finally:
            watchers.remove(watcher)
            if not watchers:
                self._watchers.pop(visitor, None)

    def _wake(self, visitor: str) -> None:
        for watcher in self._watchers.get(visitor, ()):
            watcher.wake()

    @property
    def watched(self) -> int:
        """How many pages are open."""
        return sum(map(len, self._watchers.values()))

    def stop(self) -> None:
        """End all streams, and begin no more."""
        self._stopped = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.end()
