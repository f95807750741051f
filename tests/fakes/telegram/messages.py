"""Messages and pressed buttons, and how they look on the wire."""

import time
from dataclasses import dataclass, field

from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.entities import RichText
from tests.fakes.telegram.files import StoredFile
from tests.fakes.telegram.media import file_wire
from tests.fakes.telegram.users import CHANNEL_BOT, GROUP_ANONYMOUS_BOT, TELEGRAM, User, Wire


@dataclass(frozen=True, slots=True)
class Button:
    """A button of an inline keyboard: one that calls back has `data`, one that opens an address has `url`."""

    text: str
    data: str | None = None
    url: str | None = None


@dataclass(slots=True, eq=False)
class Message:
    """One message as it stands now. `sizes` are the photo's sizes, smallest first, or the one file.

    `rich` is the text, or the caption when there is a file. `sent_at` is seconds since the epoch. `sender`
    wrote it, also where `sender_chat` hides that from the bot. `service` is what a service message tells;
    `forward_of` is the channel's post that was forwarded here.
    """

    chat: Chat = field(repr=False)
    id: int
    sender: User
    rich: RichText
    sizes: tuple[StoredFile, ...] = ()
    reply_to: "Message | None" = field(default=None, repr=False)
    thread_id: int | None = None
    in_topic: bool = False
    media_group_id: str | None = None
    reply_markup: Wire | None = None
    has_spoiler: bool = False
    sender_chat: Chat | None = field(default=None, repr=False)
    forward_of: "Message | None" = field(default=None, repr=False)
    service: Wire | None = None
    reactions: tuple[str, ...] = ()
    sent_at: float = field(default_factory=time.time)
    edited_at: float | None = None
    deleted: bool = False
    update: Wire | None = field(default=None, repr=False)

    @property
    def file(self) -> StoredFile | None:
        return self.sizes[-1] if self.sizes else None

    @property
    def text(self) -> str:
        return "" if self.sizes else self.rich.text

    @property
    def caption(self) -> str:
        return self.rich.text if self.sizes else ""

    @property
    def keyboard(self) -> list[list[Button]]:
        """The inline keyboard, row by row; empty when there is none."""
        rows = (self.reply_markup or {}).get("inline_keyboard", [])
        return [
            [Button(button["text"], button.get("callback_data"), button.get("url")) for button in row]
            for row in rows
        ]

    @property
    def buttons(self) -> dict[str, str]:
        """Label to callback data of the inline keyboard; "" for a button that opens an address."""
        return {button.text: button.data or "" for row in self.keyboard for button in row}

    def wire(self, *, quoted: bool = False) -> Wire:
        """The Message object; a quoted one does not repeat what it replies to, as documented."""
        wire: Wire = {
            "message_id": self.id,
            **self._speaker(),
            "chat": self.chat.wire(),
            "date": int(self.sent_at),
        }
        wire |= self._content() | self._place() | (self.service or {})
        if self.edited_at is not None:
            wire["edit_date"] = int(self.edited_at)
        if self.forward_of is not None:
            wire |= {"is_automatic_forward": True, "forward_origin": self.forward_of.origin()}
        if self.reply_markup is not None and "inline_keyboard" in self.reply_markup:
            wire["reply_markup"] = self.reply_markup
        return wire if quoted else wire | self._replied()

    def origin(self) -> Wire:
        """The MessageOrigin object: who said it first, for a message that is shown elsewhere."""
        date = {"date": int(self.sent_at)}
        if self.chat.type == "channel":
            return {"type": "channel", "chat": self.chat.wire(), "message_id": self.id} | date
        if self.sender_chat is not None:
            return {"type": "chat", "sender_chat": self.sender_chat.wire()} | date
        return {"type": "user", "sender_user": self.sender.wire()} | date

    def _speaker(self) -> Wire:
        if self.sender_chat is None:
            return {"from": self.sender.wire()}
        spoken = {"sender_chat": self.sender_chat.wire()}
        return spoken if self.chat.type == "channel" else {"from": self._stand_in().wire()} | spoken

    def _stand_in(self) -> User:
        """An account in place of the chat that speaks, which the documentation calls a fake sender."""
        if self.sender_chat is self.chat:
            return GROUP_ANONYMOUS_BOT
        return CHANNEL_BOT if self.forward_of is None else TELEGRAM

    def _replied(self) -> Wire:
        if self.reply_to is None:
            return {}
        if self.reply_to.chat is self.chat:
            return {"reply_to_message": self.reply_to.wire(quoted=True)}
        return {"external_reply": self.reply_to._from_elsewhere()}

    def _from_elsewhere(self) -> Wire:
        """The ExternalReplyInfo object: the media, but no text; the place only of what may be public."""
        shown: Wire = {"origin": self.origin()} | self._media()
        if self.chat.type in {"supergroup", "channel"}:
            shown |= {"chat": self.chat.wire(), "message_id": self.id}
        return shown

    def _place(self) -> Wire:
        place: Wire = {}
        if self.thread_id is not None:
            place["message_thread_id"] = self.thread_id
        if self.in_topic:
            place["is_topic_message"] = True
        if self.media_group_id is not None:
            place["media_group_id"] = self.media_group_id
        return place

    def _content(self) -> Wire:
        content = self._media()
        if self.rich.text:
            content["caption" if self.sizes else "text"] = self.rich.text
        if self.rich.entities:
            content["caption_entities" if self.sizes else "entities"] = list(self.rich.entities)
        return content

    def _media(self) -> Wire:
        media = file_wire(self.sizes) if self.sizes else {}
        return media | {"has_media_spoiler": True} if self.has_spoiler else media


@dataclass(slots=True, eq=False)
class CallbackQuery:
    """A pressed button; `answer` holds the parameters of answerCallbackQuery once it was answered.

    `old` means that the message is shown to the bot as no longer accessible.
    """

    id: str
    user: User
    message: Message
    data: str
    old: bool = False
    pressed_at: float = field(default_factory=time.monotonic)
    answer: Wire | None = None
    update: Wire | None = field(default=None, repr=False)

    def wire(self) -> Wire:
        return {
            "id": self.id,
            "from": self.user.wire(),
            "message": self._inaccessible() if self.old else self.message.wire(),
            "chat_instance": str(self.message.chat.id),
            "data": self.data,
        }

    def _inaccessible(self) -> Wire:
        return {"chat": self.message.chat.wire(), "message_id": self.message.id, "date": 0}
