"""What the bot did: messages as they stand now, pictures, calls, menus; and waiting without sleeping."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.files import StoredFile
from tests.fakes.telegram.messages import CallbackQuery, Message
from tests.fakes.telegram.profile import menu_key
from tests.fakes.telegram.server import Call, Door
from tests.fakes.telegram.users import Wire
from tests.fakes.telegram.world import World

T = TypeVar("T")
Place: TypeAlias = Literal["private", "group", "channel", "elsewhere"]


@dataclass(frozen=True, slots=True)
class SentPicture:
    """An image the bot has posted, as photo or as file. Width and height are pixels of the bytes received."""

    message: Message
    file: StoredFile
    kind: str
    width: int
    height: int
    caption: str
    filename: str
    reply_to: Message | None
    thread_id: int | None


class Witness:
    def __init__(self, world: World, door: Door) -> None:
        self.world = world
        self.door = door

    @property
    def calls(self) -> list[Call]:
        """Every call received, in order; also file downloads, as method "download"."""
        return self.door.calls

    @property
    def violations(self) -> list[str]:
        """What the real server would tolerate in silence but no bot should do; empty at the end of a test."""
        return self.door.violations

    def calls_of(self, method: str, chat: Chat | None = None) -> list[Call]:
        return [
            call for call in self.calls if call.method == method and (chat is None or call.chat_id == chat.id)
        ]

    def counts(self) -> Counter[tuple[str, int]]:
        """How many calls by method and status."""
        return Counter((call.method, call.status) for call in self.calls)

    def counts_by_place(self) -> dict[Place, Counter[tuple[str, int]]]:
        """How many calls by kind of chat, then by method and status.

        The answer to a pressed button counts where the button was; what belongs to no chat that the server
        knows, like a download, is "elsewhere".
        """
        counts: dict[Place, Counter[tuple[str, int]]] = {}
        for call in self.calls:
            counts.setdefault(self._place(call), Counter())[call.method, call.status] += 1
        return counts

    def messages(self, chat: Chat) -> list[Message]:
        """Everyone's messages in the chat as they stand now, oldest first, without the deleted ones."""
        return [message for message in chat.history.values() if not message.deleted]

    def deleted(self, chat: Chat) -> list[Message]:
        return [message for message in chat.history.values() if message.deleted]

    def replies(self, chat: Chat) -> list[Message]:
        """The bot's messages in the chat."""
        return [message for message in self.messages(chat) if message.sender == self.world.bot]

    def photos(self, chat: Chat) -> list[SentPicture]:
        """The bot's images in the chat, photos and files alike, in order."""
        return [
            _picture(message, message.file)
            for message in self.replies(chat)
            if message.file is not None and message.file.width
        ]

    def queries(self) -> list[CallbackQuery]:
        """Every pressed button; `answer` is None for those not answered yet."""
        return list(self.world.queries.values())

    def unanswered(self) -> list[CallbackQuery]:
        """The pressed buttons that were not answered yet, oldest first."""
        return [query for query in self.queries() if query.answer is None]

    def menu(self, scope: Wire | None = None, language_code: str = "") -> dict[str, str]:
        """The command menu as registered for a scope and language: command to description."""
        commands = self.world.commands.get(menu_key(scope, language_code), [])
        return {command["command"]: command["description"] for command in commands}

    async def wait_for(
        self,
        condition: Callable[[], T | None],
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 - part of the condition's own message, and the caller's to choose
    ) -> T:
        """The condition's first true value, tried at every change. TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not (found := condition()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not within {timeout} s; the bot did: {self._summary()}")
            await self.world.changed.wait(left)
        return found

    async def wait_for_text(
        self,
        chat: Chat,
        text: str,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 - as above
    ) -> Message:
        """The bot's first message in the chat whose text or caption holds `text`."""

        def found() -> Message | None:
            return next((message for message in self.replies(chat) if text in message.rich.text), None)

        return await self.wait_for(found, timeout=timeout)

    async def wait_for_photos(
        self,
        chat: Chat,
        count: int = 1,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 - as above
    ) -> list[SentPicture]:
        """All the bot's images in the chat once there are at least `count`."""

        def enough() -> list[SentPicture] | None:
            photos = self.photos(chat)
            return photos if len(photos) >= count else None

        return await self.wait_for(enough, timeout=timeout)

    def _place(self, call: Call) -> Place:
        query = self.world.queries.get(call.parameters.get("callback_query_id", ""))
        chat = query.message.chat if query else self.world.chats.get(call.chat_id)
        match None if chat is None else chat.type:
            case None:
                return "elsewhere"
            case "group" | "supergroup":
                return "group"
            case kind:
                return kind

    def _summary(self) -> list[Any]:
        return [
            (
                call.method,
                call.status,
                call.error,
                call.parameters.get("text") or call.parameters.get("caption"),
            )
            for call in self.calls[-12:]
            if call.method != "getUpdates"
        ]


def _picture(message: Message, file: StoredFile) -> SentPicture:
    return SentPicture(
        message=message,
        file=file,
        kind=file.kind,
        width=file.width,
        height=file.height,
        caption=message.caption,
        filename=file.filename,
        reply_to=message.reply_to,
        thread_id=message.thread_id,
    )
