"""Fulfilling a job: a coroutine that can be killed at any line and run again.

It reads the state, asks `decide_job` for the next thing, does it, writes the new state with a
compare-and-set, and goes on. Everything that costs money is in `bot.core.calls`.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import aclosing, contextmanager
from datetime import tzinfo
from typing import assert_never

import structlog

from bot.core.calls import Calls
from bot.core.ids import new_id
from bot.core.steps import Steps
from bot.core.voice import Voice, voice_of
from bot.domain.catalogue import Catalogue
from bot.domain.decide import (
    Abandon,
    Begin,
    Close,
    Deliver,
    Finished,
    Move,
    Policy,
    Work,
    decide_job,
    later,
)
from bot.domain.fitting import Fit, candidates, shares
from bot.domain.ids import CallId, JobId, Micros, Millis
from bot.domain.jobs import Call, CallState, Job, JobState
from bot.domain.ledger import Plan, day_of
from bot.domain.problems import Key, Problem, problem
from bot.ports.chat import Chat, ChatGone, ChatUnavailable, Parcel, Stage, Status
from bot.ports.clock import Clock
from bot.ports.store import Store

log = structlog.get_logger()

_END_PATIENCE_SECONDS = 60.0
_SLOW_SECONDS = 5.0
"""How long a sending may take before it is worth a message of its own: the picture says it better."""


class Fulfilment:
    """Brings jobs to their end."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        calls: Calls,
        chats: Mapping[str, Chat],
        plan: Plan,
        policy: Policy,
        zone: tzinfo,
        clock: Clock,
        steps: Steps,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._calls = calls
        self._chats = chats
        self._plan = plan
        self._policy = policy
        self._zone = zone
        self._clock = clock
        self._steps = steps

    async def fulfil(self, job_id: JobId) -> None:
        """Do whatever is left to do for a job. Repeatable; returns when nothing is left.

        Raises StoreBusy. A job of a platform that is switched off is left as it is.
        """
        job = await self._store.load(job_id)
        chat = self._chats.get(job.address.platform) if job else None
        if job is None or chat is None:
            log.warning("job left alone", job=job_id, why="unknown" if job is None else "platform is off")
            return
        async with voice_of(job, chat, self._store) as voice:
            while job is not None and not job.finished:
                await self._advance(job, chat, voice)
                job = await self._store.load(job_id)
            if job is not None and not job.told:
                await self._tell_end(job, voice)

    async def give_up(self, job_id: JobId) -> None:
        """End a job that a bug of ours keeps from ending or from being told; its hold is returned."""
        job = await self._store.load(job_id)
        if job and job.finished:
            await self._store.note_told(job.id, self._clock.now())
        elif job:
            state = JobState.UNDELIVERABLE if job.state is JobState.DELIVERING else JobState.FAILED
            await self._close(job, Close(state, problem(Key.INTERNAL, job=job.id)))

    async def _advance(self, job: Job, chat: Chat, voice: Voice) -> None:
        step = decide_job(job, self._clock.now())
        match step:
            case Begin():
                await self._begin(job)
            case Work(calls=calls):
                await self._work(job, calls, voice)
            case Abandon(calls=calls, problem=why):
                for call in calls:
                    await self._store.move_call(
                        call, Move(CallState.ABANDONED, problem=why), self._clock.now()
                    )
            case Deliver():
                await self._deliver(job, chat, voice)
            case Close():
                await self._close(job, step)
            case Finished():
                pass
            case _:
                assert_never(step)

    async def _begin(self, job: Job) -> None:
        fits = candidates(job.request, self._catalogue)
        if isinstance(fits, Problem):
            await self._close(job, Close(JobState.FAILED, fits))
            return
        now = self._clock.now()
        calls = _plan(job, fits[0], now)
        if await self._store.begin(job, calls, now):
            log.info("job planned", job=job.id, route=fits[0].route.key, calls=len(calls))

    async def _work(self, job: Job, calls: tuple[Call, ...], voice: Voice) -> None:
        # Not a task group: that would tear the others' paid submissions when one call meets an error.
        coming = (self._calls.bring_forward(job, call, voice) for call in calls)
        answers = await asyncio.gather(*coming, return_exceptions=True)
        if errors := [answer for answer in answers if isinstance(answer, Exception)]:
            raise ExceptionGroup(f"calls of {job.id}", errors)

    async def _deliver(self, job: Job, chat: Chat, voice: Voice) -> None:
        """Send what has not arrived, again and again while the chat is only unavailable."""
        until = later(job.created_at, self._policy.deliver_for)
        attempts = 0
        current: Job | None = job
        while current and current.undelivered:
            try:
                with _telling_when_slow(voice, Status(Stage.SENDING)):
                    async with self._steps.step(job.id):
                        await self._send(current, chat)
            except ChatGone as gone:
                await self._undeliverable(current, gone)
                return
            except ChatUnavailable as away:
                attempts += 1
                if self._clock.now() >= until:
                    await self._undeliverable(current, away)
                    return
                wait = max(away.after, self._policy.wait(attempts).total_seconds())
                log.warning("delivery delayed", job=job.id, why=str(away), wait=wait)
                await asyncio.sleep(wait)
                current = await self._store.load(job.id)
            else:
                return

    async def _undeliverable(self, job: Job, why: Exception) -> None:
        log.warning("pictures not delivered", job=job.id, why=str(why))
        await self._close(job, Close(JobState.UNDELIVERABLE, problem(Key.CHAT_REFUSED)))

    async def _send(self, job: Job, chat: Chat) -> None:
        day = day_of(self._clock.now(), self._zone)
        used = await self._store.used(job.account_id, day)
        call = job.calls[0]
        route = self._catalogue.route(call.route)
        parcel = Parcel(
            job=job,
            pictures=job.undelivered,
            model=route.name if route else call.route,
            asked_size=call.size,
            left_today=max(0, self._plan.pictures_per_day - used),
        )
        async with aclosing(chat.deliver(parcel)) as messages:
            async for sent in messages:
                await self._store.note_delivery(sent, self._clock.now())

    async def _close(self, job: Job, step: Close) -> None:
        closed = await self._store.close(job, step.state, step.problem, self._clock.now())
        if closed:
            why = step.problem.key.value if step.problem else None
            log.info("job ended", job=job.id, state=step.state.value, why=why)

    async def _tell_end(self, job: Job, voice: Voice) -> None:
        told = await voice.tell_end(end_of(job), _END_PATIENCE_SECONDS)
        now = self._clock.now()
        # Words beside pictures that arrived are not tried again, others not for ever.
        stale = now >= later(job.finished_at or now, self._policy.deliver_for)
        if told or stale or job.state is JobState.DONE:
            await self._store.note_told(job.id, now)


