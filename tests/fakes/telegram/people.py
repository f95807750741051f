"""The verbs of people: who there is, what they say, send, press and leave."""

import itertools
import time
from typing import Final

from tests.fakes.telegram.body import Upload
from tests.fakes.telegram.chats import CallbackQuery, Chat, Message, Status, Topic, User, Wire
from tests.fakes.telegram.entities import RichText, detect
from tests.fakes.telegram.files import Kind, StoredFile, thumbnail
from tests.fakes.telegram.lookups import CALLBACK_LIFE, member_wire
from tests.fakes.telegram.world import World

THUMBNAIL_SIDE: Final = 90


class People:
    """Plain calls: each changes the world at once and queues the update it causes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._user_ids = itertools.count(1001)
        self._group_ids = itertools.count(1)
        self._query_ids = itertools.count(4_382_000_000_001)

    def user(self, name: str, *, language_code: str | None = None, username: str | None = None) -> User:
        user = User(next(self._user_ids), name, language_code, username)
        self.world.users[user.id] = user
        return user

    def private(self, user: User) -> Chat:
        """The person's private chat with the bot, as after they pressed start; the same chat each time."""
        if user.id not in self.world.chats:
            self._open(Chat(user.id, user.first_name, person=user), [user])
        return self.world.chats[user.id]

    def group(
        self,
        title: str,
        *,
        members: list[User] | None = None,
        forum: bool = False,
        bot_is_admin: bool = False,
    ) -> Chat:
        """A supergroup the bot is in; the first member is its creator."""
        chat = Chat(-1_001_000_000_000 - next(self._group_ids), title, is_forum=forum)
        self._open(chat, members or [])
        if members:
            chat.member(members[0], "creator")
        if bot_is_admin:
            chat.member(self.world.bot, "administrator")
        return chat

    def topic(self, forum: Chat, name: str) -> Topic:
        """A new topic. Raises ValueError when the group is no forum."""
        if not forum.is_forum:
            raise ValueError(f"{forum.title} is not a forum")
        topic = Topic(next(forum.message_ids), name)
        forum.topics[topic.id] = topic
        return topic

    def delete_topic(self, forum: Chat, topic: Topic) -> None:
        del forum.topics[topic.id]

    def say(
        self,
        user: User,
        chat: Chat,
        text: str,
        *,
        topic: Topic | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """A text message, with the entities the platform detects (commands, mentions, addresses)."""
        return self._arrive(user, chat, detect(text), (), topic, reply_to)

    def send_photo(
        self,
        user: User,
        chat: Chat,
        data: bytes,
        *,
        caption: str = "",
        media_group_id: str | None = None,
        topic: Topic | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """A photo; an album is several calls with one `media_group_id`, each an update of its own."""
        small = self._keep("photo", thumbnail(data, THUMBNAIL_SIDE))
        full = self._keep("photo", Upload(data, "photo.jpg", "image/jpeg"))
        return self._arrive(user, chat, detect(caption), (small, full), topic, reply_to, media_group_id)

    def send_document(
        self,
        user: User,
        chat: Chat,
        data: bytes,
        *,
        filename: str,
        mime_type: str,
        caption: str = "",
        media_group_id: str | None = None,
        topic: Topic | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        file = self._keep("document", Upload(data, filename, mime_type))
        return self._arrive(user, chat, detect(caption), (file,), topic, reply_to, media_group_id)

    def send_sticker(
        self,
        user: User,
        chat: Chat,
        data: bytes,
        *,
        mime_type: str = "image/webp",
        topic: Topic | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """A sticker: static (WEBP), animated (`application/x-tgsticker`) or a film (`video/webm`)."""
        file = self._keep("sticker", Upload(data, "sticker.webp", mime_type))
        return self._arrive(user, chat, detect(""), (file,), topic, reply_to)

    def press(self, user: User, message: Message, data: str) -> CallbackQuery:
        """Presses the button with this callback data. Raises ValueError when there is no such button."""
        if data not in message.buttons.values():
            raise ValueError(f"no button {data!r} among {message.buttons}")
        query = CallbackQuery(str(next(self._query_ids)), user, message, data)
        self.world.queries[query.id] = query
        query.update = self.world.updates.push("callback_query", query.wire())
        return query

    def expire(self, query: CallbackQuery) -> None:
        """Makes a press too old to be answered."""
        query.pressed_at = time.monotonic() - CALLBACK_LIFE - 1

    def delete(self, message: Message) -> None:
        """A person deletes a message; the bot is not told, as in reality."""
        message.deleted = True
        self.world.changed.ring()

    def repeat(self, event: Message | CallbackQuery) -> None:
        """Delivers the update of a message or a press once more. Raises ValueError when it had none."""
        if event.update is None:
            raise ValueError("the bot was never told about this")
        self.world.updates.repeat(event.update)

    def block(self, user: User) -> None:
        """The person blocks the bot."""
        self._bot_becomes("kicked", self.private(user), user)

    def unblock(self, user: User) -> None:
        self._bot_becomes("member", self.private(user), user)

    def remove_bot(self, group: Chat, by: User) -> None:
        self._bot_becomes("kicked", group, by)

    def add_bot(self, group: Chat, by: User) -> None:
        self._bot_becomes("member", group, by)

    def _open(self, chat: Chat, members: list[User]) -> None:
        for member in [self.world.bot, *members]:
            chat.member(member, "member")
        self.world.chats[chat.id] = chat

    def _keep(self, kind: Kind, upload: Upload) -> StoredFile:
        return self.world.files.from_person(kind, upload)

    def _arrive(
        self,
        user: User,
        chat: Chat,
        rich: RichText,
        sizes: tuple[StoredFile, ...],
        topic: Topic | None,
        reply_to: Message | None,
        media_group_id: str | None = None,
    ) -> Message:
        message = self.world.post(
            chat,
            user,
            rich,
            sizes=sizes,
            reply_to=reply_to,
            thread_id=None if topic is None else topic.id,
            media_group_id=media_group_id,
        )
        if self.world.reaches_bot(message):
            message.update = self.world.updates.push("message", message.wire())
        return message

    def _bot_becomes(self, status: Status, chat: Chat, by: User) -> None:
        before = chat.statuses[self.world.bot.id]
        chat.member(self.world.bot, status)
        change: Wire = {
            "chat": chat.wire(),
            "from": by.wire(),
            "date": int(time.time()),
            "old_chat_member": member_wire(self.world.bot, before),
            "new_chat_member": member_wire(self.world.bot, status),
        }
        self.world.updates.push("my_chat_member", change)
