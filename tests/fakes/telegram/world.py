"""What the server knows: the bot, people, chats, files, updates; and the rules about who may post where."""

import itertools
from pathlib import Path
from typing import Any, Final

from tests.fakes.telegram.chats import CallbackQuery, Chat, Message, User, Wire
from tests.fakes.telegram.entities import RichText
from tests.fakes.telegram.errors import bad_request, forbidden
from tests.fakes.telegram.files import MAX_DOWNLOAD, FileStore, StoredFile
from tests.fakes.telegram.updates import Bell, Updates

BOT_USERNAME: Final = "drawbridge_test_bot"
GENERAL_TOPIC: Final = 1


class World:
    def __init__(self, token: str, *, keep_uploads: bool, privacy: bool) -> None:
        self.token = token
        self.privacy = privacy
        self.bot = User(int(token.partition(":")[0]), "Drawbridge", username=BOT_USERNAME, is_bot=True)
        self.files = FileStore(keep_uploads=keep_uploads)
        self.max_download = MAX_DOWNLOAD
        self.disk: Path | None = None  # set, files are named by paths there: a server run with --local
        self.updates = Updates()
        self.changed = Bell()
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, CallbackQuery] = {}
        self.commands: dict[str, list[Wire]] = {}
        self.descriptions: dict[tuple[str, str], str] = {}
        self.pictures = (
            0  # images the bot has posted, counted so that a bench need not look through every chat
        )
        self.album_ids = itertools.count(13_000_000_001)

    def chat(self, chat_id: Any) -> Chat:
        """Raises Refusal 400 for a chat the bot has never met."""
        if chat_id not in self.chats:
            raise bad_request("chat not found")
        return self.chats[chat_id]

    def open_chat(self, chat_id: Any) -> Chat:
        """A chat the bot may post in. Raises Refusal 400 or 403."""
        chat = self.chat(chat_id)
        if chat.statuses[self.bot.id] in {"left", "kicked"}:
            private = chat.person is not None
            raise forbidden(
                "bot was blocked by the user" if private else "bot was kicked from the supergroup chat"
            )
        return chat

    def post(
        self,
        chat: Chat,
        sender: User,
        rich: RichText,
        *,
        sizes: tuple[StoredFile, ...] = (),
        reply_to: Message | None = None,
        thread_id: int | None = None,
        media_group_id: str | None = None,
        reply_markup: Wire | None = None,
        has_spoiler: bool = False,
    ) -> Message:
        """Adds a message; a reply without a topic goes to the topic of what it replies to."""
        if thread_id is None and reply_to is not None and reply_to.in_topic:
            thread_id = reply_to.thread_id
        message = Message(
            chat=chat,
            id=next(chat.message_ids),
            sender=sender,
            rich=rich,
            sizes=sizes,
            reply_to=reply_to,
            thread_id=thread_id if thread_id is not None else _reply_thread(chat, reply_to),
            in_topic=thread_id is not None,
            media_group_id=media_group_id,
            reply_markup=reply_markup,
            has_spoiler=has_spoiler,
        )
        chat.history[message.id] = message
        if sender == self.bot and message.file is not None and message.file.width:
            self.pictures += 1
        self.changed.ring()
        return message

    def reaches_bot(self, message: Message) -> bool:
        """Whether privacy mode, as the vendor's page on bots in groups tells it, shows the bot a message."""
        chat = message.chat
        if not self.privacy or chat.person is not None or chat.statuses[self.bot.id] == "administrator":
            return True
        if message.reply_to is not None and message.reply_to.sender == self.bot:
            return True
        return any(
            self._is_for_bot(chat, message.rich.text[entity["offset"] :])
            for entity in message.rich.entities
            if entity["type"] == "bot_command" and entity["offset"] == 0
        )

    def _is_for_bot(self, chat: Chat, command: str) -> bool:
        _, at, name = command.split()[0].partition("@")
        if at:
            return name.lower() == BOT_USERNAME
        bots = [message.sender for message in chat.history.values() if message.sender.is_bot]
        return bool(bots) and bots[-1] == self.bot


def _reply_thread(chat: Chat, reply_to: Message | None) -> int | None:
    """Outside topics a supergroup numbers reply threads too, without marking them as topics."""
    if reply_to is None or chat.person is not None:
        return None
    return reply_to.thread_id or reply_to.id
