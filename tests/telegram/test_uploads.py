"""Uploads in bounded numbers, streamed from the media store."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bot.frontends.telegram import TelegramBot, TelegramChat, open_bot
from bot.i18n.texts import FluentTexts
from bot.ports.chat import Parcel
from tests.fakes.telegram import BotApi
from tests.telegram.studio import Studio

_MEGABYTE = 1024 * 1024
_MESSAGE = {"ok": True, "result": {"message_id": 1, "date": 0, "chat": {"id": 5, "type": "private"}}}


@asynccontextmanager
async def swallowing_server(swallowed: list[int]) -> AsyncIterator[str]:
    """A server that counts the bytes of what it is sent and keeps none of them."""

    async def swallow(request: web.Request) -> web.Response:
        swallowed.append(sum([len(chunk) async for chunk in request.content.iter_any()]))
        return web.json_response(_MESSAGE)

    app = web.Application()
    app.router.add_post("/{path:.*}", swallow)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def deliver(chat: TelegramChat, parcel: Parcel) -> None:
    assert [sent async for sent in chat.deliver(parcel)]


async def test_a_picture_is_never_held_in_memory(botapi: BotApi, studio: Studio, texts: FluentTexts) -> None:
    private = botapi.private(botapi.user("Ada"))
    swallowed: list[int] = []
    async with swallowing_server(swallowed) as url, open_bot("123:abc", url) as bot:
        chat = TelegramChat(bot, studio.media, texts)
        await deliver(chat, await studio.parcel(studio.job(private)))
        parcel = await studio.parcel(studio.job(private), more=9 * _MEGABYTE)
        tracemalloc.start()
        try:
            await deliver(chat, parcel)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert max(swallowed) > 9 * _MEGABYTE
    assert peak < 4 * _MEGABYTE


async def test_waiting_deliveries_hold_no_picture_open(
    botapi: BotApi, bot: TelegramBot, chat: TelegramChat, studio: Studio, tmp_path: Path
) -> None:
    private = botapi.private(botapi.user("Ada"))
    parcels = [await studio.parcel(studio.job(private)) for _ in range(40)]
    botapi.delay("sendPhoto", 0.05)
    deliveries = asyncio.gather(*(deliver(chat, parcel) for parcel in parcels))
    most = 0
    while not deliveries.done():
        most = max(most, open_files(tmp_path))
        await asyncio.sleep(0.01)
    assert 0 < most <= 16
    assert len(botapi.photos(private)) == 40
    assert open_files(tmp_path) == 0


def open_files(below: Path) -> int:
    """How many files below a folder this process holds open."""
    links = (link.resolve() for link in Path("/proc/self/fd").iterdir())
    return sum(file.is_relative_to(below) for file in links)
