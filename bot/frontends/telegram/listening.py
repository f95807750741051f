"""Hearing updates: in order for each person, side by side for all, albums as a whole."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import structlog
from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.core.talk import Answer, Event, Incoming, Press, Reply
from bot.domain.jobs import Address
from bot.domain.problems import Key, problem
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import reason
from bot.frontends.telegram.incoming import (
    is_private,
    read_joining,
    read_messages,
    read_press,
    speaker_of,
)
from bot.frontends.telegram.outbox import PLATFORM
from bot.frontends.telegram.replies import Replies
from bot.ports.texts import Texts

log = structlog.get_logger()

_QUIET: Final = 0.5
_LONGEST: Final = 3.0
"""Seconds: an album is complete when nothing came for the first, and in any case after the second, unless
Telegram was not even asked since.
"""

_LOOK: Final = 0.05

_TWICE: Final = 1.0
"""Seconds within which the same button, pressed by the same person, was meant once."""

_MOVE_TRIES: Final = 5


class Hearing(Protocol):
    """What is needed of the core: `bot.core.conversation.Conversation`."""

    async def hear(self, incoming: Incoming) -> Reply | None: ...

    async def press(self, press: Press) -> Answer: ...

    async def joined(self, event: Event) -> Reply | None: ...

    async def moved(self, platform: str, old: str, new: str) -> None: ...


@dataclass
class _Album:
    """Messages that belong together; Telegram does not tell how many there are."""

    messages: list[Message] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    began: float = field(default_factory=time.monotonic)
    latest: float = field(default_factory=time.monotonic)

    def add(self, message: Message) -> None:
        self.messages.append(message)
        self.latest = time.monotonic()

    async def complete(self, received: Callable[[], float]) -> None:
        """Wait until nothing more is to be expected. On a slow connection silence alone says nothing."""
        while True:
            left = min(self.latest + _QUIET, self.began + _LONGEST) - time.monotonic()
            if left <= 0 and received() >= self.latest:
                return
            await asyncio.sleep(max(left, _LOOK))


class _Turns:
    """One at a time for each key, in the order of asking."""

    def __init__(self) -> None:
        self._locks: dict[object, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, key: object) -> AsyncIterator[None]:
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = (lock, users - 1)


class Listening:
    """Hands updates to the core. When `hear` returns, what was said is written down, or not for us.

    `received` tells up to which moment of the monotonic clock all that Telegram had for us has come.
    """

    def __init__(
        self,
        bot: TelegramBot,
        hearing: Hearing,
        replies: Replies,
        texts: Texts,
        received: Callable[[], float],
    ) -> None:
        self._bot = bot
        self._hearing = hearing
        self._replies = replies
        self._texts = texts
        self._received = received
        self._turns = _Turns()
        self._albums: dict[tuple[int, str], _Album] = {}
        self._pressed: dict[tuple[str, Address, str], float] = {}

    async def hear(self, update: Update, me: User) -> None:
        """Call it in the order of the updates. A bug of ours is logged and told, and raises nothing."""
        if message := update.message or update.channel_post:
            await self._hear_message(message, me)
        elif query := update.callback_query:
            await self._hear_press(query, me)
        elif change := update.my_chat_member:
            await self._hear_change(change, me)

    # --- messages -----------------------------------------------------------------------------------

    async def _hear_message(self, message: Message, me: User) -> None:
        if message.migrate_to_chat_id:
            await self._move(message.chat.id, message.migrate_to_chat_id)
        elif message.migrate_from_chat_id:
            await self._move(message.migrate_from_chat_id, message.chat.id)
        elif message.media_group_id:
            await self._hear_album(message, message.media_group_id, me)
        else:
            async with self._turns.turn((message.chat.id, speaker_of(message))):
                await self._hear(read_messages([message], me), message.chat)

    async def _hear_album(self, message: Message, group: str, me: User) -> None:
        """The first item waits for the others, in the turn of the person; these wait until all is heard."""
        key = (message.chat.id, group)
        if album := self._albums.get(key):
            album.add(message)
            await album.heard.wait()
            return
        album = self._albums[key] = _Album([message])
        try:
            async with self._turns.turn((message.chat.id, speaker_of(message))):
                await album.complete(self._received)
                del self._albums[key]
                messages = sorted(album.messages, key=lambda each: each.message_id)
                cut = len(messages) == 1 and await self._is_cut(messages[0], me)
                await self._hear(read_messages(messages, me, cut=cut), message.chat)
        finally:
            album.heard.set()

    async def _is_cut(self, message: Message, me: User) -> bool:
        """Whether the rest of an album may have been kept from us: in groups bots see only what is addressed
        to them, unless they are admins or were allowed to see everything.
        """
        if is_private(message.chat) or me.can_read_all_group_messages:
            return False
        try:
            ours = await self._bot.get_chat_member(message.chat.id, me.id)
        except TelegramError as error:
            log.info("own rights not known", chat=message.chat.id, why=reason(error))
            return True
        return ours.status != ChatMemberStatus.ADMINISTRATOR

    async def _hear(self, incoming: Incoming | None, chat: Chat) -> None:
        if incoming is None:
            return
        try:
            reply = await self._hearing.hear(incoming)
        except Exception:
            log.exception("telegram message not heard", event_key=incoming.event_key)
            reply = self._sorry(incoming)
        if reply:
            self._replies.send(incoming, _fitting(reply, chat))

    def _sorry(self, event: Event) -> Reply:
        locale = self._texts.choose(event.language)
        why = problem(Key.INTERNAL, job=event.event_key)
        return Reply(self._texts.explain(locale, why), locale, refused=True)

    # --- buttons ------------------------------------------------------------------------------------

    async def _hear_press(self, query: CallbackQuery, me: User) -> None:
        press = read_press(query, me)
        if query.message is None or press is None or self._is_repeated(press):
            self._replies.answer(query.id, None, Answer())
            return
        chat = query.message.chat
        async with self._turns.turn((chat.id, query.from_user.id)):
            answer = await self._answered(press)
        if answer.reply:
            answer = replace(answer, reply=_fitting(answer.reply, chat))
        self._replies.answer(query.id, press, answer)

    async def _answered(self, press: Press) -> Answer:
        try:
            return await self._hearing.press(press)
        except Exception:
            log.exception("telegram button not heard", event_key=press.event_key)
            return Answer(note=self._sorry(press).text, alert=True)

    def _is_repeated(self, press: Press) -> bool:
        """Whether the same button was pressed just now: a finger that came down twice."""
        now = time.monotonic()
        self._pressed = {key: at for key, at in self._pressed.items() if now - at < _TWICE}
        key = (press.person, press.address, press.press)
        repeated = key in self._pressed
        self._pressed[key] = now
        return repeated

    # --- chats --------------------------------------------------------------------------------------

    async def _hear_change(self, change: ChatMemberUpdated, me: User) -> None:
        """Added to a group we say hello, once; everything else is only noted."""
        log.info(
            "telegram membership",
            chat=change.chat.id,
            before=change.old_chat_member.status,
            now=change.new_chat_member.status,
        )
        if event := read_joining(change, me):
            try:
                reply = await self._hearing.joined(event)
            except Exception:
                log.exception("telegram greeting failed", chat=change.chat.id)
                return
            if reply:
                self._replies.send(event, reply)

    async def _move(self, old: int, new: int) -> None:
        """Settings must not stay behind: it is tried a few times."""
        for attempt in range(1, _MOVE_TRIES + 1):
            try:
                await self._hearing.moved(PLATFORM, str(old), str(new))
            except Exception:
                log.exception("telegram group not moved", old=old, new=new, attempt=attempt)
                await asyncio.sleep(attempt)
            else:
                return


def _fitting(reply: Reply, chat: Chat) -> Reply:
    """In a channel there is no input field that a question could open: Telegram refuses such a message."""
    return replace(reply, asks=reply.asks and chat.type != ChatType.CHANNEL)
