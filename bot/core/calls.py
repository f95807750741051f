"""Calls: the part of a job that costs money.

The intent to submit is on disk before the gateway hears of it. A call that is found in `submitting` at
the start was torn off there: whether the gateway took it is unknown, and it is never made again blindly.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import assert_never

import structlog

from bot.core.ids import new_id
from bot.core.slots import Slots
from bot.core.steps import Steps
from bot.core.voice import Voice
from bot.domain.catalogue import Catalogue, Gateway, Route
from bot.domain.decide import Keep, Move, Policy, decide_call
from bot.domain.geometry import Size
from bot.domain.ids import GatewayId, Micros, Millis, PictureId
from bot.domain.jobs import FINISHED_CALL, Call, CallState, Job, Picture
from bot.domain.outcome import (
    Accepted,
    Done,
    Failure,
    Inline,
    Link,
    Outcome,
    Rejected,
    Running,
    Unclear,
)
from bot.domain.problems import Key, problem
from bot.ports.chat import Stage, Status
from bot.ports.clock import Clock
from bot.ports.gateway import ImageGateway, Submission
from bot.ports.media import Fetcher, Kept, NotKept
from bot.ports.store import Store

log = structlog.get_logger()

_PLACE_SECONDS = 5.0
"""How often a waiting person's place is looked at."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What a call belongs to: its job, where it is made, and who tells the person about it."""

    job: Job
    gateway: Gateway
    route: Route
    port: ImageGateway
    slots: Slots
    voice: Voice


