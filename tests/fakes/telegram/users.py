"""People and bots, and the accounts that stand in where a chat speaks instead of a person."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Wire: TypeAlias = dict[str, Any]


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


GROUP_ANONYMOUS_BOT: Final = User(1087968824, "Group", username="GroupAnonymousBot", is_bot=True)
"""Stands in for an administrator who speaks as the group."""

CHANNEL_BOT: Final = User(136817688, "Channel", username="Channel_Bot", is_bot=True)
"""Stands in for somebody who speaks in a group as their channel."""

TELEGRAM: Final = User(777000, "Telegram")
"""Stands in for a channel whose posts are forwarded into its group."""
