"""Answers on their way to people: bounded, and once more in private where a group refuses them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final

import structlog
from telegram.error import RetryAfter, TelegramError

from bot.core.talk import Answer, Event, Press, Reply
from bot.domain.jobs import Address
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import Meaning, meaning, reason
from bot.frontends.telegram.flood import Urgency
from bot.frontends.telegram.outbox import PLATFORM, Outbox
from bot.frontends.telegram.pacing import is_group

log = structlog.get_logger()

_TRIES: Final = 4
_REST: Final = 1.0
_PER_CHAT: Final = 20
_TEXT_LIMIT: Final = 4096
_NOTE_LIMIT: Final = 200
_REFUSED: Final = frozenset({Meaning.CHAT_GONE, Meaning.KIND_FORBIDDEN})


class Replies:
    """Sends answers. Never waits, never raises: what cannot be sent is logged."""

    def __init__(self, bot: TelegramBot, outbox: Outbox) -> None:
        self._bot = bot
        self._outbox = outbox
        self._open: Counter[str] = Counter()
        self.tasks: set[asyncio.Task[None]] = set()

    def send(self, event: Event, reply: Reply) -> None:
        """Answer somebody. Who asks faster than we may answer waits in vain: there is a limit per chat."""
        chat = event.address.chat
        if self._open[chat] >= _PER_CHAT:
            log.warning("telegram reply dropped", chat=chat)
            return
        self._open[chat] += 1
        self._spawn(self._send(event, reply), f"telegram reply {chat}")

    def answer(self, query: str, press: Press | None, answer: Answer) -> None:
        """Answer a pressed button: first of all so that it stops waiting, then in the chat."""
        self._spawn(self._answer(query, press, answer), f"telegram answer {query}")

    async def _answer(self, query: str, press: Press | None, answer: Answer) -> None:
        try:
            await _insist(
                lambda: self._bot.answer_callback_query(
                    query, text=answer.note[:_NOTE_LIMIT] or None, show_alert=answer.alert or None
                )
            )
        except TelegramError as error:  # it waits no more: that is so after half a minute
            log.info("button not answered", why=reason(error))
        if press and answer.update:
            await self._update(press, answer.update)
        if press and answer.reply:
            self.send(press, answer.reply)

    async def _update(self, press: Press, update: Reply) -> None:
        message = press.address.message or ""
        try:
            await self._outbox.edit(press.address, message, update.text, Urgency.WAIT, update.buttons)
        except TelegramError as error:
            if meaning(error) is not Meaning.NOT_MODIFIED:
                log.info("telegram message not updated", chat=press.address.chat, why=reason(error))

    async def _send(self, event: Event, reply: Reply) -> None:
        chat = event.address.chat
        try:
            await self._say(event.address, reply)
        except TelegramError as error:
            log.info("telegram reply not sent", chat=chat, why=reason(error))
            if meaning(error) in _REFUSED and (private := _private(event)):
                await self._say_in_private(private, reply)
        finally:
            self._open[chat] -= 1
            if not self._open[chat]:
                del self._open[chat]

    async def _say_in_private(self, address: Address, reply: Reply) -> None:
        try:
            await self._say(address, reply)
        except TelegramError as error:  # they never spoke to us alone, or do not want to
            log.info("telegram reply not sent in private either", why=reason(error))

    async def _say(self, address: Address, reply: Reply) -> None:
        *first, last = pieces(reply.text, _TEXT_LIMIT)
        for piece in first:
            await _insist(partial(self._outbox.text, address, piece))
        await _insist(partial(self._outbox.text, address, last, reply.buttons, asks=reply.asks))

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self.tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("telegram task failed", task=task.get_name(), exc_info=error)


async def _insist(send: Callable[[], Awaitable[object]]) -> None:
    """Try again what only failed for now. Raises TelegramError."""
    for attempt in range(1, _TRIES + 1):
        try:
            await send()
        except TelegramError as error:
            final = isinstance(error, RetryAfter) or meaning(error) is not Meaning.LATER
            if final or attempt == _TRIES:
                raise
            await asyncio.sleep(_REST * attempt)
        else:
            return


def _private(event: Event) -> Address | None:
    """Where somebody who spoke in a group can be reached alone."""
    if not is_group(event.address.chat) or event.for_chat or not event.person.isdecimal():
        return None
    return Address(PLATFORM, event.person)


def pieces(text: str, limit: int) -> list[str]:
    """`text` in parts of at most `limit` characters, cut at line ends where there are any."""
    parts: list[str] = []
    while len(text) > limit:
        end = text.rfind("\n", 0, limit + 1)
        end = end if end > 0 else limit
        parts.append(text[:end])
        text = text[end:].lstrip("\n")
    return [*parts, text]
