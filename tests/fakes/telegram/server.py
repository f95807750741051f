"""The HTTP door of the Bot API: takes calls, checks them, plays planned faults, records everything."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from aiohttp import web

from tests.fakes.telegram import editing, lookups, profile, sending
from tests.fakes.telegram.arguments import Arguments, check
from tests.fakes.telegram.body import MAX_UPLOAD, Upload, read_body
from tests.fakes.telegram.errors import Refusal, not_found
from tests.fakes.telegram.faults import BadGateway, Cut, Fail, Faults
from tests.fakes.telegram.flood import Flood, FloodLimits
from tests.fakes.telegram.methods import METHODS
from tests.fakes.telegram.world import World

Handler: TypeAlias = Callable[[World, Arguments], Any]

DOWNLOAD: Final = "download"  # the name under which file downloads are recorded and faults planned
MAX_POLL_SECONDS: Final = 50
HANDLERS: Final[Mapping[str, Handler]] = {
    "getMe": lookups.get_me,
    "setWebhook": profile.set_webhook,
    "deleteWebhook": profile.delete_webhook,
    "getWebhookInfo": profile.get_webhook_info,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendMediaGroup": sending.send_media_group,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "setMessageReaction": editing.set_message_reaction,
    "answerCallbackQuery": lookups.answer_callback_query,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyDescription": profile.set_my_description,
    "setMyShortDescription": profile.set_my_short_description,
    "getChat": lookups.get_chat,
    "getChatMember": lookups.get_chat_member,
    "getChatAdministrators": lookups.get_chat_administrators,
    "getFile": lookups.get_file,
}
FLOODING: Final = frozenset(
    {
        "sendMessage",
        "sendPhoto",
        "sendDocument",
        "sendMediaGroup",
        "editMessageText",
        "editMessageCaption",
        "editMessageMedia",
        "editMessageReplyMarkup",
    }
)


@dataclass(slots=True)
class Call:
    """One call of the bot. `at` and `took` are seconds; `status` is 0 until answered, or when cut off.

    Uploaded files appear in `parameters` as ``<file name, bytes>``, never as data.
    """

    method: str
    parameters: dict[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.time)
    took: float = 0.0
    status: int = 0
    error: str | None = None

    @property
    def chat_id(self) -> Any:
        return self.parameters.get("chat_id")


class Door:
    def __init__(self, world: World) -> None:
        self.world = world
        self.faults = Faults()
        self.flood: Flood | None = None
        self.calls: list[Call] = []
        self.violations = world.violations

    def limit(self, limits: FloodLimits | None) -> None:
        """Switches flood control on, or off with None; what was sent before does not count."""
        self.flood = None if limits is None else Flood(limits)

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self._method)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)

    async def _method(self, request: web.Request) -> web.StreamResponse:
        call = self._record(request.match_info["method"])
        try:
            self._authorise(request)
            return await self._answer(request, call)
        except Refusal as refusal:
            return _refused(call, refusal)
        except ConnectionError:
            call.error = "the bot hung up"
            return web.Response()
        finally:
            self._finish(call)

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        args = await self._arguments(request, call)
        await self.faults.slow_down(call.method, call.chat_id)
        fault = self.faults.take(call.method, call.chat_id)
        match fault:
            case Fail(refusal):
                raise refusal
            case BadGateway():
                return _bad_gateway(call)
            case Cut("before"):
                return _cut(request, call)
        result = await self._effect(call.method, args)
        if fault is not None:
            return _cut(request, call)
        call.status = 200
        return web.json_response({"ok": True, "result": result})

    async def _arguments(self, request: web.Request, call: Call) -> Arguments:
        body = await read_body(request)
        if call.method not in METHODS:
            self.violations.append(f"{call.method}: unknown method")
            raise not_found()
        args, violations = check(call.method, body)
        self.violations += violations
        call.parameters = {name: _shown(value) for name, value in args.values.items()}
        return args

    async def _effect(self, method: str, args: Arguments) -> Any:
        if method == "getUpdates":
            return await self._poll(args)
        if self.flood is not None and method in FLOODING:
            count = len(args["media"]) if method == "sendMediaGroup" else 1
            self.flood.admit(args.get("chat_id"), count, paid=bool(args.get("allow_paid_broadcast")))
        return HANDLERS[method](self.world, args)

    async def _poll(self, args: Arguments) -> Any:
        self.world.updates.allow(args.get("allowed_updates"))
        limit = min(max(args.get("limit", 100), 1), 100)
        seconds = min(args.get("timeout", 0), MAX_POLL_SECONDS)
        return await self.world.updates.poll(args.get("offset", 0), limit, seconds)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        call = self._record(DOWNLOAD)
        call.parameters["path"] = request.match_info["path"]
        try:
            self._authorise(request)
            return await self._file(request, call)
        except Refusal as refusal:
            return _refused(call, refusal)
        finally:
            self._finish(call)

    async def _file(self, request: web.Request, call: Call) -> web.StreamResponse:
        await self.faults.slow_down(DOWNLOAD, None)
        match self.faults.take(DOWNLOAD, None):
            case Fail(refusal):
                raise refusal
            case BadGateway():
                return _bad_gateway(call)
            case Cut():
                return _cut(request, call)
        stored = self.world.files.at(request.match_info["path"])
        if stored is None or stored.data is None:
            raise not_found()
        call.status = 200
        return web.Response(body=stored.data, content_type="application/octet-stream")

    def _authorise(self, request: web.Request) -> None:
        if request.match_info["token"] != self.world.token:
            raise Refusal(401, "Unauthorized")

    def _record(self, method: str) -> Call:
        call = Call(method)
        self.calls.append(call)
        self.world.changed.ring()
        return call

    def _finish(self, call: Call) -> None:
        call.took = time.time() - call.at
        self.world.changed.ring()


def application() -> web.Application:
    """Bodies may be as large as an upload may be, plus the other fields."""
    return web.Application(client_max_size=MAX_UPLOAD + 1024 * 1024)


def _shown(value: Any) -> Any:
    return f"<{value.filename}, {len(value.data)}>" if isinstance(value, Upload) else value


def _refused(call: Call, refusal: Refusal) -> web.Response:
    call.status, call.error = refusal.code, refusal.description
    return web.json_response(refusal.wire(), status=refusal.code)


def _bad_gateway(call: Call) -> web.Response:
    call.status, call.error = 502, "Bad Gateway"
    title = "<head><title>502 Bad Gateway</title></head>"
    page = f"<html>{title}<body><h1>502 Bad Gateway</h1></body></html>"
    return web.Response(status=502, text=page, content_type="text/html")


def _cut(request: web.Request, call: Call) -> web.Response:
    call.error = "connection cut"
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
