"""Whether the service is alive, and whether it is ready to do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from aiohttp import web

log = structlog.get_logger()

Check = Callable[[], Awaitable[bool]]
"""Answers True when its part works. Raising or taking too long counts as False."""

_PATIENCE = timedelta(seconds=3)


def health_routes(checks: Mapping[str, Check], patience: timedelta = _PATIENCE) -> list[web.RouteDef]:
    """`/healthz` answers 200 while the process serves; `/readyz` 200 when every check passes, else 503.

    `/readyz` tells which named checks failed, but not why: the reason is in the log. A check has `patience`
    to answer.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return _answer({"status": "alive"}, 200)

    async def readyz(_request: web.Request) -> web.Response:
        passed = await asyncio.gather(*(_passes(name, check, patience) for name, check in checks.items()))
        results = dict(zip(checks, passed, strict=True))
        ready = all(passed)
        return _answer(
            {"status": "ready" if ready else "not ready", "checks": results}, 200 if ready else 503
        )

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


async def _passes(name: str, check: Check, patience: timedelta) -> bool:
    try:
        async with asyncio.timeout(patience.total_seconds()):
            return await check()
    except Exception as error:  # noqa: BLE001 - a broken check is an answer, not a failure of the question
        log.warning("readiness check failed", check=name, error=repr(error))
        return False


def _answer(body: Mapping[str, object], status: int) -> web.Response:
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})
