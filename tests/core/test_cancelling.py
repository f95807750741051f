"""Cancelling: what waits is given back, what is paid for goes the operator's way, and each is told so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.core.buttons import press
from bot.core.talk import Button, Reply, Verb
from bot.domain.ids import JobId
from bot.domain.jobs import CallState, Job, JobState
from bot.domain.problems import Key
from bot.ports.chat import ChatUnavailable, Stage
from bot.sandbox import Endpoint, FaultName
from tests.core.showing import TEXTS, drawn, idle, said, until
from tests.house import House, open_house, with_policy

GATEWAY = "qwen-image-2512"
NOTHING = "There is nothing to cancel: you have nothing under way."
ONE_BACK = "1 request is cancelled, 1 picture is back in your quota."
TOO_LATE = "Nothing could be cancelled any more.\n"
GOES_ON = "1 request goes on and counts: the gateway charges for it already."
COMING = "1 request is as good as done: its pictures are coming."


def open_stuck(folder: Path, policy: str) -> AbstractAsyncContextManager[House]:
    """A house whose only gateway takes one task and never ends it."""
    return open_house(
        folder, gateways=(GATEWAY,), concurrency=1, policy=with_policy(cancel_submitted=policy), grace=1.0
    )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_stuck(tmp_path, "finish") as opened:
        opened.fault(FaultName.TASK_STUCK)
        yield opened


@pytest.fixture
async def forgiving(tmp_path: Path) -> AsyncIterator[House]:
    async with open_stuck(tmp_path, "return") as opened:
        opened.fault(FaultName.TASK_STUCK)
        yield opened


async def loaded(house: House, job_id: JobId) -> Job:
    job = await house.parts.store.load(job_id)
    assert job
    return job


async def open_jobs(house: House, person: str = "ann") -> list[Job]:
    account = await house.parts.store.account("wall", person)
    return list(await house.parts.store.open_jobs(account)) if account else []


async def reached(house: House, job: Job, state: CallState) -> Job:
    async with asyncio.timeout(30):
        while state not in {call.state for call in job.calls}:
            await asyncio.sleep(0.005)
            job = await loaded(house, job.id)
    return job


async def started(house: House, text: str = "/draw a fox", **about: str) -> Job:
    """What was asked for, when the gateway has taken it."""
    assert await house.say(text, **about) is None
    job = (await open_jobs(house, about.get("person", "ann")))[-1]
    return await reached(house, job, CallState.WAITING)


async def waiting(house: House, *texts: str, **about: str) -> list[Job]:
    """What was asked for while the gateway is busy with somebody else's."""
    if not await open_jobs(house, "bob"):
        await started(house, "/draw a boat", person="bob")
    for text in texts:
        assert await house.say(text, **about) is None
    return (await open_jobs(house, about.get("person", "ann")))[-len(texts) :]


async def ready(house: House) -> Job:
    """What is drawn and cannot be sent just now."""
    house.sandbox.clear_faults()
    house.wall.refusals.append(ChatUnavailable("away", after=600))
    assert await house.say("/draw a fox") is None
    await until(lambda: not house.wall.refusals)
    [job] = await open_jobs(house)
    assert job.state is JobState.DELIVERING
    return job


def buttons(reply: Reply | None) -> list[Button]:
    assert reply
    found = [button for row in reply.buttons for button in row]
    assert all(isinstance(button, Button) for button in found)
    return [button for button in found if isinstance(button, Button)]


# --- /cancel ----------------------------------------------------------------------------------------


async def test_nothing_to_cancel_is_said(house: House) -> None:
    await waiting(house, "/draw a fox", person="ben")
    assert await house.say("/cancel") == NOTHING
    assert await house.say("/cancel", chat="group") == NOTHING[:-1] + " in this group."
    assert "没有可以取消的任务" in (await house.say("/cancel", language="zh-hans") or "")
    assert len(await open_jobs(house, "ben")) == 1


