"""qwen-image-2512.org: a task is submitted, asked after, and calls back when it is done."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from yarl import URL

from bot.sandbox.drawing import Drawing, PictureFormat
from bot.sandbox.faults import OF_A_NEW_TASK, OF_THE_ANSWER, Endpoint
from bot.sandbox.refusals import Kind, Refusal
from bot.sandbox.task_gateway import TaskGateway
from bot.sandbox.tasks import Failure, Order, Task
from bot.sandbox.wire import parse_as, parse_object, peek_prompt, read_body, spoil

if TYPE_CHECKING:
    from bot.sandbox.faults import Fault

GATEWAY: Final = "qwen-image-2512"
CREDITS: Final = 5
_MODERATED = "The request was rejected by the safety system: inappropriate content."
_FAILED = "The task failed because of an internal error."
_ODD: Final = {"status": "ON_HOLD", "response": None, "consumed_credits": 0}
# Only 400, 401, 404 and 500 are documented. What the vendor answers to an empty balance or to too many
# requests is not said; the body codes below follow the meaning of the HTTP status.
_CODES: Final = {
    Kind.BAD_REQUEST: 400,
    Kind.BAD_KEY: 401,
    Kind.OUT_OF_MONEY: 402,
    Kind.NO_SUCH_MODEL: 400,
    Kind.NOT_FOUND: 404,
    Kind.TOO_LARGE: 400,
    Kind.MODERATED: 400,
    Kind.RATE_LIMITED: 429,
    Kind.UPSTREAM: 500,
    Kind.UNAVAILABLE: 503,
}


def _web_address(value: str) -> str:
    try:
        address = URL(value)
    except ValueError as error:
        raise ValueError("must be an http or https address") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise ValueError("must be an http or https address")
    return value


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    prompt: str = Field(min_length=1, max_length=2000)
    size: Literal["1024*1024", "1024*1536", "1536*1024", "768*1024", "1024*768"] = "1024*1024"
    seed: int = Field(default=-1, ge=-1, le=2**31 - 1)
    output_format: Literal["jpeg", "png", "webp"] = "jpeg"
    callback_url: Annotated[str, AfterValidator(_web_address)] = ""


class QwenImage2512(TaskGateway):
    def routes(self) -> list[web.RouteDef]:
        return [web.post("/api/generate", self._submit), web.get("/api/status", self._poll)]

    def refuse(self, refusal: Refusal) -> web.Response:
        code = _CODES[refusal.kind]
        status = 200 if self.desk.options.status_in_body_only else refusal.status or code
        return web.json_response({"code": code, "message": refusal.message, "data": None}, status=status)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        desk = self.desk
        with desk.booked():
            raw = await read_body(request, desk.options.body_limit)
            prompt = peek_prompt(raw)
            content = self.trip(prompt)
            desk.check_key(request)
            given = parse_object(raw)
            body = parse_as(_Body, given)
            desk.claim()
        flaw = desk.take(Endpoint.SUBMIT, prompt, OF_A_NEW_TASK | OF_THE_ANSWER)
        span = self.span(flaw)
        order = Order(
            prompt=prompt,
            origin=str(request.url.origin()),
            files=(desk.hosting.publish(_drawing(body), after=span or 0.0),),
            failure=self.book(prompt, content, flaw),
            callback=self.caller.plan(body.callback_url, prompt),
            details=given,
        )
        task = await self.tasks.open(f"n{secrets.token_hex(14)}qwenimg", order, span)
        return await spoil(request, flaw, _success({"task_id": task.id, "status": "IN_PROGRESS"}))

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        desk = self.desk
        desk.tally.polls += 1
        task = self.tasks[request.query.get("task_id", "")]
        prompt = task.order.prompt if task else ""
        desk.trip(Endpoint.POLL, prompt)
        desk.check_key(request)
        view = self.view(task, str(request.url.origin())) if task else {}
        if task is not None:
            view = self.spoiled(task, view, "response", _ODD)
        if not view:
            raise Refusal(Kind.NOT_FOUND, "task not found")
        return await spoil(request, desk.take(Endpoint.POLL, prompt, OF_THE_ANSWER), _success(view))

    def view(self, task: Task, origin: str) -> dict[str, Any]:
        order, status = task.order, _status(task)
        done = status == "SUCCESS"
        return {
            "task_id": task.id,
            "status": status,
            "consumed_credits": CREDITS if done else 0,
            "error_message": order.failure.message if order.failure and status == "FAILED" else None,
            "created_at": datetime.fromtimestamp(task.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "request": order.details,
            "response": [self.desk.hosting.link(origin, name) for name in order.files] if done else None,
        }

    def forged(self, task: Task) -> dict[str, Any]:
        stolen = {"status": "SUCCESS", "consumed_credits": CREDITS, "error_message": None}
        return self.view(task, "") | stolen | {"response": ["http://10.0.0.1/forged.png"]}

    def moderated(self, message: str | None) -> Failure:
        return Failure("", message or _MODERATED)

    def broken(self, flaw: Fault) -> Failure:
        return Failure("", flaw.args.message or _FAILED)


def _status(task: Task) -> str:
    if task.ended:
        return "FAILED" if task.order.failure else "SUCCESS"
    return "IN_PROGRESS" if task.begun else "PENDING"


def _drawing(body: _Body) -> Drawing:
    width, height = (int(side) for side in body.size.split("*"))
    seed = secrets.randbelow(2**31) if body.seed == -1 else body.seed
    return Drawing(
        prompt=body.prompt, seed=seed, width=width, height=height, format=PictureFormat(body.output_format)
    )


def _success(data: dict[str, Any]) -> web.Response:
    return web.json_response({"code": 200, "message": "success", "data": data})
