"""qwen-image-2512.org: a task is submitted, asked after, and calls back when it is done."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from yarl import URL

from bot.sandbox.callbacks import Caller
from bot.sandbox.drawing import Drawing, PictureFormat
from bot.sandbox.faults import OF_A_NEW_TASK, OF_A_POLL, OF_THE_ANSWER, OF_THE_CONTENT, Endpoint, FaultName
from bot.sandbox.imitation import Imitation
from bot.sandbox.moderation import is_moderated
from bot.sandbox.refusals import Kind, Refusal
from bot.sandbox.tasks import Failure, Order, Task, TaskBook
from bot.sandbox.wire import parse_as, parse_object, peek_prompt, read_body, spoil

if TYPE_CHECKING:
    from bot.sandbox.desk import Desk
    from bot.sandbox.faults import Fault

GATEWAY: Final = "qwen-image-2512"
CREDITS: Final = 5
_MODERATED = "The request was rejected by the safety system: inappropriate content."
_FAILED = "The task failed because of an internal error."
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


class QwenImage2512(Imitation):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._caller = Caller(desk)
        self._tasks = TaskBook(desk, self._caller, self._view, self._forged)

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/api/generate", self._submit), web.get("/api/status", self._poll)]

    def refuse(self, refusal: Refusal) -> web.Response:
        code = _CODES[refusal.kind]
        status = 200 if self.desk.options.status_in_body_only else refusal.status or code
        return web.json_response({"code": code, "message": refusal.message, "data": None}, status=status)

    def resume(self) -> None:
        self._tasks.resume()

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        desk = self.desk
        with desk.booked():
            raw = await read_body(request, desk.options.body_limit)
            prompt = peek_prompt(raw)
            moderation = self._trip(prompt)
            desk.check_key(request)
            given = parse_object(raw)
            body = parse_as(_Body, given)
            desk.claim()
        flaw = desk.take(Endpoint.SUBMIT, prompt, OF_A_NEW_TASK | OF_THE_ANSWER)
        moderation = moderation or (_MODERATED if is_moderated(prompt) else None)
        failure = moderation or _failure(flaw)
        self._book(prompt, failure, moderated=moderation is not None)
        span = None if flaw is not None and flaw.fault is FaultName.TASK_STUCK else desk.work_time()
        order = Order(
            prompt=prompt,
            origin=str(request.url.origin()),
            files=(desk.hosting.publish(_drawing(body), after=span or 0.0),),
            failure=Failure("", failure) if failure else None,
            callback=self._caller.plan(body.callback_url, prompt),
            details=given,
        )
        task = await self._tasks.open(f"n{secrets.token_hex(14)}qwenimg", order, span)
        return await spoil(request, flaw, _success({"task_id": task.id, "status": "IN_PROGRESS"}))

    def _trip(self, prompt: str) -> str | None:
        """Fail as asked; a moderation fault is no error here, but the text a task will fail with."""
        moderation = self.desk.take(Endpoint.SUBMIT, prompt, {FaultName.MODERATION})
        if moderation is not None:
            return moderation.args.message or _MODERATED
        self.desk.trip(Endpoint.SUBMIT, prompt)
        return None

    def _book(self, prompt: str, failure: str | None, *, moderated: bool) -> None:
        if moderated:
            self.desk.tally.moderated += 1
        elif failure is None:
            self.desk.tally.accept(prompt)

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        desk = self.desk
        desk.tally.polls += 1
        task = self._tasks[request.query.get("task_id", "")]
        prompt = task.order.prompt if task else ""
        desk.trip(Endpoint.POLL, prompt)
        desk.check_key(request)
        fault = desk.take(Endpoint.POLL, prompt, OF_A_POLL) if task else None
        if task is None or (fault is not None and fault.fault is FaultName.TASK_LOST):
            raise Refusal(Kind.NOT_FOUND, "task not found")
        view = self._view(task, str(request.url.origin()))
        if fault is not None:
            view |= {"status": "ON_HOLD", "response": None, "consumed_credits": 0}
        elif view["response"]:
            view["response"] = _spoil_links(
                view["response"], desk.take(Endpoint.POLL, prompt, OF_THE_CONTENT)
            )
        return await spoil(request, desk.take(Endpoint.POLL, prompt, OF_THE_ANSWER), _success(view))

    def _view(self, task: Task, origin: str) -> dict[str, Any]:
        """The task as a question after it is answered."""
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

    def _forged(self, task: Task) -> dict[str, Any]:
        """What somebody who learned the callback address might send."""
        stolen = {"status": "SUCCESS", "consumed_credits": CREDITS, "error_message": None}
        return self._view(task, "") | stolen | {"response": ["http://10.0.0.1/forged.png"]}


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


def _failure(flaw: Fault | None) -> str | None:
    if flaw is None or flaw.fault is not FaultName.TASK_FAILED:
        return None
    return flaw.args.message or _FAILED


def _success(data: dict[str, Any]) -> web.Response:
    return web.json_response({"code": 200, "message": "success", "data": data})


def _spoil_links(links: list[str], fault: Fault | None) -> list[str]:
    match fault.fault if fault else None:
        case FaultName.EMPTY_DATA:
            return []
        case FaultName.EMPTY_URL:
            return [""]
    return links
