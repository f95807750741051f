"""Telegram: python-telegram-bot on the shared loop, long polling.

async with open_bot(token, api_url, proxy=..., rate=...) as bot:
    chat = TelegramChat(bot, media, texts)           # works at once
    intake = TelegramIntake(bot, conversation, texts)
    await intake.start()                             # may raise TelegramKeyRefused
    ...
    await intake.stop()
"""

from bot.frontends.telegram.bot import OFFICIAL_API, TelegramBot, check_token, open_bot
from bot.frontends.telegram.chat import TelegramChat
from bot.frontends.telegram.errors import TelegramKeyRefused
from bot.frontends.telegram.intake import TelegramIntake
from bot.frontends.telegram.outbox import PLATFORM

__all__ = [
    "OFFICIAL_API",
    "PLATFORM",
    "TelegramBot",
    "TelegramChat",
    "TelegramIntake",
    "TelegramKeyRefused",
    "check_token",
    "open_bot",
]
