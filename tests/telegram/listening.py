"""A core that only listens: what reached it, and what it answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.core.talk import Answer, Event, Incoming, Press, Reply
from bot.frontends.telegram import TelegramBot, TelegramIntake, Webhook
from bot.i18n.texts import FluentTexts

GRACE = timedelta(seconds=10)


async def echo(incoming: Incoming) -> str | None:
    return f"You said {incoming.text}"


async def nothing(_incoming: Incoming) -> str | None:
    return None


async def no_answer(_press: Press) -> Answer:
    return Answer()


async def hello(_event: Event) -> Reply | None:
    return Reply("Hello!", "en")


async def well_noted() -> None:
    pass


@dataclass
class Ear:
    """Hears everything, and answers as told. What it raises is a bug of the core."""

    answer: Callable[[Incoming], Awaitable[Reply | str | None]] = nothing
    pressing: Callable[[Press], Awaitable[Answer]] = no_answer
    greeting: Callable[[Event], Awaitable[Reply | None]] = hello
    moving: Callable[[], Awaitable[None]] = well_noted
    heard: list[Incoming] = field(default_factory=list)
    pressed: list[Press] = field(default_factory=list)
    greeted: list[Event] = field(default_factory=list)
    moves: list[tuple[str, str, str]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, count: int = 1) -> None:
        """Wait until so many messages were heard."""
        await self.until(lambda: len(self.heard) >= count)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so, after something was heard. Raises TimeoutError after 5 seconds."""
        async with asyncio.timeout(5):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def hear(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming)
        self._news.set()
        said = await self.answer(incoming)
        return Reply(said, "en") if isinstance(said, str) else said

    async def press(self, press: Press) -> Answer:
        self.pressed.append(press)
        self._news.set()
        return await self.pressing(press)

    async def joined(self, event: Event) -> Reply | None:
        self.greeted.append(event)
        self._news.set()
        return await self.greeting(event)

    async def moved(self, platform: str, old: str, new: str) -> None:
        self.moves.append((platform, old, new))
        self._news.set()
        await self.moving()


@asynccontextmanager
async def receiving(
    bot: TelegramBot,
    ear: Ear,
    texts: FluentTexts,
    webhook: Webhook | None = None,
    grace: timedelta = GRACE,
) -> AsyncIterator[TelegramIntake]:
    intake = TelegramIntake(bot, ear, texts, webhook, grace)
    await intake.start()
    try:
        yield intake
    finally:
        await intake.stop()
