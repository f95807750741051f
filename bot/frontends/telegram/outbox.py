"""Where a message goes: chat, topic, the message it replies to; and what happens when these are gone."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeVar

from telegram import (
    InputFile,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ChatAction
from telegram.error import ChatMigrated, TelegramError

from bot.domain.jobs import Address
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import Meaning, meaning
from bot.frontends.telegram.flood import Urgency

PLATFORM: Final = "telegram"

T = TypeVar("T")

_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, and where in it. The topic "General" has no thread: the Bot API refuses its number."""

    chat: int
    thread: int | None = None
    reply_to: int | None = None

    @classmethod
    def of(cls, address: Address) -> Self:
        return cls(
            chat=int(address.chat),
            thread=int(address.thread) if address.thread else None,
            reply_to=int(address.message) if address.message else None,
        )

    @property
    def bare(self) -> Self:
        """The same chat, anywhere in it."""
        return replace(self, thread=None, reply_to=None)

    @property
    def arguments(self) -> dict[str, Any]:
        """The parameters that all methods which post have in common."""
        reply = None
        if self.reply_to is not None:
            reply = ReplyParameters(self.reply_to, allow_sending_without_reply=True)
        return {"chat_id": self.chat, "message_thread_id": self.thread, "reply_parameters": reply}


class Outbox:
    """Posts and edits. Raises TelegramError, all refusals but those of the place.

    A message whose topic is gone is sent to the chat without it. A group that became a supergroup has a new
    number, which is remembered here as long as the program runs.
    """

    def __init__(self, bot: TelegramBot) -> None:
        self._bot = bot
        self._moved: dict[int, int] = {}

    async def text(self, address: Address, text: str) -> Message:
        return await self._post(
            address,
            lambda place: self._bot.send_message(
                text=text, link_preview_options=_NO_PREVIEW, **place.arguments
            ),
        )

    async def edit(self, address: Address, message: str, text: str, urgency: Urgency) -> None:
        await self._post(
            address,
            lambda place: self._bot.edit_message_text(
                text,
                chat_id=place.chat,
                message_id=int(message),
                link_preview_options=_NO_PREVIEW,
                rate_limit_args=urgency,
            ),
        )

    async def photo(self, address: Address, file: InputFile, caption: str) -> Message:
        return await self._post(
            address,
            lambda place: self._bot.send_photo(photo=file, caption=caption, **place.arguments),
        )

    async def document(self, address: Address, file: InputFile, caption: str) -> Message:
        """The bytes as they are: without being told so, the server makes a sticker of a WebP file."""
        return await self._post(
            address,
            lambda place: self._bot.send_document(
                document=file, caption=caption, disable_content_type_detection=True, **place.arguments
            ),
        )

    async def album(
        self, address: Address, items: Sequence[InputMediaPhoto | InputMediaDocument]
    ) -> tuple[Message, ...]:
        """Two to ten items, all photos or all documents."""
        return await self._post(
            address, lambda place: self._bot.send_media_group(media=items, **place.arguments)
        )

    async def action(self, address: Address, action: ChatAction) -> None:
        await self._post(
            address,
            lambda place: self._bot.send_chat_action(
                place.chat, action, message_thread_id=place.thread, rate_limit_args=Urgency.SKIP
            ),
        )

    async def _post(self, address: Address, send: Callable[[Place], Awaitable[T]]) -> T:
        place = self._forwarded(Place.of(address))
        for _ in range(_TRIES - 1):
            try:
                return await send(place)
            except ChatMigrated as moved:
                self._moved[place.chat] = moved.new_chat_id
                place = self._forwarded(place)
            except TelegramError as error:
                if meaning(error) is not Meaning.PLACE_GONE or place == place.bare:
                    raise
                place = place.bare
        return await send(place)

    def _forwarded(self, place: Place) -> Place:
        """The place in the chat's new home, where messages are numbered anew and there are no topics yet."""
        chat = self._moved.get(place.chat)
        return place if chat is None else Place(chat)
