"""Showing pictures again: what is told of them, and how long a platform that is away is asked."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.core.errands import Errands
from bot.core.gallery import Gallery
from bot.core.packing import Packing
from bot.core.rights import Rights
from bot.core.talk import Answer, Incoming, Press, Reply, Turn, Verb
from bot.domain.command import Command
from bot.domain.ids import JobId, Millis
from bot.domain.jobs import Address, Job, JobState
from bot.domain.ledger import Plan
from bot.domain.problems import Key, Problem, problem
from bot.ports.archive import Archive
from bot.ports.chat import Chat, ChatUnavailable, Parcel, Sent, Status
from bot.ports.media import MediaStore
from bot.ports.store import Store
from tests.core.showing import TEXTS
from tests.core.virtual_time import leaping, settle
from tests.domain.making import CREATED, a_call, a_catalogue, a_job, a_picture, a_request, a_route


class Shelf:
    """The parts of the store, the archive and the media store that showing a job needs."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.noted: list[str] = []
        self.forgotten = False

    async def load(self, job_id: JobId) -> Job | None:
        return self._job if job_id == self._job.id else None

    async def history(self, platform: str, person: str, limit: int) -> Sequence[Job]:
        assert (platform, person) == ("playground", "ann")
        return [self._job][:limit]

    async def note_delivery(self, sent: Sent, now: Millis, *, person: str | None = None) -> None:
        assert now >= CREATED
        assert person == "ann"
        self.noted += [message for _, message in sent.messages]

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator[Path]:
        if self.forgotten:
            raise KeyError(key)
        yield Path(key)


@dataclass
class Gate:
    """A chat over which one thing goes at a time, with these troubles in between. None is no trouble."""

    troubles: list[Exception | None]
    attempts: list[float] = field(default_factory=list)
    over: list[str] = field(default_factory=list)

    async def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        for picture in parcel.pictures:
            self._try(picture.id)
            yield Sent("playground", parcel.job.address.chat, ((picture.id, f"message {len(self.over)}"),))

    async def show(self, job: Job, status: Status) -> str | None:
        assert len(job.pictures) == status.pictures
        self._try("companion")
        return "companion"

    def _try(self, what: str) -> None:
        self.attempts.append(asyncio.get_running_loop().time())
        if self.troubles and (trouble := self.troubles.pop(0)):
            raise trouble
        self.over.append(what)


class At:
    """A clock that stands still."""

    def __init__(self, now: Millis) -> None:
        self._now = now

    def now(self) -> Millis:
        return self._now


def finished(pictures: int) -> Job:
    call = a_call(count=pictures)
    made = tuple(a_picture(ordinal) for ordinal in range(pictures))
    request = a_request(count=pictures)
    return a_job(JobState.DONE, calls=(call,), pictures=made, request=request, finished_at=CREATED)


