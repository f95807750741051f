"""Which jobs are worked on, and what happens when that fails or stops."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import cast

import pytest
from structlog.testing import capture_logs

from bot.core.dispatcher import Dispatcher
from bot.core.fulfilment import Fulfilment
from bot.core.steps import Steps
from bot.domain.ids import JobId
from bot.ports.store import Store, StoreBusy
from tests.core.virtual_time import leaping, settle

JOB = JobId("0000")


class Shelf:
    """The unfinished jobs of a database. A look takes one second."""

    def __init__(self, jobs: int = 0) -> None:
        self.jobs = [JobId(f"{number:04d}") for number in range(jobs)]
        self.looks = 0

    async def unfinished(self, after: JobId | None, limit: int) -> Sequence[JobId]:
        self.looks += 1
        await asyncio.sleep(1)
        return [job for job in self.jobs if after is None or job > after][:limit]


class Workshop(Fulfilment):
    """Fulfils a job by spending `seconds` on it, of which the first `step` must not be torn."""

    def __init__(self, shelf: Shelf, *troubles: Exception, seconds: float = 10, step: float = 0) -> None:
        self.begun: Counter[JobId] = Counter()
        self.ended: Counter[JobId] = Counter()
        self.through: list[JobId] = []
        self.given_up: list[JobId] = []
        self.no_giving_up: Exception | None = None
        self.steps = Steps()
        self._shelf = shelf
        self._troubles = list(troubles)
        self._seconds = seconds
        self._step = step

    async def fulfil(self, job_id: JobId) -> None:
        self.begun[job_id] += 1
        async with self.steps.step(job_id):
            await asyncio.sleep(self._step)
            self.through.append(job_id)
        await asyncio.sleep(self._seconds - self._step)
        if self._troubles:
            raise self._troubles.pop(0)
        self._shelf.jobs = [job for job in self._shelf.jobs if job != job_id]
        self.ended[job_id] += 1

    async def give_up(self, job_id: JobId) -> None:
        if self.no_giving_up:
            raise self.no_giving_up
        self.given_up.append(job_id)


def dispatcher(shelf: Shelf, workshop: Workshop, most: int = 2_000) -> Dispatcher:
    return Dispatcher(cast("Store", shelf), workshop, workshop.steps, most)


@leaping
async def test_a_job_dispatched_twice_is_worked_on_once() -> None:
    workshop = Workshop(Shelf())
    it = dispatcher(Shelf(), workshop)
    it.dispatch(JOB)
    it.dispatch(JOB)
    assert it.running == 1
    await asyncio.sleep(5)
    it.dispatch(JOB)
    await asyncio.sleep(6)
    assert workshop.ended == {JOB: 1}
    assert it.running == 0


@leaping
async def test_a_scan_finds_every_job_of_a_long_list_and_none_twice() -> None:
    shelf = Shelf(1_234)
    workshop = Workshop(shelf)
    it = dispatcher(shelf, workshop)
    it.dispatch(shelf.jobs[700])
    everything = list(shelf.jobs)
    await it.scan()
    assert it.running == 1_234
    await it.scan()
    await asyncio.sleep(20)
    assert workshop.begun == Counter(everything)


@leaping
async def test_more_jobs_than_fit_wait_in_the_database_and_the_oldest_are_first() -> None:
    shelf = Shelf(10)
    workshop = Workshop(shelf)
    it = dispatcher(shelf, workshop, most=4)
    await it.scan()
    assert sorted(workshop.begun) == []
    await settle()
    assert sorted(workshop.begun) == [JobId(f"000{number}") for number in range(4)]
    assert not it.has_room_again
    it.dispatch(JobId("0009"))
    assert it.running == 4
    while shelf.jobs:
        await asyncio.sleep(1)
        if it.has_room_again:
            await it.scan()
        assert it.running <= 4
    assert workshop.ended == Counter(JobId(f"000{number}") for number in range(10))
    await settle()
    assert it.running == 0


@pytest.mark.parametrize("most", [1, 2, 5])
@leaping
async def test_a_job_left_out_makes_the_next_scan_come_early_once_there_is_room(most: int) -> None:
    shelf = Shelf(most + 1)
    it = dispatcher(shelf, Workshop(shelf), most)
    assert not it.has_room_again
    for job in shelf.jobs:
        it.dispatch(job)
    assert not it.has_room_again
    await asyncio.sleep(11)
    assert it.has_room_again
    await it.scan()
    assert not it.has_room_again
    await asyncio.sleep(11)
    assert shelf.jobs == []


@leaping
async def test_a_woken_job_leaves_what_it_waited_for_and_is_looked_at_anew() -> None:
    workshop = Workshop(Shelf(), seconds=1_000)
    it = dispatcher(Shelf(), workshop)
    it.dispatch(JOB)
    await asyncio.sleep(5)
    it.wake(JOB)
    await settle()
    assert workshop.begun == {JOB: 2}
    assert it.running == 1
    await it.stop(1)


@leaping
async def test_waking_a_job_does_not_tear_the_step_it_is_in() -> None:
    workshop = Workshop(Shelf(), seconds=1_000, step=20)
    it = dispatcher(Shelf(), workshop)
    it.dispatch(JOB)
    await asyncio.sleep(5)
    it.wake(JOB)
    it.wake(JOB)
    await asyncio.sleep(16)
    assert workshop.through == [JOB]
    assert workshop.begun == {JOB: 2}
    await it.stop(0)


@leaping
async def test_a_job_that_nobody_works_on_is_begun_by_waking_it() -> None:
    workshop = Workshop(Shelf())
    dispatcher(Shelf(), workshop).wake(JOB)
    await asyncio.sleep(11)
    assert workshop.ended == {JOB: 1}


# --- trouble -------------------------------------------------------------------------------------------


async def run_until_nothing_is_left(it: Dispatcher, shelf: Shelf, workshop: Workshop, rounds: int) -> None:
    for _ in range(rounds):
        await it.scan()
        await asyncio.sleep(15)
        shelf.jobs = [job for job in shelf.jobs if job not in workshop.given_up]


def nested(error: Exception) -> ExceptionGroup[Exception]:
    """As it comes out of a job with several calls."""
    return ExceptionGroup("calls", [ExceptionGroup("one call", [error])])


@pytest.mark.parametrize("group", [False, True])
@leaping
async def test_a_busy_database_is_no_bug_however_often_and_wherever_a_job_meets_it(group: bool) -> None:
    shelf = Shelf(1)
    busy = [nested(StoreBusy()) if group else StoreBusy() for _ in range(5)]
    workshop = Workshop(shelf, *busy)
    await run_until_nothing_is_left(dispatcher(shelf, workshop), shelf, workshop, 6)
    assert workshop.ended == {JOB: 1}
    assert workshop.given_up == []


@pytest.mark.parametrize("group", [False, True])
@leaping
async def test_a_job_that_a_bug_breaks_three_times_is_given_up(group: bool) -> None:
    shelf = Shelf(1)
    bugs = [nested(LookupError()) if group else LookupError() for _ in range(5)]
    workshop = Workshop(shelf, *bugs)
    with capture_logs() as logs:
        await run_until_nothing_is_left(dispatcher(shelf, workshop), shelf, workshop, 6)
    assert workshop.given_up == [JOB]
    assert workshop.begun == {JOB: 3}
    assert [entry["time"] for entry in logs if entry["event"] == "job broken by a bug"] == [1, 2, 3]


@leaping
async def test_bugs_that_pass_are_forgotten() -> None:
    shelf = Shelf()
    workshop = Workshop(shelf, LookupError(), LookupError())
    it = dispatcher(shelf, workshop)
    with capture_logs():
        for trouble in (None, None, None, LookupError(), LookupError(), None):
            if trouble:
                workshop._troubles.append(trouble)
            it.dispatch(JOB)
            await asyncio.sleep(11)
    assert workshop.given_up == []
    assert workshop.ended == {JOB: 2}


@leaping
async def test_a_giving_up_that_fails_is_tried_again_with_the_next_scan() -> None:
    shelf = Shelf(1)
    workshop = Workshop(shelf, *[LookupError() for _ in range(4)])
    workshop.no_giving_up = StoreBusy()
    it = dispatcher(shelf, workshop)
    with capture_logs():
        await run_until_nothing_is_left(it, shelf, workshop, 3)
        assert workshop.given_up == []
        workshop.no_giving_up = None
        await run_until_nothing_is_left(it, shelf, workshop, 1)
    assert workshop.given_up == [JOB]


@leaping
async def test_a_broken_job_leaves_the_others_alone() -> None:
    shelf = Shelf(3)
    workshop = Workshop(shelf, LookupError())
    with capture_logs():
        await run_until_nothing_is_left(dispatcher(shelf, workshop), shelf, workshop, 1)
    assert workshop.ended == {JobId("0001"): 1, JobId("0002"): 1}


# --- stopping ------------------------------------------------------------------------------------------


@leaping
async def test_a_stop_lets_steps_finish_and_takes_nothing_more() -> None:
    shelf = Shelf(3)
    workshop = Workshop(shelf, seconds=1_000, step=5)
    it = dispatcher(shelf, workshop)
    await it.scan()
    await asyncio.sleep(1)
    stopping = asyncio.create_task(it.stop(grace=30))
    await settle()
    it.dispatch(JobId("new"))
    it.wake(JobId("0001"))
    await stopping
    await it.scan()
    await settle()
    assert it.running == 0
    assert sorted(workshop.through) == shelf.jobs
    assert workshop.begun == Counter(shelf.jobs)


@leaping
async def test_a_stop_does_not_wait_longer_than_its_grace_and_says_what_it_tore() -> None:
    workshop = Workshop(Shelf(), seconds=1_000, step=500)
    it = dispatcher(Shelf(), workshop)
    it.dispatch(JOB)
    await asyncio.sleep(1)
    with capture_logs() as logs:
        await it.stop(grace=30)
    assert asyncio.get_running_loop().time() == 31
    assert workshop.through == []
    assert [(entry["event"], entry["jobs"]) for entry in logs] == [("jobs cut short by the stop", 1)]


@leaping
async def test_a_scan_under_way_ends_with_the_stop() -> None:
    shelf = Shelf(2_000)
    it = dispatcher(shelf, Workshop(shelf))
    scanning = asyncio.create_task(it.scan())
    await settle()
    await it.stop(grace=1)
    await scanning
    assert shelf.looks == 1
    assert it.running == 0