async def test_what_waits_is_cancelled_its_pictures_are_back_and_its_status_says_so(house: House) -> None:
    [job] = await waiting(house, "/draw a fox --n 2")
    assert await house.used() == 2
    assert await house.say("/cancel") == "1 request is cancelled, 2 pictures are back in your quota."
    await house.wall.ended(1)
    assert await house.used() == 0
    assert (house.ended[0].stage, house.ended[0].returned) == (Stage.CANCELLED, 2)
    assert (await loaded(house, job.id)).state is JobState.CANCELLED
    assert await house.attempts(GATEWAY) == 1  # that of the boat


async def test_what_is_submitted_goes_on_and_counts_and_that_is_said(house: House) -> None:
    job = await started(house)
    assert await house.say("/cancel") == TOO_LATE + GOES_ON
    assert not (await loaded(house, job.id)).finished
    assert await house.used() == 1


async def test_an_operator_may_let_submitted_ones_be_dropped_and_bear_the_cost(forgiving: House) -> None:
    house = forgiving
    job = await started(house)
    assert await house.say("/cancel") == ONE_BACK
    await house.wall.ended(1)
    assert (await loaded(house, job.id)).state is JobState.CANCELLED
    assert await house.used() == 0
    await idle(house)  # nobody asks the gateway any more
    assert await house.attempts(GATEWAY) == 1


@pytest.mark.parametrize("policy", ["finish", "return"])
async def test_what_is_on_its_way_is_too_late_to_cancel(tmp_path: Path, policy: str) -> None:
    async with open_stuck(tmp_path, policy) as house:
        job = await ready(house)
        assert await house.say("/cancel") == TOO_LATE + COMING
        assert (await house.press(press(Verb.CANCEL, job.id))).note == TOO_LATE + COMING
        assert await house.used() == 1


async def test_what_is_drawn_already_is_not_dropped_either(forgiving: House) -> None:
    house = forgiving
    house.sandbox.clear_faults()
    house.fault(FaultName.NEVER, endpoint=Endpoint.FILE)
    assert await house.say("/draw a fox") is None
    [job] = await open_jobs(house)
    await reached(house, job, CallState.FETCHING)
    assert await house.say("/cancel") == TOO_LATE + COMING
    assert not (await loaded(house, job.id)).finished


async def test_of_several_one_is_chosen(house: House) -> None:
    first = await started(house, "/draw a fox in the snow")
    for text in ("/draw an owl", "/draw a hare"):
        assert await house.say(text) is None
    reply = await house.hear("/cancel")
    assert reply
    assert reply.text.splitlines()[2:] == [
        "1. a fox in the snow · being drawn",
        "2. an owl · waiting",
        "3. a hare · waiting",
    ]
    one, two, three, every = buttons(reply)
    assert [one.label, two.label, three.label, every.press] == ["1", "2", "3", press(Verb.CANCEL)]
    assert len(await open_jobs(house)) == 3  # so far nothing is cancelled
    answer = await house.press(two.press)
    assert (answer.note, answer.alert) == (ONE_BACK, False)
    assert [job.request.prompt for job in await open_jobs(house)] == ["a fox in the snow", "a hare"]
    assert one.press == press(Verb.CANCEL, first.id)
    assert (await house.press(one.press)).note == TOO_LATE + GOES_ON


async def test_of_several_all_are_chosen(house: House) -> None:
    await started(house, "/draw a fox")
    for text in ("/draw an owl", "/draw a hare --n 2"):
        assert await house.say(text) is None
    *_, every = buttons(await house.hear("/cancel"))
    answer = await house.press(every.press)
    assert answer.note == f"2 requests are cancelled, 3 pictures are back in your quota.\n{GOES_ON}"
    assert await house.used() == 1
    assert (await house.press(every.press)).note == TOO_LATE + GOES_ON


async def test_the_list_ends_after_twenty_and_the_button_for_all_means_all(house: House) -> None:
    await waiting(house, *(f"/draw fox {number}" for number in range(23)))
    reply = await house.hear("/cancel")
    assert reply
    assert reply.text.splitlines()[2] == "1. fox 3 · waiting"
    assert reply.text.splitlines()[-1] == "20. fox 22 · waiting"
    *_, every = buttons(reply)
    assert len(buttons(reply)) == 21
    answer = await house.press(every.press)
    assert answer.note == "23 requests are cancelled, 23 pictures are back in your quota."


