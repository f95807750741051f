"""Calls: the part of a job that costs money.

The intent to submit is on disk before the gateway hears of it. A call that is found in `submitting` at
the start was torn off there: whether the gateway took it is unknown, and it is never made again blindly.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

import structlog

from bot.core.health import Health
from bot.core.ids import new_id
from bot.core.pacing import Pacing
from bot.core.routing import Router
from bot.core.slots import Shaken, Slots
from bot.core.steps import Steps
from bot.core.voice import Voice
from bot.domain.catalogue import Catalogue, Gateway, Route
from bot.domain.decide import Around, Keep, Move, Policy, decide_call, explain, later
from bot.domain.geometry import Size
from bot.domain.ids import CallId, GatewayId, Micros, Millis, PictureId
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
from bot.domain.pace import foretell
from bot.domain.problems import Key, problem
from bot.ports.chat import Stage, Status
from bot.ports.clock import Clock
from bot.ports.gateway import ImageGateway, Submission
from bot.ports.media import Fetcher, Kept, NotKept
from bot.ports.store import Routes, Store

log = structlog.get_logger()

_PLACE_SECONDS = 5.0
"""How often a waiting person's place is looked at."""

_NEWS_SECONDS = 30.0
_REPLAY_REST = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Errand:
    """What a call belongs to: its job, where it is made, and who tells the person about it."""

    job: Job
    gateway: Gateway
    route: Route
    port: ImageGateway
    slots: Slots
    voice: Voice
    bell: asyncio.Event


@dataclass(frozen=True, slots=True)
class Tools:
    """What calls are made with. Without a public address there is neither `callback_address` nor
    `media_link`, which makes an address of a media key, its type and the moment when it expires.
    """

    store: Store
    catalogue: Catalogue
    gateways: Mapping[GatewayId, ImageGateway]
    fetcher: Fetcher
    router: Router
    health: Health
    pacing: Pacing
    routes: Routes
    policy: Policy
    clock: Clock
    steps: Steps
    callback_address: Callable[[CallId], str] | None = None
    media_link: Callable[[str, str, Millis], str] | None = None


