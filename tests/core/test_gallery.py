"""Finished pictures: listed, sent again, as files, one step back, taken away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.buttons import press
from bot.core.talk import Button, Door, Press, Replied, Verb
from bot.domain.ids import Millis
from bot.domain.jobs import Address, JobState
from bot.domain.problems import Key
from bot.domain.request import Handle, OutputForm
from bot.domain.settings import Pressers
from bot.ports.chat import ChatGone, ChatUnavailable, Stage
from bot.sandbox import MODERATED_WORDS
from tests.core.showing import Onlooker, answering, drawn, idle, keep, said, shown, until
from tests.core.test_editing import photo
from tests.house import House, open_house

NOW = Millis(1)
AWAY = ChatUnavailable("away", after=600)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, gateways=("evolink", "qwen-image-2512")) as opened:
        yield opened


# --- /history ---------------------------------------------------------------------------------------


async def test_history_lists_the_latest_requests_first_with_a_button_each(house: House) -> None:
    first = await drawn(house, "/draw a fox\nin the snow")
    second = await drawn(house, "/draw a lighthouse --n 2")
    await drawn(house, "/draw an owl", person="ben")
    reply = await house.hear("/history")
    assert reply
    assert reply.text.splitlines()[2:] == [
        "1. a lighthouse (2 pictures) · just now",
        "2. a fox in the snow · just now",
    ]
    assert reply.buttons == (
        (
            Button("1", press(Verb.RESEND, second.id)),
            Button("2", press(Verb.RESEND, first.id)),
        ),
    )


async def test_history_ends_with_the_twentieth_request(house: House) -> None:
    for number in range(22):
        assert await house.hear(f"/draw fox {number}") is None
    await idle(house)
    reply = await house.hear("/history")
    assert reply
    assert len(reply.text.splitlines()) == 2 + 20
    assert [len(row) for row in reply.buttons] == [5, 5, 5, 5]
    assert "fox 21" in reply.text
    assert "fox 1 " not in reply.text


async def test_whoever_has_no_pictures_yet_is_told_so_kindly(house: House) -> None:
    await drawn(house, person="ben")
    reply = await house.hear("/history")
    assert reply
    assert "There is nothing yet" in reply.text
    assert not reply.refused
    assert reply.buttons == ()


async def test_in_a_group_history_shows_nothing_and_leads_into_the_private_chat(house: House) -> None:
    await drawn(house, "/draw a secret fox")
    reply = await house.hear("/history", chat="group")
    assert reply
    assert "fox" not in reply.text
    [[door]] = reply.buttons
    assert isinstance(door, Door)
    assert door.start == "history"
    inside = await house.hear(f"/start {door.start}")
    assert inside
    assert "a secret fox" in inside.text


async def test_what_is_still_on_its_way_is_neither_listed_nor_sent_twice(house: House) -> None:
    house.wall.refusals.append(AWAY)
    await house.hear("/draw a fox")
    await until(lambda: not house.wall.refusals)
    reply = await house.hear("/history")
    assert reply
    assert "There is nothing yet" in reply.text
    assert await house.say("/resend") == said(Key.NOTHING_SHOWN)


# --- sent again -------------------------------------------------------------------------------------


async def test_resend_sends_the_latest_of_this_chat_again_and_costs_nothing(house: House) -> None:
    await drawn(house, "/draw a fox", chat="group")
    await drawn(house, "/draw a secret owl")
    used = await house.used()
    assert await house.hear("/resend", chat="group") is None
    await idle(house)
    assert await house.hear("/resend") is None
    await idle(house)
    assert shown(house) == ["a fox", "a secret owl", "a fox", "a secret owl"]
    assert [picture.data for picture in house.wall.pictures[2:]] == [
        picture.data for picture in house.wall.pictures[:2]
    ]
    assert await house.used() == used
    assert "left today" not in house.wall.pictures[-1].caption


async def test_resend_in_reply_to_a_picture_sends_that_one(house: House) -> None:
    await drawn(house, "/draw a fox", chat="group")
    await drawn(house, "/draw an owl", chat="group", person="ben")
    resend = {"chat": "group", "person": "ben", "replied": answering(1)}
    assert await house.say("/resend", **resend) is None
    await idle(house)
    assert shown(house) == ["a fox", "an owl", "a fox"]
    await keep(house, pressers=Pressers.REQUESTER)
    assert await house.say("/resend", **resend) == said(Key.NOT_YOURS)


async def test_what_never_arrived_is_sent_first_and_then_the_latest_again(house: House) -> None:
    house.wall.refusals.append(ChatGone("blocked"))
    lost = await drawn(house, "/draw a fox")
    assert lost.state is JobState.UNDELIVERABLE
    await drawn(house, "/draw an owl")
    for _ in range(2):
        assert await house.hear("/resend") is None
        await idle(house)
    assert shown(house) == ["an owl", "a fox", "an owl"]
    assert await house.used() == 1


async def test_a_lost_picture_that_is_not_kept_any_more_does_not_stand_in_the_way(house: House) -> None:
    house.wall.refusals.append(ChatGone("blocked"))
    lost = await drawn(house, "/draw a fox")
    await house.parts.media.delete(lost.pictures[0].media_key)
    await drawn(house, "/draw an owl")
    assert await house.hear("/resend") is None
    await idle(house)
    assert shown(house) == ["an owl", "an owl"]


@pytest.mark.parametrize("command", ["/resend", "/undo"])
async def test_where_nothing_was_shown_there_is_nothing_to_show(house: House, command: str) -> None:
    await drawn(house, "/draw a fox")
    await drawn(house, "/draw an owl", chat="group", person="ben")
    assert await house.say(command, chat="group") == said(Key.NOTHING_SHOWN)


async def test_pictures_come_to_where_they_are_asked_for_in_the_language_of_who_asks(house: House) -> None:
    onlooker = Onlooker(house)
    job = await drawn(house, "/draw a fox --n 2", chat="group")
    answer = await house.press(press(Verb.RESEND, job.id), language="zh-hans")
    assert answer.note == "这就都发给你。"
    await idle(house)
    [_, parcel] = onlooker.parcels
    assert parcel.job.address == Address("wall", "ann", message=str(house.said))
    assert (parcel.job.locale, parcel.left_today) == ("zh-CN", None)
    assert {posted.chat for posted in await house.parts.archive.posted(job.id)} == {"group", "ann"}


async def test_a_picture_alone_has_its_buttons_and_several_have_a_companion(house: House) -> None:
    onlooker = Onlooker(house)
    one, two = await drawn(house, "/draw a fox"), await drawn(house, "/draw an owl --n 2")
    onlooker.companions.clear()
    await house.press(press(Verb.RESEND, one.id))
    await idle(house)
    assert onlooker.companions == []
    await house.press(press(Verb.RESEND, two.id))
    await idle(house)
    [(job, status)] = onlooker.companions
    assert (job.status_message, job.address.chat) == (None, "ann")
    assert (status.stage, status.pictures, status.problem) == (Stage.DONE, 2, None)
    assert status.offers == onlooker.parcels[-1].offers
    assert status.offers.more == (2, 4)


async def test_words_in_reply_to_the_companion_go_on_from_its_first_picture(house: House) -> None:
    job = await drawn(house, "/draw an owl --n 2")
    await house.press(press(Verb.RESEND, job.id))
    await idle(house)
    replied = Replied(f"status {job.id}", ours=True)
    edit = await drawn(house, "make it night", replied=replied)
    assert edit.request.references == (Handle("", job.pictures[0].id),)


async def test_as_file_sends_the_untouched_files_and_costs_nothing(house: House) -> None:
    onlooker = Onlooker(house)
    job = await drawn(house)
    answer = await house.press(press(Verb.AS_FILE, job.id))
    assert (answer.note, answer.alert) == ("Here it comes.", False)
    await idle(house)
    assert [parcel.job.request.output for parcel in onlooker.parcels] == [OutputForm.PHOTO, OutputForm.FILE]
    assert await house.used() == 1


async def test_pictures_are_covered_where_the_group_wants_it_and_in_private_never(house: House) -> None:
    onlooker = Onlooker(house)
    job = await drawn(house, chat="group")
    await keep(house, spoiler=True)
    await house.press(press(Verb.RESEND, job.id), chat="group")
    await idle(house)
    covered = await drawn(house, "/draw an owl", chat="group")
    await house.press(press(Verb.RESEND, covered.id))
    await idle(house)
    assert [parcel.job.request.spoiler for parcel in onlooker.parcels] == [False, True, True, False]


async def test_only_pictures_that_are_kept_are_sent(house: House) -> None:
    job = await drawn(house, "/draw a fox --n 2")
    await house.parts.media.delete(job.pictures[0].media_key)
    await house.press(press(Verb.RESEND, job.id))
    await idle(house)
    assert len(house.wall.pictures) == 3
    await house.parts.media.delete(job.pictures[1].media_key)
    for verb in (Verb.RESEND, Verb.AS_FILE):
        answer = await house.press(press(verb, job.id))
        assert (answer.note, answer.alert) == (said(Key.PICTURE_GONE), True)
    assert await house.say("/resend") == said(Key.PICTURE_GONE)


async def test_buttons_work_after_a_restart(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        job = await drawn(house)
    async with open_house(tmp_path) as house:
        await house.press(press(Verb.RESEND, job.id))
        await idle(house)
        assert shown(house) == ["a fox"]


@pytest.mark.parametrize("verb", [Verb.RESEND, Verb.AS_FILE])
async def test_others_of_the_group_press_as_far_as_its_rule_allows(house: House, verb: Verb) -> None:
    job = await drawn(house, chat="group")
    assert not (await house.press(press(verb, job.id), person="ben", chat="group")).alert
    await keep(house, pressers=Pressers.REQUESTER)
    refused = await house.press(press(verb, job.id), person="ben", chat="group")
    assert (refused.note, refused.alert) == (said(Key.NOT_YOURS), True)
    assert not (await house.press(press(verb, job.id), chat="group")).alert
    await idle(house)
    assert len(house.wall.pictures) == 3


@pytest.mark.parametrize("verb", [Verb.RESEND, Verb.AS_FILE, Verb.DELETE])
@pytest.mark.parametrize("chat", [None, "group"])
async def test_another_persons_private_job_is_not_there_for_anybody_else(
    house: House, verb: Verb, chat: str | None
) -> None:
    job = await drawn(house)
    house.wall.admins.add(("group", "ben"))
    stranger = await house.press(press(verb, job.id), person="ben", chat=chat)
    assert stranger == await house.press(press(verb, "nowhere"), person="ben", chat=chat)
    assert stranger.note == said(Key.JOB_GONE)
    await idle(house)
    assert len(house.wall.pictures) == 1
    assert house.wall.removed == []


@pytest.mark.parametrize("held", ["r", "f", "d", "r|", "f|nowhere", "d|nowhere", "r|' OR 1=1", "d||"])
async def test_a_forged_button_does_nothing_but_say_so(house: House, held: str) -> None:
    await drawn(house)
    answer = await house.press(held)
    assert (answer.note, answer.alert) == (said(Key.JOB_GONE), True)
    assert house.wall.removed == []


@pytest.mark.parametrize("verb", [Verb.RESEND, Verb.AS_FILE, Verb.DELETE])
async def test_a_job_that_came_to_nothing_has_no_pictures_to_show(house: House, verb: Verb) -> None:
    job = await drawn(house, f"/draw {MODERATED_WORDS[0]}")
    assert job.state is JobState.FAILED
    assert (await house.press(press(verb, job.id))).note == said(Key.JOB_GONE)


# --- taken away -------------------------------------------------------------------------------------


async def test_delete_takes_away_all_that_shows_the_job_here_and_history_keeps_it(house: House) -> None:
    await drawn(house, "/draw an owl")
    job = await drawn(house, "/draw a fox")
    await house.press(press(Verb.RESEND, job.id))
    await idle(house)
    await house.press(press(Verb.RESEND, job.id), chat="group")
    await idle(house)
    for _ in range(2):  # whoever presses twice
        answer = await house.press(press(Verb.DELETE, job.id))
        assert (answer.note, answer.alert) == ("Deleted here. /history still has it.", False)
    assert set(house.wall.removed) == {
        ("ann", "message 2"),
        ("ann", "message 3"),
        ("ann", f"status {job.id}"),
    }
    assert "a fox" in (await house.say("/history") or "")
    await house.press(press(Verb.RESEND, job.id))
    await idle(house)
    assert shown(house)[-1] == "a fox"


async def test_the_companion_goes_with_its_pictures_wherever_they_were_sent_again(house: House) -> None:
    job = await drawn(house, "/draw a fox --n 2")
    await house.press(press(Verb.RESEND, job.id), chat="group")
    await idle(house)
    await house.press(press(Verb.DELETE, job.id), chat="group")
    assert set(house.wall.removed) == {
        ("group", "message 3"),
        ("group", "message 4"),
        ("group", f"status {job.id}"),
    }


async def test_besides_who_asked_only_admins_delete(house: House) -> None:
    job = await drawn(house, chat="group")
    house.wall.admins.add(("group", "ada"))
    refused = await house.press(press(Verb.DELETE, job.id), person="ben", chat="group")
    assert (refused.note, refused.alert) == (said(Key.NOT_YOURS), True)
    assert house.wall.removed == []
    assert not (await house.press(press(Verb.DELETE, job.id), person="ada", chat="group")).alert
    assert ("group", "message 1") in house.wall.removed


async def test_a_forged_delete_takes_away_nothing_that_shows_something_else(house: House) -> None:
    await drawn(house, "/draw a fox", chat="group")
    mine = await drawn(house, "/draw an owl", person="ben")
    forged = Press(
        event_key="forged",
        platform="wall",
        person="ben",
        address=Address("wall", "group", message="message 1"),
        language="en",
        private=False,
        bot_name="drawbridge_bot",
        press=press(Verb.DELETE, mine.id),
    )
    await house.core.conversation.press(forged)
    assert house.wall.removed == []


# --- /undo ------------------------------------------------------------------------------------------


async def test_undo_goes_back_step_by_step_to_the_first_picture(house: House) -> None:
    await drawn(house, "/draw a fox")
    await drawn(house, "make it night", replied=answering(1))
    await drawn(house, "make it snow", replied=answering(2))
    used = await house.used()
    for _ in range(2):
        assert await house.hear("/undo") is None
        await idle(house)
    assert shown(house) == ["a fox", "make it night", "make it snow", "make it night", "a fox"]
    assert await house.say("/undo") == said(Key.NOTHING_BEFORE)
    assert await house.used() == used


async def test_undo_goes_back_to_the_first_picture_though_another_drew_it(house: House) -> None:
    await drawn(house, "/draw a fox", chat="group")
    await drawn(house, "make it night", chat="group", person="ben", replied=answering(1))
    assert await house.say("/undo", chat="group", person="ben") is None
    await idle(house)
    assert shown(house) == ["a fox", "make it night", "a fox"]
    assert await house.say("/undo", chat="group", person="ben") == said(Key.NOTHING_BEFORE)


async def test_words_in_reply_to_an_undone_picture_go_on_from_there(house: House) -> None:
    first = await drawn(house, "/draw a fox")
    await drawn(house, "make it night", replied=answering(1))
    await house.hear("/undo")
    await idle(house)
    other = await drawn(house, "make it snow", replied=answering(3))
    assert other.request.references == (Handle("", first.pictures[0].id),)


async def test_undo_in_reply_to_a_picture_goes_back_from_that_one(house: House) -> None:
    await drawn(house, "/draw a fox", chat="group")
    await drawn(house, "make it night", chat="group", replied=answering(1))
    await drawn(house, "/draw an owl", chat="group", person="ben")
    undo = {"chat": "group", "person": "ben", "replied": answering(2)}
    assert await house.say("/undo", **undo) is None
    await idle(house)
    assert shown(house)[-1] == "a fox"
    await keep(house, pressers=Pressers.REQUESTER)
    assert await house.say("/undo", **undo) == said(Key.NOT_YOURS)


async def test_of_several_pictures_the_one_that_was_changed_comes_alone_with_its_buttons(
    house: House,
) -> None:
    onlooker = Onlooker(house)
    job = await drawn(house, "/draw a fox --n 2")
    await house.press(press(Verb.EDIT, job.id, 1))
    await drawn(house, "make it night")
    onlooker.companions.clear()
    await house.hear("/undo")
    await idle(house)
    parcel = onlooker.parcels[-1]
    assert [picture.id for picture in parcel.pictures] == [job.pictures[1].id]
    assert [picture.id for picture in parcel.job.pictures] == [job.pictures[1].id]
    assert parcel.job.request.count == 1
    assert onlooker.companions == []


async def test_what_was_made_of_ones_own_image_has_nothing_of_ours_before_it(house: House) -> None:
    await drawn(house, "/edit make it night", images=[photo()])
    assert await house.say("/undo") == said(Key.NOTHING_BEFORE)


async def test_undo_says_when_the_picture_before_is_not_kept_any_more(house: House) -> None:
    first = await drawn(house, "/draw a fox", chat="group")
    await drawn(house, "make it night", chat="group", person="ben", replied=answering(1))
    await house.parts.media.delete(first.pictures[0].media_key)
    assert await house.say("/undo", chat="group", person="ben") == said(Key.PICTURE_GONE)
    await house.parts.archive.forget("wall", "ann", NOW)
    assert await house.say("/undo", chat="group", person="ben") == said(Key.PICTURE_GONE)
