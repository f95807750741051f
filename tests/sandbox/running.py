"""A sandbox on loopback and a client that speaks to it."""

from __future__ import annotations

import asyncio
import base64
import io
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from aiohttp import web
from PIL import Image

from bot.sandbox import Fault, FaultArgs, FaultName, Options, Sandbox, base_urls, files_base_url, serve
from bot.sandbox.drawing import paint_plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SIZES = {"crazyrouter": "1328x1328", "dieyuyun": "1328x1328", "openai": "256x256"}
QUICK = Options(painter=paint_plain)


@dataclass(frozen=True, slots=True)
class Running:
    """The served sandbox, its root address and a client with an accepted key."""

    sandbox: Sandbox
    root: str
    http: httpx.AsyncClient

    def url(self, gateway: str, path: str) -> str:
        return base_urls(self.root)[gateway] + path

    async def generate(self, gateway: str, **fields: Any) -> httpx.Response:
        """A correct request of the OpenAI dialect, with `fields` changed or added."""
        body = {"model": "qwen-image-plus", "prompt": "a red kite", "size": SIZES[gateway]} | fields
        return await self.http.post(self.url(gateway, "/images/generations"), json=body)

    async def draw_with_realmrouter(self, text: str = "a red kite", **parameters: Any) -> httpx.Response:
        """A correct request to draw, with these parameters."""
        body = {
            "model": "qwen-image-plus",
            "input": {"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]},
            "parameters": {"size": "1328*1328"} | parameters,
        }
        return await self.http.post(self.url("realmrouter", "/images/generations"), json=body)

    async def edit_with_realmrouter(
        self, *images: str, text: str = "make it night", model: str = "qwen-image-edit-plus", **options: Any
    ) -> httpx.Response:
        content = [*({"image": image} for image in images), {"text": text}]
        body = {
            "model": model,
            "input": {"messages": [{"role": "user", "content": content}]},
            "parameters": options,
        }
        return await self.http.post(self.url("realmrouter", "/images/edits"), json=body)

    async def edit_with_evolink(self, *urls: str, key: str | None = None, **fields: Any) -> httpx.Response:
        """A correct request to edit images at these addresses, with `fields` changed or added."""
        asked = {"model": "qwen-image-edit", "prompt": "make it night", "image_urls": list(urls)} | fields
        headers = {"Idempotency-Key": key} if key else {}
        address = self.url("evolink", "/v1/images/generations")
        return await self.http.post(address, json=asked, headers=headers)

    async def evolink_task(self, id_: str) -> httpx.Response:
        return await self.http.get(self.url("evolink", f"/v1/tasks/{id_}"))

    async def upload(self, data: bytes, **naming: str) -> httpx.Response:
        """Give an image to EvoLink's upload service."""
        body = {"base64_data": base64.b64encode(data).decode()} | naming
        address = f"{files_base_url(self.root)}/api/v1/files/upload/base64"
        return await self.http.post(address, json=body)

    async def uploaded(self, data: bytes, **naming: str) -> str:
        """The address of an uploaded image."""
        return str((await self.upload(data, **naming)).json()["data"]["file_url"])

    async def submit(self, **fields: Any) -> httpx.Response:
        return await self.http.post(
            self.url("qwen-image-2512", "/api/generate"), json={"prompt": "a red kite"} | fields
        )

    async def status(self, task_id: str) -> httpx.Response:
        return await self.http.get(self.url("qwen-image-2512", "/api/status"), params={"task_id": task_id})

    async def submitted(self, **fields: Any) -> str:
        """The id of a task that was accepted."""
        answer = await self.submit(**fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["task_id"])

    def break_with(self, name: FaultName, **wish: Any) -> None:
        args = FaultArgs(**wish.pop("args", {}))
        self.sandbox.add_faults(Fault(fault=name, args=args, **wish))


@asynccontextmanager
async def running(options: Options = QUICK, port: int = 0) -> AsyncIterator[Running]:
    sandbox = Sandbox(options)
    headers = {"Authorization": "Bearer any-key"}
    async with serve(sandbox, port=port) as root, httpx.AsyncClient(headers=headers, timeout=10) as client:
        yield Running(sandbox, root, client)


@asynccontextmanager
async def listener() -> AsyncIterator[tuple[str, asyncio.Queue[dict[str, Any]]]]:
    """An address for callbacks, and what was posted there."""
    calls: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        calls.put_nowait(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/cb", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/cb", calls
    finally:
        await runner.cleanup()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is about to happen."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in the server, without an event
            await asyncio.sleep(0.005)


def photo(colour: str = "orange", size: tuple[int, int] = (512, 384), kind: str = "PNG") -> bytes:
    """An image of one colour."""
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, kind)
    return target.getvalue()


def data_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def picture(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
