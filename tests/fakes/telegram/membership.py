"""Who belongs where: the bot is added, removed, blocked, muted; administrators come and go."""

import time
from collections.abc import Iterable

from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.entities import RichText
from tests.fakes.telegram.gatherings import Gatherings
from tests.fakes.telegram.members import CHANNEL_RIGHTS, GROUP_RIGHTS, RIGHTS, Member, Permissions
from tests.fakes.telegram.users import User, Wire


class Membership(Gatherings):
    """Each call queues a my_chat_member update about the bot, or a chat_member update about a person.

    The bot gets the latter only as an administrator that asked for them, as documented.
    """

    def block(self, user: User) -> None:
        """The person blocks the bot."""
        self._becomes(self.private(user), Member(self.world.bot, "kicked"), user)

    def unblock(self, user: User) -> None:
        self._becomes(self.private(user), Member(self.world.bot, "member"), user)

    def remove_bot(self, group: Chat, by: User) -> None:
        self._becomes(group, Member(self.world.bot, "kicked"), by)

    def add_bot(self, group: Chat, by: User) -> None:
        """Adds the bot, which is also told in the group as every newcomer is."""
        self.world.chats[group.id] = group
        self._becomes(group, Member(self.world.bot, "member"), by)
        newcomers = {"new_chat_members": [self.world.bot.wire()]}
        self.world.publish(self.world.post(group, by, RichText(), service=newcomers))

    def restrict_bot(
        self, group: Chat, by: User, *, messages: bool = True, photos: bool = True, documents: bool = True
    ) -> None:
        """Leaves the bot only these permissions. Raises ValueError in a basic group, which knows none."""
        if group.type != "supergroup":
            raise ValueError("members are restricted in supergroups only")
        permissions = Permissions(messages, photos, documents)
        self._becomes(group, Member(self.world.bot, "restricted", permissions=permissions), by)

    def unrestrict_bot(self, group: Chat, by: User) -> None:
        self._becomes(group, Member(self.world.bot, "member"), by)

    def promote(
        self, chat: Chat, user: User, *, rights: Iterable[str] | None = None, anonymous: bool = False
    ) -> None:
        """Makes a person or the bot (`api.world.bot`) an administrator, by the chat's creator.

        `rights` are names as in ChatMemberAdministrator, by default the one to delete messages, and in a
        channel those to post and edit. Raises ValueError for an unknown right or a chat without creator.
        """
        usual = CHANNEL_RIGHTS if chat.type == "channel" else GROUP_RIGHTS
        granted = usual if rights is None else frozenset(rights) | {"can_manage_chat"}
        if not granted <= RIGHTS:
            raise ValueError(f"no such rights: {sorted(granted - RIGHTS)}")
        if anonymous:
            granted |= {"is_anonymous"}
        self._becomes(chat, Member(user, "administrator", granted), chat.creator)

    def demote(self, chat: Chat, user: User) -> None:
        """Makes an administrator an ordinary member, by the chat's creator."""
        self._becomes(chat, Member(user, "member"), chat.creator)

    def _becomes(self, chat: Chat, after: Member, by: User) -> None:
        before = chat.standing(after.user)
        chat.admit(after)
        change: Wire = {
            "chat": chat.wire(),
            "from": by.wire(),
            "date": int(time.time()),
            "old_chat_member": before.wire(),
            "new_chat_member": after.wire(),
        }
        if after.user == self.world.bot:
            self.world.updates.push("my_chat_member", change)
        elif chat.standing(self.world.bot).leads:
            self.world.updates.push("chat_member", change)
