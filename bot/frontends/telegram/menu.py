"""The menu of commands that Telegram shows beside the input field, in each language."""

import structlog
from telegram import BotCommand
from telegram.error import TelegramError

from bot.core.conversation import COMMANDS
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import reason
from bot.ports.texts import Texts

log = structlog.get_logger()


async def publish_menu(bot: TelegramBot, texts: Texts) -> None:
    """Set the menus; that of the first language is shown to everybody whose own is not there.

    A failure is only logged: commands work without a menu.
    """
    default, *others = texts.locales
    try:
        await bot.set_my_commands(_menu(texts, default))
        for locale in others:
            # Telegram knows languages by two letters, without region or script.
            await bot.set_my_commands(_menu(texts, locale), language_code=locale.partition("-")[0])
    except TelegramError as error:
        log.warning("telegram menu not set", why=reason(error))


def _menu(texts: Texts, locale: str) -> list[BotCommand]:
    return [BotCommand(command, texts.say(locale, f"menu-{command}")) for command in COMMANDS]
