"""The rules that rows of the catalogue must keep."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain.catalogue import Catalogue, Gateway, Route
from bot.domain.geometry import Size
from bot.domain.ids import GatewayId
from tests.domain.making import a_catalogue, a_gateway, a_route

ROW = {"gateway": "north", "model": "fox-1", "name": "fox"}


def test_a_row_is_read_as_it_stands_in_a_file() -> None:
    route = Route.model_validate({**ROW, "sizes": ["1024x1024", "1024*768"], "default_size": "1024×1024"})
    assert route.sizes == (Size(1024, 1024), Size(1024, 768))
    assert route.default_size == Size(1024, 1024)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"sizes": ["1024x1024"]}, "default_size None is not one of sizes"),
        ({"sizes": ["1024x1024"], "default_size": "512x512"}, "default_size 512x512 is not one of sizes"),
        ({"default_size": "512x512"}, "sizes is empty"),
        ({"sizes": ["large"], "default_size": "large"}, "sizes.0"),
        ({"price": 1}, "price needs priced_on"),
        ({"price": -1, "priced_on": "2025-01-01"}, "price"),
        ({"max_n": 0}, "max_n"),
        ({"max_n": 11}, "max_n"),
        ({"prompt_limit": 0}, "prompt_limit"),
        ({"negative_limit": 0}, "negative_limit"),
        ({"prompt_unit": "words"}, "prompt_unit"),
        ({"kinds": ["dance"]}, "kinds"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_row_is_refused_with_the_name_of_its_key(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Route.model_validate({**ROW, **changes})


def test_the_durations_of_a_gateway_are_seconds() -> None:
    row = {
        "id": "north",
        "title": "North",
        "dialect": "any",
        "base_url": "http://127.0.0.1",
        "look_every": 2.5,
    }
    assert Gateway.model_validate(row).look_every == timedelta(seconds=2.5)
    with pytest.raises(ValidationError, match="look_every"):
        Gateway.model_validate({**row, "look_every": 0})


@pytest.mark.parametrize("name", ["fox", "FOX", "Red Fox", "rf", "north/fox-1", "North/Fox-1"])
def test_a_model_is_called_by_its_name_an_alias_or_its_key_in_any_case(name: str) -> None:
    assert a_route(name="fox", aliases=("red fox", "rf")).is_called(name)


@pytest.mark.parametrize("name", ["", "fo", "fox-1", "north", "south/fox-1"])
def test_a_model_is_not_called_by_anything_else(name: str) -> None:
    assert not a_route(name="fox", aliases=("rf",)).is_called(name)


def test_a_route_without_its_gateway_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"route south/fox-1: no gateway is called 'south'"):
        Catalogue(gateways={GatewayId("north"): a_gateway("north")}, routes=(a_route("south"),))


def test_the_same_route_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"route north/fox-1 stands twice"):
        a_catalogue(a_route(), a_route())


@pytest.mark.parametrize(
    "second", [{"name": "Owl", "aliases": ("FOX",)}, {"name": "owl", "aliases": ("bird", "rf")}]
)
def test_a_word_that_means_two_models_is_refused(second: dict[str, Any]) -> None:
    first = a_route(name="fox", aliases=("rf",))
    with pytest.raises(ValidationError, match="means both fox and"):
        a_catalogue(first, a_route(model="owl-1", **second))


def test_one_model_at_two_gateways_shares_its_name_and_aliases() -> None:
    routes = (a_route("north", name="fox", aliases=("rf",)), a_route("south", name="fox", aliases=("rf",)))
    assert a_catalogue(*routes).model_names() == ("fox",)


def test_what_is_switched_off_is_not_drawn_with() -> None:
    routes = (a_route("north"), a_route("north", "old", enabled=False), a_route("south"))
    left = a_catalogue(*routes).only(frozenset({GatewayId("north")}))
    assert list(left.gateways) == ["north"]
    assert [route.key for route in left.routes] == ["north/fox-1"]
    assert left.route("north/fox-1") == routes[0]
    assert left.route("south/fox-1") is None
