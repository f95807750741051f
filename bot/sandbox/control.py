"""`/_sandbox/...`: the other side's books and its misbehaviour, for tests that speak HTTP.

GET    /_sandbox/stats    counts per gateway, see Tally
POST   /_sandbox/reset    counts back to zero
POST   /_sandbox/faults   one fault or a list of them, see Fault
DELETE /_sandbox/faults   behave again
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.sandbox.faults import Fault

if TYPE_CHECKING:
    from bot.sandbox.server import Sandbox

_WISHES: TypeAdapter[Fault | list[Fault]] = TypeAdapter(Fault | list[Fault])


def control_routes(sandbox: Sandbox) -> list[web.RouteDef]:
    async def stats(_: web.Request) -> web.Response:
        return web.json_response({gateway: tally.as_json() for gateway, tally in sandbox.tallies.items()})

    async def reset(_: web.Request) -> web.Response:
        sandbox.reset()
        return web.Response(status=204)

    async def wish(request: web.Request) -> web.Response:
        try:
            wishes = _WISHES.validate_json(await request.read())
            sandbox.add_faults(*(wishes if isinstance(wishes, list) else [wishes]))
        except ValueError as error:
            return web.json_response({"error": _explain(error)}, status=400)
        return web.Response(status=204)

    async def behave(_: web.Request) -> web.Response:
        sandbox.clear_faults()
        return web.Response(status=204)

    return [
        web.get("/_sandbox/stats", stats),
        web.post("/_sandbox/reset", reset),
        web.post("/_sandbox/faults", wish),
        web.delete("/_sandbox/faults", behave),
    ]


def _explain(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{item['loc']}: {item['msg']}" for item in error.errors(include_url=False))
    return str(error)
