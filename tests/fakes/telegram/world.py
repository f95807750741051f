"""What the server knows: the bot, people, chats, files, updates; and which of it the bot gets to see."""

import itertools
from pathlib import Path
from typing import Any, Final, TypedDict, Unpack

from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.entities import RichText
from tests.fakes.telegram.errors import Refusal, bad_request, forbidden
from tests.fakes.telegram.files import MAX_DOWNLOAD, FileStore, StoredFile
from tests.fakes.telegram.messages import CallbackQuery, Message
from tests.fakes.telegram.updates import Bell, Updates
from tests.fakes.telegram.users import CHANNEL_BOT, GROUP_ANONYMOUS_BOT, TELEGRAM, User, Wire

BOT_USERNAME: Final = "drawbridge_test_bot"
GENERAL_TOPIC: Final = 1


class Details(TypedDict, total=False):
    """What a message may have besides its text; see Message."""

    sizes: tuple[StoredFile, ...]
    media_group_id: str | None
    reply_markup: Wire | None
    has_spoiler: bool
    sender_chat: Chat | None
    forward_of: Message | None
    service: Wire | None


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
        self.users = {user.id: user for user in (GROUP_ANONYMOUS_BOT, CHANNEL_BOT, TELEGRAM)}
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, CallbackQuery] = {}
        self.commands: dict[str, list[Wire]] = {}
        self.descriptions: dict[tuple[str, str], str] = {}
        self.violations: list[str] = []
        self.pictures = (
            0  # images the bot has posted, counted so that a bench need not look through every chat
        )
        self.album_ids = itertools.count(13_000_000_001)

    def chat(self, chat_id: Any) -> Chat:
        """Raises Refusal 400 for a chat the bot has never met, and for a group that became a supergroup."""
        if chat_id not in self.chats:
            raise bad_request("chat not found")
        chat = self.chats[chat_id]
        if chat.upgraded_to is not None:
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, description, {"migrate_to_chat_id": chat.upgraded_to.id})
        return chat

    def open_chat(self, chat_id: Any) -> Chat:
        """A chat the bot is in. Raises Refusal 400 or 403."""
        chat = self.chat(chat_id)
        member = chat.standing(self.bot)
        if member.present:
            return chat
        if chat.person is not None:
            raise forbidden("bot was blocked by the user")
        gone = "was kicked from" if member.status == "kicked" else "is not a member of"
        raise forbidden(f"bot {gone} the {chat.type} chat")

    def post(
        self,
        chat: Chat,
        sender: User,
        rich: RichText,
        *,
        reply_to: Message | None = None,
        thread_id: int | None = None,
        **details: Unpack[Details],
    ) -> Message:
        """Adds a message; a reply without a topic goes to the topic of what it replies to."""
        if reply_to is not None and reply_to.chat is chat and reply_to.in_topic:
            thread_id = thread_id or reply_to.thread_id
        if chat.type == "channel":
            details["sender_chat"] = chat
        message = Message(
            chat=chat,
            id=next(chat.message_ids),
            sender=sender,
            rich=rich,
            reply_to=reply_to,
            thread_id=thread_id if thread_id is not None else _reply_thread(chat, reply_to),
            in_topic=thread_id is not None,
            **details,
        )
        chat.history[message.id] = message
        if sender == self.bot and message.file is not None and message.file.width:
            self.pictures += 1
        self.changed.ring()
        return message

    def publish(self, message: Message) -> None:
        """Tells the bot of a message it may see, and forwards a channel's post to the channel's group."""
        if message.sender != self.bot and self.reaches_bot(message):
            kind = "channel_post" if message.chat.type == "channel" else "message"
            message.update = self.updates.push(kind, message.wire())
        if message.chat.type == "channel" and message.chat.linked is not None:
            self._forward(message, message.chat.linked)

    def reaches_bot(self, message: Message) -> bool:
        """Whether privacy mode, as the vendor's page on bots in groups tells it, shows the bot a message."""
        chat = message.chat
        if not chat.standing(self.bot).present:
            return False
        if not self.privacy or chat.type in {"private", "channel"} or chat.standing(self.bot).leads:
            return True
        if message.service is not None or self._replies_to_bot(message):
            return True
        return any(
            self._is_for_bot(chat, message.rich.text[entity["offset"] :])
            for entity in message.rich.entities
            if entity["type"] == "bot_command" and entity["offset"] == 0
        )

    def _forward(self, post: Message, group: Chat) -> None:
        forwarded = self.post(
            group,
            TELEGRAM,
            post.rich,
            sizes=post.sizes,
            media_group_id=post.media_group_id,
            sender_chat=post.chat,
            forward_of=post,
        )
        self.publish(forwarded)

    def _replies_to_bot(self, message: Message) -> bool:
        replied = message.reply_to
        return replied is not None and replied.chat is message.chat and replied.sender == self.bot

    def _is_for_bot(self, chat: Chat, command: str) -> bool:
        _, at, name = command.split()[0].partition("@")
        if at:
            return name.lower() == BOT_USERNAME
        bots = [message.sender for message in chat.history.values() if message.sender.is_bot]
        return bool(bots) and bots[-1] == self.bot


def _reply_thread(chat: Chat, reply_to: Message | None) -> int | None:
    """Outside topics a supergroup numbers reply threads too, without marking them as topics."""
    if reply_to is None or reply_to.chat is not chat or chat.type != "supergroup":
        return None
    return reply_to.thread_id or reply_to.id
