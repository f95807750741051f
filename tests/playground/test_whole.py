"""From the page to the picture: the real core, a sandbox for a gateway, the real site."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar

from bot.core.buttons import press
from bot.core.talk import Verb
from bot.frontends.playground.attachments import IMAGE_LIMIT
from bot.frontends.playground.chat import PlaygroundChat
from bot.frontends.playground.feed import Feed
from bot.frontends.playground.site import BODY_LIMIT, Site
from bot.ports.clock import SystemClock
from bot.store.board import NoteBoard
from bot.web.server import Part, serve
from tests.house import House, open_house
from tests.playground.stage import Visitor, read_events
from tests.telegram.studio import png


@asynccontextmanager
async def playing(folder: Path) -> AsyncIterator[tuple[House, Visitor]]:
    """The whole service with the playground as its frontend, and a visitor with the page open."""
    async with AsyncExitStack() as exits:
        house = await exits.enter_async_context(open_house(folder, gateways=("evolink",)))
        parts = house.parts
        feed = Feed(NoteBoard(parts.database), SystemClock())
        parts.chats["playground"] = PlaygroundChat(feed, parts.texts, parts.media)
        site = Site(
            feed,
            house.core.conversation,
            parts.texts,
            parts.media,
            sandbox=True,
            host="127.0.0.1",
        )
        web = [Part(site.routes(), BODY_LIMIT, site.stop), Part(site.upload_routes(), IMAGE_LIMIT)]
        listening = await exits.enter_async_context(serve(web, "127.0.0.1", 0))
        client = await exits.enter_async_context(
            ClientSession(listening.url, cookie_jar=CookieJar(unsafe=True))
        )
        visitor = Visitor(client, exits)
        await visitor.open()
        yield house, visitor


async def ended(visitor: Visitor, jobs: int = 1) -> dict[str, Any]:
    """The last status of the job that is the last to end of so many."""
    stream = await visitor.stream()
    finished = set()
    async with asyncio.timeout(10):
        while True:
            (note,) = await read_events(stream, 1)
            if note["kind"] == "status" and note["final"]:
                finished.add(note["job"])
            if len(finished) == jobs:
                return note


async def until(visitor: Visitor, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first note of the stream that is wanted."""
    stream = await visitor.stream()
    async with asyncio.timeout(10):
        while True:
            (note,) = await read_events(stream, 1)
            if wanted(note):
                return note


async def test_an_image_comes_back_edited_and_its_picture_can_be_edited_further(tmp_path: Path) -> None:
    async with playing(tmp_path) as (house, visitor):
        name = await visitor.upload(png((600, 400)))
        await visitor.say("/edit make it night", "message-1", images=[name])
        assert (await ended(visitor))["stage"] == "done"
        picture = next(note for note in await visitor.notes() if note["kind"] == "picture")
        assert "make it night" in picture["caption"]
        await visitor.say("/edit add a moon", "message-2", images=[picture["id"]])
        assert (await ended(visitor, 2))["stage"] == "done"
        assert house.sandbox.tallies["evolink"].accepted == 2


async def pictures(visitor: Visitor) -> list[dict[str, Any]]:
    return [note for note in await visitor.notes() if note["kind"] == "picture"]


def button(note: dict[str, Any], verb: Verb) -> str:
    """What the button of a note that does this holds."""
    held = [str(each["press"]) for row in note["buttons"] for each in row]
    return next(press for press in held if press.startswith(f"{verb.value}|"))


async def test_a_reply_in_words_to_a_picture_goes_on_from_it(tmp_path: Path) -> None:
    async with playing(tmp_path) as (house, visitor):
        await visitor.say("/draw a fox", "message-1")
        await ended(visitor)
        [picture] = await pictures(visitor)
        await visitor.say("make it night", "message-2", replies=picture["id"])
        assert (await ended(visitor, 2))["stage"] == "done"
        edited = (await pictures(visitor))[-1]
        assert "make it night" in edited["caption"]
        assert edited["answers"] == "message-2"
        assert house.sandbox.tallies["evolink"].accepted == 2


async def test_the_edit_button_asks_and_what_is_said_next_is_done_to_that_picture(tmp_path: Path) -> None:
    async with playing(tmp_path) as (_, visitor):
        await visitor.say("/draw a fox", "message-1")
        await ended(visitor)
        [picture] = await pictures(visitor)
        told = await visitor.press(button(picture, Verb.EDIT), picture["id"])
        assert told["notes"][-1]["asks"] is True
        await visitor.say("make it night", "message-2")
        assert (await ended(visitor, 2))["stage"] == "done"
        assert "make it night" in (await pictures(visitor))[-1]["caption"]


async def test_an_image_sent_after_the_question_for_it_is_changed_as_was_asked(tmp_path: Path) -> None:
    async with playing(tmp_path) as (_, visitor):
        told = await visitor.say("/edit make it night", "message-1")
        assert told["notes"][-1]["asks"] is True
        await visitor.say("", "message-2", images=[await visitor.upload(png((600, 400)))])
        assert (await ended(visitor))["stage"] == "done"
        assert "make it night" in (await pictures(visitor))[-1]["caption"]


