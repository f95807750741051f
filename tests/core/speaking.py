"""Somebody who speaks to a topic of the core, presses its buttons, and is remembered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from bot.core.buttons import LONGEST, read_press
from bot.core.languages import spoken
from bot.core.talk import Answer, Button, Door, Event, Incoming, Press, Reply, Topic, Turn
from bot.domain.command import read_command
from bot.domain.ids import Millis
from bot.domain.jobs import Address
from bot.domain.problems import Problem
from bot.domain.settings import Ask, ChatSettings, PersonSettings
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from bot.ports.people import Acquaintance

TEXTS = FluentTexts(locales_folder())

E = TypeVar("E", bound=Event)


class Memory:
    """Implements `bot.ports.people.People` in memory."""

    def __init__(self) -> None:
        self.persons: dict[tuple[str, str], PersonSettings] = {}
        self.chats: dict[tuple[str, str], ChatSettings] = {}
        self.asks: dict[tuple[str, str, str], Ask] = {}
        self.writes: list[Millis] = []

    async def recall(self, platform: str, person: str, chat: str) -> Acquaintance:
        return Acquaintance(
            self.persons.get((platform, person), PersonSettings()),
            self.chats.get((platform, chat), ChatSettings()),
            self.asks.get((platform, chat, person)),
        )

    async def keep_person(self, platform: str, person: str, settings: PersonSettings, now: Millis) -> None:
        self.persons[platform, person] = settings
        self.writes.append(now)

    async def keep_chat(self, platform: str, chat: str, settings: ChatSettings, now: Millis) -> None:
        self.chats[platform, chat] = settings
        self.writes.append(now)

    async def keep_ask(self, platform: str, chat: str, person: str, ask: Ask | None) -> None:
        self.asks.pop((platform, chat, person), None)
        if ask:
            self.asks[platform, chat, person] = ask

    async def move_chat(self, platform: str, old: str, new: str) -> None:
        if settings := self.chats.pop((platform, old), None):
            self.chats.setdefault((platform, new), settings)


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person, in a private chat or in the group `chat`."""

    topic: Callable[[], Topic]
    memory: Memory = field(default_factory=Memory)
    person: str = "ann"
    chat: str | None = None
    language: str = "en"

    def as_(self, **changes: Any) -> "Speaker":
        """Somebody else, or somewhere else."""
        return replace(self, **changes)

    async def say(self, text: str) -> Reply:
        """Give a command that is not refused."""
        reply = await self.hear(text)
        assert isinstance(reply, Reply), reply
        check(reply)
        return reply

    async def hear(self, text: str) -> Reply | Problem | None:
        command = read_command(text)
        assert command
        event = Incoming(text=text, **self._event())
        return await self.topic().commands[command.name](await self._turn(event), command)

    async def press(self, button: Button | str) -> Reply:
        """Press what is not refused: the message as it looks then."""
        answer = await self.pressed(button)
        assert isinstance(answer, Answer), answer
        assert answer.update
        return answer.update

    async def pressed(self, button: Button | str) -> Answer | Problem:
        held = read_press(button if isinstance(button, str) else button.press)
        assert held
        event = Press(press="", **self._event())
        answer = await self.topic().presses[held[0]](await self._turn(event), held[1])
        if isinstance(answer, Answer):
            assert len(answer.note) <= 200
            if answer.update:
                check(answer.update)
        return answer

    @property
    def settled(self) -> PersonSettings:
        return self.memory.persons.get(("wall", self.person), PersonSettings())

    @property
    def chat_settled(self) -> ChatSettings:
        return self.memory.chats.get(("wall", self.chat or self.person), ChatSettings())

    def _event(self) -> dict[str, Any]:
        return {
            "event_key": "wall:1",
            "platform": "wall",
            "person": self.person,
            "address": Address("wall", self.chat or self.person, message="1"),
            "language": self.language,
            "private": self.chat is None,
            "bot_name": "drawbridge_bot",
        }

    async def _turn(self, event: E) -> Turn[E]:
        known = await self.memory.recall("wall", self.person, event.address.chat)
        wanted = (known.person.locale,) if event.private else (known.chat.locale, known.person.locale)
        return Turn(event, spoken(TEXTS, event.language, *wanted), known.person, known.chat)


class FixedClock:
    def now(self) -> Millis:
        return Millis(1_700_000_000_000)


def check(reply: Reply) -> None:
    """What every platform demands of a message with buttons."""
    assert 0 < len(reply.text) <= 4096
    for button in every(reply):
        assert button.label
        if isinstance(button, Button):
            assert 0 < len(button.press.encode()) <= LONGEST


def every(reply: Reply) -> Sequence[Button | Door]:
    """All buttons of a message."""
    return [button for row in reply.buttons for button in row]


def labels(reply: Reply) -> list[str]:
    return [button.label for button in every(reply)]


def button(reply: Reply, label: str) -> Button:
    """The button with `label` in its label."""
    found = [one for one in every(reply) if label in one.label]
    assert len(found) == 1, (label, labels(reply))
    assert isinstance(found[0], Button)
    return found[0]
