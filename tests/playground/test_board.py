"""The message board in the database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.ids import Millis
from bot.ports.board import Draft, Image, NoteKind, Room
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


# --- everything at once ----------------------------------------------------------------------------------


async def kept(board: NoteBoard, id_: str, visitor: str = "ann") -> None:
    """An image that was handed in."""
    image = Image(visitor, id_, f"key-{visitor}-{id_}", "image/png", 10)
    assert await board.keep_image(image, Room(images=10, bytes=1000), Millis(1)) == []


async def test_a_cleared_board_is_empty_and_names_the_files_of_all_uploads(board: NoteBoard) -> None:
    await board.put(_draft("said-1", "a secret"), Millis(1))
    await board.put(Draft("ann", "picture-1", NoteKind.PICTURE, "1", {"text": "a secret"}, "key"), Millis(1))
    await kept(board, "1")
    await kept(board, "2")
    await board.note_said("ann", ["1"])
    assert sorted(await board.clear("ann", Millis(2))) == ["key-ann-1", "key-ann-2"]
    assert await board.latest("ann", None, 10) == []
    assert await board.find("ann", "said-1") is None
    assert await board.find_image("ann", "1") is None
    assert await board.clear("ann", Millis(3)) == []


async def test_nothing_that_hung_on_a_cleared_board_is_in_the_database(tmp_path: Path) -> None:
    async with open_database(tmp_path / "test.sqlite3") as database:
        board = NoteBoard(database)
        await board.put(_draft("said-1", "a secret"), Millis(1))
        await board.put(_draft("status-secret"), Millis(1))
        await board.remove("ann", ["status-secret"])  # it also leaves no trace of what was taken down
        await kept(board, "secret")
        await board.clear("ann", Millis(2))
        [note] = await database.reader.execute_fetchall("SELECT * FROM board_notes")
        assert (note["kind"], note["facts"], note["media_key"]) == ("cleared", "{}", None)
        assert "secret" not in str(tuple(note))
        assert list(await database.reader.execute_fetchall("SELECT * FROM board_images")) == []


async def test_whoever_follows_is_told_in_one_note_that_a_board_was_cleared(board: NoteBoard) -> None:
    for number in range(3):
        await board.put(_draft(f"note{number}"), Millis(1))
    for revision in (4, 5):
        await board.clear("ann", Millis(2))
        [told] = await board.since("ann", 2, 10)
        assert (told.kind, told.facts, told.media_key) == (NoteKind.CLEARED, {}, None)
        assert told.position == told.revision == await board.revision("ann") == revision


async def test_a_cleared_board_takes_new_notes_and_old_names(board: NoteBoard) -> None:
    await board.put(_draft("note", "before"), Millis(1))
    await board.clear("ann", Millis(2))
    after = await board.put(_draft("note", "after"), Millis(3))
    assert (after.kind, after.position, after.created_at) == (NoteKind.SAID, 3, 3)
    assert [note.facts for note in await board.latest("ann", None, 10)] == [{"text": "after"}]
    assert [note.kind for note in await board.since("ann", 0, 10)] == [NoteKind.CLEARED, NoteKind.SAID]


async def test_that_a_board_was_cleared_can_neither_be_changed_nor_taken_down(board: NoteBoard) -> None:
    await board.clear("ann", Millis(1))
    [told] = await board.since("ann", 0, 10)
    assert await board.change("ann", told.id, {"text": "words"}) is None
    await board.remove("ann", [told.id])
    assert await board.since("ann", 0, 10) == [told]


async def test_clearing_a_board_leaves_those_of_others_alone(board: NoteBoard) -> None:
    await board.put(_draft("note", visitor="ben"), Millis(1))
    await kept(board, "1", visitor="ben")
    await board.put(_draft("note"), Millis(1))
    assert await board.clear("ann", Millis(2)) == []
    assert [note.id for note in await board.latest("ben", None, 10)] == ["note"]
    assert await board.find_image("ben", "1") is not None
    assert await board.revision("ben") == 1
