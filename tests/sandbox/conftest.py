from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.running import Running, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def here() -> AsyncIterator[Running]:
    """A sandbox without latency that paints quickly."""
    async with running() as served:
        yield served
