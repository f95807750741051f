"""Cancelling: what was not submitted yet is given back; what was is paid for, and the operator's policy says
what becomes of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bot.core.buttons import in_rows, press
from bot.core.narration import shorten
from bot.core.rights import Rights, is_requester
from bot.core.talk import (
    Answer,
    Button,
    CommandHandler,
    Event,
    Incoming,
    Press,
    PressHandler,
    Reply,
    Turn,
    Verb,
)
from bot.domain.command import Command
from bot.domain.decide import Policy
from bot.domain.ids import JobId
from bot.domain.jobs import CallState, Job, JobState
from bot.domain.problems import Key, Problem, problem
from bot.ports.clock import Clock
from bot.ports.store import Store
from bot.ports.texts import Texts

log = structlog.get_logger()

_LISTED: Final = 20
_SHOWN_PROMPT: Final = 60


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How many jobs were cancelled and the pictures returned with them; the jobs that go on because they are
    paid for, and those whose pictures are there.
    """

    jobs: int = 0
    pictures: int = 0
    running: int = 0
    coming: int = 0


class Cancelling:
    """`wake` is told of every cancelled job, so that its status can be shown."""

    def __init__(
        self,
        store: Store,
        rights: Rights,
        policy: Policy,
        texts: Texts,
        clock: Clock,
        wake: Callable[[JobId], None],
    ) -> None:
        self._store = store
        self._rights = rights
        self._submitted = policy.cancel_submitted == "return"
        self._texts = texts
        self._clock = clock
        self._wake = wake

    @property
    def commands(self) -> Mapping[str, CommandHandler]:
        return {"cancel": self._said}

    @property
    def presses(self) -> Mapping[Verb, PressHandler]:
        return {Verb.CANCEL: self._pressed}

    async def _said(self, turn: Turn[Incoming], _command: Command) -> Reply:
        """Cancel the one job that is under way, or ask which of several."""
        jobs = await self._open(turn.event)
        if len(jobs) > 1:
            return self._list(jobs, turn.locale)
        return Reply(await self._cancel(turn, jobs), turn.locale)

    def _list(self, jobs: Sequence[Job], locale: str) -> Reply:
        """The latest ones: what was asked for last is what is still waiting."""
        say, jobs = self._texts.say, jobs[-_LISTED:]
        rows = [
            say(
                locale,
                "cancel-row",
                number=number,
                prompt=shorten(job.request.prompt, _SHOWN_PROMPT),
                stage="drawing" if _is_submitted(job) else "waiting",
            )
            for number, job in enumerate(jobs, 1)
        ]
        buttons = [Button(str(number), press(Verb.CANCEL, job.id)) for number, job in enumerate(jobs, 1)]
        every = Button(say(locale, "cancel-all"), press(Verb.CANCEL))
        text = "\n".join([say(locale, "cancel-which"), "", *rows])
        return Reply(text, locale, buttons=(*in_rows(buttons), (every,)))

    async def _pressed(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        """Cancel one job, or all of whoever presses. Pressing again, or late, says how things are."""
        event = turn.event
        if not words:
            return Answer(note=await self._cancel(turn, await self._open(event)))
        job = await self._store.load(JobId(words[0]))
        if job is None or not (is_requester(event, job) or (_is_here(event, job) and not event.private)):
            return problem(Key.JOB_GONE)
        if not is_requester(event, job) and not await self._rights.is_admin(event):
            return problem(Key.NOT_YOURS)
        if job.finished:
            stage = "cancelled" if job.state is JobState.CANCELLED else "ended"
            return Answer(note=self._texts.say(turn.locale, "cancel-late", stage=stage))
        return Answer(note=await self._cancel(turn, [job]))

    async def _open(self, event: Event) -> Sequence[Job]:
        """A person's unfinished jobs; in a group those of the group, as nobody else is to read the others."""
        account = await self._store.account(event.platform, event.person)
        jobs = await self._store.open_jobs(account) if account else []
        return [job for job in jobs if event.private or _is_here(event, job)]

    async def _cancel(self, turn: Turn[Event], jobs: Sequence[Job]) -> str:
        """Cancel whatever may be cancelled, and tell. Repeatable. Raises StoreBusy."""
        if not jobs:
            where = "private" if turn.event.private else "group"
            return self._texts.say(turn.locale, "cancel-nothing", where=where)
        result = Cancelled()
        for job in jobs:
            result = await self._cancel_one(job, result)
        return self._texts.say(
            turn.locale,
            "cancel-done",
            whose="own" if is_requester(turn.event, jobs[0]) else "other",
            jobs=result.jobs,
            pictures=result.pictures,
            running=result.running,
            coming=result.coming,
        )

    async def _cancel_one(self, job: Job, so_far: Cancelled) -> Cancelled:
        if await self._store.cancel(job.id, self._clock.now(), submitted=self._submitted):
            log.info("job cancelled", job=job.id)
            self._wake(job.id)
            return replace(so_far, jobs=so_far.jobs + 1, pictures=so_far.pictures + job.request.count)
        if self._submitted or job.state is JobState.DELIVERING:
            return replace(so_far, coming=so_far.coming + 1)
        return replace(so_far, running=so_far.running + 1)


def _is_here(event: Event, job: Job) -> bool:
    return (job.address.platform, job.address.chat) == (event.platform, event.address.chat)


def _is_submitted(job: Job) -> bool:
    return any(call.state not in {CallState.PLANNED, CallState.REJECTED} for call in job.calls)
