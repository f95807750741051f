"""The live stream."""

import asyncio

from bot.ports.chat import Stage as JobStage
from bot.ports.chat import Status
from tests.playground.stage import Stage, Visitor, read_events, texts_of


async def test_what_changes_is_told_at_once(stage: Stage, visitor: Visitor) -> None:
    stream = await visitor.stream()
    await visitor.say("/draw a fox")
    job = stage.job()
    await stage.chat.show(job, Status(JobStage.DRAWING))
    async with asyncio.timeout(1):
        said, status = await read_events(stream, 2)
    assert (said["kind"], status["kind"], status["stage"]) == ("said", "status", "drawing")


async def test_it_resumes_after_the_last_event_that_was_seen(stage: Stage, visitor: Visitor) -> None:
    stream = await visitor.stream()
    await visitor.say("one", "message-1")
    seen = (await read_events(stream, 2))[-1]["revision"]
    stream.close()
    await visitor.say("two", "message-2")
    stream = await visitor.stream(last_event_id=seen)
    assert texts_of(await read_events(stream, 2)) == ["two", "heard: two"]


async def test_what_changed_many_times_meanwhile_is_told_once_as_it_is_now(
    stage: Stage, visitor: Visitor
) -> None:
    await visitor.say("/draw a fox --n 3")
    job = stage.job(count=3)
    for done in range(4):
        await stage.chat.show(job, Status(JobStage.DRAWING, pictures=done))
    _said, status = await read_events(await visitor.stream(), 2)
    assert status["done"] == 3


async def test_a_long_absence_is_caught_up_completely(visitor: Visitor) -> None:
    for number in range(60):
        await visitor.say(f"hello {number}", f"message-{number}")
    events = await read_events(await visitor.stream(), 120)
    assert [event["revision"] for event in events] == list(range(1, 121))


async def test_a_page_that_knows_more_than_the_board_begins_anew(visitor: Visitor) -> None:
    await visitor.say("hello")
    [said, _reply] = await read_events(await visitor.stream(after=1000), 2)
    assert said["text"] == "hello"


async def test_many_pages_of_a_visitor_hear_the_same(visitor: Visitor) -> None:
    streams = [await visitor.stream() for _ in range(3)]
    await visitor.say("hello")
    for stream in streams:
        assert texts_of(await read_events(stream, 2)) == ["hello", "heard: hello"]


async def test_others_hear_nothing_of_it(stage: Stage, visitor: Visitor) -> None:
    other = await stage.visitor()
    stream = await other.stream()
    await visitor.say("a secret wish", "message-1")
    await other.say("mine", "message-2")
    assert texts_of(await read_events(stream, 1)) == ["mine"]


async def test_a_silent_stream_shows_that_it_lives(visitor: Visitor) -> None:
    stream = await visitor.stream()
    async with asyncio.timeout(1):
        for _ in range(2):
            assert (await stream.content.readline()).startswith(b":")
            await stream.content.readline()


async def test_one_page_too_many_replaces_the_oldest(visitor: Visitor) -> None:
    streams = [await visitor.stream() for _ in range(13)]
    async with asyncio.timeout(2):
        await streams[0].content.read()  # to its end
    await visitor.say("hello")
    assert texts_of(await read_events(streams[-1], 1)) == ["hello"]


async def test_stopping_ends_the_streams_at_once(stage: Stage, visitor: Visitor) -> None:
    stream = await visitor.stream()
    stage.feed.stop()
    async with asyncio.timeout(1):
        await stream.content.read()
    async with visitor.client.get("/api/events") as answer:
        assert answer.status == 503
        assert "Retry-After" in answer.headers


async def test_a_page_that_left_is_forgotten(stage: Stage, visitor: Visitor) -> None:
    stream = await visitor.stream()
    assert stage.feed.watched
    stream.close()
    async with asyncio.timeout(2):
        while stage.feed.watched:  # noqa: ASYNC110 - the server learns of it by itself, with its next write
            await asyncio.sleep(0.02)
