"""`/forgetme`: what is kept about a person is deleted, after they said so twice."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog

from bot.core.buttons import press
from bot.core.talk import (
    Answer,
    Button,
    CommandHandler,
    Door,
    Incoming,
    Press,
    PressHandler,
    Reply,
    Turn,
    Verb,
)
from bot.domain.command import Command
from bot.domain.ids import Millis
from bot.domain.problems import Key, Problem, problem
from bot.ports.archive import Archive
from bot.ports.chat import Chat
from bot.ports.clock import Clock
from bot.ports.media import MediaStore
from bot.ports.store import Store
from bot.ports.texts import Texts

log = structlog.get_logger()

_COUNTS_FOR: Final = timedelta(days=32)
"""Longer than any window of a quota: for that long it must be known whose the numbers are."""


class Forgetting:
    """Forgets people who ask for it, in their private chat."""

    def __init__(
        self,
        store: Store,
        archive: Archive,
        media: MediaStore,
        chats: Mapping[str, Chat],
        texts: Texts,
        clock: Clock,
    ) -> None:
        self._store = store
        self._archive = archive
        self._media = media
        self._chats = chats
        self._texts = texts
        self._clock = clock

    @property
    def commands(self) -> Mapping[str, CommandHandler]:
        return {"forgetme": self._asked}

    @property
    def presses(self) -> Mapping[Verb, PressHandler]:
        return {Verb.FORGET: self._pressed}

    async def tidy(self) -> None:
        """A pass for a background loop: names that need not be known any more."""
        now, days = self._clock.now(), _COUNTS_FOR // timedelta(milliseconds=1)
        if forgotten := await self._archive.forget_for_good(Millis(now - days)):
            log.info("names removed", accounts=forgotten)

    async def _asked(self, turn: Turn[Incoming], _command: Command) -> Reply:
        say = self._texts.say
        if not turn.event.private:
            door = Door(say(turn.locale, "forget-door"), "forgetme")
            return Reply(say(turn.locale, "forget-private"), turn.locale, buttons=((door,),))
        yes = Button(say(turn.locale, "forget-yes"), press(Verb.FORGET, "yes"))
        no = Button(say(turn.locale, "forget-no"), press(Verb.FORGET, "no"))
        return Reply(say(turn.locale, "forget"), turn.locale, buttons=((yes,), (no,)))

    async def _pressed(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        if not turn.event.private or words not in {("yes",), ("no",)}:
            return problem(Key.BUTTON_UNKNOWN)
        if words == ("no",):
            return self._update(turn, "forget-kept")
        return await self._forget(turn.event) or self._update(turn, "forgotten")

    async def _forget(self, event: Press) -> Problem | None:
        """Files first: as long as one is left, its row can be found again. Repeatable."""
        account = await self._store.account(event.platform, event.person)
        if account and (running := len(await self._store.open_jobs(account))):
            return problem(Key.FORGET_LATER, running=running)
        for key in await self._archive.keepsakes(event.platform, event.person):
            await self._media.delete(key)
        await self._archive.forget(event.platform, event.person, self._clock.now())
        await self._chats[event.platform].forget(event.person)
        log.info("person forgotten", platform=event.platform)
        return None

    def _update(self, turn: Turn[Press], key: str) -> Answer:
        return Answer(update=Reply(self._texts.say(turn.locale, key), turn.locale))
