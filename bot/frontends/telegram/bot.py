"""The library's `Bot` on our HTTP stack: aiohttp underneath, own proxy, own limits.

httpx on its own connection pool costs some twenty times the CPU per request at a thousand at once.
"""

import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot.frontends.telegram.errors import reason
from bot.frontends.telegram.flood import FloodControl, Urgency
from bot.frontends.telegram.uploads import BotRequest
from bot.ports.gateway import KeyCheck

# The library's own switch to durations as timedelta; without it every 429 warns about a deprecation.
os.environ.setdefault("PTB_TIMEDELTA", "1")

TelegramBot = ExtBot[Urgency]

OFFICIAL_API: Final = "https://api.telegram.org"

_CONNECTIONS: Final = 100
_UPLOADS: Final = 16
_UPLOAD_SECONDS: Final = 300.0
_CONNECT_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 60.0
_QUEUE_SECONDS: Final = 60.0
_KEEP_ALIVE_SECONDS: Final = 30.0
_DNS_SECONDS: Final = 300


@asynccontextmanager
async def open_bot(
    token: str, api_url: str = OFFICIAL_API, *, proxy: str | None = None, rate: float | None = None
) -> AsyncIterator[TelegramBot]:
    """A bot that can call methods while the context lasts; nothing is asked of Telegram before that.

    `api_url` is the root address of a Bot API server: methods are at `/bot<token>/...`, files at
    `/file/bot<token>/...`. `proxy` is an HTTP proxy for this destination alone. `rate` is the overall limit
    in messages per second, None where the server has none.

    The token is part of every address: keep the `httpx` logger at WARNING, and show no local variables in
    traces.
    """
    root = api_url.rstrip("/")
    tls = httpx.create_ssl_context()
    polling, calling = (_request(connections, tls, proxy) for connections in (2, _CONNECTIONS))
    bot = TelegramBot(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        get_updates_request=polling,
        request=calling,
        rate_limiter=FloodControl(rate),
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


def _request(connections: int, tls: ssl.SSLContext, proxy: str | None) -> BotRequest:
    transport = AiohttpTransport(
        verify=tls,
        proxy=httpx.Proxy(proxy) if proxy else None,
        client=partial(_session, connections, tls),
    )
    return BotRequest(
        uploads=_UPLOADS,
        longest=_UPLOAD_SECONDS,
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_ANSWER_SECONDS,
        write_timeout=_ANSWER_SECONDS,
        pool_timeout=_QUEUE_SECONDS,
        httpx_kwargs={"transport": transport},
    )


def _session(connections: int, tls: ssl.SSLContext) -> aiohttp.ClientSession:
    """Called by the transport on its first request, when the loop runs."""
    connector = aiohttp.TCPConnector(
        limit=connections,
        ssl=tls,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        ttl_dns_cache=_DNS_SECONDS,
    )
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
