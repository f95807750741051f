"""Chats come to be and change: private chats, groups, forums, channels, and a group's upgrade."""

import itertools
from collections.abc import Iterable

from tests.fakes.telegram.chats import Chat, Topic
from tests.fakes.telegram.entities import RichText
from tests.fakes.telegram.members import CHANNEL_RIGHTS, Member, Permissions
from tests.fakes.telegram.users import User
from tests.fakes.telegram.world import World


class Gatherings:
    """Each call changes the world at once and queues the update it causes, if any."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._chat_numbers = itertools.count(1)

    def private(self, user: User) -> Chat:
        """The person's private chat with the bot, as after they pressed start; the same chat each time."""
        if user.id not in self.world.chats:
            chat = Chat(user.id, user.first_name, person=user, type="private")
            for member in (user, self.world.bot):
                chat.member(member, "member")
            self.world.chats[chat.id] = chat
        return self.world.chats[user.id]

    def group(
        self,
        title: str,
        *,
        members: list[User] | None = None,
        forum: bool = False,
        basic: bool = False,
        bot_is_admin: bool = False,
        with_bot: bool = True,
    ) -> Chat:
        """A supergroup, or a group that was never upgraded (`basic`); the first member is its creator.

        With `with_bot=False` the bot has never heard of it: `add_bot` changes that. Raises ValueError for a
        basic forum, which cannot exist.
        """
        if basic and forum:
            raise ValueError("only a supergroup can be a forum")
        chat = self._basic(title) if basic else self._supergroup(title, forum=forum)
        for number, person in enumerate(members or []):
            chat.member(person, "member" if number else "creator")
        if with_bot:
            chat.member(self.world.bot, "administrator" if bot_is_admin else "member")
            self.world.chats[chat.id] = chat
        return chat

    def channel(self, title: str, admins: list[User]) -> Chat:
        """A channel that the bot is an administrator of; the first of `admins` is its creator."""
        chat = self._supergroup(title)
        chat.type = "channel"
        for number, admin in enumerate(admins):
            chat.admit(Member(admin, "administrator" if number else "creator", CHANNEL_RIGHTS))
        chat.admit(Member(self.world.bot, "administrator", CHANNEL_RIGHTS))
        self.world.chats[chat.id] = chat
        return chat

    def link(self, channel: Chat, group: Chat) -> None:
        """From now on the channel's posts are forwarded into the group. Raises ValueError for other chats."""
        if (channel.type, group.type) != ("channel", "supergroup"):
            raise ValueError("a channel is linked to a supergroup")
        channel.linked, group.linked = group, channel

    def topic(self, forum: Chat, name: str) -> Topic:
        """A new topic. Raises ValueError when the group is no forum."""
        if not forum.is_forum:
            raise ValueError(f"{forum.title} is not a forum")
        topic = Topic(next(forum.message_ids), name)
        forum.topics[topic.id] = topic
        return topic

    def delete_topic(self, forum: Chat, topic: Topic) -> None:
        del forum.topics[topic.id]

    def permit(
        self, group: Chat, *, messages: bool = True, photos: bool = True, documents: bool = True
    ) -> None:
        """What all but administrators may send in the group; the bot is not told, as in reality."""
        group.permissions = Permissions(messages, photos, documents)

    def forbid_reactions(self, chat: Chat, *, allowed: Iterable[str] = ()) -> None:
        """Leaves only these reactions, by default none."""
        chat.reactions = frozenset(allowed)

    def upgrade(self, group: Chat) -> Chat:
        """The supergroup that a basic group becomes, with the same members and a new number.

        Both chats tell so in a message, and every call to the old one is refused from then on. Raises
        ValueError when it is no basic group or nobody created it.
        """
        if group.type != "group" or group.upgraded_to is not None:
            raise ValueError(f"{group.title} cannot be upgraded")
        new = self._supergroup(group.title)
        new.message_ids = itertools.count(1)
        new.members, new.permissions, new.reactions = dict(group.members), group.permissions, group.reactions
        self.world.chats[new.id] = new
        told = {"migrate_to_chat_id": new.id}
        self.world.publish(self.world.post(group, group.creator, RichText(), service=told))
        group.upgraded_to = new
        told = {"migrate_from_chat_id": group.id}
        self.world.publish(self.world.post(new, group.creator, RichText(), service=told, sender_chat=new))
        return new

    def _basic(self, title: str) -> Chat:
        return Chat(-4_000_000_000 - next(self._chat_numbers), title, type="group")

    def _supergroup(self, title: str, *, forum: bool = False) -> Chat:
        return Chat(-1_001_000_000_000 - next(self._chat_numbers), title, is_forum=forum)