async def test_in_a_group_only_what_was_asked_for_there_is_named_and_cancelled(house: House) -> None:
    secret, other = await waiting(house, "/draw a secret fox", "/draw a secret owl")
    await waiting(house, "/draw a hare", "/draw a boat", chat="group")
    await waiting(house, "/draw a kite", chat="group", person="ben")
    reply = await house.hear("/cancel", chat="group")
    assert reply
    assert reply.text.splitlines()[2:] == ["1. a hare · waiting", "2. a boat · waiting"]
    *_, every = buttons(reply)
    assert (await house.press(every.press, chat="group")).note.startswith("2 requests are cancelled")
    assert [job.id for job in await open_jobs(house)] == [secret.id, other.id]
    assert len(await open_jobs(house, "ben")) == 1


async def test_in_private_everything_can_be_cancelled_wherever_it_was_asked_for(house: House) -> None:
    await waiting(house, "/draw a hare", chat="group")
    assert await house.say("/cancel") == ONE_BACK


# --- the button of a status message -----------------------------------------------------------------


async def test_only_who_asked_and_admins_cancel_in_a_group(house: House) -> None:
    first, second = await waiting(house, "/draw a hare", "/draw an owl --n 2", chat="group")
    house.wall.admins.add(("group", "ada"))
    refused = await house.press(press(Verb.CANCEL, first.id), person="ben", chat="group")
    assert (refused.note, refused.alert) == (said(Key.NOT_YOURS), True)
    assert not (await loaded(house, first.id)).finished
    assert (await house.press(press(Verb.CANCEL, first.id), chat="group")).note == ONE_BACK
    by_admin = await house.press(press(Verb.CANCEL, second.id), person="ada", chat="group")
    assert by_admin.note == "1 request is cancelled, 2 pictures are back in their quota."
    assert await house.used() == 0


@pytest.mark.parametrize("chat", [None, "group"])
async def test_a_job_of_another_chat_is_not_there_for_anybody_else(house: House, chat: str | None) -> None:
    [job] = await waiting(house, "/draw a secret fox")
    house.wall.admins.add(("group", "ben"))
    stranger = await house.press(press(Verb.CANCEL, job.id), person="ben", chat=chat)
    assert stranger == await house.press(press(Verb.CANCEL, "nowhere"), person="ben", chat=chat)
    assert (stranger.note, stranger.alert) == (said(Key.JOB_GONE), True)
    assert not (await loaded(house, job.id)).finished


async def test_pressing_twice_or_late_cancels_nothing_and_says_how_things_are(house: House) -> None:
    first, other = await waiting(house, "/draw a fox", "/draw an owl")
    assert (await house.press(press(Verb.CANCEL, first.id))).note == ONE_BACK
    again = await house.press(press(Verb.CANCEL, first.id))
    assert (again.note, again.alert) == ("That is cancelled already.", False)
    assert await house.used() == 1
    assert not (await loaded(house, other.id)).finished


async def test_what_is_over_can_be_cancelled_no_more(house: House) -> None:
    house.sandbox.clear_faults()
    job = await drawn(house)
    answer = await house.press(press(Verb.CANCEL, job.id))
    assert (answer.note, answer.alert) == ("Too late: that is over already.", False)
    assert (await house.press(press(Verb.CANCEL, job.id), language="zh-hans")).note == (
        "来不及了，这个任务已经结束。"
    )
    assert await house.used() == 1


@pytest.mark.parametrize("held", ["c|", "c|nowhere", "c|' OR 1=1", "c||"])
async def test_a_forged_button_cancels_nothing(house: House, held: str) -> None:
    [job] = await waiting(house, "/draw a fox")
    answer = await house.press(held)
    assert (answer.note, answer.alert) == (said(Key.JOB_GONE), True)
    assert not (await loaded(house, job.id)).finished


@pytest.mark.parametrize("locale", TEXTS.locales)
@pytest.mark.parametrize("whose", ["own", "other"])
def test_whatever_comes_of_cancelling_fits_into_a_note(locale: str, whose: str) -> None:
    note = TEXTS.say(locale, "cancel-done", jobs=999, pictures=999, running=999, coming=999, whose=whose)
    assert len(note) <= 200
    assert len(note.splitlines()) == 3
