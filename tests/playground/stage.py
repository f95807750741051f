"""What the tests of the playground share: the real site, board and web server, and a scripted core."""

import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, ClientTimeout, CookieJar

from bot.core.talk import Answer, Incoming, Press, Reply
from bot.domain.geometry import Aspect
from bot.domain.ids import AccountId, CallId, JobId, Millis, PictureId
from bot.domain.jobs import Job, JobState, Picture
from bot.domain.request import ImageRequest, Kind
from bot.frontends.playground.attachments import IMAGE_LIMIT
from bot.frontends.playground.chat import PlaygroundChat
from bot.frontends.playground.feed import Feed
from bot.frontends.playground.site import BODY_LIMIT, Site
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from bot.media.folder import FolderMedia
from bot.ports.chat import Made, Parcel
from bot.ports.clock import SystemClock
from bot.ports.store import StoreBusy
from bot.store.board import NoteBoard
from bot.store.database import open_database
from bot.web.server import Part, serve

HEARTBEAT = timedelta(milliseconds=100)


class Script:
    """Stands in for the conversation: answers all but `/draw` and `/edit`, which become jobs elsewhere, with
    `reply` if that is set, and every press with `answer` unless `busy`.
    """

    def __init__(self) -> None:
        self.heard: list[Incoming] = []
        self.pressed: list[Press] = []
        self.reply: Reply | None = None
        self.answer = Answer()
        self.busy = False

    async def hear(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming)
        if incoming.text.startswith(("/draw", "/edit")):
            return None
        return self.reply or Reply(f"heard: {incoming.text}", "en")

    async def press(self, press: Press) -> Answer:
        if self.busy:
            raise StoreBusy
        self.pressed.append(press)
        return self.answer

    @property
    def events(self) -> set[str]:
        return {incoming.event_key for incoming in self.heard}


class Visitor:
    """A browser: opens the page, keeps its cookies, says things."""

    def __init__(self, client: ClientSession, exits: AsyncExitStack) -> None:
        self.client = client
        self._exits = exits

    async def open(self, **headers: str) -> str:
        async with self.client.get("/", headers=headers) as answer:
            assert answer.status == 200
            return await answer.text()

    async def say(
        self,
        text: str,
        id_: str = "message-1",
        language: str = "en",
        images: Sequence[str] = (),
        replies: str | None = None,
    ) -> dict[str, Any]:
        body = message(text, id_, language) | {"images": list(images), "replies": replies}
        async with self.client.post("/api/messages", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    async def press(self, held: str, note: str = "reply-message-1", id_: str = "button-1") -> dict[str, Any]:
        """Press a button of a note, given what it holds."""
        async with self.client.post("/api/presses", json=pressed(held, note, id_)) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    async def upload(self, data: bytes) -> str:
        """Hand in an image; returns its name."""
        async with self.client.post("/api/images", data=io.BytesIO(data)) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["name"])

    async def status_of_saying(self, body: object, **headers: str) -> int:
        return await self._status("/api/messages", body, headers)

    async def status_of_pressing(self, body: object, **headers: str) -> int:
        return await self._status("/api/presses", body, headers)

    async def _status(self, path: str, body: object, headers: dict[str, str]) -> int:
        async with self.client.post(path, json=body, headers=headers) as answer:
            return answer.status

    async def notes(self, **query: int) -> list[dict[str, Any]]:
        async with self.client.get("/api/messages", params=query) as answer:
            assert answer.status == 200
            return list((await answer.json())["notes"])

    async def stream(self, after: int = 0, last_event_id: int | None = None) -> ClientResponse:
        """The open event stream of the page."""
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        answer = await self._exits.enter_async_context(
            self.client.get(f"/api/events?after={after}", headers=headers)
        )
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        return answer


