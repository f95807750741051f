"""Saying something on the page, and finding it again."""

from pathlib import Path

from yarl import URL

from bot.ports.chat import Stage as JobStage
from bot.ports.chat import Status
from tests.playground.stage import Stage, Visitor, message, open_stage, texts_of


async def test_what_is_said_reaches_the_core_with_its_place_and_language(
    stage: Stage, visitor: Visitor
) -> None:
    await visitor.say("/draw 一只狐狸 🦊", "message-7", "zh-CN")
    [heard] = stage.script.heard
    assert heard.text == "/draw 一只狐狸 🦊"
    assert heard.language == "zh-CN"
    assert heard.address.platform == "playground"
    assert heard.address.chat == heard.person
    assert heard.address.message == "message-7"
    assert heard.event_key == f"playground:{heard.person}:message-7"
    assert heard.private


async def test_the_answer_holds_what_was_said_and_what_was_replied(visitor: Visitor) -> None:
    told = await visitor.say("/help")
    assert texts_of(told["notes"]) == ["/help", "heard: /help"]
    assert [note["answers"] for note in told["notes"]] == ["message-1", "message-1"]


async def test_a_message_sent_twice_is_one_event_and_stands_once(stage: Stage, visitor: Visitor) -> None:
    await visitor.say("/draw a fox")
    await visitor.say("/draw a fox")
    assert len(stage.script.events) == 1
    assert texts_of(await visitor.notes()) == ["/draw a fox"]


async def test_a_reply_that_got_lost_is_sent_again_without_asking_again(
    stage: Stage, visitor: Visitor
) -> None:
    first = await visitor.say("/cancel")
    again = await visitor.say("/cancel")
    assert texts_of(again["notes"]) == texts_of(first["notes"])
    assert len(stage.script.heard) == 1


async def test_the_same_message_id_of_two_visitors_is_two_events(stage: Stage) -> None:
    await (await stage.visitor()).say("/draw a fox")
    await (await stage.visitor()).say("/draw a fox")
    assert len(stage.script.events) == 2


async def test_markup_stays_text_and_never_reaches_the_page_as_markup(visitor: Visitor) -> None:
    markup = "<img src=x onerror=alert(1)></script><b>bold</b>"
    told = await visitor.say(markup)
    assert told["notes"][0]["text"] == markup
    assert markup not in await visitor.open()


async def test_a_reload_finds_everything_in_order(stage: Stage, visitor: Visitor) -> None:
    await visitor.say("/draw a fox", "message-1")
    job = stage.job()
    await stage.chat.show(job, Status(JobStage.DRAWING))
    await visitor.say("/help", "message-2")
    await stage.chat.show(job, Status(JobStage.DONE, pictures=1))
    await visitor.open()
    assert [note["kind"] for note in await visitor.notes()] == ["said", "status", "said", "reply"]


async def test_a_restart_keeps_everything_and_the_status_goes_on_in_its_message(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        visitor = await stage.visitor()
        await visitor.say("/draw a fox")
        job = stage.job()
        before = await stage.chat.show(job, Status(JobStage.DRAWING))
        cookies = visitor.client.cookie_jar.filter_cookies(URL(stage.url))
    async with open_stage(tmp_path) as stage:
        after = await stage.chat.show(job, Status(JobStage.DONE, pictures=1))
        assert after == before
        browser = await stage.browser()
        browser.cookie_jar.update_cookies(cookies)
        notes = await stage.known(browser).notes()
        assert [note["kind"] for note in notes] == ["said", "status"]
        assert notes[1]["final"] is True


async def test_a_status_tells_stage_place_and_the_shape_of_what_is_to_come(
    stage: Stage, visitor: Visitor
) -> None:
    await visitor.say("/draw a fox --ar 16:9 --n 2")
    await stage.chat.show(stage.job(count=2, aspect="16:9"), Status(JobStage.QUEUED, place=3))
    status = (await visitor.notes())[-1]
    assert "3" in status["text"]
    assert (status["stage"], status["final"], status["count"]) == ("queued", False, 2)
    assert (status["width"], status["height"]) == (16, 9)


async def test_earlier_messages_are_had_page_by_page(visitor: Visitor) -> None:
    for number in range(52):  # two notes each
        await visitor.say(f"hello {number}", f"message-{number}")
    last = await visitor.notes()
    assert len(last) == 100
    assert last[-1]["text"] == "heard: hello 51"
    earlier = await visitor.notes(before=last[0]["position"])
    assert texts_of(earlier) == ["hello 0", "heard: hello 0", "hello 1", "heard: hello 1"]


async def test_changes_after_a_revision_are_had_in_their_order(stage: Stage, visitor: Visitor) -> None:
    await visitor.say("/draw a fox")
    job = stage.job()
    await stage.chat.show(job, Status(JobStage.QUEUED, place=1))
    seen = (await visitor.notes())[-1]["revision"]
    await stage.chat.show(job, Status(JobStage.DRAWING))
    await visitor.say("/help", "message-2")
    changed = await visitor.notes(after=seen)
    assert [note["kind"] for note in changed] == ["status", "said", "reply"]


async def test_a_message_that_is_too_long_is_refused_in_words_and_kept_nowhere(
    stage: Stage, visitor: Visitor
) -> None:
    async with visitor.client.post("/api/messages", json=message("x" * 4097)) as answer:
        assert answer.status == 422
        error = (await answer.json())["error"]
    assert "4096" in error
    assert "4097" in error
    assert not stage.script.heard
    assert not await visitor.notes()
