from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.playground.stage import Stage, Visitor, open_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path) as stage:
        yield stage


@pytest.fixture
async def visitor(stage: Stage) -> Visitor:
    return await stage.visitor()
