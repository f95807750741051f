"""Which routes can do exactly what was asked."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue import PromptUnit, Route
from bot.domain.fitting import Fit, Share, candidates, fit, length_in, shares
from bot.domain.geometry import Aspect, Size
from bot.domain.problems import Argument, Key, Problem
from bot.domain.request import Handle, Kind
from tests.domain.making import a_catalogue, a_request, a_route


def refusal(answer: object) -> tuple[Key, dict[str, Argument]]:
    assert isinstance(answer, Problem), answer
    return answer.key, dict(answer.args)


def keys(answer: tuple[Fit, ...] | Problem) -> list[str]:
    assert isinstance(answer, tuple), answer
    return [found.route.key for found in answer]


# --- one route -----------------------------------------------------------------------------------------


def test_a_plain_wish_gets_the_default_size() -> None:
    assert fit(a_request(), a_route()) == Fit(a_route(), Size(1024, 1024))


def test_a_gateway_that_chooses_the_size_is_asked_for_none() -> None:
    route = a_route(sizes=(), default_size=None)
    assert fit(a_request(), route) == Fit(route, None)


def test_a_size_on_offer_is_taken_as_it_is() -> None:
    assert fit(a_request(size=Size(1024, 1536)), a_route()) == Fit(a_route(), Size(1024, 1536))


def test_a_size_is_never_replaced_but_refused_with_those_on_offer() -> None:
    assert refusal(fit(a_request(size=Size(1000, 1000)), a_route())) == (
        Key.SIZE_NOT_OFFERED,
        {"given": "1000x1000", "sizes": "1024x1024, 1536x1024, 1024x1536", "model": "fox-1"},
    )


def test_a_ratio_gets_the_nearest_size() -> None:
    assert fit(a_request(aspect=Aspect(16, 9)), a_route()) == Fit(a_route(), Size(1536, 1024))


LIMITED: dict[str, Any] = {"negative_limit": 5, "seed": True, "max_seed": 100}


@pytest.mark.parametrize(
    "wish",
    [
        {"prompt": "狐" * 100},
        {"negative_prompt": "12345"},
        {"seed": 0},
        {"seed": 100},
        {"negative_prompt": ""},
    ],
)
def test_a_wish_at_the_very_limit_fits(wish: dict[str, Any]) -> None:
    assert isinstance(fit(a_request(**wish), a_route(**LIMITED)), Fit)


@pytest.mark.parametrize(
    ("wish", "row", "key", "args"),
    [
        ({"kind": Kind.EDIT}, {}, Key.KIND_NOT_OFFERED, {"kind": "edit", "model": "fox-1", "able": ""}),
        (
            {"prompt": "x" * 101},
            {},
            Key.PROMPT_TOO_LONG,
            {"limit": 100, "length": 101, "unit": "characters", "model": "fox-1"},
        ),
        (
            {"prompt": "狐" * 101},
            {"prompt_unit": PromptUnit.TOKENS},
            Key.PROMPT_TOO_LONG,
            {"limit": 100, "length": 101, "unit": "tokens", "model": "fox-1"},
        ),
        ({"negative_prompt": "123456"}, LIMITED, Key.NEGATIVE_TOO_LONG, {"limit": 5, "length": 6}),
        ({"seed": 101}, LIMITED, Key.SEED_IMPOSSIBLE, {"given": "101", "limit": 100}),
        ({"seed": 1}, {}, Key.OPTION_NOT_TAKEN, {"option": "--seed", "model": "fox-1", "able": ""}),
        (
            {"negative_prompt": "x"},
            {},
            Key.OPTION_NOT_TAKEN,
            {"option": "--no", "model": "fox-1", "able": ""},
        ),
        (
            {"aspect": Aspect(1, 1)},
            {"sizes": (), "default_size": None},
            Key.OPTION_NOT_TAKEN,
            {"option": "--ar", "model": "fox-1", "able": ""},
        ),
    ],
)
def test_what_a_model_cannot_do_is_refused_with_what_it_can(
    wish: dict[str, Any], row: dict[str, Any], key: Key, args: dict[str, Argument]
) -> None:
    assert refusal(fit(a_request(**wish), a_route(**row))) == (key, args)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("fox", 1), ("a fox", 2), ("狐狸", 2), ("画a fox", 3), ("여우", 2), ("きつね", 3)],
)
def test_tokens_are_estimated_on_the_safe_side(text: str, tokens: int) -> None:
    assert length_in(PromptUnit.TOKENS, text) == tokens
    assert length_in(PromptUnit.CHARACTERS, text) == len(text)


# --- all routes ----------------------------------------------------------------------------------------


def test_the_cheapest_route_comes_first_and_unknown_prices_last() -> None:
    routes = [
        a_route(model="unknown", price=None, priced_on=None),
        a_route(model="dear", price=90),
        a_route(model="cheap", price=10),
        a_route(model="free", price=0),
        a_route(model="cheap-too", price=10),
    ]
    expected = ["north/free", "north/cheap", "north/cheap-too", "north/dear", "north/unknown"]
    assert keys(candidates(a_request(), a_catalogue(*routes))) == expected


def test_only_the_named_model_is_drawn_with_at_any_gateway_that_has_it() -> None:
    routes = [
        a_route("north", name="fox", price=20),
        a_route("north", "owl", price=1),
        a_route("south", name="fox"),
    ]
    routes[2] = a_route("south", name="fox", price=10)
    assert keys(candidates(a_request(model="FOX"), a_catalogue(*routes))) == ["south/fox-1", "north/fox-1"]
    assert keys(candidates(a_request(model="north/fox-1"), a_catalogue(*routes))) == ["north/fox-1"]


def test_routes_that_cannot_do_it_are_passed_over_however_cheap() -> None:
    routes = [a_route(model="cheap", price=1), a_route(model="seeded", price=9, seed=True)]
    assert keys(candidates(a_request(seed=7), a_catalogue(*routes))) == ["north/seeded"]


def test_without_any_route_there_is_no_gateway() -> None:
    assert refusal(candidates(a_request(), a_catalogue())) == (Key.NO_GATEWAY, {})


def test_an_unknown_model_is_answered_with_the_nearest_and_all() -> None:
    routes = (a_route(model="Qwen-Max", aliases=("max",)), a_route(model="owl"))
    everything = "Qwen-Max, owl"
    for given_name, close in [("qwen-maks", "Qwen-Max"), ("mux", "Qwen-Max"), ("OWLS", "owl"), ("zzzz", "")]:
        expected = {"given": given_name, "nearest": close, "models": everything}
        assert refusal(candidates(a_request(model=given_name), a_catalogue(*routes))) == (
            Key.MODEL_UNKNOWN,
            expected,
        )


def test_a_very_long_unknown_model_is_not_repeated_in_full() -> None:
    _, args = refusal(candidates(a_request(model="y" * 500), a_catalogue(a_route())))
    assert args["given"] == "y" * 40


def test_a_prompt_too_long_for_all_is_measured_at_the_longest_limit() -> None:
    routes = (
        a_route(model="short", prompt_limit=10),
        a_route(model="long", prompt_limit=50),
        a_route(prompt_limit=20),
    )
    _, args = refusal(candidates(a_request(prompt="x" * 60), a_catalogue(*routes)))
    assert (args["limit"], args["model"]) == (50, "long")


def test_a_size_nobody_offers_is_answered_with_the_sizes_of_all() -> None:
    other = a_route(model="owl", sizes=(Size(512, 512),), default_size=Size(512, 512))
    _, args = refusal(candidates(a_request(size=Size(1, 1)), a_catalogue(a_route(), other)))
    assert args == {"given": "1x1", "sizes": "512x512, 1024x1024, 1024x1536, 1536x1024", "model": ""}


def test_a_size_the_named_model_lacks_is_answered_with_its_own_sizes() -> None:
    other = a_route(model="owl", sizes=(Size(512, 512),), default_size=Size(512, 512))
    request = a_request(size=Size(1, 1), model="owl")
    _, args = refusal(candidates(request, a_catalogue(a_route(), other)))
    assert (args["sizes"], args["model"]) == ("512x512", "owl")


def test_an_option_not_taken_is_answered_with_the_models_that_take_it() -> None:
    routes = (a_route(), a_route(model="owl", seed=True), a_route("south", "owl", seed=True))
    _, args = refusal(candidates(a_request(model="fox-1", seed=1), a_catalogue(*routes)))
    assert args == {"option": "--seed", "model": "fox-1", "able": "owl"}


def test_what_a_person_can_mend_is_told_before_what_they_cannot() -> None:
    editor = a_route(model="editor", kinds=frozenset({Kind.EDIT}), references=3)
    key, _ = refusal(candidates(a_request(prompt="x" * 101), a_catalogue(editor, a_route())))
    assert key is Key.PROMPT_TOO_LONG


# --- fan-out -------------------------------------------------------------------------------------------

counts = st.integers(1, 10)
routes_with_seed = st.builds(
    lambda most, seed: a_route(max_n=most, seed=True, max_seed=seed), counts, st.integers(100, 2**31 - 1)
)


@given(counts, routes_with_seed)
def test_the_shares_are_all_of_it_in_as_few_and_even_calls_as_can_be(count: int, route: Route) -> None:
    parts = shares(count, route, None)
    sizes = [part.count for part in parts]
    assert sum(sizes) == count
    assert len(parts) == -(-count // route.max_n)
    assert max(sizes) <= route.max_n
    assert max(sizes) - min(sizes) <= 1
    assert [part.offset for part in parts] == [sum(sizes[:index]) for index in range(len(sizes))]
    assert {part.seed for part in parts} == {None}


@given(counts, routes_with_seed, st.data())
def test_no_two_calls_of_a_job_have_the_same_seed_nor_one_out_of_bounds(
    count: int, route: Route, data: st.DataObject
) -> None:
    seed = data.draw(st.integers(0, route.max_seed))
    seeds = [part.seed for part in shares(count, route, seed)]
    assert seeds[0] == seed
    assert len(set(seeds)) == len(seeds)
    assert all(one is not None and 0 <= one <= route.max_seed for one in seeds)


def test_the_seed_counts_pictures_so_that_fan_out_does_not_change_them() -> None:
    assert shares(5, a_route(max_n=2), 40) == (Share(0, 2, 40), Share(2, 2, 42), Share(4, 1, 44))


def test_an_edit_keeps_the_shape_of_its_image_unless_a_size_is_wished() -> None:
    both = a_route(kinds=frozenset({Kind.DRAW, Kind.EDIT}), references=1)
    edit = a_request(kind=Kind.EDIT, references=(Handle("photo"),))
    assert fit(edit, both) == Fit(both, None)
    assert fit(replace(edit, size=Size(1536, 1024)), both) == Fit(both, Size(1536, 1024))
    assert fit(a_request(), both) == Fit(both, both.default_size)
