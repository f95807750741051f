"""Fulfilling a job: a coroutine that can be killed at any line and run again.

It reads the state, asks `decide_job` for the next thing, does it, writes the new state with a
compare-and-set, and goes on. Everything that costs money is in `bot.core.calls`.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import tzinfo
from typing import assert_never

import structlog

from bot.core.calls import Calls, calls_for_the_same, routes_tried
from bot.core.ids import new_id
from bot.core.packing import Packing
from bot.core.references import References
from bot.core.routing import Router
from bot.core.steps import Steps
from bot.core.voice import Voice, voice_of
from bot.domain.decide import (
    Abandon,
    Begin,
    Close,
    Deliver,
    Finished,
    Move,
    Policy,
    Prepare,
    Work,
    decide_job,
    later,
)
from bot.domain.fitting import Fit, Share, shares
from bot.domain.ids import CallId, JobId, Micros, Millis
from bot.domain.jobs import Call, CallState, Job, JobState
from bot.domain.ledger import Plan, day_of
from bot.domain.problems import Key, problem
from bot.ports.chat import Chat, ChatGone, ChatUnavailable, Stage, Status
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
        router: Router,
        references: References,
        calls: Calls,
        chats: Mapping[str, Chat],
        packing: Packing,
        plan: Plan,
        policy: Policy,
        zone: tzinfo,
        clock: Clock,
        steps: Steps,
    ) -> None:
        self._store = store
        self._router = router
        self._references = references
        self._calls = calls
        self._chats = chats
        self._packing = packing
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
                job = await self._advance(job, chat, voice) or await self._store.load(job_id)
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

    async def _advance(self, job: Job, chat: Chat, voice: Voice) -> Job | None:
        """Do the next thing. Returns the job as it is then, where that is known without looking."""
        step = decide_job(job, self._clock.now())
        match step:
            case Prepare():
                await self._prepare(job, chat)
            case Begin():
                return await self._begin(job)
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
                return await self._close(job, step)
            case Finished():
                pass
            case _:
                assert_never(step)
        return None

    async def _prepare(self, job: Job, chat: Chat) -> None:
        """Make the images ready; a platform that is away is asked again until the job is overdue."""
        attempts = 0
        current: Job | None = job
        while current and current.state is JobState.ACCEPTED and self._clock.now() < job.deadline_at:
            try:
                why = await self._references.prepare(current, chat)
            except ChatUnavailable as away:
                attempts += 1
                wait = max(away.after, self._policy.wait(attempts).total_seconds())
                log.warning("image delayed", job=job.id, why=str(away), wait=wait)
                await asyncio.sleep(wait)
                current = await self._store.load(job.id)
            else:
                if why:
                    await self._close(current, Close(JobState.FAILED, why))
                return

    async def _begin(self, job: Job) -> Job | None:
        fit = self._router.choose(job, frozenset())
        if not isinstance(fit, Fit):
            return await self._close(job, Close(JobState.FAILED, fit or problem(Key.NO_GATEWAY)))
        now = self._clock.now()
        calls = _plan(job, fit, Share(0, job.request.count, job.request.seed), now)
        if not await self._store.begin(job, calls, now):
            return None
        log.info("job planned", job=job.id, route=fit.route.key, calls=len(calls))
        return replace(job, state=JobState.WORKING, version=job.version + 1, calls=tuple(calls))

    async def _work(self, job: Job, calls: Sequence[Call], voice: Voice) -> None:
        if len(calls) == 1:
            await self._follow(job, calls[0], voice)
            return
        # Not a task group: that would tear the others' paid submissions when one call meets an error.
        coming = (self._follow(job, call, voice) for call in calls)
        answers = await asyncio.gather(*coming, return_exceptions=True)
        if errors := [answer for answer in answers if isinstance(answer, Exception)]:
            raise ExceptionGroup(f"calls of {job.id}", errors)

    async def _follow(self, job: Job, call: Call, voice: Voice) -> None:
        """Bring a call to its end, and those that take over from it."""
        ended = await self._calls.bring_forward(job, call, voice)
        if ended is None or not ended.elsewhere:
            return
        present = await self._store.load(job.id)
        if present and (calls := await self._take_over(present, ended)):
            await self._work(replace(present, calls=(*present.calls, *calls)), calls, voice)

    async def _take_over(self, job: Job, call: Call) -> Sequence[Call]:
        """Let the next route make what a rejected call did not; none when all were tried or time is up."""
        fit = self._next_route(job, call) if self._clock.now() < job.deadline_at else None
        calls: Sequence[Call] = ()
        if fit:
            share = Share(call.offset, call.count, call.seed)
            calls = _plan(job, fit, share, self._clock.now())
            log.info("call taken over", job=job.id, call=call.id, old=call.route, new=fit.route.key)
        return await self._store.replace_call(call, calls)

    def _next_route(self, job: Job, call: Call) -> Fit | None:
        """A route that was not tried for these pictures; failing that one that was only busy or failed."""
        tried = routes_tried(job, call)
        fit = self._router.choose(job, tried)
        if fit is None:
            hopeful = hopeful_routes(job, call, self._policy.submit_attempts)
            fit = self._router.choose(job, tried - hopeful) if hopeful else None
        return fit if isinstance(fit, Fit) else None

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
        left_today = max(0, self._plan.pictures_per_day - used)
        parcel = self._packing.parcel(job, job.undelivered, left_today)
        async with aclosing(chat.deliver(parcel)) as messages:
            async for sent in messages:
                await self._store.note_delivery(sent, self._clock.now())

    async def _close(self, job: Job, step: Close) -> Job | None:
        closed = await self._store.close(job, step.state, step.problem, self._clock.now())
        if closed:
            why = step.problem.key.value if step.problem else None
            log.info("job ended", job=job.id, state=step.state.value, why=why)
        return closed

    async def _tell_end(self, job: Job, voice: Voice) -> None:
        end = replace(end_of(job), offers=self._packing.offers(job))
        told = await voice.tell_end(job, end, _END_PATIENCE_SECONDS)
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
            problems = [call.problem for call in job.last_calls if call.problem]
            why = problems[0] if problems and returned else None
            return Status(Stage.DONE, pictures=delivered, problem=why, returned=returned, seconds=seconds)
        case _:
            return Status(Stage.FAILED, pictures=delivered, problem=job.problem, returned=returned)


def hopeful_routes(job: Job, call: Call, attempts: int) -> frozenset[str]:
    """Of the routes tried for the same pictures those that were merely busy, or failed not too often."""
    same = calls_for_the_same(job, call)
    busy = {other.route for other in same if other.problem and other.problem.key is Key.GATEWAY_BUSY}
    failed = [other for other in same if other.problem and other.problem.key is Key.GATEWAY_FAILED]
    made = sum(other.failures + 1 for other in failed)
    return frozenset(busy | {other.route for other in failed if made < attempts})


def _plan(job: Job, fit: Fit, share: Share, now: Millis) -> list[Call]:
    """The calls for a share of a job on one route: several when a call returns fewer pictures than that."""
    route = fit.route
    return [
        Call(
            id=CallId(new_id(now)),
            job_id=job.id,
            ordinal=index,
            gateway=route.gateway,
            route=route.key,
            offset=share.offset + part.offset,
            count=part.count,
            seed=part.seed,
            size=str(fit.size) if fit.size else None,
            state=CallState.PLANNED,
            cost=None if route.price is None else Micros(route.price * part.count),
        )
        for index, part in enumerate(shares(share.count, route, share.seed))
    ]
