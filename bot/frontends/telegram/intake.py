"""Receiving by long polling: what people say is heard by the core and answered.

The library's own polling confirms updates as soon as it has read them, so a crash would lose commands that
nobody wrote down yet. Here a batch is confirmed, by asking for the next one, only after the core has heard
all of it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Coroutine, Sequence
from typing import Any, Final, Protocol

import structlog
from telegram import Update, User
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.core.conversation import Incoming, Reply
from bot.domain.jobs import Address
from bot.domain.problems import Key, problem
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import Meaning, TelegramKeyRefused, meaning, reason
from bot.frontends.telegram.incoming import read_message
from bot.frontends.telegram.menu import publish_menu
from bot.frontends.telegram.outbox import Outbox
from bot.frontends.telegram.trouble import Trouble
from bot.ports.texts import Texts

log = structlog.get_logger()

_WANTED: Final = (Update.MESSAGE,)
_POLL_SECONDS: Final = 30
_HEARING_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 10.0
_CONFIRM_SECONDS: Final = 5.0
_REPLY_TRIES: Final = 3
_REPLY_REST: Final = 1.0
_REPLIES_PER_CHAT: Final = 20
_REPEATS_KNOWN: Final = 1000
_TEXT_LIMIT: Final = 4096


class Hearing(Protocol):
    """What the intake needs of the core: `bot.core.conversation.Conversation`."""

    async def hear(self, incoming: Incoming) -> Reply | None: ...


class TelegramIntake:
    """Receives messages and answers them until stopped."""

    def __init__(self, bot: TelegramBot, conversation: Hearing, texts: Texts) -> None:
        self._bot = bot
        self._conversation = conversation
        self._texts = texts
        self._outbox = Outbox(bot)
        self._me: User | None = None
        self._offset: int | None = None
        self._known: deque[int] = deque(maxlen=_REPEATS_KNOWN)
        self._trouble = Trouble()
        self._polling: asyncio.Task[None] | None = None
        self._stopping = False
        self._hearing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._replies: Counter[str] = Counter()

    async def start(self) -> None:
        """Begin to receive. Updates that waited for us are heard too.

        Raises TelegramKeyRefused for a wrong token. When Telegram cannot be reached it goes on trying.
        """
        try:
            await self._greet()
        except InvalidToken:
            raise TelegramKeyRefused from None
        except TelegramError as error:
            self._trouble.rest(error)
        self._polling = asyncio.create_task(self._run(), name="telegram intake")

    async def stop(self) -> None:
        """Receive nothing more; wait, not for ever, until what was received is heard and answered."""
        self._stopping = True
        if self._polling is None:
            return
        if not self._hearing:
            self._polling.cancel()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await asyncio.wait([self._polling])
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            log.warning("telegram intake torn", tasks=len(self._tasks))
            for task in (self._polling, *self._tasks):
                task.cancel()
            await asyncio.wait([self._polling, *self._tasks])
        await self._confirm()

    # --- receiving ---------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._receive()
            except TelegramError as error:
                await asyncio.sleep(self._trouble.rest(error))
            except Exception:
                log.exception("telegram updates not understood")
                await asyncio.sleep(_REPLY_REST)

    async def _greet(self) -> User:
        """Learn who we are, and set up what the platform keeps for us."""
        me = await self._bot.get_me()
        # A webhook that was left behind would forbid polling.
        await self._bot.delete_webhook(drop_pending_updates=False)
        await publish_menu(self._bot, self._texts)
        log.info("telegram reached", bot=me.username)
        self._me = me
        return me

    async def _receive(self) -> None:
        me = self._me or await self._greet()
        updates = await self._bot.get_updates(
            offset=self._offset, timeout=_POLL_SECONDS, allowed_updates=_WANTED
        )
        self._trouble.over()
        if not updates:
            return
        self._hearing = True
        try:
            await self._hear_all(updates, me)
            self._offset = updates[-1].update_id + 1
        finally:
            self._hearing = False

    async def _hear_all(self, updates: Sequence[Update], me: User) -> None:
        """Everybody side by side, what one person says in one chat in its order."""
        speakers: dict[tuple[str, str], list[Incoming]] = {}
        for update in updates:
            if update.update_id in self._known:
                continue
            self._known.append(update.update_id)
            if incoming := read_message(update.message, me) if update.message else None:
                speakers.setdefault((incoming.address.chat, incoming.person), []).append(incoming)
        hearings = [
            self._spawn(self._hear_in_turn(said), f"telegram person {person}")
            for (_, person), said in speakers.items()
        ]
        if hearings:
            _, late = await asyncio.wait(hearings, timeout=_HEARING_SECONDS)
            if late:
                log.warning("telegram messages take long to be heard", people=len(late))

    async def _confirm(self) -> None:
        """Tell Telegram what was heard, so that the next start does not hear it again."""
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(_CONFIRM_SECONDS):
                await self._bot.get_updates(offset=self._offset, timeout=0, limit=1, allowed_updates=_WANTED)
        except (TelegramError, TimeoutError) as error:
            log.info("telegram updates not confirmed", why=reason(error))

    # --- hearing and answering ---------------------------------------------------------------------

    async def _hear_in_turn(self, said: Sequence[Incoming]) -> None:
        for incoming in said:
            if reply := await self._hear(incoming):
                self._answer(incoming.address, reply.text)

    async def _hear(self, incoming: Incoming) -> Reply | None:
        try:
            return await self._conversation.hear(incoming)
        except Exception:
            log.exception("telegram message not heard", event_key=incoming.event_key)
            locale = self._texts.choose(incoming.language)
            return Reply(self._texts.explain(locale, problem(Key.INTERNAL, job=incoming.event_key)), locale)

    def _answer(self, address: Address, text: str) -> None:
        """Answer without holding up what else is to be heard.

        Who asks faster than we may answer waits in vain: there is a limit of open replies per chat.
        """
        if self._replies[address.chat] >= _REPLIES_PER_CHAT:
            log.warning("telegram reply dropped", chat=address.chat)
            return
        self._replies[address.chat] += 1
        self._spawn(self._reply(address, text), f"telegram reply {address.chat}")

    async def _reply(self, address: Address, text: str) -> None:
        try:
            for piece in pieces(text, _TEXT_LIMIT):
                await self._send(address, piece)
        except TelegramError as error:
            log.warning("telegram reply not sent", chat=address.chat, why=reason(error))
        finally:
            self._replies[address.chat] -= 1
            if not self._replies[address.chat]:
                del self._replies[address.chat]

    async def _send(self, address: Address, text: str) -> None:
        for attempt in range(1, _REPLY_TRIES + 1):
            try:
                await self._outbox.text(address, text)
            except TelegramError as error:
                final = isinstance(error, RetryAfter) or meaning(error) is not Meaning.LATER
                if final or attempt == _REPLY_TRIES:
                    raise
                await asyncio.sleep(_REPLY_REST * attempt)
            else:
                return

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("telegram task failed", task=task.get_name(), exc_info=error)


def pieces(text: str, limit: int) -> list[str]:
    """`text` in parts of at most `limit` characters, cut at line ends where there are any."""
    parts: list[str] = []
    while len(text) > limit:
        end = text.rfind("\n", 0, limit + 1)
        end = end if end > 0 else limit
        parts.append(text[:end])
        text = text[end:].lstrip("\n")
    return [*parts, text] if text else parts
