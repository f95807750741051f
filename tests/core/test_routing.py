"""Which route is taken."""

import pytest

from bot.core.health import Health
from bot.core.routing import Preferences, Router
from bot.domain.decide import Policy
from bot.domain.outcome import Failure
from bot.domain.problems import Key, Problem
from bot.ports.clock import SystemClock
from tests.core.test_health import Hand
from tests.domain.making import a_catalogue, a_job, a_request, a_route

CHEAP = a_route("north", "fox", price=10, priced_on="2026-01-01")
DEAR = a_route("south", "fox", price=20, priced_on="2026-01-01")
UNKNOWN = a_route("south", "owl")


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def health(clock: Hand) -> Health:
    return Health(Policy(), clock)


def router(health: Health, **preferences: tuple[str, ...]) -> Router:
    routes = a_catalogue(UNKNOWN, DEAR, CHEAP)
    return Router(routes, Preferences(**preferences), health, SystemClock())


def chosen(router: Router, tried: frozenset[str] = frozenset()) -> str | None:
    fit = router.choose(a_job(request=a_request()), tried)
    assert not isinstance(fit, Problem)
    return fit.route.key if fit else None


def test_the_cheapest_comes_first_and_unknown_prices_last(health: Health) -> None:
    fits = router(health).fits(a_request())
    assert isinstance(fits, tuple)
    assert [fit.route for fit in fits] == [CHEAP, DEAR, UNKNOWN]


def test_the_operators_preference_comes_before_the_price(health: Health) -> None:
    assert chosen(router(health, prefer=("south/owl",))) == "south/owl"
    assert chosen(router(health, prefer=("south", "north"))) == "south/fox"


def test_what_the_operator_forbids_is_never_taken_and_not_on_offer(health: Health) -> None:
    routes = router(health, forbid=("north", "south/owl"))
    assert chosen(routes) == "south/fox"
    assert [route.key for route in routes.catalogue.routes] == ["south/fox"]
    assert isinstance(router(health, forbid=("north", "south")).fits(a_request()), Problem)


def test_an_unhealthy_route_is_passed_over(health: Health) -> None:
    health.heard(CHEAP, Failure.OUT_OF_MONEY)
    assert chosen(router(health)) == "south/fox"


def test_where_none_is_healthy_one_waits_at_the_first_that_is_probed(health: Health, clock: Hand) -> None:
    for route in (DEAR, CHEAP):
        for _ in range(3):
            health.heard(route, Failure.UNREACHABLE)
        clock.turn(1)
    assert chosen(router(health)) == "south/fox"


def test_nobody_waits_for_the_operator(health: Health) -> None:
    health.heard(CHEAP, Failure.UNAUTHORISED)
    for _ in range(3):
        health.heard(DEAR, Failure.UNREACHABLE)
    assert chosen(router(health)) == "south/fox"
    health.heard(DEAR, None)
    health.heard(DEAR, Failure.OUT_OF_MONEY)
    answer = router(health).choose(a_job(request=a_request()), frozenset())
    assert isinstance(answer, Problem)
    assert answer.key is Key.GATEWAY_UNAUTHORISED


def test_what_was_tried_is_not_tried_again(health: Health) -> None:
    assert chosen(router(health), frozenset({"north/fox"})) == "south/fox"
    assert chosen(router(health), frozenset({"north/fox", "south/fox", "south/owl"})) is None


def test_a_named_model_is_drawn_at_its_gateways_only(health: Health) -> None:
    fits = router(health).fits(a_request(model="owl"))
    assert isinstance(fits, tuple)
    assert [fit.route.key for fit in fits] == ["south/owl"]


def test_a_wish_nobody_can_meet_is_explained(health: Health) -> None:
    answer = router(health).choose(a_job(request=a_request(model="cow")), frozenset())
    assert isinstance(answer, Problem)
    assert answer.key is Key.MODEL_UNKNOWN


def test_a_better_route_is_one_that_is_healthy_and_untried(health: Health) -> None:
    job, routes = a_job(request=a_request()), router(health)
    assert routes.has_better(job, frozenset({"north/fox"}))
    health.heard(DEAR, Failure.OUT_OF_MONEY)
    assert not routes.has_better(job, frozenset({"north/fox"}))
