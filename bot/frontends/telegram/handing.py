"""Handing over pictures: in the form that is wanted, else in one that is taken, else elsewhere."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

import structlog
from telegram import InputFile, InputMediaDocument, InputMediaPhoto, Message
from telegram.error import TelegramError

from bot.core.buttons import result_buttons
from bot.core.narration import caption
from bot.core.talk import Rows
from bot.domain.jobs import Address, Job, Picture
from bot.frontends.telegram.acknowledging import Acknowledging
from bot.frontends.telegram.delivery import (
    CAPTION_LIMIT,
    Form,
    Load,
    captioned,
    carries_buttons,
    forms,
    loads,
)
from bot.frontends.telegram.errors import Meaning, meaning, reason, translated
from bot.frontends.telegram.outbox import PLATFORM, Outbox
from bot.frontends.telegram.pacing import is_group
from bot.frontends.telegram.reducing import Reducer
from bot.frontends.telegram.uploads import input_file
from bot.ports.chat import ChatGone, Parcel, Sent
from bot.ports.media import MediaStore
from bot.ports.texts import Texts

log = structlog.get_logger()

_NOTICEABLE_BYTES: Final = 1024 * 1024
_REFORM: Final = frozenset({Meaning.CONTENT_REFUSED, Meaning.KIND_FORBIDDEN})


@dataclass(frozen=True, slots=True)
class _Trip:
    """A parcel and where it goes: to the chat of the command, or `elsewhere`."""

    parcel: Parcel
    address: Address
    elsewhere: bool = False

    @property
    def spoiler(self) -> bool:
        return self.parcel.job.request.spoiler


class Handing:
    """Sends pictures. Raises ChatGone and ChatUnavailable."""

    def __init__(self, outbox: Outbox, media: MediaStore, texts: Texts, acknowledging: Acknowledging) -> None:
        self._outbox = outbox
        self._media = media
        self._texts = texts
        self._acknowledging = acknowledging
        self._reducer = Reducer(media)

    async def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        """Send the pictures; yields right after each message or album.

        A photo that is too large, refused or not allowed goes as a file, a file likewise as a photo, made
        smaller where that helps; an album that is refused goes picture by picture; what a group does not take
        in any form goes to the person alone.
        """
        arrived = set()
        try:
            async with aclosing(self._send(_Trip(parcel, parcel.job.address))) as messages:
                async for sent in messages:
                    arrived |= {picture for picture, _ in sent.messages}
                    yield sent
        except ChatGone as gone:
            private = _private(parcel.job)
            if private is None:
                raise
            log.info("pictures go to the person alone", job=parcel.job.id, why=str(gone))
        else:
            return
        rest = tuple(picture for picture in parcel.pictures if picture.id not in arrived)
        trip = _Trip(replace(parcel, pictures=rest), private, elsewhere=True)
        async with aclosing(self._send(trip)) as messages:
            async for sent in messages:
                yield sent

    async def _send(self, trip: _Trip) -> AsyncGenerator[Sent, None]:
        for load in loads(trip.parcel):
            await self._announce(trip.address, load)
            if len(load.pictures) > 1 and (sent := await self._send_album(trip, load)):
                yield sent
                continue
            for picture in load.pictures:
                yield await self._send_one(trip, picture)

    async def _announce(self, address: Address, load: Load) -> None:
        """Say that something is coming, when that takes long enough to be seen."""
        if load.bytes >= _NOTICEABLE_BYTES and not is_group(address.chat):
            await self._acknowledging.act(address, load.form is Form.PHOTO)

    async def _send_album(self, trip: _Trip, load: Load) -> Sent | None:
        """None when Telegram will not take it as an album."""
        ways = (Form.PHOTO, Form.FILE) if load.form is Form.PHOTO else (Form.FILE,)
        with translated():
            for form in ways:
                items = self._items(trip, replace(load, form=form))
                try:
                    messages = await self._outbox.album(trip.address, items)
                except TelegramError as error:
                    forbidden = meaning(error) is Meaning.KIND_FORBIDDEN
                    if meaning(error) not in _REFORM or (forbidden and form is not load.form):
                        raise
                    log.info("album refused", job=trip.parcel.job.id, form=form, why=reason(error))
                    if not forbidden:
                        break
                else:
                    return _sent(load.pictures, messages)
        return None

    def _items(self, trip: _Trip, load: Load) -> list[InputMediaPhoto | InputMediaDocument]:
        speaking = captioned(load.pictures)
        items: list[InputMediaPhoto | InputMediaDocument] = []
        for picture in load.pictures:
            file = input_file(self._media, picture, attach=True)
            words = self._caption(trip, picture) if picture in speaking else None
            if load.form is Form.PHOTO:
                items.append(InputMediaPhoto(file, caption=words, has_spoiler=trip.spoiler or None))
            else:
                items.append(InputMediaDocument(file, caption=words))
        return items

    async def _send_one(self, trip: _Trip, picture: Picture) -> Sent:
        """Try one form after the other; Telegram's last refusal counts."""
        coming = list(forms(picture, trip.parcel.job.request.output))
        with translated():
            while True:
                form = coming.pop(0)
                try:
                    message = await self._post(trip, picture, form)
                except TelegramError as error:
                    if meaning(error) is Meaning.KIND_FORBIDDEN and form is Form.PHOTO:
                        coming = [other for other in coming if other is Form.FILE]
                    if not coming or meaning(error) not in _REFORM:
                        raise
                    log.info("picture refused", job=trip.parcel.job.id, form=form.value, why=reason(error))
                else:
                    return _sent([picture], [message])

    async def _post(self, trip: _Trip, picture: Picture, form: Form) -> Message:
        words, buttons = self._caption(trip, picture), self._buttons(trip.parcel)
        if form is Form.FILE:
            file = input_file(self._media, picture)
            return await self._outbox.document(trip.address, file, words, buttons=buttons)
        return await self._outbox.photo(
            trip.address,
            await self._photo(picture, form),
            words,
            spoiler=trip.spoiler,
            buttons=buttons,
        )

    async def _photo(self, picture: Picture, form: Form) -> InputFile:
        if form is Form.REDUCED:
            return await self._reducer.input_file(picture)
        return input_file(self._media, picture)

    def _caption(self, trip: _Trip, picture: Picture) -> str:
        return caption(self._texts, trip.parcel, picture, CAPTION_LIMIT, elsewhere=trip.elsewhere)

    def _buttons(self, parcel: Parcel) -> Rows:
        return result_buttons(self._texts, parcel.job, parcel.offers) if carries_buttons(parcel.job) else ()


def _private(job: Job) -> Address | None:
    """Where a person of a group can be reached alone; channels and anonymous admins cannot."""
    reachable = is_group(job.address.chat) and job.person.isdecimal()
    return Address(PLATFORM, job.person) if reachable else None


def _sent(pictures: Sequence[Picture], messages: Sequence[Message]) -> Sent:
    """The chat is the one that took them: a group may have a new number."""
    pairs = zip(pictures, messages, strict=False)
    return Sent(
        platform=PLATFORM,
        chat=str(messages[0].chat_id),
        messages=tuple((picture.id, str(message.message_id)) for picture, message in pairs),
    )
