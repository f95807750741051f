"""Images that people hand in: which of them a message means, and their bytes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, cast

import structlog
from telegram import Message
from telegram.error import BadRequest, RetryAfter, TelegramError

from bot.domain.command import read_command
from bot.domain.request import Handle, Kind
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import pause, reason
from bot.frontends.telegram.http import BotHttp, NotServed
from bot.ports.chat import ChatUnavailable, HandleGone, HandleTooLarge

log = structlog.get_logger()

_MEGABYTES: Final = 20
"""What getFile hands out at most, documented by the vendor; a server of one's own has no such limit."""

_LIMIT: Final = _MEGABYTES * 1024 * 1024


def images_of(message: Message) -> tuple[Handle, ...]:
    """The images that a command is about: those it came with, else those of the message it replies to.

    Only an edit reaches for another's message: replying to a picture with `/draw` is just a place to talk.
    """
    own = _attached(message)
    command = read_command(message.text or message.caption or "")
    if own or command is None or command.name != Kind.EDIT or message.reply_to_message is None:
        return own
    return _attached(message.reply_to_message)


def _attached(message: Message) -> tuple[Handle, ...]:
    """The one image of a message, a photo in its largest size. What a document really is, its bytes tell."""
    if message.photo:
        return (Handle(max(message.photo, key=lambda size: size.width * size.height).file_id),)
    if message.document:
        return (Handle(message.document.file_id),)
    sticker = message.sticker
    if sticker and not (sticker.is_animated or sticker.is_video):
        return (Handle(sticker.file_id),)
    return ()


async def fetch(bot: TelegramBot, handle: Handle) -> AsyncGenerator[bytes, None]:
    """The bytes of an image. Raises HandleGone, HandleTooLarge and ChatUnavailable, none with the token."""
    address = await _address(bot, handle)
    left = _LIMIT
    http = cast("BotHttp", bot.request)
    try:
        async with aclosing(http.download(address)) as chunks:
            async for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    raise HandleTooLarge(_MEGABYTES)
                yield chunk
    except NotServed:
        raise HandleGone("Telegram does not have the file any more") from None
    except TelegramError as error:
        raise ChatUnavailable(reason(error)) from None


async def _address(bot: TelegramBot, handle: Handle) -> str:
    """Where the file is now. The address holds the token: it is for `BotHttp` and nobody else."""
    try:
        file = await bot.get_file(handle.ref)
    except RetryAfter as limited:
        raise ChatUnavailable("Telegram asks to wait", pause(limited)) from None
    except BadRequest as error:
        if "too big" in error.message.casefold():
            raise HandleTooLarge(_MEGABYTES) from None
        raise HandleGone(reason(error)) from None
    except TelegramError as error:
        raise ChatUnavailable(reason(error)) from None
    if not file.file_path or not file.file_path.startswith("http"):
        log.error("TELEGRAM_API_URL: this server names files on its own disk: run it without --local")
        raise HandleGone("the Bot API server does not serve files over HTTP")
    return file.file_path
