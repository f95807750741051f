"""The verbs of people: who there is, what they say, send, press and leave."""

import itertools
import re
import time
from typing import Final

from tests.fakes.telegram.lookups import CALLBACK_LIFE
from tests.fakes.telegram.membership import Membership
from tests.fakes.telegram.messages import CallbackQuery, Message
from tests.fakes.telegram.talk import Talk
from tests.fakes.telegram.users import User
from tests.fakes.telegram.world import World

PAYLOAD: Final = re.compile(r"[A-Za-z0-9_-]{0,64}")


class People(Membership, Talk):
    """Plain calls: each changes the world at once and queues the update it causes."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._user_ids = itertools.count(1001)
        self._query_ids = itertools.count(4_382_000_000_001)

    def user(self, name: str, *, language_code: str | None = None, username: str | None = None) -> User:
        user = User(next(self._user_ids), name, language_code, username)
        self.world.users[user.id] = user
        return user

    def start(self, user: User, payload: str = "") -> Message:
        """Follows a deep link to the bot: opens the private chat and presses start.

        Raises ValueError for a payload that is not up to 64 of A-Z, a-z, 0-9, _ and -, as documented.
        """
        if not PAYLOAD.fullmatch(payload):
            raise ValueError(f"no deep link can carry {payload!r}")
        return self.say(user, self.private(user), f"/start {payload}".rstrip())

    def press(self, user: User, message: Message, data: str, *, old: bool = False) -> CallbackQuery:
        """Presses the button with this callback data, under any of the bot's messages.

        With `old` the bot is shown only where the message is, as for one no longer accessible. Raises
        ValueError when there is no such button; one that opens an address cannot be pressed.
        """
        if data not in [button.data for row in message.keyboard for button in row]:
            raise ValueError(f"no button {data!r} among {message.buttons}")
        query = CallbackQuery(str(next(self._query_ids)), user, message, data, old)
        self.world.queries[query.id] = query
        query.update = self.world.updates.push("callback_query", query.wire())
        return query

    def expire(self, query: CallbackQuery) -> None:
        """Makes a press too old to be answered."""
        query.pressed_at = time.monotonic() - CALLBACK_LIFE - 1

    def age(self, message: Message, *, hours: float) -> None:
        """Makes a message so much older; after 48 hours the bot cannot delete it any more."""
        message.sent_at -= hours * 3600

    def delete(self, message: Message) -> None:
        """A person deletes a message; the bot is not told, as in reality."""
        message.deleted = True
        self.world.changed.ring()

    def repeat(self, event: Message | CallbackQuery) -> None:
        """Delivers the update of a message or a press once more. Raises ValueError when it had none."""
        if event.update is None:
            raise ValueError("the bot was never told about this")
        self.world.updates.repeat(event.update)
