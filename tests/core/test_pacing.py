"""Learning how long tasks take from looks, which come late."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.pacing import Pacing
from bot.domain.catalogue import Gateway, Route
from bot.domain.ids import GatewayId
from bot.providers.catalogue import load
from bot.store.database import open_database
from bot.store.routes import RouteStore

CATALOGUE = load(None)
GATEWAY: Gateway = CATALOGUE.gateways[GatewayId("qwen-image-2512")]
ROUTE: Route = next(route for route in CATALOGUE.routes if route.gateway == GATEWAY.id)


@pytest.fixture
async def pacing(tmp_path: Path) -> AsyncIterator[Pacing]:
    async with open_database(tmp_path / "pacing.sqlite3") as database:
        pacing = Pacing(RouteStore(database))
        await pacing.open(GATEWAY, ROUTE)
        yield pacing


def delay_of(pacing: Pacing, duration: float) -> float:
    """Look at a task until it has ended, and let the pacing learn from it."""
    running, elapsed = 0.0, 0.0
    while elapsed < duration:
        running, elapsed = elapsed, elapsed + pacing.next_look(ROUTE, elapsed).total_seconds()
    pacing.took(ROUTE, running, elapsed)
    return elapsed - duration


async def test_without_a_past_the_gateways_own_pace_is_kept(pacing: Pacing) -> None:
    assert pacing.next_look(ROUTE, 0) == GATEWAY.first_look


async def test_looks_that_learn_from_their_own_looks_do_not_come_later_and_later(pacing: Pacing) -> None:
    dice = random.Random(7)
    delays = [delay_of(pacing, dice.lognormvariate(3, 0.5)) for _ in range(1500)]
    early, late = sum(delays[100:400]) / 300, sum(delays[1200:]) / 300
    assert late < 1.2 * early


async def test_a_moment_that_is_known_exactly_is_learned_exactly(pacing: Pacing) -> None:
    for _ in range(50):
        pacing.took(ROUTE, 12.0, 12.0)
    assert pacing.next_look(ROUTE, 0).total_seconds() == pytest.approx(12.1)
