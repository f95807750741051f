"""What the tests of the Telegram frontend share: a Bot API server, the real library, texts and media."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.frontends.telegram import TelegramBot, TelegramChat, open_bot
from bot.frontends.telegram.flood import Rates
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from bot.media.folder import FolderMedia
from tests.fakes.telegram import BotApi
from tests.fakes.telegram.api import TEST_TOKEN
from tests.fakes.telegram.fixture import botapi
from tests.telegram.studio import Studio

__all__ = ["botapi"]


@pytest.fixture(scope="session")
def texts() -> FluentTexts:
    return FluentTexts(locales_folder())


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(FolderMedia(tmp_path / "media"))


@pytest.fixture
async def bot(botapi: BotApi) -> AsyncIterator[TelegramBot]:
    """A bot that keeps to no limits by itself."""
    async with open_bot(TEST_TOKEN, botapi.url, rates=Rates(None, None, None)) as bot:
        yield bot


@pytest.fixture
def chat(bot: TelegramBot, studio: Studio, texts: FluentTexts) -> TelegramChat:
    return TelegramChat(bot, studio.media, texts)


@pytest.fixture
def restarted(bot: TelegramBot, studio: Studio, texts: FluentTexts) -> TelegramChat:
    """The same frontend after a restart: it remembers nothing of what was shown."""
    return TelegramChat(bot, studio.media, texts)
