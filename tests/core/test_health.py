"""Circuit breakers: when they open, what still passes, when they close."""

from datetime import timedelta

import pytest

from bot.core.health import Health
from bot.domain.decide import Policy
from bot.domain.ids import Millis
from bot.domain.outcome import Failure
from tests.domain.making import a_route

POLICY = Policy(
    breaker_pause=timedelta(seconds=10),
    breaker_pause_limit=timedelta(seconds=30),
    money_pause=timedelta(seconds=600),
    key_pause=timedelta(seconds=1800),
)
FOX, OWL, SOUTH = a_route(model="fox"), a_route(model="owl"), a_route("south", "fox")


class Hand:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = Millis(1_000_000)

    def now(self) -> Millis:
        return self.at

    def turn(self, seconds: float) -> None:
        self.at = Millis(self.at + round(seconds * 1000))


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def health(clock: Hand) -> Health:
    return Health(POLICY, clock)


def test_a_gateway_that_cannot_be_reached_is_left_alone_with_all_its_routes(health: Health) -> None:
    for _ in range(3):
        assert health.admits(FOX)
        health.heard(FOX, Failure.UNREACHABLE)
    assert not health.admits(FOX)
    assert not health.admits(OWL)
    assert health.admits(SOUTH)


@pytest.mark.parametrize(("failure", "seconds"), [(Failure.OUT_OF_MONEY, 600), (Failure.UNAUTHORISED, 1800)])
def test_no_money_and_a_wrong_key_open_at_once_each_with_its_own_pause(
    health: Health, clock: Hand, failure: Failure, seconds: int
) -> None:
    health.heard(FOX, failure)
    clock.turn(seconds - 1)
    assert not health.admits(OWL)
    clock.turn(1)
    assert health.admits(OWL)


def test_a_model_that_is_not_offered_closes_only_its_route(health: Health) -> None:
    health.heard(FOX, Failure.MODEL_UNAVAILABLE)
    assert not health.admits(FOX)
    assert health.admits(OWL)


def test_a_route_opens_when_half_of_its_calls_fail_and_not_before_enough_were_made(health: Health) -> None:
    for failure in (Failure.UPSTREAM, None, Failure.UPSTREAM, None):
        health.heard(FOX, failure)
    assert health.admits(FOX)
    health.heard(FOX, Failure.UPSTREAM)
    assert not health.admits(FOX)


@pytest.mark.parametrize("failure", [Failure.MODERATED_INPUT, Failure.BAD_REQUEST, Failure.RATE_LIMITED])
def test_what_says_nothing_about_the_gateway_opens_nothing(health: Health, failure: Failure) -> None:
    for _ in range(50):
        health.heard(FOX, failure)
    assert health.admits(FOX)


def test_one_probe_passes_when_the_pause_is_over_and_no_other_until_it_ended(
    health: Health, clock: Hand
) -> None:
    health.heard(FOX, Failure.OUT_OF_MONEY)
    clock.turn(600)
    assert health.admits(FOX)
    health.enter(FOX)
    assert not health.admits(FOX)
    assert not health.admits(OWL)
    health.heard(FOX, None)
    assert health.admits(FOX)
    assert health.reopens(FOX) is None


def test_a_probe_that_tells_nothing_lets_another_probe(health: Health, clock: Hand) -> None:
    health.heard(FOX, Failure.OUT_OF_MONEY)
    clock.turn(600)
    health.enter(FOX)
    health.leave(FOX)
    assert health.admits(FOX)


def test_failing_probes_are_made_ever_more_rarely_up_to_the_limit(health: Health, clock: Hand) -> None:
    for _ in range(3):
        health.heard(FOX, Failure.UNREACHABLE)
    pauses = []
    for _ in range(4):
        until = health.reopens(FOX)
        assert until is not None
        pauses.append((until - clock.now()) / 1000)
        clock.at = until
        health.enter(FOX)
        health.heard(FOX, Failure.UNREACHABLE)
    assert pauses == [10, 20, 30, 30]


def test_calls_that_were_under_way_when_it_opened_do_not_prolong_the_pause(
    health: Health, clock: Hand
) -> None:
    for _ in range(3):
        health.heard(FOX, Failure.UNREACHABLE)
    until = health.reopens(FOX)
    clock.turn(5)
    for _ in range(10):
        health.heard(FOX, Failure.UNREACHABLE)
    assert health.reopens(FOX) == until


def test_what_changed_is_collected_to_be_written_down_and_survives_a_restart(clock: Hand) -> None:
    first, second = Health(POLICY, clock), Health(POLICY, clock)
    first.heard(FOX, Failure.OUT_OF_MONEY)
    [condition] = first.untold
    second.restore([condition])
    assert not second.admits(FOX)
    assert second.reopens(FOX) == first.reopens(FOX)
    assert second.conditions()["north"].why is Failure.OUT_OF_MONEY
