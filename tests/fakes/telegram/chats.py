"""People, chats, topics and messages, and how each looks on the wire."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tests.fakes.telegram.entities import RichText
from tests.fakes.telegram.files import StoredFile

Wire: TypeAlias = dict[str, Any]
Status: TypeAlias = Literal["creator", "administrator", "member", "left", "kicked"]


@dataclass(frozen=True, slots=True)
class User:
    id: int
    first_name: str
    language_code: str | None = None
    username: str | None = None
    is_bot: bool = False

    def wire(self) -> Wire:
        named = {"language_code": self.language_code, "username": self.username}
        known = {name: value for name, value in named.items() if value is not None}
        return {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name} | known


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a forum; `id` is the message_thread_id."""

    id: int
    name: str


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat (`person` set) or a supergroup, with everything ever said in it."""

    id: int
    title: str
    person: User | None = None
    is_forum: bool = False
    statuses: dict[int, Status] = field(repr=False, default_factory=dict)
    users: dict[int, User] = field(repr=False, default_factory=dict)
    topics: dict[int, Topic] = field(repr=False, default_factory=dict)
    history: "dict[int, Message]" = field(repr=False, default_factory=dict)
    message_ids: Iterator[int] = field(repr=False, default_factory=lambda: itertools.count(2))

    @property
    def type(self) -> str:
        return "supergroup" if self.person is None else "private"

    def wire(self) -> Wire:
        if self.person is not None:
            return {"id": self.id, "type": "private", "first_name": self.person.first_name}
        forum = {"is_forum": True} if self.is_forum else {}
        return {"id": self.id, "type": self.type, "title": self.title} | forum

    def member(self, user: User, status: Status) -> None:
        self.users[user.id] = user
        self.statuses[user.id] = status

    def visible(self, message_id: int) -> "Message | None":
        message = self.history.get(message_id)
        return None if message is None or message.deleted else message


@dataclass(slots=True, eq=False)
class Message:
    """One message as it stands now. `sizes` are the photo's sizes, smallest first, or the one document.

    `rich` is the text, or the caption when there is a file. `sent_at` is seconds since the epoch.
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
    def buttons(self) -> dict[str, str]:
        """Label to callback data of the inline keyboard."""
        rows = (self.reply_markup or {}).get("inline_keyboard", [])
        return {button["text"]: button.get("callback_data", "") for row in rows for button in row}

    def wire(self, *, quoted: bool = False) -> Wire:
        """The Message object; a quoted one does not repeat what it replies to, as documented."""
        wire: Wire = {
            "message_id": self.id,
            "from": self.sender.wire(),
            "chat": self.chat.wire(),
            "date": int(self.sent_at),
        }
        wire |= self._content() | self._place()
        if self.edited_at is not None:
            wire["edit_date"] = int(self.edited_at)
        if self.reply_markup is not None and "inline_keyboard" in self.reply_markup:
            wire["reply_markup"] = self.reply_markup
        if self.reply_to is not None and not quoted:
            wire["reply_to_message"] = self.reply_to.wire(quoted=True)
        return wire

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
        content: Wire = {}
        if self.file is not None:
            content[self.file.kind] = self._file_wire()
        if self.has_spoiler:
            content["has_media_spoiler"] = True
        if self.rich.text:
            content["caption" if self.sizes else "text"] = self.rich.text
        if self.rich.entities:
            content["caption_entities" if self.sizes else "entities"] = list(self.rich.entities)
        return content

    def _file_wire(self) -> Wire | list[Wire]:
        if self.sizes[-1].kind == "photo":
            return [_file_ids(size) | {"width": size.width, "height": size.height} for size in self.sizes]
        document = self.sizes[-1]
        if document.kind == "sticker":
            return _file_ids(document) | _sticker(document)
        return _file_ids(document) | {"file_name": document.filename, "mime_type": document.mime_type}


def _file_ids(file: StoredFile) -> Wire:
    return {"file_id": file.file_id, "file_unique_id": file.file_unique_id, "file_size": file.size}


def _sticker(file: StoredFile) -> Wire:
    return {
        "type": "regular",
        "width": file.width,
        "height": file.height,
        "is_animated": file.mime_type == "application/x-tgsticker",
        "is_video": file.mime_type == "video/webm",
    }


@dataclass(slots=True, eq=False)
class CallbackQuery:
    """A pressed button; `answer` holds the parameters of answerCallbackQuery once it was answered."""

    id: str
    user: User
    message: Message
    data: str
    pressed_at: float = field(default_factory=time.monotonic)
    answer: Wire | None = None
    update: Wire | None = field(default=None, repr=False)

    def wire(self) -> Wire:
        return {
            "id": self.id,
            "from": self.user.wire(),
            "message": self.message.wire(),
            "chat_instance": str(self.message.chat.id),
            "data": self.data,
        }
