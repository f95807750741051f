"""The gateway of the benchmarks, a process of its own: ``python -m bench.gateway``.

It speaks the OpenAI Images form and answers after a set time with a link to a picture on itself: a real PNG
of 512 KB, the same every time, so that it costs next to nothing to serve.
"""

import asyncio
import io
import random
import signal
import sys

from aiohttp import web
from PIL import Image

SIDE = 1024
PICTURE_BYTES = 512 * 1024
LATENCY = 2.0
"""Seconds until an answer, before `PUT /latency` says otherwise."""


class Gateway:
    def __init__(self) -> None:
        self._latency = LATENCY
        self._picture = _picture()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/images/generations", self._generate)
        app.router.add_get("/pictures/{name}", self._show)
        app.router.add_put("/latency", self._set_latency)
        return app

    async def _generate(self, request: web.Request) -> web.Response:
        await request.json()
        await asyncio.sleep(self._latency)
        url = request.url.origin().with_path("/pictures/fox.png")
        return web.json_response({"created": 1, "data": [{"url": str(url)}]})

    async def _show(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._picture, content_type="image/png")

    async def _set_latency(self, request: web.Request) -> web.Response:
        self._latency = float((await request.json())["seconds"])
        return web.Response()


def _picture() -> bytes:
    """Noise over a part of the square, as much as does not pack into fewer bytes."""
    noise = random.Random(7).randbytes(PICTURE_BYTES - 4 * 1024)
    image = Image.frombytes("RGB", (SIDE, SIDE), noise.ljust(3 * SIDE * SIDE, b"\0"))
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


async def _serve() -> None:
    """Prints the address once it listens; stops on SIGTERM and SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(Gateway().application(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", file=sys.stdout, flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve())
