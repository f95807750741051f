"""Being called by Telegram, under the address of the built-in web server."""

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiohttp import web

log = structlog.get_logger()

PATH: Final = "/telegram/webhook"
CONNECTIONS: Final = 40
"""How many calls Telegram makes at once; its own default, documented by the vendor."""

_PROOF: Final = "X-Telegram-Bot-Api-Secret-Token"


class TelegramWebhookRefused(Exception):
    """Telegram does not call this address: the operator has to mend PUBLIC_URL."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram calls, and the secret (1 to 256 letters, digits, `_` and `-`) by which we know it."""

    public_url: str
    secret: str

    @property
    def url(self) -> str:
        return self.public_url.rstrip("/") + PATH

    def routes(self, take: Callable[[Any], Awaitable[bool]]) -> list[web.RouteDef]:
        """`take` hears an update, as decoded JSON; False when it cannot be taken now and shall come again."""

        async def called(request: web.Request) -> web.Response:
            given = request.headers.get(_PROOF, "")
            if not hmac.compare_digest(given.encode(errors="replace"), self.secret.encode()):
                raise web.HTTPForbidden
            try:
                update = json.loads(await request.read())
            except ValueError:
                raise web.HTTPBadRequest from None
            if not isinstance(update, dict):
                raise web.HTTPBadRequest
            if not await take(update):
                raise web.HTTPServiceUnavailable
            return web.Response()

        return [web.post(PATH, called)]
