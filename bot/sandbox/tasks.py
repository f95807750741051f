"""Tasks of a gateway that answers later: opened, asked after, called back, found again after a restart."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.callbacks import NO_CALLBACK, Callback, Caller
from bot.sandbox.memory import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.sandbox.desk import Desk

_LIFE = timedelta(hours=24).total_seconds()  # of a task, from its beginning
_PENDING_SHARE = 0.2  # of a task's time, before the work visibly begins


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task ends without pictures."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done, apart from when: everything a task has that differs between gateways."""

    prompt: str
    origin: str
    """The address the client used, for links in a callback."""
    files: tuple[str, ...]
    """Names of the result links."""
    failure: Failure | None = None
    callback: Callback = NO_CALLBACK
    details: dict[str, Any] = field(default_factory=dict)
    """What the gateway repeats in its answers; JSON values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Times are seconds of the epoch."""

    id: str
    order: Order
    created: float
    begins: float
    """When the work visibly begins."""
    ends: float | None
    """None for a task that never ends."""

    @property
    def begun(self) -> bool:
        return time.time() >= self.begins

    @property
    def ended(self) -> bool:
        return self.ends is not None and time.time() >= self.ends

    @property
    def progress(self) -> int:
        """Per cent; 99 as long as a late task is not done."""
        if self.ended:
            return 100
        if self.ends is None or self.ends <= self.created:
            return 0
        return max(0, min(99, int(100 * (time.time() - self.created) / (self.ends - self.created))))


class TaskBook:
    """The tasks of one gateway. `view` is the task as an answer shows it, with links on an address."""

    def __init__(
        self,
        desk: Desk,
        caller: Caller,
        view: Callable[[Task, str], dict[str, Any]],
        forged: Callable[[Task], dict[str, Any]],
    ) -> None:
        self._desk = desk
        self._caller = caller
        self._view = view
        self._forged = forged
        self._tasks = Shelf(desk.memory, f"{desk.gateway}/tasks", Task)
        self._unfinished = Shelf(desk.memory, f"{desk.gateway}/unfinished", Task)

    def __getitem__(self, id_: str) -> Task | None:
        return self._tasks.get(id_)

    def newest(self) -> Sequence[Task]:
        return sorted(self._tasks.values(), key=lambda task: task.created, reverse=True)

    async def open(self, id_: str, order: Order, span: float | None) -> Task:
        """Begin a task that takes `span` seconds, None for ever. It holds a place that was claimed before."""
        now = time.time()
        span = 0.0 if order.callback.early else span
        visible = self._desk.options.latency.total_seconds()
        begins = now + min(visible if span is None else span, visible) * _PENDING_SHARE
        ends = None if span is None else now + span
        task = Task(id=id_, order=order, created=now, begins=begins, ends=ends)
        self._tasks.put(id_, task, now + _LIFE)
        self._unfinished.put(id_, task, now + _LIFE)
        if order.callback.early:
            await self._caller.deliver(order.callback, self._view(task, order.origin))
        self._desk.errands.run(self._see_through(task), f"task {id_}")
        return task

    def resume(self) -> None:
        """Go on with the tasks that a stopped or killed process had not seen through."""
        for task in self._unfinished.values():
            self._desk.tally.begin()
            self._desk.errands.run(self._see_through(task), f"task {task.id}")

    async def _see_through(self, task: Task) -> None:
        """Hold the task's place until it ends, then call back."""
        callback = task.order.callback
        try:
            await self._caller.forge(callback, self._forged(task))
            if task.ends is None:
                await asyncio.Event().wait()
            else:
                await asyncio.sleep(task.ends - time.time())
        finally:
            self._desk.tally.end()
        if not callback.early:
            await self._caller.deliver(callback, self._view(task, task.order.origin))
        self._unfinished.drop(task.id)
