"""Prices and models that change behind our back are found, told, and never applied."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue import Catalogue
from bot.domain.ids import GatewayId
from bot.providers.access import Access
from bot.providers.catalogue import load
from bot.providers.prices import Finding, PriceFinding, _by_picture, _row_price, compare
from bot.sandbox import Endpoint, Fault, FaultName
from tests.providers.making import web_server
from tests.providers.strange import JSON
from tests.providers.vendors import Vendor, vendor

CRAZYROUTER, EVOLINK = GatewayId("crazyrouter"), GatewayId("evolink")
CHANGED = """
[[routes]]
gateway = "crazyrouter"
model = "qwen-image-max"
price = 60_000
priced_on = 2026-07-01
[[routes]]
gateway = "evolink"
model = "qwen-image-edit"
price = 40_000
priced_on = 2026-07-01
[[routes]]
gateway = "crazyrouter"
model = "qwen-image-gone"
name = "qwen-image-gone"
"""


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Vendor]:
    file = tmp_path / "drawbridge.toml"
    file.write_text(CHANGED)
    async with vendor("crazyrouter", operator_file=file) as opened:
        yield opened


def by_route(findings: Sequence[PriceFinding]) -> Mapping[str, PriceFinding]:
    return {finding.route: finding for finding in findings}


def only(gateway: GatewayId) -> Catalogue:
    return load(None).only(frozenset({gateway}))


async def test_each_enabled_route_gets_one_finding(served: Vendor) -> None:
    found = await compare(served.catalogue, served.access)
    enabled = [route.key for route in served.catalogue.routes if route.enabled]
    assert [finding.route for finding in found] == enabled


async def test_the_shipped_prices_are_those_of_the_vendors(served: Vendor) -> None:
    found = await compare(load(None), served.access)
    assert {each.route for each in found if each.finding is Finding.SAME} == {
        "crazyrouter/qwen-image-plus",
        "crazyrouter/qwen-image-max",
        "crazyrouter/qwen-image-2.0",
        "evolink/qwen-image-edit",
    }


async def test_a_changed_price_is_told_with_both_and_changes_nothing(served: Vendor) -> None:
    found = by_route(await compare(served.catalogue, served.access))
    change = found["crazyrouter/qwen-image-max"]
    assert (change.finding, change.catalogue, change.live) == (Finding.CHANGED, 60_000, 71_400)
    change = found["evolink/qwen-image-edit"]
    assert (change.finding, change.catalogue, change.live) == (Finding.CHANGED, 40_000, 31_900)
    route = served.catalogue.route("crazyrouter/qwen-image-max")
    assert route
    assert route.price == 60_000


async def test_a_price_that_was_not_known_before_is_a_change(served: Vendor) -> None:
    found = by_route(await compare(served.catalogue, served.access))["evolink/qwen-image-edit-plus"]
    assert (found.finding, found.catalogue) == (Finding.CHANGED, None)
    assert found.live


async def test_a_model_that_is_no_longer_listed_has_vanished(served: Vendor) -> None:
    found = by_route(await compare(served.catalogue, served.access))
    assert found["crazyrouter/qwen-image-gone"].finding is Finding.VANISHED


async def test_without_a_key_nothing_is_said_about_vanished_models(served: Vendor) -> None:
    access = {CRAZYROUTER: Access(base_url=served.access[CRAZYROUTER].base_url)}
    found = by_route(await compare(served.catalogue.only(frozenset(access)), access))
    assert found["crazyrouter/qwen-image-gone"].finding is Finding.UNKNOWN
    assert found["crazyrouter/qwen-image-plus"].finding is Finding.SAME


async def test_a_gateway_without_a_list_has_nothing_to_compare_with(served: Vendor) -> None:
    found = by_route(await compare(served.catalogue, served.access))
    assert found["dieyuyun/qwen-image"].finding is Finding.UNKNOWN


@pytest.mark.parametrize("fault", [FaultName.SERVER_ERROR, FaultName.HTML_200, FaultName.DROP_BEFORE])
async def test_a_list_that_cannot_be_had_is_told_as_that(served: Vendor, fault: FaultName) -> None:
    wish = {"fault": fault, "gateway": "*", "endpoint": Endpoint.CATALOGUE, "times": None}
    served.sandbox.add_faults(Fault.model_validate(wish))
    for finding in await compare(served.catalogue, served.access):
        listed = finding.route.startswith(("crazyrouter/", "evolink/"))
        assert finding.finding is (Finding.UNREACHABLE if listed else Finding.UNKNOWN)
        assert finding.why


async def test_an_address_that_cannot_be_one_is_told_as_unreachable() -> None:
    found = await compare(only(EVOLINK), {EVOLINK: Access(base_url="nowhere")})
    assert {finding.finding for finding in found} == {Finding.UNREACHABLE}


async def test_the_key_is_shown_to_the_list_of_models_only() -> None:
    asked: dict[str, str | None] = {}

    async def answer(request: web.Request) -> web.Response:
        asked[request.path] = request.headers.get("Authorization")
        return web.json_response({"data": []})

    async with web_server(web.get("/{path:.*}", answer)) as root:
        access = {id_: Access("sk-key", f"{root}/{id_}/v1") for id_ in (CRAZYROUTER, EVOLINK)}
        await compare(load(None).only(frozenset(access)), access)
    assert asked == {
        "/crazyrouter/api/pricing": None,
        "/crazyrouter/v1/models": "Bearer sk-key",
        "/evolink/v1/web/api/models/pricing": None,
    }


@pytest.mark.parametrize(
    ("row", "ratio", "price"),
    [
        ({"quota_type": 1, "model_price": 0.0286}, 1, 28_600),
        ({"quota_type": 1, "model_price": 0.0286}, 1.5, 42_900),
        ({"quota_type": 1, "model_price": 0.0286}, None, None),
        ({"quota_type": 0, "model_price": 0.0286}, 1, None),
        ({"quota_type": 1, "model_price": 0.1, "billing_mode": "tiered_expr"}, 1, None),
        ({"quota_type": 1, "model_price": "free"}, 1, None),
    ],
)
def test_a_new_api_row_is_a_price_only_when_it_bills_by_the_picture(
    row: Any, ratio: float | None, price: int | None
) -> None:
    assert _by_picture(row, ratio) == price


@pytest.mark.parametrize(
    ("row", "price"),
    [
        ({"routing_note": "$0.0319 per image"}, 31_900),
        ({"routing_note": "$0.04 per request.", "price_range": {"min_usd": 9, "max_usd": 9}}, 40_000),
        ({"routing_note": "$3 per 1M tokens"}, None),
        ({"routing_note": "$0.02 - $0.04 per image"}, None),
        ({"billing_rule": "per_image", "price_range": {"min_usd": 0.05, "max_usd": 0.05}}, 50_000),
        ({"billing_rule": "per_image", "price_range": {"min_usd": 0.05, "max_usd": 0.09}}, None),
        ({"billing_rule": "per_second", "price_range": {"min_usd": 0.05, "max_usd": 0.05}}, None),
        ({}, None),
    ],
)
def test_an_evolink_row_is_a_price_only_when_it_bills_by_the_picture(row: Any, price: int | None) -> None:
    assert _row_price(row) == price


@given(JSON, st.none() | st.floats(0, 5))
def test_no_row_is_too_strange_to_read(row: Any, ratio: float | None) -> None:
    _by_picture(row, ratio)
    _row_price(row)