class Calls:
    """Brings calls forward: a turn at the gateway, the submission, the waiting, the pictures."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._store = tools.store
        self._policy = tools.policy
        self._clock = tools.clock
        self._slots = {
            id_: Slots(row.concurrency, tools.clock) for id_, row in tools.catalogue.gateways.items()
        }
        self._bells: dict[CallId, asyncio.Event] = {}

    async def bring_forward(self, job: Job, call: Call, voice: Voice) -> Call | None:
        """Bring a call to its end and return it as it is then; None when somebody else moved it, its job is
        overdue, or its pictures were kept.
        """
        gateway = self._tools.catalogue.gateways.get(call.gateway)
        route = self._tools.catalogue.route(call.route)
        if gateway is None or route is None:
            return await self._lose(call)
        await self._tools.pacing.open(gateway, route)
        bell = self._bells.setdefault(call.id, asyncio.Event())
        port, slots = self._tools.gateways[gateway.id], self._slots[gateway.id]
        errand = Errand(job, gateway, route, port, slots, voice, bell)
        current: Call | None = call
        try:
            while current and current.state not in FINISHED_CALL:
                current = await self._go_on(errand, current)
        finally:
            self._bells.pop(call.id, None)
        return current

    def ring(self, call_id: CallId) -> None:
        """The gateway says that there is news of a call: look at once."""
        if bell := self._bells.get(call_id):
            bell.set()

    async def _go_on(self, errand: Errand, call: Call) -> Call | None:
        """One stage. None when there is nothing more to do here for now."""
        match call.state:
            case CallState.PLANNED:
                return await self._make(errand, call)
            case CallState.SUBMITTING:
                return await self._apply(errand, call, Unclear("found torn off after a restart"))
            case CallState.WAITING:
                # Found like that after a restart: a gateway that called meanwhile found nobody.
                async with errand.slots.taken():
                    return await self._watch(errand, replace(call, due_at=None))
            case CallState.FETCHING:
                return await self._fetch(errand, call, tuple(Link(url) for url in call.links), call.charged)
            case CallState.UNCLEAR:
                return await self._resolve(errand, call)
            case _:
                return None

    # --- a turn ------------------------------------------------------------------------------------------

    async def _make(self, errand: Errand, call: Call) -> Call | None:
        """Wait for a turn, then submit; a task is watched in the same turn, since it still keeps a place."""
        async with AsyncExitStack() as turn:
            try:
                async with asyncio.timeout(self._left(errand.job)):
                    has_turn = await self._take_turn(errand, call, turn)
            except TimeoutError:
                return None
            if not has_turn:
                why = problem(Key.GATEWAY_BUSY, gateway=errand.gateway.title)
                return await self._move(call, Move(CallState.REJECTED, problem=why, elsewhere=True))
            answered = await self._submit(errand, call)
            if answered and answered.state is CallState.WAITING:
                return await self._watch(errand, answered)
            return answered

    async def _take_turn(self, errand: Errand, call: Call, turn: AsyncExitStack) -> bool:
        """Wait until the gateway may be asked; False when another route is the better choice meanwhile."""
        first = call.ordinal == 0  # one voice is enough when a job waits with several calls
        telling = asyncio.create_task(self._tell_place(errand, call)) if first else None
        try:
            while not self._better_elsewhere(errand, call):
                if await self._enter(errand, call, turn):
                    return True
        finally:
            if telling:
                telling.cancel()
        return False

    async def _enter(self, errand: Errand, call: Call, turn: AsyncExitStack) -> bool:
        """Take a place, if the gateway is well once it is there. Comes back without one to think again."""
        health = self._tools.health
        if not health.admits(errand.route):
            wait = ((health.reopens(errand.route) or 0) - self._clock.now()) / 1000
            await health.wait_for_news(wait + 0.01 if wait > 0 else _NEWS_SECONDS)
            return False
        await self._sleep_until(call.due_at)
        async with AsyncExitStack() as place:
            try:
                await place.enter_async_context(errand.slots.place(errand.job.account_id, call.id))
            except Shaken:
                return False
            if not health.admits(errand.route):
                return False
            health.enter(errand.route)
            place.callback(health.leave, errand.route)
            turn.push_async_exit(place.pop_all())
        return True

    def _better_elsewhere(self, errand: Errand, call: Call) -> bool:
        """Whether this gateway makes us wait for long and a healthy one is left that was not tried."""
        until = max(call.due_at or 0, errand.slots.paused_until)
        patience = self._policy.switch_after / timedelta(milliseconds=1)
        waits = until - self._clock.now() > patience
        if not waits and self._tools.health.admits(errand.route):
            return False
        return self._tools.router.has_better(errand.job, routes_tried(errand.job, call) | {call.route})

    async def _tell_place(self, errand: Errand, call: Call) -> None:
        """Tell the place while it changes noticeably: near the front at each step, far back now and then."""
        told = 0
        while True:
            held_up = errand.slots.paused or (call.due_at or 0) > self._clock.now()
            place = errand.slots.ahead(errand.job.account_id, call.id) + 1
            if held_up or not self._tools.health.admits(errand.route):
                errand.voice.tell(Status(Stage.PAUSED))
            elif not told or place <= 3 or place <= told * 0.75:
                errand.voice.tell(Status(Stage.QUEUED, place=place))
                told = place
            await asyncio.sleep(_PLACE_SECONDS)

    # --- the submission ----------------------------------------------------------------------------------

    async def _submit(self, errand: Errand, call: Call) -> Call | None:
        """Write the intent down, submit, write the answer down: a stop does not come in between."""
        async with self._tools.steps.step(errand.job.id):
            submitting = await self._move(call, Move(CallState.SUBMITTING))
            if submitting is None:
                return None
            errand.voice.tell(self._drawing(errand))
            outcome = await errand.port.submit(self._submission(errand, call))
            answered = await self._apply(errand, submitting, outcome)
        self._hold_back(errand, answered, outcome)
        await self._note_health(errand, outcome)
        return answered

    def _submission(self, errand: Errand, call: Call) -> Submission:
        address = self._tools.callback_address if errand.gateway.callbacks else None
        return Submission(
            call_id=call.id,
            route=errand.route,
            request=errand.job.request,
            count=call.count,
            size=Size.parse(call.size) if call.size else None,
            seed=call.seed,
            references=errand.job.references,
            callback_url=address(call.id) if address else None,
            links=self._links(errand.job),
        )

    def _links(self, job: Job) -> tuple[str, ...]:
        """The same at every submission of a call, because a replay must have the same body."""
        link = self._tools.media_link
        until = later(job.deadline_at, self._policy.late_watch)
        return tuple(link(ref.media_key, ref.mime, until) for ref in job.references) if link else ()

    def _hold_back(self, errand: Errand, call: Call | None, outcome: Outcome) -> None:
        """A gateway that asks to wait, or that cannot be reached, is left in peace by all calls."""
        if call is None or call.due_at is None or not isinstance(outcome, Rejected):
            return
        if outcome.retry_after or outcome.failure is Failure.UNREACHABLE:
            errand.slots.pause_until(call.due_at)
            errand.slots.shake()

    async def _note_health(self, errand: Errand, outcome: Outcome) -> None:
        """Let the breakers hear of it. A lost answer is a failure too: each may cost a picture."""
        match outcome:
            case Rejected(failure=failure):
                self._tools.health.heard(errand.route, failure)
            case Unclear():
                self._tools.health.heard(errand.route, Failure.TIMED_OUT)
            case _:
                self._tools.health.heard(errand.route, None)
        changed, self._tools.health.untold = self._tools.health.untold, []
        for condition in changed:
            for slots in self._slots.values():
                slots.shake()
            await self._tools.routes.note_condition(condition)

    async def _resolve(self, errand: Errand, call: Call) -> Call | None:
        """What became of a lost answer. A gateway that replays is asked again; others cannot be."""
        if not errand.gateway.replays or call.ref or self._clock.now() >= errand.job.deadline_at:
            return await self._move(call, Move(CallState.ABANDONED))
        async with self._tools.steps.step(errand.job.id):
            outcome = await errand.port.submit(self._submission(errand, call))
            _log_outcome(call, outcome)
            match outcome:
                case Accepted(ref=ref):
                    return await self._move(call, Move(CallState.WAITING, ref=ref))
                case Rejected(again=False, failure=failure):
                    why = explain(failure, errand.gateway, errand.route)
                    return await self._move(call, Move(CallState.ABANDONED, problem=why))
                case Rejected():
                    wait = max(outcome.retry_after or _REPLAY_REST, _REPLAY_REST)
                case _:
                    return await self._move(call, Move(CallState.ABANDONED))
        await asyncio.sleep(wait.total_seconds())
        return call

    # --- a task ------------------------------------------------------------------------------------------

    async def _watch(self, errand: Errand, call: Call) -> Call | None:
        """Ask about a task until it is no longer running. Looks are not written down: they change nothing."""
        errand.voice.tell(self._drawing(errand))
        current: Call | None = call
        running = 0.0
        while current and current.state is CallState.WAITING:
            await self._sleep_until(current.due_at, errand.bell)
            if errand.bell.is_set():  # it was called a moment ago, when the task ended
                running = self._elapsed(current)
                errand.bell.clear()
            if self._clock.now() >= errand.job.deadline_at:
                errand.voice.tell(Status(Stage.LATE))
            outcome = await errand.port.poll(current.ref or "")
            if isinstance(outcome, Done) and current.submitted_at:
                self._tools.pacing.took(errand.route, running, self._elapsed(current))
            elif isinstance(outcome, Running):
                running = self._elapsed(current)
            current = await self._apply(errand, current, outcome)
        return current

    async def _apply(self, errand: Errand, call: Call, outcome: Outcome) -> Call | None:
        look = self._next_look(errand, call, outcome)
        around = Around(errand.job, errand.gateway, errand.route, self._policy, look)
        step = decide_call(call, outcome, self._clock.now(), around)
        _log_outcome(call, outcome)
        if isinstance(step, Keep):
            return await self._fetch(errand, call, step.pictures, step.charged)
        if step.to is call.state is CallState.WAITING:
            return replace(call, due_at=step.due_at, missing_since=step.missing_since)
        return await self._move(call, step)

    def _next_look(self, errand: Errand, call: Call, outcome: Outcome) -> timedelta:
        """When the gateway calls us, rarely; when it tells how far it is, then; else as its past teaches."""
        if errand.gateway.callbacks and self._tools.callback_address:
            return self._policy.callback_look
        elapsed = self._elapsed(call)
        told = foretell(elapsed, outcome.progress) if isinstance(outcome, Running) else None
        return told or self._tools.pacing.next_look(errand.route, elapsed)

    def _elapsed(self, call: Call) -> float:
        """Seconds since a call was submitted; 0 before it was."""
        now = self._clock.now()
        return max(0, now - (call.submitted_at or now)) / 1000

    # --- the pictures ------------------------------------------------------------------------------------

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
        key = f"results/{call.job_id}/{call.offset + index:02d}"
        for attempt in range(1, self._policy.fetch_attempts + 1):
            answer = await self._tools.fetcher.fetch(errand.gateway.id, result, key)
            if isinstance(answer, Kept) or not answer.again or attempt == self._policy.fetch_attempts:
                return answer
            log.info(
                "picture not to be had yet", job=call.job_id, why=answer.problem.key.value, attempt=attempt
            )
            errand.voice.tell(Status(Stage.FETCHING))
            await asyncio.sleep(self._policy.wait(attempt).total_seconds())
        raise AssertionError("a policy allows at least one attempt")

    # --- small things ------------------------------------------------------------------------------------

    async def _lose(self, call: Call) -> Call | None:
        """The route was taken out of the configuration while the call was under way."""
        why = problem(Key.MODEL_UNAVAILABLE, gateway=call.gateway, model=call.route)
        if call.state is CallState.PLANNED:
            return await self._move(call, Move(CallState.REJECTED, problem=why, elsewhere=True))
        if call.state is CallState.FETCHING:
            return await self._move(call, Move(CallState.REJECTED, problem=why))
        if call.state is CallState.REJECTED:
            return call
        unclear = (
            call
            if call.state is CallState.UNCLEAR
            else await self._move(call, Move(CallState.UNCLEAR, problem=why))
        )
        return await self._move(unclear, Move(CallState.ABANDONED)) if unclear else None

    async def _move(self, call: Call, move: Move) -> Call | None:
        return await self._store.move_call(call, move, self._clock.now())

    def _drawing(self, errand: Errand) -> Status:
        return Status(Stage.DRAWING, pictures=errand.voice.pictures, model=errand.route.name)

    def _left(self, job: Job) -> float:
        return max(0.0, (job.deadline_at - self._clock.now()) / 1000)

    async def _sleep_until(self, moment: Millis | None, bell: asyncio.Event | None = None) -> None:
        """Sleep until a moment, or until the bell rings."""
        wait = ((moment or 0) - self._clock.now()) / 1000
        if wait <= 0:
            return
        if bell is None:
            await asyncio.sleep(wait)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await bell.wait()


def calls_for_the_same(job: Job, call: Call) -> list[Call]:
    """All calls that were made for (some of) the same pictures, the given one included."""
    return [other for other in job.calls if other.overlaps(call)]


def routes_tried(job: Job, call: Call) -> frozenset[str]:
    """The routes of all calls that were made for (some of) the same pictures."""
    return frozenset(other.route for other in calls_for_the_same(job, call))


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
