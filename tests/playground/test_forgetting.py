"""A visitor who is forgotten: their board, and what they handed in."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.frontends.playground.chat import PlaygroundChat
from bot.frontends.playground.feed import Feed
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from bot.media.folder import FolderMedia
from bot.ports.chat import ChatUnavailable, Status
from bot.ports.chat import Stage as JobStage
from bot.ports.clock import SystemClock
from bot.store.board import NoteBoard
from bot.store.database import open_database
from tests.playground.stage import Stage, Visitor, read_events

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def uploads(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "media").rglob("references/**/*"))


async def status(visitor: Visitor, name: str) -> int:
    """Of asking for an image by its name."""
    async with visitor.client.get(f"/images/{name.removeprefix('image-')}") as answer:
        return answer.status


async def settled(stage: Stage, visitor: Visitor) -> str:
    """Somebody with words, a status and two images, one of them used. Returns who that is."""
    name = await visitor.upload(PNG)
    await visitor.upload(PNG)
    await visitor.say("/edit make it night", images=[name])
    await stage.chat.show(stage.job(), Status(JobStage.DRAWING))
    return stage.script.heard[-1].person


async def test_nothing_is_left_of_what_was_said_and_handed_in(
    stage: Stage, visitor: Visitor, tmp_path: Path
) -> None:
    person = await settled(stage, visitor)
    assert uploads(tmp_path) == 2
    for _ in range(2):
        await stage.chat.forget(person)
        assert await visitor.notes() == []
        assert uploads(tmp_path) == 0


async def test_others_keep_their_boards_and_their_images(
    stage: Stage, visitor: Visitor, tmp_path: Path
) -> None:
    person, other = await settled(stage, visitor), await stage.visitor()
    name = await other.upload(PNG)
    await other.say("/edit make it snow", images=[name])
    before = await other.notes()
    await stage.chat.forget(person)
    assert await other.notes() == before
    assert await status(other, name) == 200
    assert uploads(tmp_path) == 1


async def test_every_open_page_is_told_at_once_and_one_that_slept_hears_of_it_later(
    stage: Stage, visitor: Visitor
) -> None:
    person = await settled(stage, visitor)
    seen = (await visitor.notes())[-1]["revision"]
    pages = [await visitor.stream(after=seen) for _ in range(2)]
    await stage.chat.forget(person)
    await visitor.say("/help", "message-2")
    for page in (*pages, await visitor.stream(after=seen)):
        kinds = [note["kind"] for note in await read_events(page, 3)]
        assert kinds == ["cleared", "said", "reply"]


async def test_what_is_forgotten_is_not_there_to_be_used(stage: Stage, visitor: Visitor) -> None:
    name = await visitor.upload(PNG)
    await visitor.say("/help")
    await stage.chat.forget(stage.script.heard[-1].person)
    assert await status(visitor, name) == 404
    async with visitor.client.post(
        "/api/messages", json={"id": "message-2", "text": "/edit", "language": "en", "images": [name]}
    ) as answer:
        assert answer.status == 422


async def test_a_locked_database_is_told_and_forgetting_works_when_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "test.sqlite3"
    async with open_database(path, timedelta(milliseconds=10)) as database:
        feed, texts = Feed(NoteBoard(database), SystemClock()), FluentTexts(locales_folder())
        chat = PlaygroundChat(feed, texts, FolderMedia(tmp_path / "media"))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ChatUnavailable):
                await chat.forget("ann")
        await chat.forget("ann")
        assert await feed.revision("ann") == 1
