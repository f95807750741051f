"""Cancelling: what was not submitted yet is given back; what was is paid for, and the operator's policy says
what becomes of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bot.core.buttons import press
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
from bot.domain.jobs import CallState, Job
from bot.domain.problems import Key, Problem, problem
from bot.ports.clock import Clock
from bot.ports.store import Store
from bot.ports.texts import Texts

log = structlog.get_logger()

_SHOWN_PROMPT: Final = 60
_PER_ROW: Final = 5


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How many jobs were cancelled, the pictures returned with them, and the jobs that are too far on."""

    jobs: int
    pictures: int
    running: int


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
        return Reply(self._told(await self._cancel(jobs), turn.locale), turn.locale)

    def _list(self, jobs: Sequence[Job], locale: str) -> Reply:
        say = self._texts.say
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
        keyboard = [buttons[at : at + _PER_ROW] for at in range(0, len(buttons), _PER_ROW)]
        text = "\n".join([say(locale, "cancel-which"), "", *rows])
        return Reply(text, locale, buttons=(*map(tuple, keyboard), (every,)))

    async def _pressed(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        """Cancel one job, or all of whoever presses. Pressing again, or late, says how things are."""
        if not words:
            return Answer(note=self._told(await self._cancel(await self._open(turn.event)), turn.locale))
        job = await self._store.load(JobId(words[0]))
        here = job is not None and job.address.chat == turn.event.address.chat
        if job is None or not (is_requester(turn.event, job) or (here and not turn.event.private)):
            return problem(Key.JOB_GONE)
        if not is_requester(turn.event, job) and not await self._rights.is_admin(turn.event):
            return problem(Key.NOT_YOURS)
        return Answer(note=self._told(await self._cancel([] if job.finished else [job]), turn.locale))

    async def _open(self, event: Event) -> Sequence[Job]:
        account = await self._store.account(event.platform, event.person)
        return await self._store.open_jobs(account) if account else []

    async def _cancel(self, jobs: Sequence[Job]) -> Cancelled:
        """Cancel whatever may be cancelled. Repeatable. Raises StoreBusy."""
        cancelled = pictures = 0
        for job in jobs:
            if await self._store.cancel(job.id, self._clock.now(), submitted=self._submitted):
                log.info("job cancelled", job=job.id)
                cancelled += 1
                pictures += job.request.count
                self._wake(job.id)
        return Cancelled(cancelled, pictures, len(jobs) - cancelled)

    def _told(self, result: Cancelled, locale: str) -> str:
        if not result.jobs and not result.running:
            return self._texts.say(locale, "cancel-nothing")
        return self._texts.say(
            locale, "cancel-done", jobs=result.jobs, pictures=result.pictures, running=result.running
        )


def _is_submitted(job: Job) -> bool:
    return any(call.state not in {CallState.PLANNED, CallState.REJECTED} for call in job.calls)
