"""Pictures on the board: who gets them, and how."""

from aiohttp import ClientSession

from bot.domain.jobs import Picture
from tests.playground.stage import Stage, Visitor, read_events

DATA = bytes(range(256)) * 4096  # 1 MiB: more than goes out in one piece


async def _delivered(stage: Stage, visitor: Visitor, mime: str = "image/png") -> Picture:
    await visitor.say("/draw a fox")
    job = stage.job()
    picture = await stage.picture(job, DATA, mime=mime)
    await stage.deliver(job, picture)
    return picture


async def test_a_picture_arrives_with_what_is_to_be_said_about_it(stage: Stage, visitor: Visitor) -> None:
    picture = await _delivered(stage, visitor)
    note = (await visitor.notes())[-1]
    assert (note["width"], note["height"], note["model"]) == (1664, 928, "qwen-image")
    assert "1664x928" in note["caption"]
    assert "a fox" in note["caption"]
    async with visitor.client.get(f"/pictures/{note['picture']}") as answer:
        assert answer.status == 200
        assert await answer.read() == DATA
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Disposition"] == f'inline; filename="drawbridge-{picture.id}.png"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "private" in answer.headers["Cache-Control"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_where_a_picture_is_kept_stays_inside(stage: Stage, visitor: Visitor) -> None:
    await _delivered(stage, visitor)
    assert all("media_key" not in note for note in await visitor.notes())


async def test_it_can_be_saved_to_a_file(stage: Stage, visitor: Visitor) -> None:
    picture = await _delivered(stage, visitor, "image/jpeg")
    async with visitor.client.get(f"/pictures/{picture.id}?download") as answer:
        assert answer.headers["Content-Disposition"] == f'attachment; filename="drawbridge-{picture.id}.jpg"'


async def test_what_is_no_known_image_is_never_shown_as_something_else(
    stage: Stage, visitor: Visitor
) -> None:
    picture = await _delivered(stage, visitor, "text/html")
    async with visitor.client.get(f"/pictures/{picture.id}") as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_part_of_it_can_be_asked_for(stage: Stage, visitor: Visitor) -> None:
    picture = await _delivered(stage, visitor)
    async with visitor.client.get(f"/pictures/{picture.id}", headers={"Range": "bytes=10-19"}) as answer:
        assert answer.status == 206
        assert await answer.read() == DATA[10:20]


async def test_what_the_browser_has_is_not_sent_again(stage: Stage, visitor: Visitor) -> None:
    picture = await _delivered(stage, visitor)
    async with visitor.client.get(f"/pictures/{picture.id}") as answer:
        tag = answer.headers["ETag"]
    async with visitor.client.get(f"/pictures/{picture.id}", headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
        assert await answer.read() == b""


async def test_one_connection_serves_many_pictures(stage: Stage, visitor: Visitor) -> None:
    picture = await _delivered(stage, visitor)
    for _ in range(3):
        async with visitor.client.get(f"/pictures/{picture.id}") as answer:
            assert await answer.read() == DATA
    async with visitor.client.head(f"/pictures/{picture.id}") as answer:
        assert answer.headers["Content-Length"] == str(len(DATA))


async def test_another_visitor_cannot_see_it(stage: Stage, visitor: Visitor) -> None:
    picture = await _delivered(stage, visitor)
    other = await stage.visitor()
    assert await _status(other.client, f"/pictures/{picture.id}") == 404
    assert await _status(await stage.browser(), f"/pictures/{picture.id}") == 404


async def test_paths_lead_nowhere_else(stage: Stage, visitor: Visitor) -> None:
    await _delivered(stage, visitor)
    for path in ("..%2f..%2ftest.sqlite3", "%2e%2e/test.sqlite3", "x" * 65, "a.png", "%00", ""):
        assert await _status(visitor.client, f"/pictures/{path}") == 404


async def test_a_picture_whose_file_is_gone_is_not_found(stage: Stage, visitor: Visitor) -> None:
    picture = await _delivered(stage, visitor)
    await stage.media.delete(picture.media_key)
    assert await _status(visitor.client, f"/pictures/{picture.id}") == 404


async def test_a_picture_delivered_twice_hangs_there_once(stage: Stage, visitor: Visitor) -> None:
    await visitor.say("/draw a fox")
    job = stage.job()
    picture = await stage.picture(job, DATA)
    first, second = await stage.deliver(job, picture), await stage.deliver(job, picture)
    assert first == second
    assert [note["kind"] for note in await visitor.notes()] == ["said", "picture"]


async def test_a_picture_shown_again_hangs_there_anew_once_for_each_time_it_was_asked_for(
    stage: Stage, visitor: Visitor
) -> None:
    await visitor.say("/draw a fox")
    job = stage.job()
    picture = await stage.picture(job, DATA)
    notes = [await stage.deliver(job, picture)]
    notes += [await stage.deliver(job, picture, again=event) for event in ("press-1", "press-1", "press-2")]
    assert notes[1] == notes[2]
    shown = [note for note in await visitor.notes() if note["kind"] == "picture"]
    assert [(note["id"], note["answers"]) for note in shown] == [
        (*notes[0], "message-1"),
        (*notes[1], "press-1"),
        (*notes[3], "press-2"),
    ]
    for note in shown:
        assert await _status(visitor.client, f"/pictures/{note['id'].removeprefix('picture-')}") == 200


async def test_what_is_removed_vanishes_from_open_pages_and_after_a_reload(
    stage: Stage, visitor: Visitor
) -> None:
    picture = await _delivered(stage, visitor)
    [said, shown] = await visitor.notes()
    stream = await visitor.stream(after=shown["revision"])
    await stage.chat.remove(stage.script.heard[0].person, [shown["id"], "picture-unknown"])
    [gone] = await read_events(stream, 1)
    assert (gone["id"], gone["kind"]) == (shown["id"], "gone")
    assert await visitor.notes() == [said]
    assert await _status(visitor.client, f"/pictures/{picture.id}") == 404


async def test_a_visitor_administers_their_own_board_only(stage: Stage) -> None:
    assert await stage.chat.is_admin("ann", "ann")
    assert not await stage.chat.is_admin("ann", "ben")


async def _status(client: ClientSession, path: str) -> int:
    async with client.get(path) as answer:
        return answer.status
