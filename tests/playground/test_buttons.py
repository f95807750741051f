"""Buttons on the board, and what comes of pressing them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from bot.core.talk import Answer, Button, Door, Reply
from bot.domain.jobs import Job
from bot.domain.problems import Key, problem
from bot.ports.chat import Stage as JobStage
from bot.ports.chat import Status
from tests.playground.stage import Stage, Visitor, open_stage, pressed, read_events

DATA = b"\x89PNG\r\n\x1a\n" + bytes(100)

ROWS = ((Button("One", "h|one"), Button("Two", "h|two")), (Door("In private", "settings"),))


def held(note: dict[str, Any]) -> list[str]:
    """What the buttons of a note do."""
    return [button.get("press") or button["start"] for row in note["buttons"] for button in row]


async def drawn(stage: Stage, visitor: Visitor, pictures: int) -> tuple[Job, list[dict[str, Any]]]:
    """A job with so many pictures, done; and its notes."""
    await visitor.say("/draw a fox")
    job = stage.job(count=pictures)
    made = tuple([await stage.picture(job, DATA, ordinal=number) for number in range(pictures)])
    job = replace(job, pictures=made)
    await stage.deliver(job, *made)
    await stage.chat.show(job, Status(JobStage.DONE, pictures=pictures))
    return job, (await visitor.notes())[1:]


# --- where they are --------------------------------------------------------------------------------------


async def test_a_reply_shows_its_buttons_row_by_row(stage: Stage, visitor: Visitor) -> None:
    stage.script.reply = Reply("which one?", "en", buttons=ROWS, asks=True)
    [_, reply] = (await visitor.say("/help"))["notes"]
    assert reply["asks"] is True
    assert reply["buttons"] == [
        [{"label": "One", "press": "h|one"}, {"label": "Two", "press": "h|two"}],
        [{"label": "In private", "start": "settings"}],
    ]


async def test_a_single_picture_carries_its_buttons_and_the_status_none(
    stage: Stage, visitor: Visitor
) -> None:
    job, [picture, status] = await drawn(stage, visitor, 1)
    assert held(status) == []
    assert held(picture) == [f"a|{job.id}", f"e|{job.id}|0", f"f|{job.id}", f"d|{job.id}"]


async def test_several_pictures_have_their_buttons_together_under_the_last_status(
    stage: Stage, visitor: Visitor
) -> None:
    job, [*pictures, status] = await drawn(stage, visitor, 3)
    assert [held(picture) for picture in pictures] == [[]] * 3
    assert [press for press in held(status) if press.startswith("e|")] == [
        f"e|{job.id}|{ordinal}" for ordinal in range(3)
    ]


async def test_a_button_that_edits_names_the_picture_on_the_board(stage: Stage, visitor: Visitor) -> None:
    _, [*pictures, status] = await drawn(stage, visitor, 2)
    edits = [button["picture"] for row in status["buttons"] for button in row if "picture" in button]
    assert edits == [picture["id"] for picture in pictures]


async def test_several_pictures_shown_again_have_their_buttons_on_the_last(
    stage: Stage, visitor: Visitor
) -> None:
    job, _ = await drawn(stage, visitor, 2)
    notes = await stage.deliver(job, *job.pictures, again="message-2")
    [first, last] = (await visitor.notes())[-2:]
    assert held(first) == []
    edits = [button["picture"] for row in last["buttons"] for button in row if "picture" in button]
    assert edits == notes


@pytest.mark.parametrize(
    ("status", "presses"),
    [
        (Status(JobStage.QUEUED, place=2), ["c|job1"]),
        (Status(JobStage.DRAWING), []),
        (Status(JobStage.FAILED, problem=problem(Key.GATEWAY_FAILED)), ["a|job1"]),
        (Status(JobStage.FAILED, problem=problem(Key.MODERATED)), []),
    ],
)
async def test_a_status_offers_what_can_be_done_about_the_job(
    stage: Stage, visitor: Visitor, status: Status, presses: list[str]
) -> None:
    await visitor.say("/draw a fox")
    await stage.chat.show(stage.job(), status)
    assert held((await visitor.notes())[-1]) == presses


async def test_buttons_are_there_after_a_restart_and_can_be_pressed(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        visitor = await stage.visitor()
        stage.script.reply = Reply("which one?", "en", buttons=ROWS)
        await visitor.say("/help")
        cookies = visitor.client.cookie_jar.filter_cookies(URL(stage.url))
    async with open_stage(tmp_path) as stage:
        browser = await stage.browser()
        browser.cookie_jar.update_cookies(cookies)
        visitor = stage.known(browser)
        [_, reply] = await visitor.notes()
        await visitor.press(held(reply)[1], reply["id"])
        assert stage.script.pressed[0].press == "h|two"


# --- pressing them ---------------------------------------------------------------------------------------


async def test_a_press_reaches_the_core_as_one_event_however_often_it_is_sent(
    stage: Stage, visitor: Visitor
) -> None:
    await visitor.say("/help")
    for _ in range(2):
        await visitor.press("h|one", id_="button-7")
    await visitor.press("h|one", id_="button-8")
    press = stage.script.pressed[0]
    assert (press.press, press.language, press.private) == ("h|one", "en", True)
    assert press.person == press.address.chat == stage.script.heard[0].person
    keys = [press.event_key for press in stage.script.pressed]
    assert keys == [f"playground:{press.person}:press:{id_}" for id_ in ("button-7", "button-7", "button-8")]


async def test_a_short_answer_is_for_whoever_pressed_and_hangs_nowhere(
    stage: Stage, visitor: Visitor
) -> None:
    await visitor.say("/help")
    stage.script.answer = Answer(note="I am drawing it.", alert=True)
    told = await visitor.press("a|job1")
    assert (told["note"], told["alert"], told["notes"]) == ("I am drawing it.", True, [])
    assert len(await visitor.notes()) == 2


async def test_an_update_changes_the_note_with_the_button_where_it_stands(
    stage: Stage, visitor: Visitor
) -> None:
    stage.script.reply = Reply("before", "en", buttons=ROWS)
    [_, before] = (await visitor.say("/settings"))["notes"]
    await visitor.say("/help", "message-2")
    stage.script.answer = Answer(update=Reply("after", "en", buttons=(ROWS[1],)))
    stream = await visitor.stream(after=(await visitor.notes())[-1]["revision"])
    told = await visitor.press("p|count", before["id"])
    assert told["notes"] == await read_events(stream, 1)
    after = (await visitor.notes())[1]
    assert (after["id"], after["position"], after["text"]) == (before["id"], before["position"], "after")
    assert held(after) == ["settings"]


async def test_an_update_of_what_is_gone_stands_once_below_everything_else(
    stage: Stage, visitor: Visitor
) -> None:
    [_, reply] = (await visitor.say("/settings"))["notes"]
    await stage.chat.remove(stage.script.heard[0].person, [reply["id"]])
    stage.script.answer = Answer(update=Reply("after", "en"))
    for note in (reply["id"], reply["id"], "reply-unknown", "cleared"):
        [after] = (await visitor.press("p|count", note))["notes"]
        assert (after["kind"], after["text"]) == ("reply", "after")
        assert after["id"] != reply["id"]
    assert [note["text"] for note in await visitor.notes()] == ["/settings", "after"]


async def test_nobody_changes_a_note_on_anothers_board(stage: Stage, visitor: Visitor) -> None:
    [_, reply] = (await visitor.say("/settings"))["notes"]
    stage.script.answer = Answer(update=Reply("mine now", "en"))
    [own] = (await (await stage.visitor()).press("p|count", reply["id"]))["notes"]
    assert own["id"] != reply["id"]
    assert (await visitor.notes())[1:] == [reply]


async def test_a_reply_to_a_press_stands_once_below_everything_else(stage: Stage, visitor: Visitor) -> None:
    await visitor.say("/history", "message-1")
    await visitor.say("/help", "message-2")
    stage.script.answer = Answer(reply=Reply("What shall I change?", "en", asks=True))
    for _ in range(2):
        told = await visitor.press("e|job1|0", id_="button-7")
    [reply] = told["notes"]
    assert (reply["kind"], reply["text"], reply["asks"]) == ("reply", "What shall I change?", True)
    assert reply["answers"] == stage.script.pressed[0].address.message
    notes = await visitor.notes()
    assert len(notes) == 5
    assert notes[-1] == reply


async def test_a_busy_database_is_told_and_the_press_can_be_sent_again(
    stage: Stage, visitor: Visitor
) -> None:
    stage.script.busy = True
    async with visitor.client.post("/api/presses", json=pressed("h|one")) as answer:
        assert answer.status == 503
        assert (await answer.json())["error"]
    stage.script.busy = False
    assert (await visitor.press("h|one"))["notes"] == []
