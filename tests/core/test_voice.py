"""Telling a person how their job is doing."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import cast

import pytest
from structlog.testing import capture_logs

from bot.core.voice import Voice, voice_of
from bot.domain.ids import JobId
from bot.domain.jobs import CallState, Job
from bot.domain.request import Handle
from bot.ports.chat import ChatGone, ChatUnavailable, Parcel, Sent, Stage, Status
from bot.ports.store import Store, StoreBusy
from tests.core.virtual_time import leaping, settle
from tests.domain.making import a_call, a_job

PAUSED, DRAWING, LATE, FETCHING = (
    Status(stage) for stage in (Stage.PAUSED, Stage.DRAWING, Stage.LATE, Stage.FETCHING)
)
DONE = Status(Stage.DONE, pictures=1)
AWAY = ChatUnavailable("flood", after=7)


class RecordingChat:
    """A chat that takes `seconds` for a message and answers the next ones with these troubles first."""

    def __init__(self, *troubles: Exception, seconds: float = 0) -> None:
        self.shown: list[Stage] = []
        self.begun: list[tuple[float, Stage]] = []
        self.edited: list[str | None] = []
        self._troubles = list(troubles)
        self._seconds = seconds

    def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError  # a voice takes no images

    async def remove(self, chat: str, messages: Sequence[str]) -> None:
        raise NotImplementedError

    async def is_admin(self, chat: str, person: str) -> bool:
        raise NotImplementedError

    async def forget(self, person: str) -> None:
        raise NotImplementedError

    async def show(self, job: Job, status: Status) -> str | None:
        self.begun.append((asyncio.get_running_loop().time(), status.stage))
        self.edited.append(job.status_message)
        await asyncio.sleep(self._seconds)
        if self._troubles:
            raise self._troubles.pop(0)
        self.shown.append(status.stage)
        return "message-1"

    async def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        raise AssertionError(f"a voice delivers nothing, and not {parcel}")
        yield


class Notebook:
    """The part of a store that a voice writes to; busy the first `busy` times."""

    def __init__(self, busy: int = 0) -> None:
        self.noted: list[str] = []
        self._busy = busy

    async def note_status_message(self, job_id: JobId, message: str) -> None:
        if self._busy:
            self._busy -= 1
            raise StoreBusy
        assert job_id == "job"
        self.noted.append(message)


def store(notebook: Notebook | None = None) -> Store:
    return cast("Store", notebook or Notebook())


@leaping
async def test_a_status_is_shown_at_once_and_its_message_remembered_once() -> None:
    chat, notebook = RecordingChat(), Notebook()
    async with voice_of(a_job(), chat, store(notebook)) as voice:
        voice.tell(DRAWING)
        await settle()
        voice.tell(FETCHING)
        await settle()
    assert chat.shown == [Stage.DRAWING, Stage.FETCHING]
    assert chat.edited == [None, "message-1"]
    assert notebook.noted == ["message-1"]
    assert asyncio.get_running_loop().time() == 0


@leaping
async def test_the_message_from_before_a_restart_is_edited_and_not_noted_again() -> None:
    chat, notebook = RecordingChat(), Notebook()
    async with voice_of(a_job(status_message="message-1"), chat, store(notebook)) as voice:
        voice.tell(DRAWING)
        await settle()
    assert chat.edited == ["message-1"]
    assert notebook.noted == []


@leaping
async def test_what_is_overtaken_while_another_message_is_sent_is_skipped() -> None:
    chat = RecordingChat(seconds=5)
    async with voice_of(a_job(), chat, store()) as voice:
        voice.tell(PAUSED)
        await asyncio.sleep(1)
        voice.tell(DRAWING)
        voice.tell(LATE)
        voice.tell(FETCHING)
        await asyncio.sleep(20)
    assert chat.begun == [(0, Stage.PAUSED), (5, Stage.FETCHING)]


@leaping
async def test_the_same_status_twice_is_shown_once() -> None:
    chat = RecordingChat(seconds=5)
    async with voice_of(a_job(), chat, store()) as voice:
        for wait in (0, 1, 20):
            voice.tell(DRAWING)
            await asyncio.sleep(wait)
        await asyncio.sleep(20)
    assert chat.shown == [Stage.DRAWING]


@leaping
async def test_a_status_that_returns_while_another_is_being_shown_is_shown_again() -> None:
    chat = RecordingChat(seconds=5)
    async with voice_of(a_job(), chat, store()) as voice:
        voice.tell(DRAWING)
        await asyncio.sleep(10)
        voice.tell(PAUSED)
        await asyncio.sleep(1)
        voice.tell(DRAWING)
        await asyncio.sleep(20)
    assert chat.shown == [Stage.DRAWING, Stage.PAUSED, Stage.DRAWING]


@leaping
async def test_an_unavailable_chat_is_tried_again_when_it_says_with_the_newest_status() -> None:
    chat = RecordingChat(AWAY, ChatUnavailable("no answer"))
    async with voice_of(a_job(), chat, store()) as voice:
        voice.tell(PAUSED)
        await asyncio.sleep(3)
        voice.tell(DRAWING)
        await asyncio.sleep(20)
    assert chat.begun == [(0, Stage.PAUSED), (7, Stage.DRAWING), (9, Stage.DRAWING)]
    assert chat.shown == [Stage.DRAWING]


@leaping
async def test_a_chat_that_is_gone_is_not_tried_again_until_there_is_news() -> None:
    chat = RecordingChat(ChatGone("blocked"))
    async with voice_of(a_job(), chat, store()) as voice:
        voice.tell(PAUSED)
        await asyncio.sleep(60)
        assert len(chat.begun) == 1
        voice.tell(DRAWING)
        await settle()
    assert chat.shown == [Stage.DRAWING]


@leaping
async def test_a_bug_in_a_chat_is_logged_and_does_not_silence_the_voice() -> None:
    chat = RecordingChat(LookupError("a bug"))
    with capture_logs() as logs:
        async with voice_of(a_job(), chat, store()) as voice:
            voice.tell(PAUSED)
            await settle()
            voice.tell(DRAWING)
            await settle()
    assert chat.shown == [Stage.DRAWING]
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["status broken by a bug"]


@leaping
async def test_a_busy_database_costs_no_second_message_and_the_note_is_made_up_for() -> None:
    chat, notebook = RecordingChat(), Notebook(busy=1)
    async with voice_of(a_job(), chat, store(notebook)) as voice:
        voice.tell(PAUSED)
        await settle()
        assert notebook.noted == []
        assert await voice.tell_end(a_job(), DONE, patience=60)
    assert chat.edited == [None, "message-1"]
    assert notebook.noted == ["message-1"]


# --- the end -------------------------------------------------------------------------------------------


@leaping
async def test_the_end_is_told_once_and_nothing_after_it() -> None:
    chat = RecordingChat(seconds=1)
    async with voice_of(a_job(), chat, store()) as voice:
        voice.tell(DRAWING)
        await asyncio.sleep(5)
        assert await voice.tell_end(a_job(), DONE, patience=60)
        voice.tell(FETCHING)
        await asyncio.sleep(60)
    assert chat.shown == [Stage.DRAWING, Stage.DONE]


@leaping
async def test_the_end_waits_for_the_message_being_sent_and_skips_the_ones_after_it() -> None:
    chat = RecordingChat(seconds=5)
    async with voice_of(a_job(), chat, store()) as voice:
        voice.tell(PAUSED)
        await asyncio.sleep(1)
        voice.tell(DRAWING)
        assert await voice.tell_end(a_job(), DONE, patience=60)
        await asyncio.sleep(60)
    assert chat.begun == [(0, Stage.PAUSED), (5, Stage.DONE)]


@leaping
async def test_a_status_that_waits_for_the_chat_never_overwrites_the_end() -> None:
    chat = RecordingChat(AWAY)
    async with voice_of(a_job(), chat, store()) as voice:
        voice.tell(DRAWING)
        await asyncio.sleep(1)
        assert await voice.tell_end(a_job(), DONE, patience=60)
        await asyncio.sleep(60)
    assert chat.begun == [(0, Stage.DRAWING), (1, Stage.DONE)]


@leaping
async def test_the_end_is_told_again_until_the_chat_takes_it() -> None:
    chat = RecordingChat(AWAY, AWAY)
    async with voice_of(a_job(), chat, store()) as voice:
        assert await voice.tell_end(a_job(), DONE, patience=60)
    assert chat.begun == [(0, Stage.DONE), (7, Stage.DONE), (14, Stage.DONE)]


@leaping
async def test_a_chat_that_is_gone_needs_no_end() -> None:
    async with voice_of(a_job(), RecordingChat(ChatGone("blocked")), store()) as voice:
        assert await voice.tell_end(a_job(), DONE, patience=60)


@leaping
async def test_patience_with_a_chat_that_never_takes_the_end_is_limited() -> None:
    chat = RecordingChat(*[AWAY] * 100)
    async with voice_of(a_job(), chat, store()) as voice:
        assert not await voice.tell_end(a_job(), DONE, patience=60)
    assert asyncio.get_running_loop().time() == 60


@leaping
async def test_the_end_that_is_on_its_way_is_not_torn_off_when_patience_is_over() -> None:
    chat = RecordingChat(seconds=90)
    async with voice_of(a_job(), chat, store()) as voice:
        assert await voice.tell_end(a_job(), DONE, patience=60)
    assert chat.shown == [Stage.DONE]


# --- being interrupted ---------------------------------------------------------------------------------


async def interrupted(chat: RecordingChat, notebook: Notebook, *moments: float) -> None:
    """A job that tells one status and works on, cancelled at these moments."""

    async def work() -> None:
        async with voice_of(a_job(), chat, store(notebook)) as voice:
            voice.tell(DRAWING)
            await asyncio.sleep(10_000)

    job = asyncio.create_task(work())
    for moment in moments:
        await asyncio.sleep(moment - asyncio.get_running_loop().time())
        job.cancel()
    await asyncio.wait([job])
    assert job.cancelled()


@leaping
async def test_a_message_being_sent_is_never_torn_into_two() -> None:
    chat, notebook = RecordingChat(seconds=5), Notebook()
    await interrupted(chat, notebook, 1)
    assert chat.shown == [Stage.DRAWING]
    assert notebook.noted == ["message-1"]
    assert asyncio.get_running_loop().time() == 5


@leaping
async def test_no_new_message_is_begun_after_the_interruption() -> None:
    chat = RecordingChat(seconds=5)

    async def work() -> None:
        async with voice_of(a_job(), chat, store()) as voice:
            voice.tell(PAUSED)
            await asyncio.sleep(1)
            voice.tell(DRAWING)

    await work()
    await settle()
    assert chat.begun == [(0, Stage.PAUSED)]
    assert chat.shown == [Stage.PAUSED]


@leaping
async def test_a_chat_that_hangs_holds_a_stop_up_for_ten_seconds_at_most() -> None:
    chat = RecordingChat(seconds=500)
    await interrupted(chat, Notebook(), 1)
    assert asyncio.get_running_loop().time() == 11


@leaping
async def test_a_job_interrupted_twice_leaves_no_voice_behind() -> None:
    chat = RecordingChat(seconds=500)
    await interrupted(chat, Notebook(), 1, 2)
    assert asyncio.get_running_loop().time() == 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(("states", "pictures"), [((), 0), ((CallState.FETCHED, CallState.WAITING), 3)])
def test_the_voice_knows_how_many_pictures_were_finished_before_a_restart(
    states: tuple[CallState, ...], pictures: int
) -> None:
    job = a_job(calls=tuple(a_call(state, count=3) for state in states))
    assert Voice(job, RecordingChat(), store()).pictures == pictures
