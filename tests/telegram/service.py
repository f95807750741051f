"""The whole service with Telegram as its frontend: real core, real library, a sandbox for a gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.domain.ledger import Plan
from bot.frontends.telegram import TelegramBot, TelegramChat, TelegramIntake
from bot.frontends.telegram.pacing import Manners
from bot.sandbox import Options, Sandbox
from bot.sandbox.drawing import paint_plain
from tests.house import GENEROUS, House, open_house

_MANNERS = Manners()
DRAWERS = ("crazyrouter", "dieyuyun", "qwen-image-2512")


@asynccontextmanager
async def running(
    folder: Path,
    bot: TelegramBot,
    sandbox: Sandbox | None = None,
    root: str | None = None,
    gateways: tuple[str, ...] = DRAWERS,
    plan: Plan = GENEROUS,
    manners: Manners = _MANNERS,
) -> AsyncIterator[House]:
    """The service while the context lasts; again in the same folder is a restart."""
    async with open_house(folder, sandbox=sandbox, root=root, gateways=gateways, plan=plan) as house:
        house.parts.chats["telegram"] = TelegramChat(
            bot, house.parts.media, house.parts.texts, manners=manners
        )
        await house.core.dispatcher.scan()
        intake = TelegramIntake(bot, house.core.conversation, house.parts.texts)
        await intake.start()
        try:
            yield house
        finally:
            await intake.stop()


def slow_sandbox(seconds: float) -> Sandbox:
    return Sandbox(Options(latency=timedelta(seconds=seconds), painter=paint_plain))
