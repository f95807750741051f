"""A world of its own for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.crash.town import Town, open_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Gateways that take a fifth of a second on average."""
    async with open_town(tmp_path, latency=0.1, spread=0.2) as town:
        yield town


@pytest.fixture
async def public_town(tmp_path: Path) -> AsyncIterator[Town]:
    """The same with a service that gateways call back."""
    async with open_town(tmp_path, latency=0.1, spread=0.2, public=True) as town:
        yield town


@pytest.fixture
async def slow_town(tmp_path: Path) -> AsyncIterator[Town]:
    """Gateways that take so long that there is time to do something meanwhile, and call back then."""
    async with open_town(tmp_path, latency=1.0, public=True) as town:
        yield town
