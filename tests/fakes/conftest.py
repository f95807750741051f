"""A Bot API server, the real library pointed at it, and a person to talk to."""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from tests.fakes.library import library_bot
from tests.fakes.telegram import BotApi, Chat, User


@pytest.fixture(autouse=True)
def _durations_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's coming behaviour; without it every RetryAfter warns about the change."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi.serve() as api:
        yield api


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with library_bot(api) as bot:
        yield bot


@pytest.fixture
def ann(api: BotApi) -> User:
    return api.user("Ann", language_code="en")


@pytest.fixture
def chat(api: BotApi, ann: User) -> Chat:
    return api.private(ann)
