"""A core that only listens: what reached it, and what it answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.core.conversation import Incoming, Reply
from bot.frontends.telegram import TelegramBot, TelegramIntake
from bot.i18n.texts import FluentTexts


@dataclass
class Ear:
    """Hears everything, and answers as told."""

    answer: Callable[[Incoming], Awaitable[str | None]]
    heard: list[Incoming] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, count: int = 1) -> None:
        """Wait until so many messages were heard."""
        async with asyncio.timeout(5):
            while len(self.heard) < count:
                self._news.clear()
                await self._news.wait()

    async def hear(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming)
        self._news.set()
        text = await self.answer(incoming)
        return Reply(text, "en") if text else None


async def echo(incoming: Incoming) -> str | None:
    return f"You said {incoming.text}"


async def nothing(_incoming: Incoming) -> str | None:
    return None


@asynccontextmanager
async def receiving(bot: TelegramBot, ear: Ear, texts: FluentTexts) -> AsyncIterator[TelegramIntake]:
    intake = TelegramIntake(bot, ear, texts)
    await intake.start()
    try:
        yield intake
    finally:
        await intake.stop()
