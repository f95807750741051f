"""The store under test, once for each implementation."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports.archive import Archive
from bot.ports.people import People
from bot.ports.store import Store
from tests.store.engines import ENGINES, Engine


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    async with ENGINES[request.param](tmp_path) as engine:
        yield engine


@pytest.fixture
def store(engine: Engine) -> Store:
    return engine.store


@pytest.fixture
def people(engine: Engine) -> People:
    return engine.people


@pytest.fixture
def archive(engine: Engine) -> Archive:
    return engine.archive
