"""Background loops."""

import asyncio

from structlog.testing import capture_logs

from bot.core.loops import repeat
from tests.core.virtual_time import leaping


class Passes:
    """Notes when each pass began; a pass takes `seconds`, and the first `failing` ones fail."""

    def __init__(self, failing: int = 0, seconds: float = 0) -> None:
        self.begun: list[float] = []
        self.finished = 0
        self._failing = failing
        self._seconds = seconds

    async def __call__(self) -> None:
        self.begun.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self._seconds)
        if len(self.begun) <= self._failing:
            raise LookupError("a bug")
        self.finished += 1


async def run_for(seconds: float, loop: asyncio.Task[None], stop: asyncio.Event) -> float:
    """Stop the loop after this time; returns how long stopping took."""
    await asyncio.sleep(seconds)
    stop.set()
    await loop
    return asyncio.get_running_loop().time() - seconds


@leaping
async def test_a_loop_passes_at_once_and_then_at_its_beat() -> None:
    passes, stop = Passes(), asyncio.Event()
    loop = asyncio.create_task(repeat("beat", passes, 10, stop))
    assert await run_for(35, loop, stop) == 0
    assert passes.begun == [0, 10, 20, 30]


@leaping
async def test_a_loop_survives_its_errors_and_names_itself_in_the_log() -> None:
    passes, stop = Passes(failing=2), asyncio.Event()
    with capture_logs() as logs:
        await run_for(35, asyncio.create_task(repeat("beat", passes, 10, stop)), stop)
    assert passes.finished == 2
    assert [(entry["event"], entry["loop"]) for entry in logs] == [("loop failed", "beat")] * 2


@leaping
async def test_a_pass_comes_early_when_there_is_reason_to() -> None:
    passes, stop, reason = Passes(), asyncio.Event(), asyncio.Event()
    loop = asyncio.create_task(repeat("beat", passes, 10, stop, when=reason.is_set))
    await asyncio.sleep(3.5)
    reason.set()
    await asyncio.sleep(1)
    reason.clear()
    await run_for(20, loop, stop)
    assert passes.begun == [0, 4, 14, 24]


@leaping
async def test_a_question_that_fails_does_not_end_the_loop() -> None:
    def ask() -> bool:
        raise LookupError("a bug")

    passes, stop = Passes(), asyncio.Event()
    with capture_logs():
        await run_for(25, asyncio.create_task(repeat("beat", passes, 10, stop, when=ask)), stop)
    assert passes.begun == [0, 10, 20]


@leaping
async def test_a_loop_faster_than_a_second_keeps_its_beat_beside_a_question() -> None:
    passes, stop = Passes(), asyncio.Event()
    loop = asyncio.create_task(repeat("beat", passes, 0.25, stop, when=lambda: False))
    await run_for(0.9, loop, stop)
    assert passes.begun == [0, 0.25, 0.5, 0.75]


@leaping
async def test_a_pass_under_way_is_finished_before_the_loop_stops() -> None:
    passes, stop = Passes(seconds=4), asyncio.Event()
    assert await run_for(1, asyncio.create_task(repeat("beat", passes, 10, stop)), stop) == 3
    assert passes.finished == 1


@leaping
async def test_a_loop_that_was_stopped_before_it_began_does_nothing() -> None:
    passes, stop = Passes(), asyncio.Event()
    stop.set()
    await repeat("beat", passes, 10, stop)
    assert passes.begun == []
