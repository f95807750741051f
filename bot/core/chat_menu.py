"""What the admins of a group settle for it: `/chat`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.languages import spoken
from bot.core.menu import Choice, Menu, offer, offer_languages, offer_models, offer_switch
from bot.core.rights import Rights
from bot.core.talk import Answer, CommandHandler, Event, Incoming, Press, PressHandler, Reply, Turn, Verb
from bot.domain.catalogue import Catalogue
from bot.domain.command import Command
from bot.domain.problems import Key, Problem, problem
from bot.domain.settings import ChatSettings, Drawers, Pressers
from bot.ports.clock import Clock
from bot.ports.people import People
from bot.ports.texts import Texts

_LIMITS = (10, 20, 50, 100, 200)
_LARGEST_LIMIT = 1_000_000


class ChatMenu:
    """Whether somebody is an admin is asked at every step: they may have ceased to be one meanwhile."""

    def __init__(
        self, people: People, rights: Rights, catalogue: Catalogue, texts: Texts, clock: Clock
    ) -> None:
        self._people = people
        self._rights = rights
        self._models = catalogue.model_names()
        self._texts = texts
        self._clock = clock
        settings = {
            "drawers": self._drawers,
            "pressers": self._pressers,
            "language": self._languages,
            "model": self._offer_models,
            "limit": self._limits,
            "spoiler": self._spoiler,
        }
        self._menu: Menu[ChatSettings] = Menu("chat", Verb.CHAT, settings, frozenset({"spoiler"}), texts)

    @property
    def commands(self) -> Mapping[str, CommandHandler]:
        return {"chat": self._chat}

    @property
    def presses(self) -> Mapping[Verb, PressHandler]:
        return {Verb.CHAT: self._pressed}

    async def _chat(self, turn: Turn[Incoming], command: Command) -> Reply | Problem:
        """The menu; `/chat limit 35` settles a limit that the menu does not offer."""
        if why := await self._forbidden(turn.event):
            return why
        settings = turn.chat
        match command.text.casefold().split():
            case ("limit", *words):
                limit = _read_limit(words)
                if limit is None:
                    return self._menu.choices("limit", settings, turn.locale)
                settings = replace(settings, pictures_per_day=limit)
                await self._keep(turn, settings)
        return self._menu.whole(settings, turn.locale)

    async def _pressed(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        if why := await self._forbidden(turn.event):
            return why

        async def keep(settings: ChatSettings) -> str:
            return await self._keep(turn, settings)

        return await self._menu.pressed(words, turn.chat, turn.locale, keep)

    async def _forbidden(self, event: Event) -> Problem | None:
        if event.private:
            return problem(Key.GROUPS_ONLY)
        return None if await self._rights.is_admin(event) else problem(Key.ADMINS_SETTLE)

    async def _keep(self, turn: Turn[Event], settings: ChatSettings) -> str:
        """Returns the language that is spoken in the chat with it."""
        event = turn.event
        await self._people.keep_chat(event.platform, event.address.chat, settings, self._clock.now())
        return spoken(self._texts, event.language, settings.locale, turn.person.locale)

    # --- the settings -------------------------------------------------------------------------------

    def _drawers(self, settled: ChatSettings, locale: str) -> Sequence[Choice[ChatSettings]]:
        who = [(who.value, self._texts.say(locale, f"choice-{who.value}"), who) for who in Drawers]
        return offer(settled, "drawers", settled.drawers, who)

    def _pressers(self, settled: ChatSettings, locale: str) -> Sequence[Choice[ChatSettings]]:
        who = [(who.value, self._texts.say(locale, f"choice-{who.value}"), who) for who in Pressers]
        return offer(settled, "pressers", settled.pressers, who)

    def _languages(self, settled: ChatSettings, locale: str) -> Sequence[Choice[ChatSettings]]:
        return offer_languages(settled, locale, self._texts, "choice-everyones-own")

    def _offer_models(self, settled: ChatSettings, locale: str) -> Sequence[Choice[ChatSettings]]:
        return offer_models(settled, locale, self._texts, self._models, "choice-automatic")

    def _limits(self, settled: ChatSettings, locale: str) -> Sequence[Choice[ChatSettings]]:
        present = settled.pictures_per_day
        limits = [(str(limit), str(limit), limit) for limit in sorted({*_LIMITS, present or _LIMITS[0]})]
        none = ("", self._texts.say(locale, "choice-no-limit"), None)
        return offer(settled, "pictures_per_day", present, [none, *limits])

    def _spoiler(self, settled: ChatSettings, locale: str) -> Sequence[Choice[ChatSettings]]:
        return offer_switch(settled, "spoiler", locale, self._texts)


def _read_limit(words: Sequence[str]) -> int | None:
    """A number of pictures a day, as somebody typed it."""
    word = words[0] if len(words) == 1 else ""
    limit = int(word) if word.isdecimal() and len(word) <= len(str(_LARGEST_LIMIT)) else 0
    return limit if 1 <= limit <= _LARGEST_LIMIT else None
