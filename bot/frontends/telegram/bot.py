"""The library's `Bot`, set up: its server, its HTTP, its limits."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot.frontends.telegram.errors import reason
from bot.frontends.telegram.flood import FloodControl, Rates, Urgency
from bot.frontends.telegram.http import BotHttp
from bot.ports.gateway import KeyCheck

# The library's own switch to durations as timedelta; without it every 429 warns about a deprecation.
os.environ.setdefault("PTB_TIMEDELTA", "1")

TelegramBot = ExtBot[Urgency]

OFFICIAL_API: Final = "https://api.telegram.org"

_OFFICIAL_RATES: Final = Rates()
_CONNECTIONS: Final = 100
_POLLING_CONNECTIONS: Final = 2


@asynccontextmanager
async def open_bot(
    token: str, api_url: str = OFFICIAL_API, *, proxy: str | None = None, rates: Rates = _OFFICIAL_RATES
) -> AsyncIterator[TelegramBot]:
    """A bot that can call methods while the context lasts; nothing is asked of Telegram before that.

    `api_url` is the root address of a Bot API server: methods are at `/bot<token>/...`, files at
    `/file/bot<token>/...`. `proxy` is an HTTP proxy for this destination alone. `rates` are the limits to
    keep; above 30 messages per second overall, all are sent as paid broadcasts.

    The token is part of every address and of the bot's `repr`: show no local variables in traces.
    """
    root = api_url.rstrip("/")
    tls = httpx.create_ssl_context()  # trusts whom the gateways' client trusts
    polling = BotHttp(_POLLING_CONNECTIONS, tls, proxy)
    calling = BotHttp(_CONNECTIONS, tls, proxy)
    bot = TelegramBot(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        get_updates_request=polling,
        request=calling,
        rate_limiter=FloodControl(rates),
    )
    try:
        yield bot
    finally:
        await polling.shutdown()
        await calling.shutdown()


async def check_token(bot: TelegramBot) -> KeyCheck:
    """Ask Telegram whether the token works."""
    try:
        me = await bot.get_me()
    except InvalidToken:
        return KeyCheck(works=False, detail="Telegram does not know this token")
    except TelegramError as error:
        return KeyCheck(works=None, detail=reason(error))
    return KeyCheck(works=True, detail=f"@{me.username}")
