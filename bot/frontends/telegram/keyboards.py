"""Buttons as Telegram shows them: an inline keyboard below a message."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.core.talk import Button, Door, Rows
from bot.frontends.telegram.bot import TelegramBot


def markup(rows: Rows, bot: TelegramBot) -> InlineKeyboardMarkup | None:
    """The keyboard of these rows; None when there are none.

    A door is a deep link into the private chat, for which the bot must have learnt its own name (`get_me`).
    """
    if not rows:
        return None
    return InlineKeyboardMarkup([[_key(button, bot) for button in row] for row in rows])


def _key(button: Button | Door, bot: TelegramBot) -> InlineKeyboardButton:
    match button:
        case Button(label, press):
            return InlineKeyboardButton(label, callback_data=press)
        case Door(label, start):
            return InlineKeyboardButton(label, url=f"https://t.me/{bot.username}?start={start}")
