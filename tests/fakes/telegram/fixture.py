"""The `botapi` fixture: a fresh server per test, checked at the end for violations."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.telegram.api import BotApi


@pytest.fixture
async def botapi() -> AsyncIterator[BotApi]:
    async with BotApi.serve() as api:
        yield api
        assert api.violations == []
