"""The message board in the database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.ids import Millis
from bot.ports.board import Draft, NoteKind
from bot.store.board import NoteBoard
from bot.store.database import open_database


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[NoteBoard]:
    async with open_database(tmp_path / "test.sqlite3") as database:
        yield NoteBoard(database)


def _draft(id_: str, text: str = "", visitor: str = "ann") -> Draft:
    return Draft(visitor, id_, NoteKind.SAID, id_, {"text": text})


async def test_changes_made_at_once_get_revisions_without_gap_or_double(board: NoteBoard) -> None:
    notes = await asyncio.gather(*(board.put(_draft(f"note{n}"), Millis(n)) for n in range(20)))
    assert sorted(note.revision for note in notes) == list(range(1, 21))
    assert await board.revision("ann") == 20


async def test_a_changed_note_keeps_its_place_and_its_time(board: NoteBoard) -> None:
    first = await board.put(_draft("one", "before"), Millis(1))
    await board.put(_draft("two"), Millis(2))
    changed = await board.put(_draft("one", "after"), Millis(3))
    assert (changed.position, changed.created_at) == (first.position, first.created_at)
    assert changed.revision == 3
    assert [note.id for note in await board.latest("ann", None, 10)] == ["one", "two"]
    assert [note.facts["text"] for note in await board.since("ann", 2, 10)] == ["after"]


async def test_a_change_replaces_what_it_names_and_leaves_the_rest(board: NoteBoard) -> None:
    draft = Draft("ann", "one", NoteKind.REPLY, "one", {"text": "before", "buttons": [[{"label": "Go"}]]})
    first = await board.put(draft, Millis(1))
    changed = await board.change("ann", "one", {"text": "after"})
    assert changed is not None
    assert changed.facts == {"text": "after", "buttons": [[{"label": "Go"}]]}
    assert (changed.position, changed.revision) == (first.position, first.revision + 1)


async def test_what_is_taken_down_is_told_once_and_kept_no_more(board: NoteBoard) -> None:
    await board.put(Draft("ann", "one", NoteKind.PICTURE, "one", {"text": "a secret"}, "key"), Millis(1))
    await board.put(_draft("two"), Millis(2))
    for _ in range(2):
        await board.remove("ann", ["one", "never there"])
    assert [note.id for note in await board.latest("ann", None, 10)] == ["two"]
    (gone,) = await board.since("ann", 2, 10)
    assert (gone.id, gone.kind, gone.revision) == ("one", NoteKind.GONE, 3)
    assert (gone.facts, gone.media_key) == ({}, None)


async def test_what_was_taken_down_stays_down(board: NoteBoard) -> None:
    await board.put(_draft("one"), Millis(1))
    await board.remove("ann", ["one"])
    put = await board.put(_draft("one", "again"), Millis(2))
    assert (put.kind, put.facts) == (NoteKind.GONE, {})
    assert await board.change("ann", "one", {"text": "again"}) is None
    assert await board.latest("ann", None, 10) == []


async def test_nobody_takes_down_what_hangs_on_anothers_board(board: NoteBoard) -> None:
    await board.put(_draft("note"), Millis(1))
    await board.remove("ben", ["note"])
    assert await board.change("ben", "note", {"text": "mine now"}) is None
    assert [note.facts for note in await board.latest("ann", None, 10)] == [{"text": ""}]
    assert await board.revision("ben") == 0


async def test_boards_of_two_visitors_have_nothing_to_do_with_each_other(board: NoteBoard) -> None:
    await board.put(_draft("note", "mine"), Millis(1))
    await board.put(_draft("note", "theirs", visitor="ben"), Millis(1))
    found = await board.find("ann", "note")
    assert found is not None
    assert found.facts == {"text": "mine"}
    assert await board.revision("ben") == 1
    assert await board.find("eve", "note") is None
    assert await board.revision("eve") == 0


async def test_any_text_comes_back_as_it_was(board: NoteBoard) -> None:
    text = "雪地里的狐狸 🦊 \u202emarhaba\u202c \x00 \"quoted\" 'single' \\ \n"
    await board.put(_draft("note", text), Millis(1))
    found = await board.find("ann", "note")
    assert found is not None
    assert found.facts["text"] == text
