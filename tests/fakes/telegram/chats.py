"""Chats and topics, and how they look on the wire."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from tests.fakes.telegram.members import FREE, GROUP_RIGHTS, Member, Permissions, Status
from tests.fakes.telegram.users import User, Wire

if TYPE_CHECKING:
    from tests.fakes.telegram.messages import Message

__all__ = ["Chat", "Kind", "Topic", "User"]

Kind: TypeAlias = Literal["private", "group", "supergroup", "channel"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a forum; `id` is the message_thread_id."""

    id: int
    name: str


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat (`person` set), a group, a supergroup or a channel, with everything ever said in it.

    `permissions` hold for all who are no administrators; `reactions` are those allowed, None means all.
    `linked` is the group of a channel, or the channel of a group.
    """

    id: int
    title: str
    person: User | None = None
    type: Kind = "supergroup"
    is_forum: bool = False
    members: dict[int, Member] = field(repr=False, default_factory=dict)
    permissions: Permissions = FREE
    reactions: frozenset[str] | None = None
    linked: "Chat | None" = field(repr=False, default=None)
    upgraded_to: "Chat | None" = field(repr=False, default=None)
    topics: dict[int, Topic] = field(repr=False, default_factory=dict)
    history: "dict[int, Message]" = field(repr=False, default_factory=dict)
    message_ids: Iterator[int] = field(repr=False, default_factory=lambda: itertools.count(2))

    def wire(self) -> Wire:
        if self.person is not None:
            return {"id": self.id, "type": "private", "first_name": self.person.first_name}
        forum = {"is_forum": True} if self.is_forum else {}
        return {"id": self.id, "type": self.type, "title": self.title} | forum

    def admit(self, member: Member) -> None:
        self.members[member.user.id] = member

    def member(self, user: User, status: Status) -> None:
        """Makes somebody this without a word to the bot; an administrator with the usual rights."""
        self.admit(Member(user, status, GROUP_RIGHTS))

    def standing(self, user: User) -> Member:
        """What the person is here; whoever was never here has left."""
        return self.members.get(user.id, Member(user, "left"))

    @property
    def creator(self) -> User:
        """Raises ValueError when the chat has none."""
        for member in self.members.values():
            if member.status == "creator":
                return member.user
        raise ValueError(f"{self.title} belongs to nobody")

    def visible(self, message_id: int) -> "Message | None":
        message = self.history.get(message_id)
        return None if message is None or message.deleted else message
