"""The playground as the browser sees it: the page, what is said on it, what hangs on its board."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Annotated

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.core.conversation import Incoming, Reply
from bot.domain.jobs import Address
from bot.domain.problems import Key, Problem, problem
from bot.frontends.playground.chat import PLATFORM
from bot.frontends.playground.events import Events, view
from bot.frontends.playground.feed import Feed
from bot.frontends.playground.gate import Gate
from bot.frontends.playground.page import CONTENT_SECURITY_POLICY, Page, file_routes
from bot.frontends.playground.pictures import Pictures
from bot.frontends.playground.visitor import language_of, remember_language, theme_of, visitor_of, welcome
from bot.ports.board import Draft, Fact, Note, NoteKind
from bot.ports.media import MediaStore
from bot.ports.store import StoreBusy
from bot.ports.texts import Texts

Hear = Callable[[Incoming], Awaitable[Reply | None]]

BODY_LIMIT = 32 * 1024
"""Bytes of a request body; a message as long as is allowed fits in any script and escaping."""

_LONGEST_TEXT = 4096  # characters, as in the chats
_PAGE_OF_NOTES = 100
_HEARTBEAT = timedelta(seconds=15)
_NO_STORE = {hdrs.CACHE_CONTROL: "no-store"}


class Said(BaseModel):
    """A message as the page sends it. The page makes the id, so that it can send the same message again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    text: Annotated[str, StringConstraints(min_length=1)]
    language: Annotated[str, StringConstraints(max_length=35)]


class Site:
    """Routes of the playground. `hear` is the core's conversation; `sandbox` tells that pictures are free.

    `host` and `public_url` are the addresses it may be reached under.
    """

    def __init__(
        self,
        feed: Feed,
        hear: Hear,
        texts: Texts,
        media: MediaStore,
        *,
        sandbox: bool,
        host: str,
        public_url: str | None = None,
        heartbeat: timedelta = _HEARTBEAT,
    ) -> None:
        self._feed = feed
        self._hear = hear
        self._texts = texts
        self._page = Page(texts, sandbox=sandbox)
        self._pictures = Pictures(feed, media)
        self._events = Events(feed, heartbeat)
        self._gate = Gate(host, public_url)

    def routes(self) -> list[web.RouteDef]:
        guard = self._gate.guard
        return [
            web.get("/", guard(self._open)),
            web.get("/api/messages", guard(self._list)),
            web.post("/api/messages", guard(self._say)),
            web.get("/api/events", guard(self._stream), allow_head=False),
            web.get("/pictures/{picture:[A-Za-z0-9_-]{1,64}}", guard(self._pictures.send)),
            *file_routes(),
        ]

    def stop(self) -> None:
        """End the live streams, so that the server can stop."""
        self._feed.stop()

    async def _open(self, request: web.Request) -> web.StreamResponse:
        if (wanted := request.query.get("language")) in self._texts.locales:
            there = web.Response(status=303, headers={hdrs.LOCATION: "/"} | _NO_STORE)
            remember_language(there, str(wanted))
            return there
        language = language_of(request, self._texts)
        page = self._page.render(language, theme_of(request))
        headers = _NO_STORE | {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
        response = web.Response(text=page, content_type="text/html", headers=headers)
        if visitor_of(request) is None:
            welcome(response, secure=self._gate.is_public(request))
        return response

    async def _list(self, request: web.Request) -> web.Response:
        """The notes that changed `after` a revision, or the last ones, or the last `before` a position."""
        visitor = _known(request)
        revision = await self._feed.revision(
            visitor
        )  # asked first: what comes meanwhile is told twice, not lost
        if "after" in request.query:
            notes = await self._feed.since(visitor, _number(request, "after"), _PAGE_OF_NOTES)
        else:
            before = _number(request, "before") if "before" in request.query else None
            notes = await self._feed.latest(visitor, before, _PAGE_OF_NOTES)
        return self._answer(notes, revision=revision, more=len(notes) == _PAGE_OF_NOTES)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        last = request.headers.get("Last-Event-ID", "")
        after = (
            int(last) if last.isascii() and last.isdigit() and len(last) < 16 else _number(request, "after")
        )
        return await self._events.stream(request, _known(request), after)

    async def _say(self, request: web.Request) -> web.Response:
        """Do what a visitor says. The same message again is answered again and done once."""
        visitor, said = _known(request), await _read(request)
        if len(said.text) > _LONGEST_TEXT:
            why = problem(Key.TEXT_TOO_LONG, limit=_LONGEST_TEXT, length=len(said.text))
            return self._refuse(said, why, status=422)
        try:
            return self._answer(await self._converse(visitor, said))
        except StoreBusy:
            return self._refuse(said, problem(Key.STORE_BUSY), status=503)

    async def _converse(self, visitor: str, said: Said) -> list[Note]:
        reply_id = f"reply-{said.id}"
        note = await self._feed.find(visitor, f"said-{said.id}")
        if note is None:
            draft = Draft(visitor, f"said-{said.id}", NoteKind.SAID, said.id, {"text": said.text})
            note = await self._feed.put(draft)
        elif answered := await self._feed.find(visitor, reply_id):
            return [note, answered]
        reply = await self._hear(_incoming(visitor, said))
        if reply is None:
            return [note]
        facts: dict[str, Fact] = {"text": reply.text, "language": reply.locale, "refused": reply.refused}
        return [note, await self._feed.put(Draft(visitor, reply_id, NoteKind.REPLY, said.id, facts))]

    def _answer(self, notes: Sequence[Note], **more: int) -> web.Response:
        return web.json_response(
            {"notes": [view(note) for note in notes], "now": self._feed.now(), **more}, headers=_NO_STORE
        )

    def _refuse(self, said: Said, why: Problem, status: int) -> web.Response:
        text = self._texts.explain(self._texts.choose(said.language), why)
        return web.json_response({"error": text}, status=status, headers=_NO_STORE)


def _incoming(visitor: str, said: Said) -> Incoming:
    return Incoming(
        event_key=f"{PLATFORM}:{visitor}:{said.id}",
        platform=PLATFORM,
        person=visitor,
        address=Address(PLATFORM, visitor, message=said.id),
        language=said.language,
        text=said.text,
        private=True,
        bot_name=PLATFORM,
    )


async def _read(request: web.Request) -> Said:
    if request.content_type != "application/json":  # a form of another site can send everything but this
        raise web.HTTPUnsupportedMediaType
    try:
        return Said.model_validate_json(await request.read())
    except ValidationError:
        raise web.HTTPBadRequest from None


def _known(request: web.Request) -> str:
    """The visitor. 401 for those who never opened the page."""
    visitor = visitor_of(request)
    if visitor is None:
        raise web.HTTPUnauthorized
    return visitor


def _number(request: web.Request, name: str) -> int:
    value = request.query.get(name, "0")
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        raise web.HTTPBadRequest
    return int(value)
