"""Telegram: python-telegram-bot on the shared loop, by long polling or by webhook.

async with open_bot(token, api_url, proxy=..., rates=Rates(...)) as bot:
    chat = TelegramChat(bot, media, texts)           # works at once
    intake = TelegramIntake(bot, conversation, texts, webhook)
    ...                                              # serve intake.routes()
    await intake.start()                             # may raise TelegramKeyRefused, TelegramWebhookRefused
    ...
    await intake.stop()
"""

from bot.frontends.telegram.bot import OFFICIAL_API, TelegramBot, check_token, open_bot
from bot.frontends.telegram.chat import TelegramChat
from bot.frontends.telegram.errors import TelegramKeyRefused
from bot.frontends.telegram.flood import Rates
from bot.frontends.telegram.intake import TelegramIntake
from bot.frontends.telegram.outbox import PLATFORM
from bot.frontends.telegram.webhook import TelegramWebhookRefused, Webhook

__all__ = [
    "OFFICIAL_API",
    "PLATFORM",
    "Rates",
    "TelegramBot",
    "TelegramChat",
    "TelegramIntake",
    "TelegramKeyRefused",
    "TelegramWebhookRefused",
    "Webhook",
    "check_token",
    "open_bot",
]
