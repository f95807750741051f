"""Answers of each vendor, as published or recorded, heard by the gateway of the shipped catalogue."""

import base64
from typing import Any

import pytest
from aiohttp import web

from bot.domain.ids import GatewayId
from bot.domain.outcome import Accepted, Done, Inline, Link, Outcome, Rejected, Running, Unclear
from bot.domain.request import Kind
from bot.providers.access import Access
from bot.providers.catalogue import load
from bot.providers.registry import open_gateway
from tests.providers.making import submission, web_server
from tests.providers.recordings import RECORDINGS, Recorded

RECORDED = [pytest.param(case, id=f"{case.gateway}/{case.name}") for case in RECORDINGS]


def described(outcome: Outcome) -> dict[str, Any]:
    """The outcome in the words of a fixture."""
    said: dict[str, Any] = {"outcome": type(outcome).__name__}
    match outcome:
        case Done(results=results):
            said["links"] = [result.url for result in results if isinstance(result, Link)]
            said["inline"] = [base64.b64encode(r.data).decode() for r in results if isinstance(r, Inline)]
            said["charged"] = outcome.charged
        case Rejected():
            said |= {"failure": outcome.failure.value, "again": outcome.again, "fresh": outcome.fresh}
            said["retry_after"] = outcome.retry_after and outcome.retry_after.total_seconds()
        case Accepted(ref=ref):
            said["ref"] = ref
        case Running(progress=progress):
            said["progress"] = progress
    return said | ({} if isinstance(outcome, Running) else {"request_id": outcome.request_id})


async def heard(case: Recorded) -> Outcome:
    """What the shipped gateway makes of a recorded answer."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=case.status, headers=case.headers, body=case.body)

    catalogue = load(None).only(frozenset({GatewayId(case.gateway)}))
    (row,) = catalogue.gateways.values()
    route = next(route for route in catalogue.routes if Kind.DRAW in route.kinds)
    async with (
        web_server(web.route("*", "/{path:.*}", answer)) as root,
        open_gateway(row, catalogue.routes, Access("sk-key", root)) as opened,
    ):
        if case.asked == "poll":
            return await opened.poll("task-1")
        return await opened.submit(submission(route, count=min(2, route.max_n)))


@pytest.mark.parametrize("case", RECORDED)
async def test_a_recorded_answer_is_understood(case: Recorded) -> None:
    said = described(await heard(case))
    assert {key: said.get(key) for key in case.expect} == case.expect, case.says


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case.gateway}/{case.name}")
        for case in RECORDINGS
        if case.asked == "submit" and case.name.startswith(("timeout", "malformed"))
    ],
)
async def test_what_may_have_been_paid_is_never_called_free(case: Recorded) -> None:
    assert isinstance(await heard(case), Unclear)
