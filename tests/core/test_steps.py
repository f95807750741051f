"""Steps that are not torn apart."""

import asyncio

from bot.core.steps import Steps
from bot.domain.ids import JobId
from tests.core.virtual_time import leaping, settle

JOB, OTHER = JobId("job"), JobId("other")


class Work:
    """A job that waits, then has a step of a given length, then waits for ever."""

    def __init__(self, steps: Steps, job: JobId, step: float) -> None:
        self.through = False
        self.went_on = False
        self._steps = steps
        self.task = asyncio.create_task(self._run(job, step))

    async def _run(self, job: JobId, step: float) -> None:
        async with self._steps.step(job):
            await asyncio.sleep(step)
            self.through = True
        await asyncio.sleep(0)
        self.went_on = True
        await asyncio.sleep(10_000)


@leaping
async def test_a_job_outside_of_a_step_is_interrupted_at_once() -> None:
    task = asyncio.create_task(asyncio.sleep(10_000))
    Steps().interrupt(JOB, task)
    await asyncio.wait([task])
    assert task.cancelled()
    assert asyncio.get_running_loop().time() == 0


@leaping
async def test_a_job_inside_a_step_is_interrupted_right_after_it() -> None:
    steps = Steps()
    work = Work(steps, JOB, step=3)
    await settle()
    steps.interrupt(JOB, work.task)
    await asyncio.wait([work.task])
    assert work.through
    assert not work.went_on
    assert asyncio.get_running_loop().time() == 3


@leaping
async def test_a_job_with_several_calls_is_interrupted_when_the_last_of_them_is_through() -> None:
    steps = Steps()
    through: list[float] = []

    async def call(seconds: float) -> None:
        async with steps.step(JOB):
            await asyncio.sleep(seconds)
            through.append(seconds)
        await asyncio.sleep(10_000)

    async def job() -> None:
        async with asyncio.TaskGroup() as group:
            for seconds in (1, 5, 2):
                group.create_task(call(seconds))

    task = asyncio.create_task(job())
    await settle()
    steps.interrupt(JOB, task)
    await asyncio.wait([task])
    assert task.cancelled()
    assert through == [1, 2, 5]
    assert asyncio.get_running_loop().time() == 5


@leaping
async def test_an_interrupted_job_begins_no_new_step_while_it_finishes_another() -> None:
    steps = Steps()
    begun: list[float] = []

    async def call(before: float) -> None:
        await asyncio.sleep(before)
        async with steps.step(JOB):
            begun.append(before)
            await asyncio.sleep(5)

    async def job() -> None:
        async with asyncio.TaskGroup() as group:
            for before in (0, 1, 3):
                group.create_task(call(before))

    task = asyncio.create_task(job())
    await asyncio.sleep(2)
    steps.interrupt(JOB, task)
    await asyncio.wait([task])
    assert task.cancelled()
    assert begun == [0, 1]
    assert asyncio.get_running_loop().time() == 6


@leaping
async def test_a_job_interrupted_twice_is_cancelled_once_and_cleans_up_undisturbed() -> None:
    steps = Steps()
    cleaned: list[bool] = []

    async def job() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(5)
            cleaned.append(True)

    task = asyncio.create_task(job())
    for _ in range(3):
        await asyncio.sleep(1)
        steps.interrupt(JOB, task)
    await asyncio.wait([task])
    assert cleaned == [True]


@leaping
async def test_a_step_that_fails_still_lets_the_interruption_through() -> None:
    steps = Steps()

    async def job() -> None:
        try:
            async with steps.step(JOB), asyncio.timeout(1):
                await asyncio.sleep(60)
        except TimeoutError:
            await asyncio.sleep(10_000)

    task = asyncio.create_task(job())
    await settle()
    steps.interrupt(JOB, task)
    await asyncio.wait([task])
    assert task.cancelled()
    assert asyncio.get_running_loop().time() == 1


@leaping
async def test_an_interruption_is_over_with_its_step_and_spares_the_next_task_of_the_job() -> None:
    steps = Steps()
    first = Work(steps, JOB, step=1)
    await settle()
    steps.interrupt(JOB, first.task)
    await asyncio.wait([first.task])
    second = Work(steps, JOB, step=1)
    await asyncio.sleep(2)
    assert second.went_on
    second.task.cancel()


@leaping
async def test_a_stop_lets_steps_finish_and_begins_nothing_after_them() -> None:
    steps = Steps()
    inside, outside = Work(steps, JOB, step=3), asyncio.create_task(asyncio.sleep(10_000))
    await settle()
    torn = await steps.stop({JOB: inside.task, OTHER: outside}, grace=5)
    assert torn == 0
    assert inside.through
    assert not inside.went_on
    assert outside.cancelled()
    assert asyncio.get_running_loop().time() == 3


@leaping
async def test_a_step_longer_than_the_grace_is_torn_and_counted() -> None:
    steps = Steps()
    short, long = Work(steps, JOB, step=1), Work(steps, OTHER, step=60)
    await settle()
    assert await steps.stop({JOB: short.task, OTHER: long.task}, grace=5) == 1
    assert short.through
    assert not long.through
    assert long.task.cancelled()
    assert asyncio.get_running_loop().time() == 5


@leaping
async def test_a_torn_job_cleans_up_undisturbed() -> None:
    steps = Steps()
    cleaned: list[bool] = []

    async def job() -> None:
        try:
            async with steps.step(JOB):
                await asyncio.sleep(60)
        finally:
            await asyncio.sleep(1)
            cleaned.append(True)

    task = asyncio.create_task(job())
    await settle()
    assert await steps.stop({JOB: task}, grace=5) == 1
    assert cleaned == [True]


@leaping
async def test_a_stop_with_nothing_to_stop_is_done_at_once() -> None:
    assert await Steps().stop({}, grace=5) == 0
    assert asyncio.get_running_loop().time() == 0
