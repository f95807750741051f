"""Telling a person how their job is doing, without ever holding the job up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from bot.domain.jobs import CallState, Job
from bot.ports.chat import Chat, ChatGone, ChatUnavailable, Status
from bot.ports.store import Store, StoreBusy

log = structlog.get_logger()

_RETRY_SECONDS = 2.0
_LAST_WORDS_SECONDS = 10.0


class Voice:
    """The status message of one job. Only the newest status matters; older ones are skipped.

    `pictures` is how many are finished so far.
    """

    def __init__(self, job: Job, chat: Chat, store: Store) -> None:
        self._job = job
        self._chat = chat
        self._store = store
        self._newest: Status | None = None
        self._ended = False
        self._noted = job.status_message
        self._news = asyncio.Event()
        self._speaking = asyncio.Lock()
        self.pictures = sum(call.count for call in job.calls if call.state is CallState.FETCHED)

    def tell(self, status: Status) -> None:
        """Show this status soon; at once when nothing else is being shown. Never waits."""
        if status != self._newest:
            self._newest = status
            self._news.set()

    async def tell_end(self, job: Job, status: Status, patience: float) -> bool:
        """Show the last status and wait for it; False when the chat did not take it in `patience` seconds.

        `job` is the job as it ended. What was told before and is not shown yet never will be. Patience ends
        between two attempts only: a message torn off on its way would be sent a second time.
        """
        self._ended = True
        self._job = replace(job, status_message=self._job.status_message or job.status_message)
        clock = asyncio.get_running_loop().time
        give_up = clock() + patience
        while (wait := await self._show(status)) is not None:
            left = max(0.0, give_up - clock())
            await asyncio.sleep(min(wait, left))
            if wait >= left:
                return False
        return True

    async def run(self) -> None:
        """Show what is told until the end is told, or until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._ended or self._newest is None:
                return
            try:
                wait = await self._show(self._newest)
            except Exception:
                log.exception("status broken by a bug", job=self._job.id)
                continue
            if wait is not None:
                await asyncio.sleep(wait)
                self._news.set()

    async def finish(self) -> None:
        """Wait until what is being said is said: a message torn off here would be sent a second time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS), self._speaking:
                pass

    async def _show(self, status: Status) -> float | None:
        """None when the matter is settled (shown, or never to be shown), else seconds to wait."""
        async with self._speaking:
            try:
                message = await self._chat.show(self._job, status)
            except ChatGone as gone:
                log.info("status not shown", job=self._job.id, why=str(gone))
                return None
            except ChatUnavailable as away:
                log.debug("status delayed", job=self._job.id, why=str(away))
                return away.after or _RETRY_SECONDS
            if message:
                self._job = replace(self._job, status_message=message)
                await self._note(message)
        return None

    async def _note(self, message: str) -> None:
        """A busy database does not keep us from speaking: the message is noted with the next status."""
        if message == self._noted:
            return
        try:
            await self._store.note_status_message(self._job.id, message)
        except StoreBusy:
            log.warning("status message not noted: database busy", job=self._job.id)
        else:
            self._noted = message


@asynccontextmanager
async def voice_of(job: Job, chat: Chat, store: Store) -> AsyncIterator[Voice]:
    """A voice that speaks while the context lasts."""
    voice = Voice(job, chat, store)
    speaking = asyncio.create_task(voice.run(), name=f"voice {job.id}")
    try:
        yield voice
    finally:
        try:
            await voice.finish()
        finally:
            speaking.cancel()
            await asyncio.wait([speaking])
