"""What a file that imitates a gateway provides, and how it is put on the web."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.refusals import Canned, Cut, Kind, Refusal
from bot.sandbox.wire import abort

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.typedefs import Handler

    from bot.sandbox.desk import Desk


class Imitation(ABC):
    """One gateway. Handlers raise Refusal, Canned or Cut instead of building error answers."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """The gateway's paths, relative to `/<gateway>`."""

    @abstractmethod
    def refuse(self, refusal: Refusal) -> web.Response:
        """The error answer, in this gateway's shape."""

    def resume(self) -> None:  # noqa: B027 - a gateway that answers at once has nothing to go on with
        """Go on with what an earlier process left unfinished; called once, when serving begins."""


def mount(imitation: Imitation, more: Iterable[web.RouteDef] = ()) -> web.Application:
    """The gateway as an application of its own, with `more` paths that belong to it."""

    @web.middleware
    async def wire_form(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            return _refuse(imitation, refusal)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            where = f"Invalid URL ({request.method} {request.path})"
            return _refuse(imitation, Refusal(Kind.NOT_FOUND, where))
        except Canned as canned:
            return canned.response
        except Cut:
            abort(request)
            return web.Response()

    app = web.Application(middlewares=[wire_form])
    app.add_routes([*imitation.routes(), *more])
    return app


def _refuse(imitation: Imitation, refusal: Refusal) -> web.Response:
    response = imitation.refuse(refusal)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = refusal.retry_after
    return response
