"""The OpenAI Images dialect: generations in JSON, edits as a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.faults import Endpoint
from bot.sandbox.openai_edits import read_edit
from bot.sandbox.openai_orders import read_order
from bot.sandbox.sync_images import SyncImages
from bot.sandbox.wire import BODY_WITH_IMAGES, Form, parse_object, peek_prompt, read_body, read_form

if TYPE_CHECKING:
    from bot.sandbox.openai_rows import ModelRow
    from bot.sandbox.sync_images import ImagesOrder


class OpenAIImages(SyncImages):
    """A gateway of this dialect; all that differs between gateways is in its row."""

    def routes(self) -> list[web.RouteDef]:
        routes = [
            web.post("/v1/images/generations", self._generate),
            web.get("/v1/models", self.list_models),
        ]
        if self.row.edits:
            routes.append(web.post("/v1/images/edits", self._edit))
        if self.row.price_list:
            routes.append(web.get("/api/pricing", self._list_prices))
        return routes

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        async def read(request: web.Request) -> bytes:
            return await read_body(request, self.desk.options.body_limit)

        async def judge(raw: bytes) -> ImagesOrder:
            return read_order(self.row, parse_object(raw))

        return await self.fulfil(request, read, peek_prompt, judge)

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        async def read(request: web.Request) -> Form:
            return await read_form(request, BODY_WITH_IMAGES)

        async def judge(form: Form) -> ImagesOrder:
            return await read_edit(self.row, form)

        return await self.fulfil(request, read, lambda form: form.fields.get("prompt", ""), judge)

    async def _list_prices(self, request: web.Request) -> web.StreamResponse:
        self.desk.trip(Endpoint.CATALOGUE)
        body = {
            "success": True,
            "data": [_price_entry(model) for model in self.row.models if model.usd is not None],
            "group_ratio": {"default": 1},
            "usable_group": {},
            "supported_endpoint": {},
            "vendors": [],
            "pricing_version": "",
        }
        return await self.catalogue(request, body)


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
