"""The real python-telegram-bot, pointed at the imitation of the Bot API."""

import contextlib
import io
from collections.abc import AsyncIterator, Awaitable
from typing import Any, TypeAlias

import pytest
from PIL import Image
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, TelegramError
from telegram.ext import Application, BaseHandler, ContextTypes

from tests.fakes.telegram import BotApi
from tests.fakes.telegram.api import TEST_TOKEN

Running: TypeAlias = "Application[Any, Any, Any, Any, Any, Any]"
AnyHandler: TypeAlias = "BaseHandler[Update, ContextTypes.DEFAULT_TYPE, None]"


def library_bot(api: BotApi, token: str = TEST_TOKEN) -> Bot:
    return Bot(token, base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot")


def png(width: int = 8, height: int = 6, colour: str = "red") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(held, "PNG")
    return held.getvalue()


def keyboard(data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data=data)]])


async def refused(call: Awaitable[object], kind: type[TelegramError] = BadRequest) -> str:
    with pytest.raises(kind) as caught:
        await call
    return caught.value.message.casefold()  # the library changes the case of descriptions anyway


@contextlib.asynccontextmanager
async def running(api: BotApi, handler: AnyHandler) -> AsyncIterator[Running]:
    """A library application polling the server, stopped at the end of the block."""
    builder = Application.builder().token(TEST_TOKEN)
    application = builder.base_url(f"{api.url}/bot").base_file_url(f"{api.url}/file/bot").build()
    application.add_handler(handler)
    assert application.updater is not None
    async with application:
        await application.start()
        await application.updater.start_polling(poll_interval=0, timeout=5)
        yield application
        await application.updater.stop()
        await application.stop()
