"""A Telegram chat as the core sees it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, Forbidden

from bot.domain.jobs import Job
from bot.domain.request import Handle
from bot.frontends.telegram.acknowledging import Acknowledging
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import translated
from bot.frontends.telegram.handing import Handing
from bot.frontends.telegram.images import fetch
from bot.frontends.telegram.outbox import Outbox
from bot.frontends.telegram.pacing import Manners
from bot.frontends.telegram.telling import Telling
from bot.ports.chat import Parcel, Sent, Status
from bot.ports.media import MediaStore
from bot.ports.texts import Texts

_LEADING: Final = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR})
_MANNERS: Final = Manners()


class TelegramChat:
    """Shows how jobs are doing and hands over their pictures: `bot.ports.chat.Chat`.

    `moved` is told when a group was found to have a new number (old, new).
    """

    def __init__(
        self,
        bot: TelegramBot,
        media: MediaStore,
        texts: Texts,
        *,
        manners: Manners = _MANNERS,
        moved: Callable[[int, int], None] | None = None,
    ) -> None:
        self._bot = bot
        self._outbox = Outbox(bot, moved)
        acknowledging = Acknowledging(self._outbox, manners)
        self._telling = Telling(self._outbox, texts, acknowledging, manners)
        self._handing = Handing(self._outbox, media, texts, acknowledging)

    async def show(self, job: Job, status: Status) -> str | None:
        """See the port, and `Telling.show`."""
        return await self._telling.show(job, status)

    def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        """See the port, and `Handing.deliver`."""
        return self._handing.deliver(parcel)

    def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        """The bytes of an image, of at most 20 MB. Raises HandleGone, HandleTooLarge and ChatUnavailable."""
        return fetch(self._bot, handle)

    async def remove(self, chat: str, messages: Sequence[str]) -> None:
        """See the port. A bot may delete its messages for 48 hours, documented by the vendor."""
        with translated():
            await self._outbox.delete(chat, messages)

    async def is_admin(self, chat: str, person: str) -> bool:
        """See the port. Who speaks in the chat's own name is an admin: anonymous ones do."""
        if chat == person:
            return True
        with translated():
            try:
                return await self._outbox.member(chat, person) in _LEADING
            except (BadRequest, Forbidden):
                return False

    async def forget(self, person: str) -> None:
        """Nothing is kept here: messages are with Telegram, and only the person can delete them all."""
