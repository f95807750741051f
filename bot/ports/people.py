"""What is known of people and chats besides their jobs. Writing raises StoreBusy."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.ids import Millis
from bot.domain.settings import Ask, ChatSettings, PersonSettings


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """A person and the chat they speak in, as far as we know them; a stranger has the usual settings."""

    person: PersonSettings = PersonSettings()
    chat: ChatSettings = ChatSettings()
    ask: Ask | None = None


class People(Protocol):
    """Persons and chats are named by their platform's ids."""

    async def recall(self, platform: str, person: str, chat: str) -> Acquaintance:
        """What is known of a person, of a chat, and what we asked that person there."""
        ...

    async def keep_person(self, platform: str, person: str, settings: PersonSettings, now: Millis) -> None:
        """Keep a person's settings in place of the former ones."""
        ...

    async def keep_chat(self, platform: str, chat: str, settings: ChatSettings, now: Millis) -> None:
        """Keep a chat's settings in place of the former ones."""
        ...

    async def keep_ask(self, platform: str, chat: str, person: str, ask: Ask | None) -> None:
        """Remember what we asked a person in a chat, in place of an older question; None: it is answered."""
        ...

    async def move_chat(self, platform: str, old: str, new: str) -> None:
        """A chat has a new number: its settings, and what its day has used, go with it. Repeatable.

        Settings made under the new number already stay.
        """
        ...
