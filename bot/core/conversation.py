"""What a person says or presses, and what is answered: one vocabulary for every platform.

An accepted `/draw` has no reply: the job speaks for itself.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import TypeVar

import structlog

from bot.core.buttons import read_press
from bot.core.languages import spoken
from bot.core.talk import (
    Answer,
    CommandHandler,
    Event,
    Incoming,
    Press,
    PressHandler,
    Reply,
    Topic,
    Turn,
    Verb,
)
from bot.core.wishes import Wishes
from bot.domain.command import Command, read_command
from bot.domain.problems import Key, Problem, problem
from bot.ports.chat import ChatUnavailable
from bot.ports.people import People
from bot.ports.store import StoreBusy
from bot.ports.texts import Texts

log = structlog.get_logger()

PRIVATE_COMMANDS = (
    "draw",
    "edit",
    "undo",
    "history",
    "resend",
    "settings",
    "models",
    "quota",
    "cancel",
    "lang",
    "help",
    "forgetme",
    "start",
)
"""The commands of a private chat, in the order of its menu."""

GROUP_COMMANDS = ("draw", "edit", "undo", "resend", "models", "quota", "cancel", "settings", "help")
ADMIN_COMMANDS = (*GROUP_COMMANDS, "chat")
COMMANDS = (*PRIVATE_COMMANDS, "chat")
"""All commands there are. Each is understood everywhere."""

_LONGEST_NOTE = 200

E = TypeVar("E", bound=Event)


class Conversation:
    """Finds out who speaks where in which language, and hands on to the topic that it is about."""

    def __init__(self, people: People, wishes: Wishes, topics: Sequence[Topic], texts: Texts) -> None:
        self._people = people
        self._wishes = wishes
        self._texts = texts
        self._commands: Mapping[str, CommandHandler] = {
            name: handler for topic in topics for name, handler in topic.commands.items()
        }
        self._presses: Mapping[Verb, PressHandler] = {
            verb: handler for topic in topics for verb, handler in topic.presses.items()
        }

    async def hear(self, incoming: Incoming) -> Reply | None:
        """Do what was said. None when nothing is to be answered. Idempotent on the event key."""
        command = read_command(incoming.text)
        if not (command or incoming.private or incoming.replied):
            return None
        if command and command.addressee and command.addressee.casefold() != incoming.bot_name.casefold():
            return None
        try:
            turn = await self._turn(incoming)
        except StoreBusy:
            return self._refusal(problem(Key.STORE_BUSY), self._texts.choose(incoming.language))
        try:
            answer = await (self._obey(turn, command) if command else self._wishes.hear(turn))
        except (StoreBusy, ChatUnavailable) as away:
            answer = _away(away)
        return self._refusal(answer, turn.locale) if isinstance(answer, Problem) else answer

    async def press(self, press: Press) -> Answer:
        """Do what a button says. Idempotent on the event key."""
        locale = self._texts.choose(press.language)
        try:
            turn = await self._turn(press)
            locale = turn.locale
            answer = await self._pressed(turn)
        except (StoreBusy, ChatUnavailable) as away:
            answer = _away(away)
        return self._turned_down(answer, locale) if isinstance(answer, Problem) else answer

    async def joined(self, event: Event) -> Reply | None:
        """We were added to a group or a channel: say once what can be done there."""
        turn = await self._turn(event)
        return Reply(self._texts.say(turn.locale, "joined", bot=event.bot_name), turn.locale)

    async def moved(self, platform: str, old: str, new: str) -> None:
        """A chat has a new number. Repeatable. Raises StoreBusy."""
        log.info("chat moved", platform=platform, old=old, new=new)
        await self._people.move_chat(platform, old, new)

    async def _turn(self, event: E) -> Turn[E]:
        known = await self._people.recall(event.platform, event.person, event.address.chat)
        wanted = (known.person.locale,) if event.private else (known.chat.locale, known.person.locale)
        locale = spoken(self._texts, event.language, *wanted)
        return Turn(event, locale, known.person, known.chat, known.ask)

    async def _obey(self, turn: Turn[Incoming], command: Command) -> Reply | Problem | None:
        if command.name == "start" and command.text in PRIVATE_COMMANDS:  # a link that leads to a command
            command = Command(command.text, None, "")
        if handler := self._commands.get(command.name):
            return await handler(turn, command)
        if not (turn.event.private or command.addressee):
            return None  # a command of some other bot in a group
        close = difflib.get_close_matches(command.name, COMMANDS, n=1)
        return problem(
            Key.COMMAND_UNKNOWN, given=f"/{command.name}"[:40], nearest=f"/{close[0]}" if close else ""
        )

    async def _pressed(self, turn: Turn[Press]) -> Answer | Problem:
        held = read_press(turn.event.press)
        handler = self._presses.get(held[0]) if held else None
        if held is None or handler is None:
            return problem(Key.BUTTON_UNKNOWN)
        return await handler(turn, held[1])

    def _refusal(self, why: Problem, locale: str) -> Reply:
        return Reply(self._texts.explain(locale, why), locale, refused=True)

    def _turned_down(self, why: Problem, locale: str) -> Answer:
        """Told where it bothers nobody else, if it is short enough for that."""
        refusal = self._refusal(why, locale)
        if len(refusal.text) <= _LONGEST_NOTE:
            return Answer(note=refusal.text, alert=True)
        return Answer(reply=refusal)


def _away(why: StoreBusy | ChatUnavailable) -> Problem:
    log.warning("not answered as asked", why=str(why))
    return problem(Key.STORE_BUSY if isinstance(why, StoreBusy) else Key.CHAT_BUSY)
