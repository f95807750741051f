"""The menus of commands beside the input field: by kind of chat, by rights, by language."""

from collections.abc import Sequence

import structlog
from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.core.conversation import ADMIN_COMMANDS, GROUP_COMMANDS, PRIVATE_COMMANDS
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import reason
from bot.ports.texts import Texts

log = structlog.get_logger()

_MENUS: Sequence[tuple[BotCommandScope, Sequence[str]]] = (
    (BotCommandScopeDefault(), PRIVATE_COMMANDS),
    (BotCommandScopeAllPrivateChats(), PRIVATE_COMMANDS),
    (BotCommandScopeAllGroupChats(), GROUP_COMMANDS),
    (BotCommandScopeAllChatAdministrators(), ADMIN_COMMANDS),
)


async def publish_menu(bot: TelegramBot, texts: Texts) -> None:
    """Set the menus; those of the first language are shown to everybody whose own is not there.

    A failure is only logged: commands work without a menu.
    """
    default, *others = texts.locales
    # Telegram knows languages by two letters, without region or script.
    languages = [("", default), *((locale.partition("-")[0], locale) for locale in others)]
    try:
        for scope, commands in _MENUS:
            for code, locale in languages:
                menu = [BotCommand(command, texts.say(locale, f"menu-{command}")) for command in commands]
                await bot.set_my_commands(menu, scope=scope, language_code=code or None)
    except TelegramError as error:
        log.warning("telegram menu not set", why=reason(error))
