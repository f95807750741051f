"""A core that only listens: what reached it, and what it answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.core.talk import Answer, Event, Incoming, Press, Reply
from bot.frontends.telegram import TelegramBot, TelegramIntake, Webhook
from bot.i18n.texts import FluentTexts


@dataclass
class Ear:
    """Hears everything, and answers as told."""

    answer: Callable[[Incoming], Awaitable[str | None]]
    pressing: Callable[[Press], Answer] = lambda _: Answer()
    heard: list[Incoming] = field(default_factory=list)
    pressed: list[Press] = field(default_factory=list)
    greeted: list[Event] = field(default_factory=list)
    moves: list[tuple[str, str, str]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, count: int = 1) -> None:
        """Wait until so many messages were heard."""
        async with asyncio.timeout(5):
            await self.until(lambda: len(self.heard) >= count)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so."""
        while not condition():
            self._news.clear()
            await self._news.wait()

    async def hear(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming)
        self._news.set()
        text = await self.answer(incoming)
        return Reply(text, "en") if text else None

    async def press(self, press: Press) -> Answer:
        self.pressed.append(press)
        self._news.set()
        return self.pressing(press)

    async def joined(self, event: Event) -> Reply | None:
        self.greeted.append(event)
        self._news.set()
        return Reply("Hello!", "en")

    async def moved(self, platform: str, old: str, new: str) -> None:
        self.moves.append((platform, old, new))
        self._news.set()


async def echo(incoming: Incoming) -> str | None:
    return f"You said {incoming.text}"


async def nothing(_incoming: Incoming) -> str | None:
    return None


@asynccontextmanager
async def receiving(
    bot: TelegramBot, ear: Ear, texts: FluentTexts, webhook: Webhook | None = None
) -> AsyncIterator[TelegramIntake]:
    intake = TelegramIntake(bot, ear, texts, webhook)
    await intake.start()
    try:
        yield intake
    finally:
        await intake.stop()
