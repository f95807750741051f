"""A message board: what the playground shows, kept so that a reload or a restart loses nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.ids import Millis

Fact = str | int | bool | None | Sequence["Fact"] | Mapping[str, "Fact"]
"""One value of a note: whatever JSON can carry."""


class NoteKind(StrEnum):
    SAID = "said"
    REPLY = "reply"
    STATUS = "status"
    PICTURE = "picture"
    GONE = "gone"  # taken down: nothing of it is kept but that it was there
    CLEARED = "cleared"  # everything that hung before it is gone


@dataclass(frozen=True, slots=True)
class Draft:
    """A note to be pinned on a visitor's board, or to replace the one with the same id there.

    `answers` is the visitor's message that the note belongs to (for that message: itself). `media_key` names
    the bytes that the visitor may fetch; it never leaves the server.
    """

    visitor: str
    id: str
    kind: NoteKind
    answers: str
    facts: Mapping[str, Fact]
    media_key: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it hangs there.

    Every change of a visitor's board has the next `revision`, without gaps and in the order in which changes
    become visible, so whoever has seen revision 7 asks for what came after 7. `position` is the revision that
    first put the note up: it keeps its place when it changes.
    """

    visitor: str
    id: str
    kind: NoteKind
    answers: str
    facts: Mapping[str, Fact]
    media_key: str | None
    position: int
    revision: int
    created_at: Millis


@dataclass(frozen=True, slots=True)
class Image:
    """An image that a visitor handed in; it waits until a message says what is to be done with it.

    Ids of later images sort later.
    `mime` is what its bytes are, None when they are nothing that browsers show. `bytes` is its length.
    """

    visitor: str
    id: str
    media_key: str
    mime: str | None
    bytes: int


@dataclass(frozen=True, slots=True)
class Room:
    """How much a visitor's waiting images may take."""

    images: int
    bytes: int


class Board(Protocol):
    """Where notes and images are kept. Writing raises StoreBusy when the database stays locked."""

    async def put(self, draft: Draft, now: Millis) -> Note:
        """Pin a note, or replace its facts. The same draft again is just another revision.

        A note that was taken down stays down, whatever the draft says.
        """
        ...

    async def change(self, visitor: str, note_id: str, facts: Mapping[str, Fact]) -> Note | None:
        """Replace these facts of a note and leave its others; None when there is no such note, or not any
        more.
        """
        ...

    async def remove(self, visitor: str, note_ids: Sequence[str]) -> None:
        """Take notes down; whoever follows the changes is told that they are gone. Those that are not there
        are passed over. Idempotent.
        """
        ...

    async def clear(self, visitor: str, now: Millis) -> Sequence[str]:
        """Forget all notes and images of a visitor; whoever follows the changes is told so in one note.

        Returns the keys, in the media store, of the images that were handed in: whoever calls deletes those
        files. Repeatable.
        """
        ...

    async def find(self, visitor: str, note_id: str) -> Note | None:
        """A note of this visitor; another visitor's is not found."""
        ...

    async def latest(self, visitor: str, before: int | None, limit: int) -> Sequence[Note]:
        """The last `limit` notes whose position lies before `before` (None: of all), by position; none
        that only tells of others being gone.
        """
        ...

    async def since(self, visitor: str, revision: int, limit: int) -> Sequence[Note]:
        """The first `limit` notes that changed after `revision`, by revision, each as it is now."""
        ...

    async def revision(self, visitor: str) -> int:
        """The latest revision of the visitor's board; 0 when there never was a note."""
        ...

    async def keep_image(self, image: Image, room: Room, now: Millis) -> Sequence[Image]:
        """Note an image; returns the oldest waiting ones, which are forgotten to make room for it."""
        ...

    async def find_image(self, visitor: str, image_id: str) -> Image | None:
        """An image of this visitor; another visitor's is not found."""
        ...

    async def note_said(self, visitor: str, image_ids: Sequence[str]) -> None:
        """Write down that a message uses these images: they wait no more. Idempotent."""
        ...
