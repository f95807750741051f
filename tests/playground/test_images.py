"""Images that visitors hand in: kept for them alone, shown only for what they are, limited."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import structlog
from aiohttp import ClientError
from yarl import URL

from bot.domain.ids import Millis
from bot.domain.request import Handle
from bot.frontends.playground.attachments import IMAGE_LIMIT, shown_type
from bot.ports.board import Image, Room
from bot.ports.chat import HandleGone
from bot.store.board import NoteBoard
from bot.store.database import open_database
from tests.playground.stage import Stage, Visitor, message, open_stage

PNG = b"\x89PNG\r\n\x1a\n" + bytes(1000)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def address(name: str) -> str:
    kind, _, id_ = name.partition("-")
    return f"/{kind}s/{id_}"


async def status(visitor: Visitor, name: str) -> int:
    async with visitor.client.get(address(name)) as answer:
        return answer.status


async def fetched(stage: Stage, handle: Handle) -> bytes:
    async with aclosing(stage.chat.fetch(handle)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def refusal(visitor: Visitor, images: list[str]) -> str:
    async with visitor.client.post("/api/messages", json=message("/edit") | {"images": images}) as answer:
        assert answer.status == 422
        return str((await answer.json())["error"])


def files(stage: Stage, folder: Path) -> list[Path]:
    return [path for path in (folder / "media").rglob("*") if path.is_file()]


# --- handing in and using ------------------------------------------------------------------------------


async def test_images_reach_the_core_in_their_order_and_can_be_fetched(
    stage: Stage, visitor: Visitor
) -> None:
    data = [PNG + bytes([number]) for number in range(3)]
    names = [await visitor.upload(each) for each in data]
    await visitor.say("/edit the hat from 2 on 1", images=names[::-1])
    [heard] = stage.script.heard
    assert heard.text == "/edit the hat from 2 on 1"
    assert [await fetched(stage, handle) for handle in heard.images] == data[::-1]


async def test_a_large_image_is_handed_on_whole(stage: Stage, visitor: Visitor) -> None:
    data = PNG + bytes(range(256)) * 12_000
    await visitor.say("/edit", images=[await visitor.upload(data)])
    assert await fetched(stage, stage.script.heard[0].images[0]) == data


async def test_a_picture_on_the_board_can_be_edited_without_handing_it_in(
    stage: Stage, visitor: Visitor
) -> None:
    await visitor.say("/draw a fox")
    job = stage.job()
    await stage.deliver(job, picture := await stage.picture(job, PNG))
    await visitor.say("/edit make it night", "message-2", images=[f"picture-{picture.id}"])
    assert await fetched(stage, stage.script.heard[1].images[0]) == PNG


async def test_a_message_that_replies_to_a_picture_tells_the_core_which(
    stage: Stage, visitor: Visitor
) -> None:
    await visitor.say("/draw a fox")
    job = stage.job()
    [note] = await stage.deliver(job, await stage.picture(job, PNG))
    hat = await visitor.upload(PNG + b"hat")
    told = await visitor.say("add the hat", "message-2", images=[hat], replies=note)
    heard = stage.script.heard[1]
    assert heard.replied is not None
    assert (heard.replied.message, heard.replied.ours) == (note, True)
    assert await fetched(stage, heard.replied.images[0]) == PNG
    assert [await fetched(stage, handle) for handle in heard.images] == [PNG + b"hat"]
    assert told["notes"][0]["images"] == [note, hat]  # as people count them


async def test_an_image_needs_no_words(stage: Stage, visitor: Visitor) -> None:
    await visitor.say("", images=[await visitor.upload(PNG)])
    [heard] = stage.script.heard
    assert heard.text == ""
    assert await fetched(stage, heard.images[0]) == PNG


async def test_a_reload_finds_the_images_of_what_was_said(stage: Stage, visitor: Visitor) -> None:
    name = await visitor.upload(PNG)
    await visitor.say("/edit make it night", images=[name])
    await visitor.open()
    (note,) = await visitor.notes()
    assert note["images"] == [name]
    async with visitor.client.get(address(name)) as answer:
        assert await answer.read() == PNG


async def test_a_restart_keeps_what_waits_and_what_was_said(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        visitor = await stage.visitor()
        said, waiting = await visitor.upload(PNG), await visitor.upload(PNG)
        await visitor.say("/edit make it night", images=[said])
        handles = stage.script.heard[0].images
        cookies = visitor.client.cookie_jar.filter_cookies(URL(stage.url))
    async with open_stage(tmp_path) as stage:
        assert await fetched(stage, handles[0]) == PNG
        browser = await stage.browser()
        browser.cookie_jar.update_cookies(cookies)
        assert await status(stage.known(browser), waiting) == 200


async def test_a_message_sent_again_is_one_event_with_the_same_images(stage: Stage, visitor: Visitor) -> None:
    name = await visitor.upload(PNG)
    for _ in range(2):
        await visitor.say("/edit make it night", images=[name])
    assert len(stage.script.events) == 1
    assert len({heard.images for heard in stage.script.heard}) == 1
    assert len(await visitor.notes()) == 1


# --- whose they are ------------------------------------------------------------------------------------


async def test_another_visitors_image_is_refused_and_shown_to_nobody_else(
    stage: Stage, visitor: Visitor
) -> None:
    mine = await visitor.upload(PNG)
    other = await stage.visitor()
    assert "Image 2" in await refusal(other, [await other.upload(PNG), mine])
    assert await status(other, mine) == 404
    assert await status(stage.known(await stage.browser()), mine) == 404
    assert not stage.script.heard
    assert not await other.notes()


async def test_another_visitors_picture_is_refused(stage: Stage, visitor: Visitor) -> None:
    await visitor.say("/draw a fox")
    job = stage.job()
    [note] = await stage.deliver(job, await stage.picture(job, PNG))
    other = await stage.visitor()
    assert "Image 1" in await refusal(other, [note])
    assert await other.status_of_saying(message("make it night") | {"replies": note}) == 422
    assert len(stage.script.heard) == 1


async def test_the_core_gets_an_image_only_from_the_board_of_its_visitor(
    stage: Stage, visitor: Visitor
) -> None:
    await visitor.say("/edit", images=[await visitor.upload(PNG)])
    owner, _, name = stage.script.heard[0].images[0].ref.partition("/")
    for ref in (f"{'x' * len(owner)}/{name}", f"{owner}/image-{'0' * 24}", f"{owner}/../{name}", name, ""):
        with pytest.raises(HandleGone):
            await fetched(stage, Handle(ref))


async def test_an_image_that_is_not_kept_any_more_is_gone(
    stage: Stage, visitor: Visitor, tmp_path: Path
) -> None:
    name = await visitor.upload(PNG)
    await visitor.say("/edit", images=[name])
    for path in files(stage, tmp_path):
        path.unlink()
    with pytest.raises(HandleGone):
        await fetched(stage, stage.script.heard[0].images[0])
    assert await status(visitor, name) == 404


# --- what they are -------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [SVG, b"<html><script>alert(1)</script>", b"%PDF-1.7", b"GIF8<script>", b""])
async def test_what_is_no_image_is_never_served_and_left_for_the_core_to_refuse(
    stage: Stage, visitor: Visitor, data: bytes
) -> None:
    name = await visitor.upload(data)
    assert await status(visitor, name) == 404
    await visitor.say("/edit", images=[name])
    assert await fetched(stage, stage.script.heard[0].images[0]) == data


async def test_markup_behind_an_images_beginning_is_served_as_that_image(visitor: Visitor) -> None:
    async with visitor.client.post(
        "/api/images", data=PNG + SVG, headers={"Content-Type": "image/svg+xml"}
    ) as answer:
        name = (await answer.json())["name"]
    async with visitor.client.get(address(name)) as answer:
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (PNG[:32], "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x20ftypavif", "image/avif"),
        (b"\0\0\0\x20ftypheic", None),
        (b"RIFF\x10\0\0\0WAVEfmt ", None),
        (b"\x89PNG", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_what_browsers_may_show(head: bytes, mime: str | None) -> None:
    assert shown_type(head) == mime


# --- how much ------------------------------------------------------------------------------------------


async def _stream(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 1024 * 1024):
        yield bytes(1024 * 1024)


async def test_an_upload_that_says_it_is_too_large_is_refused(
    stage: Stage, visitor: Visitor, tmp_path: Path
) -> None:
    async with visitor.client.post("/api/images", data=io.BytesIO(bytes(IMAGE_LIMIT + 1))) as answer:
        assert answer.status == 413
    assert files(stage, tmp_path) == []


async def test_an_upload_that_does_not_say_how_large_it_is_ends_at_the_limit(
    stage: Stage, visitor: Visitor, tmp_path: Path
) -> None:
    async with visitor.client.post("/api/images", data=_stream(IMAGE_LIMIT + 1)) as answer:
        assert answer.status == 413
    assert files(stage, tmp_path) == []


async def test_an_upload_of_exactly_the_limit_is_taken(visitor: Visitor) -> None:
    async with visitor.client.post("/api/images", data=_stream(IMAGE_LIMIT)) as answer:
        assert answer.status == 201


async def test_an_upload_that_breaks_off_leaves_nothing(
    stage: Stage, visitor: Visitor, tmp_path: Path
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(2 * 1024 * 1024)
        raise ClientError("the visitor left")

    with structlog.testing.capture_logs() as logs:
        with pytest.raises(ClientError):
            await visitor.client.post("/api/images", data=broken())
        async with asyncio.timeout(5):
            while files(stage, tmp_path):  # noqa: ASYNC110 - the server notices by itself, unannounced
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
    assert logs == []


async def test_more_images_than_fit_into_a_message_are_refused_in_words(visitor: Visitor) -> None:
    name = await visitor.upload(PNG)
    told = await refusal(visitor, [name] * 17)
    assert "17" in told
    assert "16" in told
    assert (await visitor.say("/edit", images=[name] * 16))["notes"]


async def test_images_that_wait_too_long_make_room_for_newer_ones(
    stage: Stage, visitor: Visitor, tmp_path: Path
) -> None:
    said = await visitor.upload(PNG)
    await visitor.say("/edit", images=[said])
    names = [await visitor.upload(PNG) for _ in range(34)]
    assert [await status(visitor, name) for name in names] == [404] * 2 + [200] * 32
    assert await status(visitor, said) == 200
    assert len(files(stage, tmp_path)) == 33


async def test_waiting_images_have_limited_bytes_each_visitor_for_themselves(tmp_path: Path) -> None:
    async with open_database(tmp_path / "test.sqlite3") as database:
        board, room = NoteBoard(database), Room(images=10, bytes=100)

        async def keep(visitor: str, id_: str, size: int) -> list[str]:
            image = Image(visitor, id_, f"key-{id_}", None, size)
            return [old.id for old in await board.keep_image(image, room, Millis(int(id_)))]

        assert await keep("ann", "1", 60) == []
        assert await keep("ben", "2", 60) == []
        assert await keep("ann", "3", 40) == []
        assert await keep("ann", "4", 1) == ["1"]
        assert await keep("ann", "5", 1000) == ["4", "3"]  # the newest always stays
        assert await board.find_image("ben", "2") is not None