@contextmanager
def _telling_when_slow(voice: Voice, status: Status) -> Iterator[None]:
    timer = asyncio.get_running_loop().call_later(_SLOW_SECONDS, voice.tell, status)
    try:
        yield
    finally:
        timer.cancel()


def end_of(job: Job) -> Status:
    """What is told of a finished job."""
    delivered = sum(picture.delivered for picture in job.pictures)
    returned = job.request.count - delivered
    seconds = round(((job.finished_at or job.created_at) - job.created_at) / 1000)
    match job.state:
        case JobState.CANCELLED:
            return Status(Stage.CANCELLED, returned=returned)
        case JobState.DONE:
            why = next((call.problem for call in job.calls if call.problem), None) if returned else None
            return Status(Stage.DONE, pictures=delivered, problem=why, returned=returned, seconds=seconds)
        case _:
            return Status(Stage.FAILED, pictures=delivered, problem=job.problem, returned=returned)


def _plan(job: Job, fit: Fit, now: Millis) -> list[Call]:
    """The calls of a job on one route: several when a call returns fewer pictures than were asked for."""
    route = fit.route
    return [
        Call(
            id=CallId(new_id(now)),
            job_id=job.id,
            ordinal=ordinal,
            gateway=route.gateway,
            route=route.key,
            offset=share.offset,
            count=share.count,
            seed=share.seed,
            size=str(fit.size) if fit.size else None,
            state=CallState.PLANNED,
            cost=None if route.price is None else Micros(route.price * share.count),
        )
        for ordinal, share in enumerate(shares(job.request.count, route, job.request.seed))
    ]
