"""What Drawbridge is measured against: the least a bot can do, ``python -m bench.script``.

It uses the same libraries on the same HTTP transport, asks the gateway, downloads the picture and sends it.
It keeps nothing: no job, no money, no picture, no status; what is under way when it stops is lost.
"""

import os

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes
from telegram.request import HTTPXRequest

AT_ONCE = 4096
SECONDS = 120.0


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


def _request() -> HTTPXRequest:
    return HTTPXRequest(
        read_timeout=SECONDS,
        write_timeout=SECONDS,
        connect_timeout=SECONDS,
        pool_timeout=SECONDS,
        media_write_timeout=SECONDS,
        httpx_kwargs={"transport": AiohttpTransport(client=_session)},
    )


class Script:
    """Answers /draw. One client for the gateway, as many updates at once as come."""

    def __init__(self, gateway_url: str) -> None:
        self._gateway_url = gateway_url
        self._gateway = httpx.AsyncClient(transport=AiohttpTransport(client=_session), timeout=SECONDS)

    async def draw(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message, prompt = update.message, " ".join(context.args or [])
        assert message is not None
        answer = await self._gateway.post(
            f"{self._gateway_url}/images/generations", json={"model": "bench", "prompt": prompt, "n": 1}
        )
        picture = await self._gateway.get(answer.json()["data"][0]["url"])
        await message.reply_photo(picture.content, caption=prompt)


def main() -> None:
    root = os.environ["TELEGRAM_API_URL"]
    application = (
        Application.builder()
        .token(os.environ["TELEGRAM_BOT_TOKEN"])
        .base_url(f"{root}/bot")
        .request(_request())
        .get_updates_request(_request())
        .concurrent_updates(AT_ONCE)
        .build()
    )
    application.add_handler(CommandHandler("draw", Script(os.environ["BENCH_BASE_URL"]).draw))
    application.run_polling()


if __name__ == "__main__":
    main()
