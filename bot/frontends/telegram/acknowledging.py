"""Showing that a command was understood, without a message."""

import math
from typing import Final

import structlog
from telegram.constants import ChatAction, ReactionEmoji
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.domain.ids import JobId
from bot.domain.jobs import Address, Job
from bot.domain.request import OutputForm
from bot.frontends.telegram.errors import Meaning, meaning, reason
from bot.frontends.telegram.outbox import Outbox
from bot.frontends.telegram.pacing import Lately, Manners, is_group

log = structlog.get_logger()

_SEEN: Final = ReactionEmoji.EYES


class Acknowledging:
    """In a group the command gets a reaction, in a private chat an upload is seen to be under way.

    Neither counts against the limits for messages, as far as is known. No refusal is an error: the picture
    comes anyway.
    """

    def __init__(self, outbox: Outbox, manners: Manners) -> None:
        self._outbox = outbox
        self._manners = manners
        self._seen: Lately[JobId] = Lately()
        self._shy: Lately[str] = Lately()
        self._acted: Lately[str] = Lately()

    async def give(self, job: Job) -> float:
        """Acknowledge a job; returns the seconds after which to do so again, infinite for never.

        After a restart a command may get its reaction once more, which changes nothing.
        """
        if is_group(job.address.chat):
            await self._react(job)
            return math.inf
        return await self.act(job.address, job.request.output is OutputForm.PHOTO)

    async def act(self, address: Address, photo: bool) -> float:
        """Show an upload in a private chat; returns the seconds after which it has to be shown again."""
        left = self._manners.action_every - self._acted.ago(address.chat)
        if left > 0:
            return left
        self._acted.note(address.chat)
        try:
            await self._outbox.action(
                address, ChatAction.UPLOAD_PHOTO if photo else ChatAction.UPLOAD_DOCUMENT
            )
        except TelegramError as error:
            log.debug("chat action not shown", chat=address.chat, why=reason(error))
        return self._manners.action_every

    async def _react(self, job: Job) -> None:
        chat = job.address.chat
        if self._seen.ago(job.id) < math.inf or self._shy.ago(chat) < self._manners.reactions_after:
            return
        self._seen.note(job.id)
        try:
            await self._outbox.react(job.address, _SEEN)
        except (BadRequest, Forbidden) as error:
            if meaning(error) is not Meaning.MESSAGE_GONE:
                self._shy.note(chat)
                log.info("reactions are not allowed", chat=chat, why=reason(error))
        except TelegramError as error:
            log.debug("no reaction", chat=chat, why=reason(error))
