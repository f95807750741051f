"""Where a message goes: chat, topic, the message it replies to; and what happens when these are gone."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeVar

import structlog
from telegram import (
    ForceReply,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReactionTypeEmoji,
    ReplyParameters,
)
from telegram.constants import BulkRequestLimit, ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.core.talk import Rows
from bot.domain.jobs import Address
from bot.frontends.telegram.bot import TelegramBot
from bot.frontends.telegram.errors import Meaning, meaning, reason
from bot.frontends.telegram.flood import Urgency
from bot.frontends.telegram.keyboards import markup

PLATFORM: Final = "telegram"

log = structlog.get_logger()

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
    """Posts, edits and deletes. Raises TelegramError, all refusals but those of the place.

    A message whose topic is gone is sent to the chat without it. A group that became a supergroup has a new
    number, which is remembered here as long as the program runs, and told to `moved` (old, new) when found.
    """

    def __init__(self, bot: TelegramBot, moved: Callable[[int, int], None] | None = None) -> None:
        self._bot = bot
        self._tell_moved = moved
        self._moved: dict[int, int] = {}

    async def text(self, address: Address, text: str, buttons: Rows = (), *, asks: bool = False) -> Message:
        """`asks` opens the person's input field for a reply, unless there are buttons to choose from."""
        keyboard: InlineKeyboardMarkup | ForceReply | None = markup(buttons, self._bot)
        if asks and keyboard is None:
            keyboard = ForceReply(selective=True)
        return await self._post(
            address,
            lambda place: self._bot.send_message(
                text=text, link_preview_options=_NO_PREVIEW, reply_markup=keyboard, **place.arguments
            ),
        )

    async def edit(
        self, address: Address, message: str, text: str, urgency: Urgency, buttons: Rows = ()
    ) -> None:
        """New words for a message of ours; buttons that are not given again are taken away."""
        await self._post(
            address,
            lambda place: self._bot.edit_message_text(
                text,
                chat_id=place.chat,
                message_id=int(message),
                link_preview_options=_NO_PREVIEW,
                reply_markup=markup(buttons, self._bot),
                rate_limit_args=urgency,
            ),
        )

    async def photo(
        self,
        address: Address,
        file: InputFile,
        caption: str,
        *,
        spoiler: bool = False,
        buttons: Rows = (),
    ) -> Message:
        return await self._post(
            address,
            lambda place: self._bot.send_photo(
                photo=file,
                caption=caption,
                has_spoiler=spoiler or None,
                reply_markup=markup(buttons, self._bot),
                **place.arguments,
            ),
        )

    async def document(
        self, address: Address, file: InputFile, caption: str, *, buttons: Rows = ()
    ) -> Message:
        """The bytes as they are: without being told so, the server makes a sticker of a WebP file."""
        return await self._post(
            address,
            lambda place: self._bot.send_document(
                document=file,
                caption=caption,
                disable_content_type_detection=True,
                reply_markup=markup(buttons, self._bot),
                **place.arguments,
            ),
        )

    async def album(
        self, address: Address, items: Sequence[InputMediaPhoto | InputMediaDocument]
    ) -> tuple[Message, ...]:
        """Two to ten items, all photos or all documents. Albums take no buttons."""
        return await self._post(
            address, lambda place: self._bot.send_media_group(media=items, **place.arguments)
        )

    async def action(self, address: Address, action: ChatAction) -> None:
        """Shown for five seconds at most, documented by the vendor."""
        await self._post(
            address,
            lambda place: self._bot.send_chat_action(
                place.chat, action, message_thread_id=place.thread, rate_limit_args=Urgency.SKIP
            ),
        )

    async def react(self, address: Address, emoji: str) -> None:
        """Leave a reaction on the message that the address names."""
        if address.message is None:
            return
        await self._bot.set_message_reaction(
            int(address.chat), int(address.message), ReactionTypeEmoji(emoji)
        )

    async def delete(self, chat: str, messages: Sequence[str]) -> None:
        """Take messages away; those that are gone, too old or not to be taken away by us are passed over.

        Never followed to a group's new number, where these numbers belong to other messages.
        """
        numbers = [int(message) for message in messages]
        limit = BulkRequestLimit.MAX_LIMIT
        for at in range(0, len(numbers), limit):
            await self._delete(int(chat), numbers[at : at + limit])

    async def _delete(self, chat: int, messages: Sequence[int]) -> None:
        try:
            if len(messages) == 1:
                await self._bot.delete_message(chat, messages[0])
            else:
                await self._bot.delete_messages(chat, messages)
        except Forbidden as error:
            log.info("messages not deleted", chat=chat, why=reason(error))
        except ChatMigrated as error:
            self._note_move(chat, error.new_chat_id)
        except BadRequest as error:
            if len(messages) == 1:
                log.info("message not deleted", chat=chat, why=reason(error))
                return
            # One that may not be deleted keeps all others of its batch.
            for message in messages:
                await self._delete(chat, [message])

    async def member(self, chat: str, person: str) -> str:
        """What somebody is in a chat: one of `telegram.constants.ChatMemberStatus`."""
        found = await self._post(
            Address(PLATFORM, chat), lambda place: self._bot.get_chat_member(place.chat, int(person))
        )
        return found.status

    async def _post(self, address: Address, send: Callable[[Place], Awaitable[T]]) -> T:
        place = self._forwarded(Place.of(address))
        for _ in range(_TRIES - 1):
            try:
                return await send(place)
            except ChatMigrated as error:
                self._note_move(place.chat, error.new_chat_id)
                place = self._forwarded(place)
            except TelegramError as error:
                if meaning(error) is not Meaning.PLACE_GONE or place == place.bare:
                    raise
                place = place.bare
        return await send(place)

    def _note_move(self, old: int, new: int) -> None:
        if self._moved.get(old) == new:
            return
        self._moved[old] = new
        log.info("telegram group moved", old=old, new=new)
        if self._tell_moved:
            self._tell_moved(old, new)

    def _forwarded(self, place: Place) -> Place:
        """The place in the chat's new home, where messages are numbered anew and there are no topics yet."""
        chat = self._moved.get(place.chat)
        return place if chat is None else Place(chat)
