"""RealmRouter: DashScope's body on OpenAI's paths, for drawing and for editing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from bot.sandbox.openai_rows import GatewayRow, ModelRow, Size, new_api_errors
from bot.sandbox.realmrouter_orders import EDITORS, MODELS, peek_text, read_drawing, read_editing
from bot.sandbox.sync_images import SyncImages
from bot.sandbox.wire import BODY_WITH_IMAGES, parse_object, read_body

if TYPE_CHECKING:
    from bot.sandbox.desk import Desk
    from bot.sandbox.sync_images import ImagesOrder

GATEWAY: Final = "realmrouter"
_LISTED: Final[Size] = (1328, 1328)
# The vendor shows no error body. Its request and its answers are those of the new-api family, so its errors
# are taken from there.
_ROW: Final = GatewayRow(
    id=GATEWAY,
    models=tuple(
        ModelRow(id=model, sizes=None, default_size=_LISTED, max_n=1) for model in (*MODELS, *EDITORS)
    ),
    fields=frozenset({"model", "input", "parameters", "prompt_extend"}),
    request_id_header="X-Oneapi-Request-Id",
    request_id_in_text=True,
    blank_keys=False,
    error_keys=("message", "type", "param", "code"),
    errors=new_api_errors(),
)


class RealmRouter(SyncImages):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, _ROW)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/images/generations", self._generate),
            web.post("/v1/images/edits", self._edit),
            web.get("/v1/models", self.list_models),
        ]

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        async def read(request: web.Request) -> bytes:
            return await read_body(request, self.desk.options.body_limit)

        async def judge(raw: bytes) -> ImagesOrder:
            return read_drawing(parse_object(raw))

        return await self.fulfil(request, read, peek_text, judge)

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        async def read(request: web.Request) -> bytes:
            return await read_body(request, BODY_WITH_IMAGES)

        async def judge(raw: bytes) -> ImagesOrder:
            return await read_editing(parse_object(raw), allow_loopback=self.desk.options.allow_loopback)

        return await self.fulfil(request, read, peek_text, judge)
