"""The playground's message board: `bot.ports.board.Board` on an open database."""

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from bot.domain.ids import Millis
from bot.ports.board import Draft, Fact, Image, Note, NoteKind, Room
from bot.store.database import Connection, Database, load_queries

_BEYOND_ALL = 2**62
_CLEARED = "cleared"
_TELLING = frozenset({NoteKind.GONE, NoteKind.CLEARED})
"""What only tells of notes that hang there no more."""


class NoteBoard:
    """Notes in the tables `board_visitors` and `board_notes`, images in `board_images`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries: Any = load_queries()

    async def put(self, draft: Draft, now: Millis) -> Note:
        async def work(connection: Connection) -> Note:
            revision = await self._next_revision(connection, draft.visitor)
            row = await self._queries.put_board_note(
                connection,
                visitor=draft.visitor,
                id=draft.id,
                kind=draft.kind.value,
                answers=draft.answers,
                facts=_facts(draft.facts),
                media_key=draft.media_key,
                revision=revision,
                created_at=now,
            )
            return _note(row)

        return await self._database.write(work)

    async def change(self, visitor: str, note_id: str, facts: Mapping[str, Fact]) -> Note | None:
        async def work(connection: Connection) -> Note | None:
            note = await self._standing(connection, visitor, note_id)
            if note is None:
                return None
            row = await self._queries.change_board_note(
                connection,
                visitor=visitor,
                id=note_id,
                facts=_facts({**note.facts, **facts}),
                revision=await self._next_revision(connection, visitor),
            )
            return _note(row)

        return await self._database.write(work)

    async def remove(self, visitor: str, note_ids: Sequence[str]) -> None:
        async def work(connection: Connection) -> None:
            for note_id in note_ids:
                if await self._standing(connection, visitor, note_id):
                    revision = await self._next_revision(connection, visitor)
                    await self._queries.take_board_note_down(
                        connection, visitor=visitor, id=note_id, revision=revision
                    )

        await self._database.write(work)

    async def clear(self, visitor: str, now: Millis) -> Sequence[str]:
        async def work(connection: Connection) -> Sequence[str]:
            dropped = self._queries.drop_board_images(connection, visitor=visitor)
            keys = [row["media_key"] async for row in dropped]
            await self._queries.drop_board_notes(connection, visitor=visitor)
            await self._queries.put_board_note(
                connection,
                visitor=visitor,
                id=_CLEARED,
                kind=NoteKind.CLEARED.value,
                answers=_CLEARED,
                facts=_facts({}),
                media_key=None,
                revision=await self._next_revision(connection, visitor),
                created_at=now,
            )
            return keys

        return await self._database.write(work)

    async def find(self, visitor: str, note_id: str) -> Note | None:
        row = await self._queries.get_board_note(self._database.reader, visitor=visitor, id=note_id)
        return _note(row) if row else None

    async def latest(self, visitor: str, before: int | None, limit: int) -> Sequence[Note]:
        reader, bound = self._database.reader, _BEYOND_ALL if before is None else before
        found = self._queries.list_latest_board_notes(reader, visitor=visitor, before=bound, limit=limit)
        return [_note(row) async for row in found][::-1]

    async def since(self, visitor: str, revision: int, limit: int) -> Sequence[Note]:
        reader = self._database.reader
        found = self._queries.list_changed_board_notes(reader, visitor=visitor, after=revision, limit=limit)
        return [_note(row) async for row in found]

    async def revision(self, visitor: str) -> int:
        row = await self._queries.get_board_revision(self._database.reader, visitor=visitor)
        return int(row["revision"]) if row else 0

    async def keep_image(self, image: Image, room: Room, now: Millis) -> Sequence[Image]:
        async def work(connection: Connection) -> Sequence[Image]:
            await self._queries.add_board_image(
                connection,
                visitor=image.visitor,
                id=image.id,
                media_key=image.media_key,
                mime=image.mime,
                bytes=image.bytes,
                created_at=now,
            )
            found = self._queries.list_waiting_board_images(connection, visitor=image.visitor)
            superfluous = _beyond([_image(row) async for row in found], room)
            for old in superfluous:
                await self._queries.forget_board_image(connection, visitor=old.visitor, id=old.id)
            return superfluous

        return await self._database.write(work)

    async def find_image(self, visitor: str, image_id: str) -> Image | None:
        row = await self._queries.get_board_image(self._database.reader, visitor=visitor, id=image_id)
        return _image(row) if row else None

    async def note_said(self, visitor: str, image_ids: Sequence[str]) -> None:
        async def work(connection: Connection) -> None:
            for id_ in image_ids:
                await self._queries.set_board_image_said(connection, visitor=visitor, id=id_)

        await self._database.write(work)

    async def _next_revision(self, connection: Connection, visitor: str) -> int:
        taken = await self._queries.take_board_revision(connection, visitor=visitor)
        return int(taken["revision"])

    async def _standing(self, connection: Connection, visitor: str, note_id: str) -> Note | None:
        row = await self._queries.get_board_note(connection, visitor=visitor, id=note_id)
        return _note(row) if row and row["kind"] not in _TELLING else None


def _facts(facts: Mapping[str, Fact]) -> str:
    return json.dumps(facts, ensure_ascii=False)


def _beyond(newest_first: Sequence[Image], room: Room) -> Sequence[Image]:
    """The images that find no room; the newest one always does."""
    sizes = accumulate(image.bytes for image in newest_first)
    return [
        image
        for number, (image, size) in enumerate(zip(newest_first, sizes, strict=True))
        if number and (number >= room.images or size > room.bytes)
    ]


def _note(row: Any) -> Note:
    return Note(
        visitor=row["visitor"],
        id=row["id"],
        kind=NoteKind(row["kind"]),
        answers=row["answers"],
        facts=json.loads(row["facts"]),
        media_key=row["media_key"],
        position=row["position"],
        revision=row["revision"],
        created_at=Millis(row["created_at"]),
    )


def _image(row: Any) -> Image:
    return Image(
        visitor=row["visitor"],
        id=row["id"],
        media_key=row["media_key"],
        mime=row["mime"],
        bytes=row["bytes"],
    )
