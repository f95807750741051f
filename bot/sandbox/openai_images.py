"""The OpenAI Images dialect: one synchronous POST, pictures as links or base64."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.drawing import Drawing
from bot.sandbox.faults import OF_A_SYNC_ANSWER, OF_THE_ANSWER, Endpoint, Fault, FaultName
from bot.sandbox.imitation import Imitation
from bot.sandbox.moderation import is_moderated
from bot.sandbox.openai_orders import MAX_SEED, ImagesOrder, read_order
from bot.sandbox.refusals import Kind, Refusal
from bot.sandbox.wire import parse_object, peek_prompt, read_body, spoil

if TYPE_CHECKING:
    from bot.sandbox.desk import Desk
    from bot.sandbox.openai_rows import GatewayRow, ModelRow

_LISTED_SINCE = 1_748_736_000  # any moment will do: when the models of the list were added
_WATERMARK = "AI generated"


class OpenAIImages(Imitation):
    """A gateway of this dialect; all that differs between gateways is in its row."""

    def __init__(self, desk: Desk, row: GatewayRow) -> None:
        super().__init__(desk)
        self._row = row

    def routes(self) -> list[web.RouteDef]:
        routes = [
            web.post("/v1/images/generations", self._generate),
            web.get("/v1/models", self._list_models),
        ]
        return [*routes, web.get("/api/pricing", self._list_prices)] if self._row.price_list else routes

    def refuse(self, refusal: Refusal) -> web.Response:
        form = self._row.errors[refusal.kind]
        request_id = _request_id()
        suffix = f" (request id: {request_id})" if self._row.request_id_in_text else ""
        error = {
            "message": refusal.message + suffix,
            "type": form.type,
            "param": "",
            "code": form.code if refusal.code is None else refusal.code,
        }
        body = {"error": {key: error[key] for key in self._row.error_keys}}
        headers = {self._row.request_id_header: request_id}
        return web.json_response(body, status=refusal.status or form.status, headers=headers)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        desk = self.desk
        with desk.booked():
            raw = await read_body(request, desk.options.body_limit)
            prompt = peek_prompt(raw)
            desk.trip(Endpoint.SUBMIT, prompt)
            self._check_key(request)
            order = read_order(self._row, parse_object(raw))
            if is_moderated(prompt):
                raise Refusal(Kind.MODERATED, "sensitive words detected: rejected by the content policy")
            with desk.slot():
                desk.tally.accept(prompt)
                flaw = desk.take(Endpoint.SUBMIT, prompt, OF_A_SYNC_ANSWER | OF_THE_ANSWER)
                _, entries = await asyncio.gather(
                    asyncio.sleep(desk.work_time()), self._entries(request, order)
                )
                answer = self._answer(_flawed(self._envelope(entries), flaw))
                return await spoil(request, flaw, answer)

    async def _entries(self, request: web.Request, order: ImagesOrder) -> list[dict[str, str]]:
        first_seed = secrets.randbelow(MAX_SEED) if order.seed is None else order.seed
        width, height = order.size
        drawings = [
            Drawing(
                prompt=order.prompt,
                seed=first_seed + index,
                width=width,
                height=height,
                format=order.format,
                watermark=_WATERMARK if order.watermark else None,
            )
            for index in range(order.n)
        ]
        return [await self._entry(request, order, drawing) for drawing in drawings]

    async def _entry(self, request: web.Request, order: ImagesOrder, drawing: Drawing) -> dict[str, str]:
        entry = {"url": "", "b64_json": "", "revised_prompt": ""} if self._row.blank_keys else {}
        if order.inline:
            entry["b64_json"] = base64.b64encode(await self.desk.hosting.paint(drawing)).decode("ascii")
        else:
            hosting = self.desk.hosting
            entry["url"] = hosting.link(str(request.url.origin()), hosting.publish(drawing))
        if "prompt_extend" in self._row.fields:
            entry["revised_prompt"] = _revise(order)
        return entry

    def _envelope(self, entries: list[dict[str, str]]) -> dict[str, Any]:
        envelope: dict[str, Any] = {"created": int(time.time()), "data": entries}
        return envelope | {"metadata": {}} if self._row.blank_keys else envelope

    async def _list_models(self, request: web.Request) -> web.StreamResponse:
        self.desk.trip(Endpoint.CATALOGUE)
        self._check_key(request)
        listed = [*self._row.models, *([self._row.any_model] if self._row.any_model else [])]
        body = {"object": "list", "success": True, "data": [_model_entry(model) for model in listed]}
        return await self._catalogue(request, body)

    async def _list_prices(self, request: web.Request) -> web.StreamResponse:
        self.desk.trip(Endpoint.CATALOGUE)
        body = {
            "success": True,
            "data": [_price_entry(model) for model in self._row.models if model.usd is not None],
            "group_ratio": {"default": 1},
            "usable_group": {},
            "supported_endpoint": {},
            "vendors": [],
            "pricing_version": "",
        }
        return await self._catalogue(request, body)

    async def _catalogue(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        flaw = self.desk.take(Endpoint.CATALOGUE, "", OF_THE_ANSWER)
        return await spoil(request, flaw, self._answer(body))

    def _answer(self, body: dict[str, Any]) -> web.Response:
        return web.json_response(body, headers={self._row.request_id_header: _request_id()})

    def _check_key(self, request: web.Request) -> None:
        self.desk.check_key(request, optional=self._row.key_optional, header=self._row.key_header)


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


def _price_entry(model: ModelRow) -> dict[str, Any]:
    return {
        "model_name": model.id,
        "quota_type": 1,
        "model_ratio": 0,
        "model_price": model.usd,
        "per_image": True,
        "enable_groups": ["default"],
        "supported_endpoint_types": ["image-generation", "openai"],
        "rule": ["t2i", "verified"],
    }


def _request_id() -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime()) + secrets.token_hex(8)