async def test_a_press_sent_again_draws_once_in_a_place_of_its_own(tmp_path: Path) -> None:
    async with playing(tmp_path) as (house, visitor):
        await visitor.say("/draw a fox")
        await ended(visitor)
        [first] = await pictures(visitor)
        for _ in range(3):
            told = await visitor.press(button(first, Verb.AGAIN), first["id"])
            assert told["note"]
        assert (await ended(visitor, 2))["stage"] == "done"
        [_, second] = await pictures(visitor)
        assert first["answers"] != second["answers"]
        assert house.sandbox.tallies["evolink"].accepted == 2


async def test_several_pictures_can_each_be_edited_by_the_buttons_under_the_status(tmp_path: Path) -> None:
    async with playing(tmp_path) as (_, visitor):
        await visitor.say("/draw a fox --n 2")
        status = await ended(visitor)
        edits = [each["picture"] for row in status["buttons"] for each in row if "picture" in each]
        assert edits == [picture["id"] for picture in await pictures(visitor)]


async def test_a_picture_shown_again_as_a_file_can_be_gone_on_from_and_deleted(tmp_path: Path) -> None:
    async with playing(tmp_path) as (_, visitor):
        await visitor.say("/draw a fox", "message-1")
        await ended(visitor)
        [first] = await pictures(visitor)
        for _ in range(2):
            await visitor.press(button(first, Verb.AS_FILE), first["id"])
        again = await until(visitor, lambda note: note["kind"] == "picture" and note["file"])
        assert again["picture"] == first["picture"]
        await visitor.say("make it night", "message-2", replies=again["id"])
        assert (await ended(visitor, 2))["stage"] == "done"
        assert "make it night" in (await pictures(visitor))[-1]["caption"]
        await visitor.press(button(first, Verb.DELETE), first["id"], "button-2")
        await until(visitor, lambda note: (note["kind"], note["id"]) == ("gone", first["id"]))
        await until(visitor, lambda note: (note["kind"], note["id"]) == ("gone", again["id"]))
        assert [note["answers"] for note in await pictures(visitor)] == ["message-2"]


async def test_a_message_sent_again_opens_one_job(tmp_path: Path) -> None:
    async with playing(tmp_path) as (house, visitor):
        name = await visitor.upload(png((600, 400)))
        await asyncio.gather(*(visitor.say("/edit make it night", images=[name]) for _ in range(5)))
        assert (await ended(visitor))["stage"] == "done"
        await visitor.say("/edit make it night", images=[name])
        assert house.sandbox.tallies["evolink"].accepted == 1
        assert sum(note["kind"] == "picture" for note in await visitor.notes()) == 1


async def test_what_is_no_image_is_explained_and_costs_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path) as (house, visitor):
        good, bad = await visitor.upload(png((600, 400))), await visitor.upload(b"<svg/>")
        await visitor.say("/edit make it night", images=[good, bad])
        status = await ended(visitor)
        assert status["stage"] == "failed"
        assert "Image 2 is no image I can read" in status["text"]
        assert house.sandbox.tallies["evolink"].accepted == 0


async def test_more_images_than_a_model_takes_are_refused_by_the_core(tmp_path: Path) -> None:
    async with playing(tmp_path) as (_, visitor):
        names = [await visitor.upload(png((600, 400))) for _ in range(4)]
        told = await visitor.say("/edit make it night", images=names)
        assert told["notes"][-1]["refused"] is True
        assert "3 are the most" in told["notes"][-1]["text"]


async def test_forgetme_empties_the_board_live_and_for_good_and_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as (house, visitor):
        await visitor.upload(png((300, 300)))  # and then not used
        name = await visitor.upload(png((600, 400)))
        await visitor.say("/edit make it night", "message-1", images=[name])
        await ended(visitor)
        [_, question] = (await visitor.say("/forgetme", "message-2"))["notes"]
        stream = await visitor.stream(after=question["revision"])
        addresses = [f"/images/{name.removeprefix('image-')}", *(await picture_addresses(visitor))]
        assert await statuses(visitor, addresses) == [200, 200]
        told = await visitor.press(press(Verb.FORGET, "yes"), question["id"])
        [cleared, done] = await read_events(stream, 2)
        assert (cleared["kind"], cleared["position"]) == ("cleared", question["revision"] + 1)
        assert told["notes"] == [done] == await visitor.notes()
        assert done["text"] == "Done. Whatever I knew about you is gone."
        assert await statuses(visitor, addresses) == [404, 404]
        assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []
        rows = await house.parts.database.reader.execute_fetchall("SELECT * FROM board_notes")
        assert "night" not in str([tuple(row) for row in rows])


async def test_forgetme_confirmed_again_is_said_again_and_drawing_goes_on(tmp_path: Path) -> None:
    async with playing(tmp_path) as (_, visitor):
        [_, question] = (await visitor.say("/forgetme", "message-1"))["notes"]
        for id_ in ("button-1", "button-1", "button-2"):
            [done] = (await visitor.press(press(Verb.FORGET, "yes"), question["id"], id_))["notes"]
            assert await visitor.notes() == [done]
        await visitor.say("/draw a fox", "message-2")
        assert (await ended(visitor))["stage"] == "done"
        assert len(await pictures(visitor)) == 1


async def picture_addresses(visitor: Visitor) -> list[str]:
    return [f"/pictures/{note['id'].removeprefix('picture-')}" for note in await pictures(visitor)]


async def statuses(visitor: Visitor, addresses: list[str]) -> list[int]:
    found = []
    for address in addresses:
        async with visitor.client.get(address) as answer:
            found.append(answer.status)
    return found
