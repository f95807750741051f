"""A door for tests and benches that run the server in its own process: JSON over HTTP under /_control."""

import base64
from collections import Counter
from typing import Any, Final

from aiohttp import web

from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.errors import Refusal
from tests.fakes.telegram.faults import Cut, Delay, Fail, Fault
from tests.fakes.telegram.flood import FloodLimits
from tests.fakes.telegram.messages import Message
from tests.fakes.telegram.people import People
from tests.fakes.telegram.server import Door
from tests.fakes.telegram.users import User, Wire
from tests.fakes.telegram.witness import Witness

_POSTS: Final = (
    *("user", "group", "say", "say_all", "send_photo", "send_album"),
    *("press", "limit", "fault", "heal"),
)


class Control:
    """Bodies and answers are JSON objects; a wrong body is an error 500 with its trace in the log.

    - POST user {name, language_code?} -> {user, chat}: a person and their private chat
    - POST group {title, members, forum?, basic?} -> {chat}
    - POST say {user, chat, text, reply_to?} -> the message
    - POST send_photo {user, chat, data, caption?, reply_to?} -> the message; `data` is base64
    - POST send_album {user, chat, items, caption?, caption_on?} -> {messages}; `items` are base64
    - POST say_all {messages: [{user, chat, text}]}: all at the same moment
    - POST press {user, chat, message_id, data} -> {query}
    - POST limit {limits}: flood control with these FloodLimits, or none with null
    - POST fault {method, kind: fail | cut | delay, times?, ...}; POST heal
    - GET messages?chat= -> {messages}
    - GET stats -> totals: `calls` {method: {status: count}}, `calls_by_place` the same by kind of chat
      (private, group, channel, elsewhere), `photos`, `pending_updates`, `violations`, `unanswered` buttons
    - GET wait?photos=&seconds= -> the stats once the bot has posted so many images
    """

    def __init__(self, people: People, witness: Witness, door: Door) -> None:
        self._people = people
        self._witness = witness
        self._door = door
        self._world = people.world

    def add_routes(self, app: web.Application) -> None:
        for name in _POSTS:
            app.router.add_post(f"/_control/{name}", getattr(self, name))
        for name in ("messages", "stats", "wait"):
            app.router.add_get(f"/_control/{name}", getattr(self, name))

    async def user(self, request: web.Request) -> web.Response:
        body = await request.json()
        user = self._people.user(body["name"], language_code=body.get("language_code"))
        return web.json_response({"user": user.id, "chat": self._people.private(user).id})

    async def group(self, request: web.Request) -> web.Response:
        body = await request.json()
        members = [self._user(user_id) for user_id in body["members"]]
        forum, basic = body.get("forum", False), body.get("basic", False)
        chat = self._people.group(body["title"], members=members, forum=forum, basic=basic)
        return web.json_response({"chat": chat.id})

    async def say(self, request: web.Request) -> web.Response:
        body = await request.json()
        chat, replied = self._chat(body["chat"]), self._replied(body)
        message = self._people.say(self._user(body["user"]), chat, body["text"], reply_to=replied)
        return web.json_response(_shown(message))

    async def send_photo(self, request: web.Request) -> web.Response:
        body = await request.json()
        message = self._people.send_photo(
            self._user(body["user"]),
            self._chat(body["chat"]),
            base64.b64decode(body["data"]),
            caption=body.get("caption", ""),
            reply_to=self._replied(body),
        )
        return web.json_response(_shown(message))

    async def send_album(self, request: web.Request) -> web.Response:
        body = await request.json()
        messages = self._people.send_album(
            self._user(body["user"]),
            self._chat(body["chat"]),
            [base64.b64decode(item) for item in body["items"]],
            caption=body.get("caption", ""),
            caption_on=body.get("caption_on", 0),
        )
        return web.json_response({"messages": [_shown(message) for message in messages]})

    async def say_all(self, request: web.Request) -> web.Response:
        for said in (await request.json())["messages"]:
            self._people.say(self._user(said["user"]), self._chat(said["chat"]), said["text"])
        return web.json_response({})

    async def press(self, request: web.Request) -> web.Response:
        body = await request.json()
        message = self._chat(body["chat"]).history[body["message_id"]]
        query = self._people.press(self._user(body["user"]), message, body["data"])
        return web.json_response({"query": query.id})

    async def limit(self, request: web.Request) -> web.Response:
        limits = (await request.json())["limits"]
        self._door.limit(None if limits is None else FloodLimits(**limits))
        return web.json_response({})

    async def fault(self, request: web.Request) -> web.Response:
        body = await request.json()
        self._door.faults.plan(body["method"], _fault(body), body.get("times", 1))
        return web.json_response({})

    async def heal(self, _request: web.Request) -> web.Response:
        self._door.faults.heal()
        return web.json_response({})

    async def messages(self, request: web.Request) -> web.Response:
        messages = self._witness.messages(self._chat(int(request.query["chat"])))
        return web.json_response({"messages": [_shown(message) for message in messages]})

    async def stats(self, _request: web.Request) -> web.Response:
        return web.json_response(self._totals())

    async def wait(self, request: web.Request) -> web.Response:
        """Status 504, with the totals, when there are not so many pictures in time."""
        wanted = int(request.query["photos"])
        seconds = float(request.query["seconds"])
        try:
            await self._witness.wait_for(lambda: self._world.pictures >= wanted, timeout=seconds)
        except TimeoutError:
            return web.json_response(self._totals(), status=504)
        return web.json_response(self._totals())

    def _totals(self) -> Wire:
        places = self._witness.counts_by_place()
        return {
            "calls": _by_method(self._witness.counts()),
            "calls_by_place": {place: _by_method(counts) for place, counts in places.items()},
            "photos": self._world.pictures,
            "pending_updates": len(self._world.updates),
            "violations": self._witness.violations,
            "unanswered": len(self._witness.unanswered()),
        }

    def _replied(self, body: dict[str, Any]) -> Message | None:
        return self._chat(body["chat"]).visible(body["reply_to"]) if "reply_to" in body else None

    def _user(self, user_id: int) -> User:
        return self._world.users[user_id]

    def _chat(self, chat_id: int) -> Chat:
        return self._world.chats[chat_id]


def _by_method(counts: Counter[tuple[str, int]]) -> dict[str, dict[int, int]]:
    calls: dict[str, dict[int, int]] = {}
    for (method, status), count in counts.items():
        calls.setdefault(method, {})[status] = count
    return calls


def _fault(body: dict[str, Any]) -> Fault:
    match body["kind"]:
        case "fail":
            return Fail(Refusal(body["error_code"], body["description"], body.get("parameters")))
        case "cut":
            return Cut(body["when"])
        case "delay":
            return Delay(body["seconds"])
        case kind:
            raise ValueError(f"no fault of kind {kind!r}")


def _shown(message: Message) -> Wire:
    """The message as on the wire, with the exact time, and for a file its hash and pixels."""
    shown = message.wire() | {"sent_at": message.sent_at, "edited_at": message.edited_at}
    if message.file is not None:
        file = message.file
        shown["file"] = {
            "kind": file.kind,
            "size": file.size,
            "sha256": file.sha256,
            "width": file.width,
            "height": file.height,
            "filename": file.filename,
        }
    return shown
