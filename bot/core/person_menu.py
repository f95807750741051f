"""What a person settles for themselves: `/settings` and `/lang`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.languages import spoken
from bot.core.menu import Choice, Menu, offer, offer_languages, offer_models, offer_switch
from bot.core.narration import shorten
from bot.core.talk import (
    Answer,
    CommandHandler,
    Door,
    Event,
    Incoming,
    Press,
    PressHandler,
    Reply,
    Turn,
    Verb,
)
from bot.domain.catalogue import Catalogue
from bot.domain.command import Command
from bot.domain.geometry import Aspect
from bot.domain.ledger import Plan
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import OutputForm
from bot.domain.settings import PersonSettings
from bot.ports.clock import Clock
from bot.ports.people import People
from bot.ports.texts import Texts

_ASPECTS = tuple(Aspect(*sides) for sides in ((1, 1), (3, 2), (2, 3), (4, 3), (3, 4), (16, 9), (9, 16)))
_SHOWN = 40


class PersonMenu:
    """Settings are shown in the private chat only: in a group they are nobody else's business."""

    def __init__(self, people: People, catalogue: Catalogue, plan: Plan, texts: Texts, clock: Clock) -> None:
        self._people = people
        self._models = catalogue.model_names()
        self._most = plan.pictures_per_job
        self._texts = texts
        self._clock = clock
        settings = {
            "language": self._languages,
            "model": self._offer_models,
            "aspect": self._aspects,
            "count": self._counts,
            "output": self._outputs,
            "watermark": self._watermark,
            "extension": self._extension,
        }
        switches = frozenset({"watermark", "extension"})
        self._menu: Menu[PersonSettings] = Menu("person", Verb.SETTINGS, settings, switches, texts)

    @property
    def commands(self) -> Mapping[str, CommandHandler]:
        return {"settings": self._settings, "lang": self._lang}

    @property
    def presses(self) -> Mapping[Verb, PressHandler]:
        return {Verb.SETTINGS: self._pressed}

    async def _settings(self, turn: Turn[Incoming], _command: Command) -> Reply:
        if not turn.event.private:
            return self._door(turn, "settings")
        return self._menu.whole(turn.person, turn.locale)

    async def _lang(self, turn: Turn[Incoming], command: Command) -> Reply | Problem:
        """The menu of languages, or the language that was named."""
        word = command.text.strip()
        if not word:
            private = turn.event.private
            return (
                self._menu.choices("language", turn.person, turn.locale)
                if private
                else self._door(turn, "lang")
            )
        called = [tag for tag in (*self._texts.locales, None) if self._is_called(tag, word.casefold())]
        if not called:
            languages = ", ".join(self._texts.say(tag, "page-language-name") for tag in self._texts.locales)
            return problem(Key.LANGUAGE_UNKNOWN, given=shorten(word, _SHOWN), languages=languages)
        locale = await self._keep(turn.event, replace(turn.person, locale=called[0]))
        if turn.chat.locale and not turn.event.private:
            return Reply(self._texts.say(locale, "lang-later"), locale)
        return Reply(self._texts.say(locale, "lang-set" if called[0] else "lang-automatic"), locale)

    async def _pressed(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        async def keep(settings: PersonSettings) -> str:
            return await self._keep(turn.event, settings)

        return await self._menu.pressed(words, turn.person, turn.locale, keep)

    async def _keep(self, event: Event, settings: PersonSettings) -> str:
        """Returns the language that the person has chosen with it."""
        await self._people.keep_person(event.platform, event.person, settings, self._clock.now())
        return spoken(self._texts, event.language, settings.locale)

    def _door(self, turn: Turn[Incoming], start: str) -> Reply:
        door = Door(self._texts.say(turn.locale, "settings-door"), start)
        return Reply(self._texts.say(turn.locale, "settings-private"), turn.locale, buttons=((door,),))

    def _is_called(self, locale: str | None, word: str) -> bool:
        """Whether somebody means a language by `word`: a name of it, or its tag, with any region or script.

        None is the language that the platform tells.
        """
        if locale is None:
            return word in {
                "auto",
                *(self._texts.say(tag, "choice-automatic").casefold() for tag in self._texts.locales),
            }
        names = self._texts.say(locale, "language-names").casefold().split(", ")
        tags = (word.replace("_", "-"), locale.casefold())
        return word in names or (
            self._texts.choose(word) == locale and len({tag.partition("-")[0] for tag in tags}) == 1
        )

    # --- the settings -------------------------------------------------------------------------------

    def _languages(self, settled: PersonSettings, locale: str) -> Sequence[Choice[PersonSettings]]:
        return offer_languages(settled, locale, self._texts, "choice-automatic")

    def _offer_models(self, settled: PersonSettings, locale: str) -> Sequence[Choice[PersonSettings]]:
        return offer_models(settled, locale, self._texts, self._models, "choice-automatic")

    def _aspects(self, settled: PersonSettings, locale: str) -> Sequence[Choice[PersonSettings]]:
        shapes = [(str(aspect), str(aspect), aspect) for aspect in _ASPECTS]
        automatic = ("", self._texts.say(locale, "choice-automatic"), None)
        return offer(settled, "aspect", settled.aspect, [automatic, *shapes])

    def _counts(self, settled: PersonSettings, _locale: str) -> Sequence[Choice[PersonSettings]]:
        counts = [(str(count), str(count), count) for count in range(1, self._most + 1)]
        return offer(settled, "count", min(settled.count, self._most), counts)

    def _outputs(self, settled: PersonSettings, locale: str) -> Sequence[Choice[PersonSettings]]:
        forms = [(form.value, self._texts.say(locale, f"choice-{form.value}"), form) for form in OutputForm]
        return offer(settled, "output", settled.output, forms)

    def _watermark(self, settled: PersonSettings, locale: str) -> Sequence[Choice[PersonSettings]]:
        return offer_switch(settled, "watermark", locale, self._texts)

    def _extension(self, settled: PersonSettings, locale: str) -> Sequence[Choice[PersonSettings]]:
        return offer_switch(settled, "prompt_extension", locale, self._texts)
