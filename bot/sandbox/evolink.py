"""EvoLink: tasks, images by address, idempotency keys, and a bill in credits."""

from __future__ import annotations

import secrets
import time
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.callbacks import Caller
from bot.sandbox.evolink_account import Account, price_list
from bot.sandbox.evolink_files import find_upload
from bot.sandbox.evolink_keys import HEADER, KeyRing
from bot.sandbox.evolink_orders import IMAGES, ROWS, EvoOrder, ModelRow, read_order
from bot.sandbox.evolink_wire import listed, opened, refused, said, shown, status_of
from bot.sandbox.faults import OF_A_NEW_TASK, OF_THE_ANSWER, Endpoint, FaultName
from bot.sandbox.public import download, open_client
from bot.sandbox.references import BadImage, Flaw, Reference, look_at
from bot.sandbox.refusals import Kind, Refusal
from bot.sandbox.sync_images import ImagesOrder
from bot.sandbox.task_gateway import TaskGateway
from bot.sandbox.tasks import Failure, Order, Task
from bot.sandbox.wire import parse_as, parse_object, peek_prompt, read_body, spoil

if TYPE_CHECKING:
    from bot.sandbox.desk import Desk
    from bot.sandbox.faults import Fault

_PAUSES = (1.0, 2.0, 4.0)  # seconds before each further attempt of a callback
_OF_A_SUBMISSION: Final = OF_A_NEW_TASK | OF_THE_ANSWER | {FaultName.FEWER_IMAGES}
_MODERATED: Final = "The request was rejected by the content policy.\nChange the prompt or the images."
_BROKEN: Final = "The service failed while it worked on the task."
_ODD: Final[dict[str, Any]] = {"status": "reviewing", "results": [], "progress": 50}
_BAD_IMAGES: Final = {
    Flaw.UNREACHABLE: "image_processing_error",
    Flaw.TOO_LARGE: "image_processing_error",
    Flaw.WRONG_TYPE: "image_processing_error",
    Flaw.WRONG_SIDES: "image_dimension_mismatch",
}


