"""A gateway whose tasks take given times, and that writes down how often and how late it was asked.

It speaks as EvoLink and as qwen-image-2512.org do, as far as a client needs to draw. The one tells how far a
task is, growing evenly; the other tells nothing until the end. Both call back where they are asked to.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, web
from PIL import Image

_SIDE = 256


@dataclass(slots=True)
class Task:
    """Seconds of the running loop. `told` is when somebody asked and was told that it is done."""

    duration: float
    begun: float
    looks: int = 0
    told: float | None = None

    @property
    def ended(self) -> float:
        return self.begun + self.duration

    @property
    def progress(self) -> int:
        """Per cent."""
        return min(99, int(100 * (_now() - self.begun) / self.duration))

    def look(self) -> bool:
        """Whether it is done; counted until somebody has heard that it is."""
        if self.told is None:
            self.looks += 1
            self.told = _now() if _now() >= self.ended else None
        return _now() >= self.ended


class TaskGateway:
    """The n-th task submitted takes the n-th of the durations."""

    def __init__(self, durations: Iterable[float], errands: asyncio.TaskGroup, client: ClientSession) -> None:
        self.tasks: list[Task] = []
        self._durations: Iterator[float] = iter(durations)
        self._errands = errands
        self._client = client
        self._picture = _picture()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/images/generations", self._submit_evolink)
        app.router.add_get("/v1/tasks/{id}", self._look_evolink)
        app.router.add_post("/api/generate", self._submit_2512)
        app.router.add_get("/api/status", self._look_2512)
        app.router.add_get("/pictures/{name}", self._show)
        return app

    async def _submit_evolink(self, request: web.Request) -> web.Response:
        return web.json_response({"id": await self._open(request), "status": "pending", "progress": 0})

    async def _look_evolink(self, request: web.Request) -> web.Response:
        id_ = request.match_info["id"]
        task = self.tasks[int(id_)]
        if task.look():
            done = {"status": "completed", "progress": 100, "results": [_link(request, id_)]}
            return web.json_response({"id": id_, **done})
        return web.json_response({"id": id_, "status": "processing", "progress": task.progress})

    async def _submit_2512(self, request: web.Request) -> web.Response:
        return _said({"task_id": await self._open(request), "status": "IN_PROGRESS"})

    async def _look_2512(self, request: web.Request) -> web.Response:
        id_ = request.query["task_id"]
        if self.tasks[int(id_)].look():
            return _said({"task_id": id_, "status": "SUCCESS", "response": [_link(request, id_)]})
        return _said({"task_id": id_, "status": "IN_PROGRESS", "response": None})

    async def _open(self, request: web.Request) -> str:
        body = await request.json()
        task = Task(next(self._durations), _now())
        self.tasks.append(task)
        if address := body.get("callback_url"):
            self._errands.create_task(self._call_back(task, address))
        return str(len(self.tasks) - 1)

    async def _call_back(self, task: Task, address: str) -> None:
        await asyncio.sleep(task.ended - _now())
        async with self._client.post(address, json={}):
            pass

    async def _show(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._picture, content_type="image/png")


@asynccontextmanager
async def serve(durations: Iterable[float]) -> AsyncIterator[tuple[TaskGateway, str]]:
    """A gateway and its address while the context lasts, and until it has made its callbacks."""
    async with ClientSession() as client, asyncio.TaskGroup() as errands:
        gateway = TaskGateway(durations, errands, client)
        runner = web.AppRunner(gateway.application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield gateway, f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _said(data: dict[str, Any]) -> web.Response:
    return web.json_response({"code": 200, "message": "success", "data": data})


def _link(request: web.Request, id_: str) -> str:
    return str(request.url.origin().with_path(f"/pictures/{id_}.png"))


def _picture() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (_SIDE, _SIDE), "orange").save(held, "PNG")
    return held.getvalue()
