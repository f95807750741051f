"""Menus of settings: what is settled, the choices for each setting, the present one marked."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from bot.core.buttons import in_rows, press
from bot.core.narration import shorten
from bot.core.talk import Answer, Button, Reply, Rows, Verb
from bot.domain.problems import Key, Problem, problem
from bot.domain.settings import ChatSettings, PersonSettings
from bot.ports.texts import Texts

S = TypeVar("S", bound=PersonSettings | ChatSettings)

_LONGEST_NOTE = 200
_PRESENT = "✓"
_WIDEST = ((6, 4), (16, 2))
"""Of labels with at most so many characters, so many stand in a row; a phone shows them whole."""


@dataclass(frozen=True, slots=True)
class Choice(Generic[S]):
    """A value of a setting: what its button holds and shows, whether it is the present one, and what is
    settled once it is chosen.
    """

    held: str
    label: str
    present: bool
    settled: S


_Value = tuple[str, str, Any]
"""What a button holds for a value, its label, the value."""

Setting = Callable[[S, str], Sequence[Choice[S]]]
"""The choices there are, the usual one first: given what is settled and the language to name them in."""


class Menu(Generic[S]):
    """A menu in one message: all settings with their values, or the choices for one of them.

    `name` is in the keys of its texts. `switches` are settings with two values, which a button changes at
    once. Buttons hold the value they lead to, so pressing one twice is pressing it once.
    """

    def __init__(
        self,
        name: str,
        verb: Verb,
        settings: Mapping[str, Setting[S]],
        switches: frozenset[str],
        texts: Texts,
    ) -> None:
        self._name = name
        self._verb = verb
        self._settings = settings
        self._switches = switches
        self._texts = texts

    def whole(self, settled: S, locale: str) -> Reply:
        """What is settled, with a button for each setting."""
        rows = "\n".join(self._row(setting, settled, locale) for setting in self._settings)
        text = f"{self._texts.say(locale, f'title-{self._name}')}\n\n{rows}"
        buttons = [self._button(setting, settled, locale) for setting in self._settings]
        return Reply(text, locale, buttons=in_rows(buttons, 2))

    def choices(self, setting: str, settled: S, locale: str) -> Reply:
        """The choices for a setting, the usual one apart where nothing stands for it, and a way back."""
        say = self._texts.say
        text = f"{say(locale, f'setting-{setting}')}\n\n{say(locale, f'about-{self._name}-{setting}')}"
        choices = self._settings[setting](settled, locale)
        buttons = [Button(_marked(choice), press(self._verb, setting, choice.held)) for choice in choices]
        apart = 0 if choices[0].held else 1
        back = Button(say(locale, "settings-back"), press(self._verb))
        return Reply(
            text,
            locale,
            buttons=(*in_readable_rows(buttons[:apart]), *in_readable_rows(buttons[apart:]), (back,)),
        )

    async def pressed(
        self, words: Sequence[str], settled: S, locale: str, keep: Callable[[S], Awaitable[str]]
    ) -> Answer | Problem:
        """Show what a button leads to, or take its choice. `keep` keeps what is settled then, and tells the
        language to go on in.
        """
        match words:
            case ():
                return Answer(update=self.whole(settled, locale))
            case (setting,) if setting in self._settings:
                return Answer(update=self.choices(setting, settled, locale))
            case (setting, held) if choice := self._find(setting, held, settled, locale):
                spoken = await keep(choice.settled)
                note = shorten(self._row(setting, choice.settled, spoken), _LONGEST_NOTE)
                return Answer(note=note, update=self.whole(choice.settled, spoken))
            case _:
                return problem(Key.BUTTON_UNKNOWN)

    def _find(self, setting: str, held: str, settled: S, locale: str) -> Choice[S] | None:
        choices = self._settings[setting](settled, locale) if setting in self._settings else ()
        return next((choice for choice in choices if choice.held == held), None)

    def _row(self, setting: str, settled: S, locale: str) -> str:
        choices = self._settings[setting](settled, locale)
        value = next((choice.label for choice in choices if choice.present), choices[0].label)
        name = self._texts.say(locale, f"setting-{setting}")
        return self._texts.say(locale, "setting-row", name=name, value=value)

    def _button(self, setting: str, settled: S, locale: str) -> Button:
        if setting not in self._switches:
            return Button(self._texts.say(locale, f"setting-{setting}"), press(self._verb, setting))
        other = next(choice for choice in self._settings[setting](settled, locale) if not choice.present)
        return Button(self._row(setting, settled, locale), press(self._verb, setting, other.held))


def _marked(choice: Choice[S]) -> str:
    return f"{_PRESENT} {choice.label}" if choice.present else choice.label


def offer(settled: S, field: str, present: object, values: Iterable[_Value]) -> list[Choice[S]]:
    """The choices for a field of the settings."""
    return [
        Choice(held, label, value == present, replace(settled, **{field: value}))
        for held, label, value in values
    ]


def offer_languages(settled: S, locale: str, texts: Texts, usual: str) -> list[Choice[S]]:
    """The languages there are, each by its own name, after `usual`: the text for none in particular."""
    known = [(tag, texts.say(tag, "page-language-name"), tag) for tag in texts.locales]
    present = settled.locale if settled.locale in texts.locales else None
    return offer(settled, "locale", present, [("", texts.say(locale, usual), None), *known])


def offer_models(settled: S, locale: str, texts: Texts, names: Sequence[str], usual: str) -> list[Choice[S]]:
    """The models there are, after `usual`: the text for none in particular.

    A name may be longer than a button can hold, and a number would mean another model once the catalogue
    has changed: so buttons hold a digest of the name.
    """
    known = [(blake2b(name.encode(), digest_size=6).hexdigest(), name, name) for name in names]
    present = settled.model if settled.model in names else None
    return offer(settled, "model", present, [("", texts.say(locale, usual), None), *known])


def offer_switch(settled: S, field: str, locale: str, texts: Texts) -> list[Choice[S]]:
    """On or off, for a field that is true or false."""
    values = [(word, texts.say(locale, f"choice-{word}"), word == "on") for word in ("off", "on")]
    return offer(settled, field, getattr(settled, field), values)


def in_readable_rows(buttons: Sequence[Button]) -> Rows:
    """As many beside each other as can be read."""
    longest = max((len(button.label) for button in buttons), default=0)
    width = next((many for length, many in _WIDEST if longest <= length), 1)
    return in_rows(buttons, width)
