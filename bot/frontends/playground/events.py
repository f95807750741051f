"""Server-sent events: what changes on a visitor's board, live, without gaps."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta

import structlog
from aiohttp import hdrs, web

from bot.frontends.playground.feed import Feed, TooManyWatchers, Watcher
from bot.ports.board import Fact, Note

log = structlog.get_logger()

_CHUNK = 50
_STUCK_SECONDS = 20.0
_RETRY_AFTER = "5"

_HEADERS = {
    hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8",
    hdrs.CACHE_CONTROL: "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold the events back
}


def view(note: Note) -> dict[str, Fact]:
    """A note as the page sees it: its facts and where it stands, never its media key."""
    return {
        **note.facts,
        "id": note.id,
        "kind": note.kind.value,
        "answers": note.answers,
        "position": note.position,
        "revision": note.revision,
        "at": note.created_at,
    }


class Events:
    """The stream of one board's changes; every event's id is the revision it brings the page to."""

    def __init__(self, feed: Feed, heartbeat: timedelta) -> None:
        self._feed = feed
        self._heartbeat = heartbeat.total_seconds()

    async def stream(self, request: web.Request, visitor: str, after: int) -> web.StreamResponse:
        """Send what changed after a revision, then what changes, until the page or the server goes.

        A board that has not got that far (its database was replaced) is sent from the beginning. 503 when
        too many pages are open.
        """
        response = web.StreamResponse(headers=_HEADERS)
        try:
            with self._feed.watch(visitor) as watcher:
                await response.prepare(request)
                await self._follow(response, visitor, watcher, after)
        except ConnectionError:
            log.debug("page left")
        except TooManyWatchers:
            raise web.HTTPServiceUnavailable(headers={hdrs.RETRY_AFTER: _RETRY_AFTER}) from None
        except TimeoutError:
            if request.transport:  # the page takes nothing any more: let go of it and of what waits for it
                request.transport.abort()
        return response

    async def _follow(self, response: web.StreamResponse, visitor: str, watcher: Watcher, after: int) -> None:
        seen = after if after <= await self._feed.revision(visitor) else 0
        while not watcher.ended:
            notes = await self._feed.since(visitor, seen, _CHUNK)
            async with asyncio.timeout(_STUCK_SECONDS):
                await response.write(_as_events(notes) or b": still here\n\n")
            if notes:
                seen = notes[-1].revision
            if len(notes) < _CHUNK:
                await watcher.wait(self._heartbeat)


def _as_events(notes: Sequence[Note]) -> bytes:
    return "".join(
        f"id: {note.revision}\ndata: {json.dumps(view(note), ensure_ascii=False)}\n\n" for note in notes
    ).encode()