class _Batch(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    task_ids: list[str] = Field(min_length=1, max_length=50)


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal["processing", "completed", "failed", "cancelled", ""] = ""
    type: Literal["image", "video", "audio", ""] = ""
    model: str = ""
    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20


class EvoLink(TaskGateway):
    def __init__(self, desk: Desk) -> None:
        options = desk.options
        pauses = [pause * options.callback_pace for pause in _PAUSES]
        client = partial(open_client, allow_loopback=options.allow_loopback)
        super().__init__(desk, Caller(desk, pauses, client))
        self._keys = KeyRing(desk.memory, desk.gateway)
        self._account = Account(desk.memory)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/images/generations", self._submit),
            web.post("/v1/tasks/batch", self._poll_many),
            web.get("/v1/tasks/{id}", self._poll),
            web.get("/v1/tasks", self._list),
            web.get("/v1/credits", self._credits),
            web.get("/web/api/models/pricing", self._prices),
        ]

    def refuse(self, refusal: Refusal) -> web.Response:
        return refused(refusal)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        desk, key = self.desk, request.headers.get(HEADER)
        with desk.booked():
            raw = await read_body(request, desk.options.body_limit)
            prompt = peek_prompt(raw)
            content = self.trip(prompt)
            desk.check_key(request)
            async with self._keys.alone(key):
                if replayed := self._keys.find(key, raw):
                    flaw = desk.take(Endpoint.SUBMIT, prompt, OF_THE_ANSWER)
                    return await spoil(request, flaw, said(replayed, **{"idempotency-replayed": "true"}))
                asked = read_order(parse_object(raw), allow_loopback=desk.options.allow_loopback)
                images = await self._fetch(asked)
                desk.claim()
                flaw = desk.take(Endpoint.SUBMIT, prompt, _OF_A_SUBMISSION)
                task = await self._open(request, asked, images, content, flaw)
                answer = opened(task, asked.row, asked.n)
                self._keys.keep(key, raw, answer)
        return await spoil(request, flaw, said(answer))

    async def _fetch(self, asked: EvoOrder) -> list[Reference] | Failure:
        """The images, or how the task fails because of one of them."""
        allowed = self.desk.options.allow_loopback
        try:
            return [
                await look_at(
                    find_upload(self.desk.memory, url)
                    or await download(url, IMAGES.bytes, allow_loopback=allowed),
                    IMAGES,
                )
                for url in asked.image_urls
            ]
        except BadImage as bad:
            return Failure(_BAD_IMAGES[bad.flaw], bad.message)

    async def _open(
        self,
        request: web.Request,
        asked: EvoOrder,
        images: list[Reference] | Failure,
        content: Failure | None,
        flaw: Fault | None,
    ) -> Task:
        bad = images if isinstance(images, Failure) else None
        failure = self.book(asked.prompt, content, flaw, bad)
        span = self.span(flaw)
        files = [] if isinstance(images, Failure) else self._publish(asked, images, span or 0.0)
        if flaw is not None and flaw.fault is FaultName.FEWER_IMAGES:
            files = files[:-1]
        if failure is None:
            self._account.charge(asked.row.tenths * len(files))
        order = Order(
            prompt=asked.prompt,
            origin=str(request.url.origin()),
            files=tuple(files),
            failure=failure,
            callback=self.caller.plan(asked.callback_url, asked.prompt),
            details={"model": asked.row.id, "n": asked.n},
        )
        return await self.tasks.open(f"task-unified-{int(time.time())}-{secrets.token_hex(4)}", order, span)

    def _publish(self, asked: EvoOrder, images: list[Reference], after: float) -> list[str]:
        drawings = ImagesOrder(
            prompt=asked.prompt,
            size=asked.pixels(images),
            n=asked.n,
            seed=asked.seed,
            watermark=asked.watermark,
            images=tuple(image.data for image in images),
        ).drawings()
        return [self.desk.hosting.publish(drawing, after=after) for drawing in drawings]

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        desk = self.desk
        desk.tally.polls += 1
        task = self.tasks[request.match_info["id"]]
        prompt = task.order.prompt if task else ""
        desk.trip(Endpoint.POLL, prompt)
        desk.check_key(request)
        view = self._look(task, str(request.url.origin())) if task else {}
        if not view:
            raise Refusal(Kind.NOT_FOUND, "task not found")
        return await spoil(request, desk.take(Endpoint.POLL, prompt, OF_THE_ANSWER), said(view))

    async def _poll_many(self, request: web.Request) -> web.StreamResponse:
        """Several tasks in the order of their ids; unknown ones are simply absent."""
        desk = self.desk
        desk.tally.polls += 1
        desk.trip(Endpoint.POLL)
        desk.check_key(request)
        asked = parse_as(_Batch, parse_object(await read_body(request, desk.options.body_limit)))
        origin = str(request.url.origin())
        found = [task for id_ in dict.fromkeys(asked.task_ids) if (task := self.tasks[id_])]
        views = [view for task in found if (view := self._look(task, origin))]
        return await spoil(request, desk.take(Endpoint.POLL, "", OF_THE_ANSWER), said({"data": views}))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.desk.trip(Endpoint.POLL)
        self.desk.check_key(request)
        query = parse_as(_Query, dict(request.query))
        chosen = [task for task in self.tasks.newest() if _fits(task, query)]
        page = chosen[(query.page - 1) * query.page_size :][: query.page_size]
        rows = [listed(task, _row(task)) for task in page]
        place = {"total": len(chosen), "page": query.page, "page_size": query.page_size}
        return said({"data": rows, **place})

    async def _credits(self, request: web.Request) -> web.StreamResponse:
        self.desk.trip(Endpoint.CATALOGUE)
        self.desk.check_key(request)
        flaw = self.desk.take(Endpoint.CATALOGUE, "", OF_THE_ANSWER)
        return await spoil(request, flaw, said(self._account.statement()))

    async def _prices(self, request: web.Request) -> web.StreamResponse:
        self.desk.trip(Endpoint.CATALOGUE)
        flaw = self.desk.take(Endpoint.CATALOGUE, "", OF_THE_ANSWER)
        return await spoil(request, flaw, said(price_list()))

    def _look(self, task: Task, origin: str) -> dict[str, Any]:
        return self.spoiled(task, self.view(task, origin), "results", _ODD)

    def view(self, task: Task, origin: str) -> dict[str, Any]:
        return shown(task, _row(task), [self.desk.hosting.link(origin, name) for name in task.order.files])

    def forged(self, task: Task) -> dict[str, Any]:
        stolen = {"status": "completed", "progress": 100, "results": ["http://10.0.0.1/forged.png"]}
        return self.view(task, "") | stolen

    def moderated(self, message: str | None) -> Failure:
        return Failure("content_policy_violation", message or _MODERATED)

    def broken(self, flaw: Fault) -> Failure:
        return Failure(flaw.args.code or "service_error", flaw.args.message or _BROKEN)


def _row(task: Task) -> ModelRow:
    return ROWS[task.order.details["model"]]


def _fits(task: Task, query: _Query) -> bool:
    status = status_of(task)
    status = "processing" if status == "pending" else status
    return (
        query.status in ("", status)
        and query.type in ("", "image")
        and query.model in ("", task.order.details["model"])
    )
