"""A Telegram chat as the core sees it."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Final

import structlog
from telegram import InputMediaDocument, InputMediaPhoto
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.core.narration import caption, status_text
from bot.domain.jobs import Job, Picture
from bot.domain.request import Handle
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.delivery import CAPTION_LIMIT, Form, Load, captioned, loads
from bot.frontends.telegram.errors import Meaning, meaning, reason, translated
from bot.frontends.telegram.flood import Urgency
from bot.frontends.telegram.images import fetch
from bot.frontends.telegram.outbox import Outbox
from bot.frontends.telegram.pacing import Pacing
from bot.frontends.telegram.uploads import input_file
from bot.ports.chat import ChatUnavailable, Parcel, Sent, Stage, Status
from bot.ports.media import MediaStore
from bot.ports.texts import Texts

log = structlog.get_logger()

_NOTICEABLE_BYTES: Final = 1024 * 1024
_REFORM: Final = frozenset({Meaning.CONTENT_REFUSED, Meaning.KIND_FORBIDDEN})


class TelegramChat:
    """Shows how jobs are doing and hands over their pictures: `bot.ports.chat.Chat`."""

    def __init__(self, bot: TelegramBot, media: MediaStore, texts: Texts) -> None:
        self._bot = bot
        self._outbox = Outbox(bot)
        self._media = media
        self._texts = texts
        self._pacing = Pacing()

    # --- the status message ------------------------------------------------------------------------

    async def show(self, job: Job, status: Status) -> str | None:
        """Create or edit the job's status message; returns its id, None when there is none.

        Only the last word comes at once: a change that comes too early (see `Pacing`) raises ChatUnavailable
        with the seconds to wait, and so does one that Telegram limits.
        A status message that is not there, or that somebody deleted, comes back only to tell what is missing.
        """
        message = job.status_message
        if message is None and _goes_without_saying(status):
            return None
        if message and not status.final and (wait := self._pacing.wait(job.id, status.stage)):
            raise ChatUnavailable("changes of a status message are spaced out", wait)
        text = status_text(self._texts, job, status)
        if message is None:
            return await self._create(job, text)
        if status.final:
            return await self._finish(job, message, status, text)
        self._pacing.changed(job.id)
        with translated():
            await self._edit(job, message, text, Urgency.SKIP)
        return message

    async def _create(self, job: Job, text: str) -> str:
        with translated():
            message = await self._outbox.text(job.address, text)
        self._pacing.changed(job.id)
        return str(message.message_id)

    async def _finish(self, job: Job, message: str, status: Status, text: str) -> str:
        self._pacing.forget(job.id)
        with translated():
            edited = await self._edit(job, message, text, Urgency.WAIT)
        return message if edited or _goes_without_saying(status) else await self._create(job, text)

    async def _edit(self, job: Job, message: str, text: str, urgency: Urgency) -> bool:
        """False when the message is not there any more."""
        try:
            await self._outbox.edit(job.address, message, text, urgency)
        except TelegramError as error:
            match meaning(error):
                case Meaning.NOT_MODIFIED:
                    return True
                case Meaning.MESSAGE_GONE:
                    return False
                case _:
                    raise
        return True

    # --- the pictures ------------------------------------------------------------------------------

    async def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        """Send the pictures; yields right after each message or album, whose first message it names.

        A photo that is too large, refused or not allowed goes as a file; an album that is refused goes
        picture by picture. Raises ChatGone and ChatUnavailable.
        """
        for load in loads(parcel):
            await self._announce(parcel.job, load)
            if len(load.pictures) > 1 and (sent := await self._send_album(parcel, load)):
                yield sent
                continue
            for picture in load.pictures:
                yield await self._send_one(parcel, picture, load.form)

    async def _announce(self, job: Job, load: Load) -> None:
        """Say that something is coming, when that takes long enough to be seen."""
        if load.bytes < _NOTICEABLE_BYTES:
            return
        action = ChatAction.UPLOAD_PHOTO if load.form is Form.PHOTO else ChatAction.UPLOAD_DOCUMENT
        with contextlib.suppress(TelegramError):
            await self._outbox.action(job.address, action)

    async def _send_album(self, parcel: Parcel, load: Load) -> Sent | None:
        """None when Telegram will not take it as an album."""
        kind = InputMediaPhoto if load.form is Form.PHOTO else InputMediaDocument
        speaking = captioned(load.pictures)
        items = [
            kind(
                input_file(self._media, picture, attach=True),
                caption=self._caption(parcel, picture) if picture in speaking else None,
            )
            for picture in load.pictures
        ]
        with translated():
            try:
                messages = await self._outbox.album(parcel.job.address, items)
            except TelegramError as error:
                if meaning(error) not in _REFORM:
                    raise
                log.info("album refused", job=parcel.job.id, why=reason(error))
                return None
        return Sent(tuple(picture.id for picture in load.pictures), str(messages[0].message_id))

    async def _send_one(self, parcel: Parcel, picture: Picture, form: Form) -> Sent:
        send = self._outbox.photo if form is Form.PHOTO else self._outbox.document
        file = input_file(self._media, picture)
        with translated():
            try:
                message = await send(parcel.job.address, file, self._caption(parcel, picture))
            except TelegramError as error:
                if form is Form.FILE or meaning(error) not in _REFORM:
                    raise
                log.info("photo refused", job=parcel.job.id, why=reason(error))
            else:
                return Sent((picture.id,), str(message.message_id))
        return await self._send_one(parcel, picture, Form.FILE)

    # --- what people hand in -----------------------------------------------------------------------

    def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        """The bytes of an image, of at most 20 MB. Raises HandleGone, HandleTooLarge and ChatUnavailable."""
        return fetch(self._bot, handle)

    def _caption(self, parcel: Parcel, picture: Picture) -> str:
        return caption(self._texts, parcel, picture, CAPTION_LIMIT)


def _goes_without_saying(status: Status) -> bool:
    """All pictures arrived: they say it themselves."""
    return status.stage is Stage.DONE and not status.returned
