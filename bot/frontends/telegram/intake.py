"""Receiving updates, by long polling or by webhook, until stopped.

The library's own polling confirms updates as soon as it has read them, so a crash would lose commands that
nobody wrote down yet. Here an update is confirmed only when it was heard: by asking for what comes after it,
or by the answer to the call that brought it.
"""

import asyncio
import math
import time
from datetime import timedelta
from typing import Any, Final

import structlog
from aiohttp import web
from telegram import Update, User
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import TelegramKeyRefused, reason
from bot.frontends.telegram.listening import Hearing, Listening
from bot.frontends.telegram.menu import publish_menu
from bot.frontends.telegram.outbox import PLATFORM, Outbox
from bot.frontends.telegram.replies import Replies
from bot.frontends.telegram.trouble import Trouble
from bot.frontends.telegram.webhook import CONNECTIONS, TelegramWebhookRefused, Webhook
from bot.ports.texts import Texts

log = structlog.get_logger()

_WANTED: Final = (Update.MESSAGE, Update.CHANNEL_POST, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
_POLL_SECONDS: Final = 30
_OPEN_SECONDS: Final = 0.2
_HEARING_SECONDS: Final = 30.0
_GRACE: Final = timedelta(seconds=10)
_CONFIRM_SECONDS: Final = 5.0
_REST: Final = 1.0
_REPEATS_KNOWN: Final = 2000


class TelegramIntake:
    """Receives updates and has them heard. With a `webhook` Telegram calls us, else it is asked.

    When it stops, what was received has `grace` to be heard and answered.
    """

    def __init__(
        self,
        bot: TelegramBot,
        hearing: Hearing,
        texts: Texts,
        webhook: Webhook | None = None,
        grace: timedelta = _GRACE,
    ) -> None:
        self._bot = bot
        self._hearing = hearing
        self._texts = texts
        self._webhook = webhook
        self._grace = grace.total_seconds()
        self._replies = Replies(bot, Outbox(bot, self._moved))
        self._listening = Listening(bot, hearing, self._replies, texts, lambda: self._received)
        self._me: User | None = None
        self._offset: int | None = None
        self._received = math.inf if webhook else -math.inf  # who is called has nothing to ask for
        self._known: dict[int, None] = {}
        self._open: dict[int, asyncio.Task[None]] = {}
        self._late: set[int] = set()
        self._moves: set[asyncio.Task[None]] = set()
        self._trouble = Trouble()
        self._running: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """What the built-in web server needs for a webhook; nothing without one."""
        return self._webhook.routes(self._called) if self._webhook else []

    async def start(self) -> None:
        """Begin to receive. Updates that waited for us are heard too.

        Raises TelegramKeyRefused for a wrong token and TelegramWebhookRefused for an address that Telegram
        does not call. When Telegram cannot be reached it goes on trying.
        """
        try:
            await self._greet()
        except InvalidToken:
            raise TelegramKeyRefused from None
        except TelegramError as error:
            self._trouble.rest(error)
        work = self._wait_for_calls() if self._webhook else self._poll()
        self._running = asyncio.create_task(work, name="telegram intake")

    async def stop(self) -> None:
        """Receive nothing more; wait, not for ever, until what was received is heard and answered.

        What is not heard by then is not confirmed either: Telegram brings it again at the next start.
        """
        self._stopping.set()
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.wait([self._running])
        try:
            async with asyncio.timeout(self._grace):
                while tasks := self._tasks():
                    await asyncio.wait(tasks)
        except TimeoutError:
            pass
        heard = min(self._open, default=self._offset)
        if tasks := self._tasks():
            log.warning("telegram intake torn", tasks=len(tasks))
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        await self._confirm(heard)

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {*self._open.values(), *self._replies.tasks, *self._moves}

    async def _greet(self) -> User:
        """Learn who we are, and set up what the platform keeps for us."""
        me = await self._bot.get_me()
        if self._webhook:
            await self._set_webhook(self._webhook)
        else:  # one that was left behind would forbid polling
            await self._bot.delete_webhook(drop_pending_updates=False)
        await publish_menu(self._bot, self._texts)
        log.info("telegram reached", bot=me.username, webhook=self._webhook is not None)
        self._me = me
        return me

    async def _set_webhook(self, webhook: Webhook) -> None:
        try:
            await self._bot.set_webhook(
                webhook.url,
                secret_token=webhook.secret,
                allowed_updates=_WANTED,
                max_connections=CONNECTIONS,
            )
        except BadRequest as error:
            raise TelegramWebhookRefused(reason(error)) from None

    # --- polling ------------------------------------------------------------------------------------

    async def _poll(self) -> None:
        while True:
            try:
                await self._receive()
            except TelegramError as error:
                await asyncio.sleep(self._trouble.rest(error))
            except Exception:
                log.exception("telegram updates not understood")
                await asyncio.sleep(_REST)

    async def _receive(self) -> None:
        """Ask for updates. While some are being heard the others are asked for without waiting."""
        me = self._me or await self._greet()
        if self._unheard:
            await asyncio.wait(self._unheard.values(), timeout=_OPEN_SECONDS)
        unheard = self._unheard
        asked = time.monotonic()
        updates = await self._bot.get_updates(
            offset=min(unheard, default=self._offset),
            timeout=0 if unheard else _POLL_SECONDS,
            allowed_updates=_WANTED,
        )
        self._trouble.over()
        for update in updates:
            self._take(update, me)
        self._received = asked

    @property
    def _unheard(self) -> dict[int, asyncio.Task[None]]:
        """What is being heard, without what takes too long: that holds up the others no more."""
        return {number: task for number, task in self._open.items() if number not in self._late}

    def _take(self, update: Update, me: User) -> asyncio.Task[None] | None:
        """Have an update heard; None when that is done already."""
        number = update.update_id
        if number in self._known or number in self._open:
            return self._open.get(number)
        self._known[number] = None
        if len(self._known) > _REPEATS_KNOWN:
            del self._known[next(iter(self._known))]
        self._offset = max(self._offset or 0, number + 1)
        task = asyncio.create_task(self._hear(update, me), name=f"telegram update {number}")
        self._open[number] = task
        task.add_done_callback(lambda _: self._over(number))
        return task

    def _over(self, number: int) -> None:
        del self._open[number]
        self._late.discard(number)

    async def _hear(self, update: Update, me: User) -> None:
        hearing = asyncio.ensure_future(self._listening.hear(update, me))
        try:
            done, _ = await asyncio.wait([hearing], timeout=_HEARING_SECONDS)
            if not done:
                log.warning("telegram update takes long to be heard", update=update.update_id)
                self._late.add(update.update_id)
                await asyncio.wait([hearing])
        except asyncio.CancelledError:
            hearing.cancel()
            raise
        if not hearing.cancelled() and (error := hearing.exception()):
            log.error("telegram update not heard", update=update.update_id, exc_info=error)

    async def _confirm(self, offset: int | None) -> None:
        """Tell Telegram what was heard, all before `offset`: the next start does not hear it again."""
        if offset is None or self._webhook:
            return
        try:
            async with asyncio.timeout(_CONFIRM_SECONDS):
                await self._bot.get_updates(offset=offset, timeout=0, limit=1, allowed_updates=_WANTED)
        except (TelegramError, TimeoutError) as error:
            log.info("telegram updates not confirmed", why=reason(error))

    # --- being called -------------------------------------------------------------------------------

    async def _wait_for_calls(self) -> None:
        """Go on introducing ourselves until Telegram answers; then it is Telegram that calls."""
        while self._me is None:
            try:
                await self._greet()
            except TelegramError as error:
                await asyncio.sleep(self._trouble.rest(error))
            except TelegramWebhookRefused as error:
                log.error("PUBLIC_URL: Telegram does not call there", why=str(error))  # noqa: TRY400 - no trace
                await asyncio.sleep(_HEARING_SECONDS)
        self._trouble.over()

    async def _called(self, data: Any) -> bool:
        """An update came; True when it was heard."""
        if self._me is None or self._stopping.is_set():
            return False
        try:
            update = Update.de_json(data, self._bot)
        except (TypeError, KeyError, ValueError, AttributeError):
            log.warning("telegram update not understood")
            return True  # it would be no better the next time
        if task := self._take(update, self._me):
            await asyncio.wait([task])
            return not task.cancelled()
        return True

    # --- groups that move ---------------------------------------------------------------------------

    def _moved(self, old: int, new: int) -> None:
        """Told by an answer of ours that was refused for it."""
        task = asyncio.create_task(
            self._hearing.moved(PLATFORM, str(old), str(new)), name=f"telegram move of {old}"
        )
        self._moves.add(task)
        task.add_done_callback(self._move_told)

    def _move_told(self, task: asyncio.Task[None]) -> None:
        self._moves.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("telegram group not moved", exc_info=error)
