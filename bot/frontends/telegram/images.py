"""Images that people hand in: which a message holds, and their bytes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, cast

import structlog
from telegram import Document, ExternalReplyInfo, Message, PhotoSize, Sticker
from telegram.error import BadRequest, RetryAfter, TelegramError

from bot.domain.problems import Key, Problem, problem
from bot.domain.request import Handle
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import pause, reason
from bot.frontends.telegram.http import BotHttp, NotServed
from bot.ports.chat import ChatUnavailable, HandleGone, HandleTooLarge

log = structlog.get_logger()

_MEGABYTES: Final = 20
"""What getFile hands out at most, documented by the vendor; a server of one's own has no such limit."""

_LIMIT: Final = _MEGABYTES * 1024 * 1024

_READABLE: Final = "JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIC, AVIF"
"""What is told of the formats that are read, in the words of who reads them."""

_UNTOLD: Final = "application/octet-stream"


def image_of(message: Message | ExternalReplyInfo, number: int = 1) -> Handle | Problem | None:
    """The one image of a message, a photo in its largest size; or why what it holds is of no use.

    What a document really is, its bytes tell, unless it calls itself something else altogether. `number`
    names the image in what is told.
    """
    if message.animation or message.video or message.video_note:
        return problem(Key.REFERENCE_ANIMATED, number=number)
    file: PhotoSize | Document | Sticker | None = message.document
    if message.photo:
        file = max(message.photo, key=lambda size: size.width * size.height)
    elif sticker := message.sticker:
        if sticker.is_animated or sticker.is_video:
            return problem(Key.REFERENCE_ANIMATED, number=number)
        file = sticker
    if file is None:
        return None
    if isinstance(file, Document) and not _may_be_image(file):
        return problem(Key.REFERENCE_NOT_AN_IMAGE, number=number, formats=_READABLE)
    if (file.file_size or 0) > _LIMIT:
        return problem(Key.REFERENCE_TOO_LARGE, number=number, limit=_MEGABYTES)
    return Handle(file.file_id)


def _may_be_image(document: Document) -> bool:
    mime = document.mime_type or _UNTOLD
    return mime == _UNTOLD or mime.startswith("image/")


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