class Calls:
    """Brings calls forward: a turn at the gateway, the submission, the waiting, the pictures."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        gateways: Mapping[GatewayId, ImageGateway],
        fetcher: Fetcher,
        policy: Policy,
        clock: Clock,
        steps: Steps,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._gateways = gateways
        self._fetcher = fetcher
        self._policy = policy
        self._clock = clock
        self._steps = steps
        self._slots = {id_: Slots(row.concurrency, clock) for id_, row in catalogue.gateways.items()}

    async def bring_forward(self, job: Job, call: Call, voice: Voice) -> None:
        """Bring a call to its end; or return when somebody else moved it or its job is overdue."""
        gateway = self._catalogue.gateways.get(call.gateway)
        route = self._catalogue.route(call.route)
        if gateway is None or route is None:
            await self._lose(call)
            return
        errand = Errand(job, gateway, route, self._gateways[gateway.id], self._slots[gateway.id], voice)
        current: Call | None = call
        while current and current.state not in FINISHED_CALL:
            current = await self._go_on(errand, current)

    async def _go_on(self, errand: Errand, call: Call) -> Call | None:
        """One stage. None when there is nothing more to do here for now."""
        match call.state:
            case CallState.PLANNED:
                return await self._make(errand, call)
            case CallState.SUBMITTING:
                return await self._apply(errand, call, Unclear("found torn off after a restart"))
            case CallState.WAITING:
                async with errand.slots.taken():
                    return await self._watch(errand, call)
            case CallState.FETCHING:
                return await self._fetch(errand, call, tuple(Link(url) for url in call.links), call.charged)
            case CallState.UNCLEAR:
                return await self._move(call, Move(CallState.ABANDONED))
            case _:
                return None

    async def _make(self, errand: Errand, call: Call) -> Call | None:
        """Wait for a turn, then submit; a task is watched in the same turn, since it still keeps a place."""
        async with AsyncExitStack() as turn:
            try:
                async with asyncio.timeout(self._left(errand.job)):
                    await self._wait_for_turn(errand, call, turn)
            except TimeoutError:
                return None
            answered = await self._submit(errand, call)
            if answered and answered.state is CallState.WAITING:
                return await self._watch(errand, answered)
            return answered

    async def _wait_for_turn(self, errand: Errand, call: Call, turn: AsyncExitStack) -> None:
        first = call.ordinal == 0  # one voice is enough when a job waits with several calls
        telling = (
            asyncio.create_task(self._tell_place(errand, call), name=f"place {call.id}") if first else None
        )
        try:
            await self._sleep_until(call.due_at)
            await turn.enter_async_context(errand.slots.place(errand.job.account_id, call.id))
        finally:
            if telling:
                telling.cancel()

    async def _tell_place(self, errand: Errand, call: Call) -> None:
        """Tell the place while it changes noticeably: near the front at each step, far back now and then."""
        told = 0
        while True:
            waits_for_gateway = errand.slots.paused or (call.due_at or 0) > self._clock.now()
            place = errand.slots.ahead(errand.job.account_id, call.id) + 1
            if waits_for_gateway:
                errand.voice.tell(Status(Stage.PAUSED))
            elif not told or place <= 3 or place <= told * 0.75:
                errand.voice.tell(Status(Stage.QUEUED, place=place))
                told = place
            await asyncio.sleep(_PLACE_SECONDS)

    async def _submit(self, errand: Errand, call: Call) -> Call | None:
        """Write the intent down, submit, write the answer down: a stop does not come in between."""
        submission = Submission(
            call_id=call.id,
            route=errand.route,
            request=errand.job.request,
            count=call.count,
            size=Size.parse(call.size) if call.size else None,
            seed=call.seed,
        )
        async with self._steps.step(errand.job.id):
            submitting = await self._move(call, Move(CallState.SUBMITTING))
            if submitting is None:
                return None
            errand.voice.tell(self._drawing(errand))
            outcome = await errand.port.submit(submission)
            answered = await self._apply(errand, submitting, outcome)
        self._hold_back(errand, answered, outcome)
        return answered

    def _hold_back(self, errand: Errand, call: Call | None, outcome: Outcome) -> None:
        """A gateway that asks to wait, or that cannot be reached, is left in peace by all calls."""
        if call is None or call.due_at is None or not isinstance(outcome, Rejected):
            return
        if outcome.retry_after or outcome.failure is Failure.UNREACHABLE:
            errand.slots.pause_until(call.due_at)

    async def _watch(self, errand: Errand, call: Call) -> Call | None:
        """Ask about a task until it is no longer running. Looks are not written down: they change nothing."""
        errand.voice.tell(self._drawing(errand))
        current: Call | None = call
        while current and current.state is CallState.WAITING:
            await self._sleep_until(current.due_at)
            if self._clock.now() >= errand.job.deadline_at:
                errand.voice.tell(Status(Stage.LATE))
            outcome = await errand.port.poll(current.ref or "")
            current = await self._apply(errand, current, outcome)
        return current

    async def _apply(self, errand: Errand, call: Call, outcome: Outcome) -> Call | None:
        step = decide_call(
            call, outcome, self._clock.now(), errand.job, errand.gateway, errand.route, self._policy
        )
        _log_outcome(call, outcome)
        if isinstance(step, Keep):
            return await self._fetch(errand, call, step.pictures, step.charged)
        if step.to is call.state is CallState.WAITING:
            return replace(call, due_at=step.due_at, missing_since=step.missing_since)
        return await self._move(call, step)

    async def _fetch(
        self, errand: Errand, call: Call, results: tuple[Link | Inline, ...], charged: Micros | None
    ) -> Call | None:
        """Get the pictures, some of them several times if need be. What can be had is kept."""
        wanted = results[: call.count]
        answers = list(await asyncio.gather(*(self._get(errand, call, n, r) for n, r in enumerate(wanted))))
        kept = [(n, answer) for n, answer in enumerate(answers) if isinstance(answer, Kept)]
        if not kept:
            why = next(answer.problem for answer in answers if isinstance(answer, NotKept))
            log.warning("no picture to be had", job=call.job_id, call=call.id, why=why.key.value)
            return await self._move(call, Move(CallState.REJECTED, problem=why, charged=charged))
        pictures = [_picture(call, n, picture, self._clock.now()) for n, picture in kept]
        if not await self._store.keep(call, pictures, charged, self._clock.now()):
            return None
        errand.voice.pictures += len(pictures)
        log.info("pictures kept", job=call.job_id, call=call.id, pictures=len(pictures), asked=call.count)
        return None

    async def _get(self, errand: Errand, call: Call, index: int, result: Link | Inline) -> Kept | NotKept:
        key = f"{call.job_id}/{call.offset + index:02d}"
        for attempt in range(1, self._policy.fetch_attempts + 1):
            answer = await self._fetcher.fetch(errand.gateway.id, result, key)
            if isinstance(answer, Kept) or not answer.again or attempt == self._policy.fetch_attempts:
                return answer
            log.info(
                "picture not to be had yet", job=call.job_id, why=answer.problem.key.value, attempt=attempt
            )
            errand.voice.tell(Status(Stage.FETCHING))
            await asyncio.sleep(self._policy.wait(attempt).total_seconds())
        raise AssertionError("a policy allows at least one attempt")

    async def _lose(self, call: Call) -> None:
        """The route was taken out of the configuration while the call was under way."""
        why = problem(Key.MODEL_UNAVAILABLE, gateway=call.gateway, model=call.route)
        ends = {CallState.PLANNED: CallState.REJECTED, CallState.FETCHING: CallState.REJECTED}
        moved = call if call.state is CallState.UNCLEAR else None
        if moved is None:
            moved = await self._move(call, Move(ends.get(call.state, CallState.UNCLEAR), problem=why))
        if moved and moved.state is CallState.UNCLEAR:
            await self._move(moved, Move(CallState.ABANDONED))

    async def _move(self, call: Call, move: Move) -> Call | None:
        return await self._store.move_call(call, move, self._clock.now())

    def _drawing(self, errand: Errand) -> Status:
        return Status(Stage.DRAWING, pictures=errand.voice.pictures, model=errand.route.name)

    def _left(self, job: Job) -> float:
        return max(0.0, (job.deadline_at - self._clock.now()) / 1000)

    async def _sleep_until(self, moment: Millis | None) -> None:
        wait = ((moment or 0) - self._clock.now()) / 1000
        if wait > 0:
            await asyncio.sleep(wait)


def _picture(call: Call, index: int, kept: Kept, now: Millis) -> Picture:
    return Picture(
        id=PictureId(new_id(now)),
        job_id=call.job_id,
        call_id=call.id,
        ordinal=call.offset + index,
        media_key=kept.media_key,
        width=kept.width,
        height=kept.height,
        bytes=kept.bytes,
        mime=kept.mime,
    )


def _log_outcome(call: Call, outcome: Outcome) -> None:
    """One line for everything a gateway said that changes something, with its request id and wording."""
    facts = {"job": call.job_id, "call": call.id, "route": call.route}
    match outcome:
        case Accepted(ref=ref):
            log.info("call accepted", ref=ref, request_id=outcome.request_id, **facts)
        case Done(results=results):
            log.info("call done", results=len(results), request_id=outcome.request_id, **facts)
        case Rejected():
            log.warning(
                "call rejected",
                failure=outcome.failure.value,
                again=outcome.again,
                detail=outcome.detail[:500],
                request_id=outcome.request_id,
                **facts,
            )
        case Unclear(reason=reason):
            log.error("call unclear: it may have been paid for", why=reason[:500], cost=call.cost, **facts)
        case Running():
            pass
        case _:
            assert_never(outcome)
