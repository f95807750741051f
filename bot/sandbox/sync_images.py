"""Gateways that answer with the pictures: one POST, links or base64."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from aiohttp import web

from bot.sandbox.drawing import Drawing, PictureFormat
from bot.sandbox.faults import OF_A_SYNC_ANSWER, OF_THE_ANSWER, Endpoint, Fault, FaultName
from bot.sandbox.imitation import Imitation
from bot.sandbox.moderation import is_moderated
from bot.sandbox.refusals import Kind, Refusal
from bot.sandbox.wire import spoil

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.sandbox.desk import Desk
    from bot.sandbox.openai_rows import GatewayRow, ModelRow, Size

MAX_SEED = 2**31 - 1
_LISTED_SINCE = 1_748_736_000  # any moment will do: when the models of the list were added
_WATERMARK = "AI generated"

Draft = TypeVar("Draft")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesOrder:
    """A request the gateway accepts."""

    prompt: str
    size: Size
    n: int
    seed: int | None
    inline: bool = False
    """Pictures as base64 in the answer instead of links."""
    watermark: bool = False
    prompt_extend: bool = False
    format: PictureFormat = PictureFormat.PNG
    images: tuple[bytes, ...] = ()
    """What is to be edited, if anything."""
    mask: bytes | None = None

    def drawings(self) -> list[Drawing]:
        """The pictures that are ordered; each has another seed."""
        first_seed = secrets.randbelow(MAX_SEED) if self.seed is None else self.seed
        width, height = self.size
        return [
            Drawing(
                prompt=self.prompt,
                seed=first_seed + index,
                width=width,
                height=height,
                format=self.format,
                watermark=_WATERMARK if self.watermark else None,
                images=self.images,
                mask=self.mask,
            )
            for index in range(self.n)
        ]


class SyncImages(Imitation):
    """A gateway of this kind; answers and errors are as its row says."""

    def __init__(self, desk: Desk, row: GatewayRow) -> None:
        super().__init__(desk)
        self.row = row

    def refuse(self, refusal: Refusal) -> web.Response:
        form = self.row.errors[refusal.kind]
        request_id = _request_id()
        suffix = f" (request id: {request_id})" if self.row.request_id_in_text else ""
        error = {
            "message": refusal.message + suffix,
            "type": form.type,
            "param": "",
            "code": form.code if refusal.code is None else refusal.code,
        }
        body = {"error": {key: error[key] for key in self.row.error_keys}}
        headers = {self.row.request_id_header: request_id}
        return web.json_response(body, status=refusal.status or form.status, headers=headers)

    async def fulfil(
        self,
        request: web.Request,
        read: Callable[[web.Request], Awaitable[Draft]],
        prompt_of: Callable[[Draft], str],
        judge: Callable[[Draft], Awaitable[ImagesOrder]],
    ) -> web.StreamResponse:
        """Receive a submission, judge it after the faults and the key had their say, and draw it."""
        desk = self.desk
        with desk.booked():
            draft = await read(request)
            prompt = prompt_of(draft)
            desk.trip(Endpoint.SUBMIT, prompt)
            self.check_key(request)
            order = await judge(draft)
            if is_moderated(prompt):
                raise Refusal(Kind.MODERATED, "sensitive words detected: rejected by the content policy")
            with desk.slot():
                desk.tally.accept(prompt)
                flaw = desk.take(Endpoint.SUBMIT, prompt, OF_A_SYNC_ANSWER | OF_THE_ANSWER)
                _, entries = await asyncio.gather(
                    asyncio.sleep(desk.work_time()), self._entries(request, order)
                )
                answer = self.answer(_flawed(self._envelope(entries), flaw))
                return await spoil(request, flaw, answer)

    def answer(self, body: dict[str, Any]) -> web.Response:
        return web.json_response(body, headers={self.row.request_id_header: _request_id()})

    def check_key(self, request: web.Request) -> None:
        self.desk.check_key(request, optional=self.row.key_optional, header=self.row.key_header)

    async def list_models(self, request: web.Request) -> web.StreamResponse:
        self.desk.trip(Endpoint.CATALOGUE)
        self.check_key(request)
        listed = [*self.row.models, *([self.row.any_model] if self.row.any_model else [])]
        body = {"object": "list", "success": True, "data": [_model_entry(model) for model in listed]}
        return await self.catalogue(request, body)

    async def catalogue(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        flaw = self.desk.take(Endpoint.CATALOGUE, "", OF_THE_ANSWER)
        return await spoil(request, flaw, self.answer(body))

    async def _entries(self, request: web.Request, order: ImagesOrder) -> list[dict[str, str]]:
        return [await self._entry(request, order, drawing) for drawing in order.drawings()]

    async def _entry(self, request: web.Request, order: ImagesOrder, drawing: Drawing) -> dict[str, str]:
        entry = {"url": "", "b64_json": "", "revised_prompt": ""} if self.row.blank_keys else {}
        if order.inline:
            entry["b64_json"] = base64.b64encode(await self.desk.hosting.paint(drawing)).decode("ascii")
        else:
            hosting = self.desk.hosting
            entry["url"] = hosting.link(str(request.url.origin()), hosting.publish(drawing))
        if "prompt_extend" in self.row.fields:
            entry["revised_prompt"] = _revise(order)
        return entry

    def _envelope(self, entries: list[dict[str, str]]) -> dict[str, Any]:
        envelope: dict[str, Any] = {"created": int(time.time()), "data": entries}
        return envelope | {"metadata": {}} if self.row.blank_keys else envelope


def _flawed(envelope: dict[str, Any], flaw: Fault | None) -> dict[str, Any]:
    """The envelope as a fault of the content leaves it."""
    entries: list[dict[str, str]] = envelope["data"]
    match flaw.fault if flaw else None:
        case FaultName.EMPTY_DATA:
            return envelope | {"data": []}
        case FaultName.FEWER_IMAGES:
            return envelope | {"data": entries[:-1]}
        case FaultName.EMPTY_URL:
            blank = [entry | {key: "" for key in ("url", "b64_json") if key in entry} for entry in entries]
            return envelope | {"data": blank}
        case FaultName.TASK_ID_IN_SYNC:
            return {"created": envelope["created"], "task_id": secrets.token_hex(12), "status": "queued"}
    return envelope


def _revise(order: ImagesOrder) -> str:
    return f"{order.prompt}, highly detailed, soft light" if order.prompt_extend else order.prompt


def _model_entry(model: ModelRow) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": _LISTED_SINCE,
        "owned_by": "sandbox",
        "supported_endpoint_types": ["image-generation"],
    }


def _request_id() -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime()) + secrets.token_hex(8)