@dataclass(slots=True)
class Stage:
    """An open playground."""

    url: str
    feed: Feed
    chat: PlaygroundChat
    media: FolderMedia
    script: Script
    exits: AsyncExitStack
    jobs: int = field(default=0)

    async def visitor(self) -> Visitor:
        """Somebody new, with the page open."""
        visitor = self.known(await self.browser())
        await visitor.open()
        return visitor

    def known(self, browser: ClientSession) -> Visitor:
        """Whoever uses this browser."""
        return Visitor(browser, self.exits)

    async def browser(self) -> ClientSession:
        """A browser that has been nowhere yet."""
        jar, patience = CookieJar(unsafe=True), ClientTimeout(total=10)
        return await self.exits.enter_async_context(ClientSession(self.url, cookie_jar=jar, timeout=patience))

    def job(self, count: int = 1, prompt: str = "a fox", aspect: str | None = None) -> Job:
        """The job that the last message asked for, at work."""
        self.jobs += 1
        request = ImageRequest(
            Kind.DRAW, prompt, count=count, aspect=Aspect.parse(aspect) if aspect else None
        )
        return Job(
            id=JobId(f"job{self.jobs}"),
            account_id=AccountId("account"),
            person=self.script.heard[-1].person,
            address=self.script.heard[-1].address,
            locale="en",
            request=request,
            state=JobState.WORKING,
            version=1,
            created_at=Millis(1_700_000_000_000),
            deadline_at=Millis(1_700_000_900_000),
        )

    async def picture(self, job: Job, data: bytes, *, ordinal: int = 0, mime: str = "image/png") -> Picture:
        """A finished picture of a job, kept in the media store."""
        id_ = f"{job.id}-picture{ordinal}"
        await self.media.put(id_, _one(data))
        return Picture(
            PictureId(id_), job.id, CallId("call"), ordinal, id_, 1664, 928, bytes=len(data), mime=mime
        )

    async def deliver(self, job: Job, *pictures: Picture, again: str | None = None) -> list[str]:
        """Show the pictures of a job, or show them again because a message or a press asked for that;
        returns the ids of the notes.
        """
        made = {picture.id: Made("qwen-image") for picture in pictures}
        job = replace(job, pictures=job.pictures or pictures)
        if again:
            job = replace(job, address=replace(job.address, message=again))
        parcel = Parcel(job, pictures, made, planned="qwen-image", left_today=None if again else 7)
        return [note async for sent in self.chat.deliver(parcel) for _, note in sent.messages]


@asynccontextmanager
async def open_stage(folder: Path, *, sandbox: bool = True) -> AsyncIterator[Stage]:
    """A playground on the database in `folder`; opening it again there is a restart."""
    async with AsyncExitStack() as exits:
        database = await exits.enter_async_context(open_database(folder / "test.sqlite3"))
        texts, media, script = _texts(), FolderMedia(folder / "media"), Script()
        feed = Feed(NoteBoard(database), SystemClock())
        site = Site(
            feed,
            script,
            texts,
            media,
            sandbox=sandbox,
            host="127.0.0.1",
            public_url="https://draw.example",
            heartbeat=HEARTBEAT,
        )
        parts = [Part(site.routes(), BODY_LIMIT, site.stop), Part(site.upload_routes(), IMAGE_LIMIT)]
        listening = await exits.enter_async_context(serve(parts, "127.0.0.1", 0))
        chat = PlaygroundChat(feed, texts, media)
        yield Stage(listening.url, feed, chat, media, script, exits)


def message(text: str, id_: str = "message-1", language: str = "en") -> dict[str, Any]:
    return {"id": id_, "text": text, "language": language}


def pressed(held: str, note: str = "reply-message-1", id_: str = "button-1") -> dict[str, Any]:
    return {"id": id_, "note": note, "press": held, "language": "en"}


async def read_events(answer: ClientResponse, count: int) -> list[dict[str, Any]]:
    """The next so many events of a stream; their ids are checked to be their revisions."""
    events: list[dict[str, Any]] = []
    last_id = ""
    while len(events) < count:
        line = (await answer.content.readline()).decode().rstrip("\n")
        assert not answer.content.at_eof(), "the stream ended"
        if line.startswith("id: "):
            last_id = line.removeprefix("id: ")
        elif line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            assert str(event["revision"]) == last_id
            events.append(event)
    return events


def texts_of(notes: Sequence[dict[str, Any]]) -> list[str]:
    return [note["text"] for note in notes]


@cache
def _texts() -> FluentTexts:
    return FluentTexts(locales_folder())


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data
