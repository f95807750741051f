"""The playground as the browser sees it: the page, what is said on it, what hangs on its board."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from aiohttp import hdrs, web
from pydantic import ValidationError

from bot.domain.problems import Key, Problem, Refused, problem
from bot.frontends.playground.attachments import ID, IMAGE_LIMIT, Attachments, TooLarge
from bot.frontends.playground.events import Events, view
from bot.frontends.playground.feed import Feed
from bot.frontends.playground.gate import Gate
from bot.frontends.playground.page import CONTENT_SECURITY_POLICY, Page, file_routes
from bot.frontends.playground.pictures import Pictures
from bot.frontends.playground.talking import Conversing, Pressed, Said, Talking
from bot.frontends.playground.visitor import (
    known_visitor,
    language_of,
    remember_language,
    theme_of,
    visitor_of,
    welcome,
)
from bot.ports.board import Note
from bot.ports.media import MediaStore
from bot.ports.store import StoreBusy
from bot.ports.texts import Texts

M = TypeVar("M", Said, Pressed)

BODY_LIMIT = 32 * 1024
"""Bytes of a request body; a message as long as is allowed fits in any script and escaping."""

_PAGE_OF_NOTES = 100
_HEARTBEAT = timedelta(seconds=15)
_NO_STORE = {hdrs.CACHE_CONTROL: "no-store"}


class Site:
    """Routes of the playground. `sandbox` tells that pictures are free.

    `host` and `public_url` are the addresses it may be reached under.
    """

    def __init__(
        self,
        feed: Feed,
        conversation: Conversing,
        texts: Texts,
        media: MediaStore,
        *,
        sandbox: bool,
        host: str,
        public_url: str | None = None,
        heartbeat: timedelta = _HEARTBEAT,
    ) -> None:
        self._feed = feed
        self._texts = texts
        self._page = Page(texts, sandbox=sandbox)
        self._attachments = Attachments(feed, media)
        self._talking = Talking(feed, conversation, self._attachments)
        self._pictures = Pictures(self._attachments, media)
        self._events = Events(feed, heartbeat)
        self._gate = Gate(host, public_url)

    def routes(self) -> list[web.RouteDef]:
        guard = self._gate.guard
        return [
            web.get("/", guard(self._open)),
            web.get("/api/messages", guard(self._list)),
            web.post("/api/messages", guard(self._say)),
            web.post("/api/presses", guard(self._press)),
            web.get("/api/events", guard(self._stream), allow_head=False),
            web.get(f"/pictures/{{id:{ID}}}", guard(self._pictures.send_picture)),
            web.get(f"/images/{{id:{ID}}}", guard(self._pictures.send_image)),
            *file_routes(),
        ]

    def upload_routes(self) -> list[web.RouteDef]:
        """The route with bodies of up to `IMAGE_LIMIT` bytes."""
        return [web.post("/api/images", self._gate.guard(self._upload))]

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
        visitor = known_visitor(request)
        # The revision is asked first: what comes meanwhile is told twice, not lost.
        revision = await self._feed.revision(visitor)
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
        return await self._events.stream(request, known_visitor(request), after)

    async def _upload(self, request: web.Request) -> web.Response:
        """Keep the body as an image and name it; what it really is, its bytes will have to show."""
        visitor = known_visitor(request)
        try:
            name = await self._attachments.keep(visitor, request.content.iter_any())
        except TooLarge:
            raise web.HTTPRequestEntityTooLarge(IMAGE_LIMIT, IMAGE_LIMIT + 1) from None
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        except StoreBusy:
            raise web.HTTPServiceUnavailable from None
        return web.json_response({"name": name}, status=201, headers=_NO_STORE)

    async def _say(self, request: web.Request) -> web.Response:
        """Do what a visitor says. The same message again is answered again and done once."""
        visitor, said = known_visitor(request), await _read(request, Said)
        try:
            return self._answer(await self._talking.say(visitor, said))
        except Refused as refused:
            return self._refuse(said.language, refused.problem, status=422)
        except StoreBusy:
            return self._refuse(said.language, problem(Key.STORE_BUSY), status=503)

    async def _press(self, request: web.Request) -> web.Response:
        """Do what a button says. `note` is to be shown for a moment, an `alert` until it is dismissed."""
        visitor, pressed = known_visitor(request), await _read(request, Pressed)
        try:
            answer, notes = await self._talking.press(visitor, pressed)
        except StoreBusy:
            return self._refuse(pressed.language, problem(Key.STORE_BUSY), status=503)
        return self._answer(notes, note=answer.note, alert=answer.alert)

    def _answer(self, notes: Sequence[Note], **more: int | str) -> web.Response:
        return web.json_response(
            {"notes": [view(note) for note in notes], "now": self._feed.now(), **more}, headers=_NO_STORE
        )

    def _refuse(self, language: str, why: Problem, status: int) -> web.Response:
        text = self._texts.explain(self._texts.choose(language), why)
        return web.json_response({"error": text}, status=status, headers=_NO_STORE)


async def _read(request: web.Request, model: type[M]) -> M:
    if request.content_type != "application/json":  # a form of another site can send everything but this
        raise web.HTTPUnsupportedMediaType
    try:
        return model.model_validate_json(await request.read())
    except ValidationError:
        raise web.HTTPBadRequest from None


def _number(request: web.Request, name: str) -> int:
    value = request.query.get(name, "0")
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        raise web.HTTPBadRequest
    return int(value)