def gallery_of(shelf: Shelf, chat: object, errands: Errands, age: timedelta = timedelta(0)) -> Gallery:
    chats = {"playground": cast("Chat", chat)}
    clock = At(Millis(CREATED + age // timedelta(milliseconds=1)))
    return Gallery(
        cast("Store", shelf),
        cast("Archive", shelf),
        Packing(a_catalogue(a_route()), Plan()),
        Rights(chats),
        chats,
        cast("MediaStore", shelf),
        errands,
        TEXTS,
        clock,
    )


ANN: dict[str, Any] = {
    "event_key": "1",
    "platform": "playground",
    "person": "ann",
    "address": Address("playground", "here"),
    "language": None,
    "private": True,
    "bot_name": "drawbridge",
}


async def shown_again(shelf: Shelf, chat: Gate) -> tuple[Answer | Problem, Errands]:
    errands = Errands()
    handler = gallery_of(shelf, chat, errands).presses[Verb.RESEND]
    return await handler(Turn(Press(press="", **ANN), "en"), ("job",)), errands


async def over(errands: Errands) -> None:
    while errands.running:  # noqa: ASYNC110 - there is nobody who would tell
        await asyncio.sleep(1)


@leaping
async def test_a_platform_that_is_away_is_asked_again_and_nothing_arrives_twice() -> None:
    away = ChatUnavailable("away")
    shelf, chat = Shelf(finished(3)), Gate([None, away, away, None, away, None, away])
    answer, errands = await shown_again(shelf, chat)
    assert isinstance(answer, Answer)  # nobody waits for it
    await over(errands)
    assert chat.over == ["picture-0", "picture-1", "picture-2", "companion"]
    assert shelf.noted == ["message 1", "message 2", "message 3", *["companion"] * 3]
    assert chat.attempts == [0, 0, 1, 3, 3, 7, 7, 15]


@leaping
async def test_after_about_five_minutes_it_is_given_up() -> None:
    chat = Gate([ChatUnavailable("away")] * 99)
    _, errands = await shown_again(Shelf(finished(1)), chat)
    await over(errands)
    assert chat.attempts == [0, 1, 3, 7, 15, 31, 63, 127, 255]
    assert chat.over == []


@leaping
async def test_what_is_forgotten_while_the_platform_is_away_is_not_sent_any_more() -> None:
    shelf, chat = Shelf(finished(2)), Gate([None, ChatUnavailable("away", after=40)])
    _, errands = await shown_again(shelf, chat)
    await asyncio.sleep(10)
    shelf.forgotten = True
    await over(errands)
    assert chat.attempts == [0, 0]
    assert chat.over == ["picture-0"]


@leaping
async def test_a_platform_may_ask_for_its_time_but_not_for_an_hour() -> None:
    chat = Gate([ChatUnavailable("flood", after=40), ChatUnavailable("flood", after=3600)])
    _, errands = await shown_again(Shelf(finished(1)), chat)
    await over(errands)
    assert chat.attempts == [0, 40]


@leaping
async def test_when_too_much_is_being_sent_the_person_is_told() -> None:
    shelf, chat, errands = Shelf(finished(1)), Gate([]), Errands()
    ended = asyncio.Event()

    async def wait() -> None:
        await ended.wait()

    while errands.start(wait(), "waiting"):
        pass
    handler = gallery_of(shelf, chat, errands).presses[Verb.RESEND]
    answer = await handler(Turn(Press(press="", **ANN), "en"), ("job",))
    assert answer == problem(Key.CHAT_BUSY)
    ended.set()
    await settle()
    assert (chat.over, errands.running) == ([], 0)


@pytest.mark.parametrize(
    ("age", "english", "chinese"),
    [
        (timedelta(seconds=-5), "just now", "刚刚"),
        (timedelta(seconds=59), "just now", "刚刚"),
        (timedelta(minutes=1), "1 min ago", "1 分钟前"),
        (timedelta(minutes=59), "59 min ago", "59 分钟前"),
        (timedelta(hours=23), "23 h ago", "23 小时前"),
        (timedelta(hours=47), "1 day ago", "1 天前"),
        (timedelta(days=400), "400 days ago", "400 天前"),
    ],
)
async def test_history_tells_how_long_ago_it_was(age: timedelta, english: str, chinese: str) -> None:
    shelf = Shelf(replace(finished(2), request=a_request(prompt="a fox " * 100)))
    handler = gallery_of(shelf, Gate([]), Errands(), age).commands["history"]
    for locale, count, ago in (("en", " (2 pictures)", english), ("zh-CN", "（2 张）", chinese)):
        turn = Turn(Incoming(text="/history", **ANN), locale)
        reply = await handler(turn, Command("history", None, ""))
        assert isinstance(reply, Reply)
        row = reply.text.splitlines()[-1]
        assert row.startswith("1. a fox a fox")
        assert row.replace(" ", "").endswith(f"…{count} · {ago}".replace(" ", ""))
        assert len(row) < 100
