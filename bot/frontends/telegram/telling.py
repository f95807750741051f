"""The words about a job: as few as possible, as the picture says it better."""

import time
from typing import Final

from telegram.error import TelegramError

from bot.core.buttons import status_buttons
from bot.core.narration import status_text
from bot.core.talk import Rows
from bot.domain.jobs import Job
from bot.frontends.telegram.acknowledging import Acknowledging
from bot.frontends.telegram.delivery import carries_buttons
from bot.frontends.telegram.errors import Meaning, meaning, translated
from bot.frontends.telegram.flood import Urgency
from bot.frontends.telegram.outbox import Outbox
from bot.frontends.telegram.pacing import Manners, Pacing
from bot.ports.chat import ChatUnavailable, Stage, Status
from bot.ports.texts import Texts

_MILLIS: Final = 1000


class Telling:
    """The status message of each job, or what stands in for it while the job is young."""

    def __init__(self, outbox: Outbox, texts: Texts, acknowledging: Acknowledging, manners: Manners) -> None:
        self._outbox = outbox
        self._texts = texts
        self._acknowledging = acknowledging
        self._manners = manners
        self._pacing = Pacing(manners)

    async def show(self, job: Job, status: Status) -> str | None:
        """Create, edit or delete the job's status message; returns its id, None when there is none.

        A job that is too young for a message is acknowledged without one. That, a change that comes too early
        and one that Telegram limits raise ChatUnavailable with the seconds to wait. A message that somebody
        deleted comes back only as the last word.
        """
        if status.final:
            return await self._end(job, status)
        if wait := self._wait(job, status):
            if job.status_message is None:
                wait = min(wait, await self._acknowledging.give(job))
            raise ChatUnavailable("it is too early to say more", wait)
        if job.status_message is None:
            return await self._post(job, status)
        self._pacing.changed(job.id)
        await self._edit(job, job.status_message, status, Urgency.SKIP)
        return job.status_message

    def _wait(self, job: Job, status: Status) -> float:
        """Seconds until this may be told in a message."""
        chat = job.address.chat
        wait = self._pacing.wait(job.id, chat, status.stage)
        if job.status_message is not None:
            return wait
        age = max(0.0, time.time() - job.created_at / _MILLIS)
        return max(wait, self._manners.patience(chat) - age)

    async def _end(self, job: Job, status: Status) -> str | None:
        self._pacing.forget(job.id)
        message = job.status_message
        if status.stage is Stage.DONE and job.request.count == 1:
            if message is not None:
                with translated():
                    await self._outbox.delete(job.address.chat, [message])
            return None
        if message is not None and await self._edit(job, message, status, Urgency.WAIT):
            return message
        return await self._post(job, status)

    async def _post(self, job: Job, status: Status) -> str:
        text, buttons = self._words(job, status)
        with translated():
            message = await self._outbox.text(job.address, text, buttons)
        if not status.final:
            self._pacing.changed(job.id)
        return str(message.message_id)

    async def _edit(self, job: Job, message: str, status: Status, urgency: Urgency) -> bool:
        """False when the message is not there any more."""
        text, buttons = self._words(job, status)
        with translated():
            try:
                await self._outbox.edit(job.address, message, text, urgency, buttons)
            except TelegramError as error:
                match meaning(error):
                    case Meaning.NOT_MODIFIED:
                        return True
                    case Meaning.MESSAGE_GONE:
                        return False
                    case _:
                        raise
        return True

    def _words(self, job: Job, status: Status) -> tuple[str, Rows]:
        """No button twice: those that came with the picture are not repeated beside it."""
        text = status_text(self._texts, job, status)
        if status.stage is Stage.DONE and carries_buttons(job):
            return text, ()
        return text, status_buttons(self._texts, job, status)
