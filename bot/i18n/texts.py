"""The texts over Fluent.

Placeables are not wrapped in the invisible isolation marks that Fluent offers: they would end up inside
commands and links that people copy. Numbers are written without thousands separators, because most of
them can be typed back as an option.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.resolver import Pattern
from fluent.runtime.types import FluentType, fluent_number
from fluent.syntax.ast import Junk, Message, Resource

from bot.domain.problems import Argument, Problem

_LONGEST_ARGUMENT: Final = 2000  # the runtime refuses a text when one placeable exceeds 2500 characters
_LARGEST_NUMBER: Final = 10**15  # far beyond that, its number formatting fails


class FluentTexts:
    """The texts of every language of a folder, read and compiled once."""

    def __init__(self, folder: Path, default: str = "en") -> None:
        """`folder` holds one folder of `.ftl` files per language, named by its tag, such as `zh-CN`.

        Raises ValueError when a file has an error, when a text stands twice or when there is no language
        for `default`, OSError when a file cannot be read.
        """
        self._voices = {path.name: _Voice(path) for path in sorted(folder.iterdir()) if path.is_dir()}
        self._tags = {tag.casefold(): tag for tag in self._voices}
        self._languages: dict[str, str] = {}
        for tag in self._voices:
            self._languages.setdefault(_language(tag), tag)
        found = self._find(default)
        if found is None:
            raise ValueError(f"no texts for {default!r} in {folder}; there are: {', '.join(self._voices)}")
        self._default = found

    @property
    def locales(self) -> tuple[str, ...]:
        """The languages there are, the default first."""
        return (self._default, *(tag for tag in self._voices if tag != self._default))

    def choose(self, wanted: str | None) -> str:
        """The language nearest to a platform's language tag.

        A region or script we do not have is served by what we have of its language.
        """
        return (wanted and self._find(wanted)) or self._default

    def say(self, locale: str, key: str, /, **args: Argument) -> str:
        """The text `key`. A language that is gone is replaced by the nearest; KeyError for an unknown key."""
        voice = self._voices.get(locale) or self._voices[self.choose(locale)]
        return voice.say(key, args)

    def explain(self, locale: str, problem: Problem) -> str:
        """The text of a problem."""
        return self.say(locale, f"problem-{problem.key.value}", **problem.args)

    def _find(self, wanted: str) -> str | None:
        return self._tags.get(wanted.replace("_", "-").casefold()) or self._languages.get(_language(wanted))


class _Voice:
    """The texts of one language."""

    def __init__(self, folder: Path) -> None:
        self._bundle = FluentBundle([folder.name], functions={"LENGTH": _length}, use_isolating=False)
        keys: list[str] = []
        for path in sorted(folder.glob("*.ftl")):
            resource = _read(path)
            self._bundle.add_resource(resource)
            keys += [entry.id.name for entry in resource.body if isinstance(entry, Message)]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"{folder}: these texts stand twice: {', '.join(twice)}")
        self._patterns = {key: self._compile(key) for key in keys}
        self._fixed: dict[str, str] = {}

    def say(self, key: str, args: Mapping[str, Argument]) -> str:
        """Labels of buttons are said with every picture: what takes no variables is worked out once."""
        if not args and key in self._fixed:
            return self._fixed[key]
        given = {name: _argument(value) for name, value in args.items()}
        text, _errors = self._bundle.format_pattern(self._patterns[key], given)
        if not args:
            self._fixed[key] = str(text)
        return str(text)

    def _compile(self, key: str) -> Pattern:
        pattern = self._bundle.get_message(key).value
        if pattern is None:
            raise ValueError(f"the text {key} is empty")
        return pattern


def _read(path: Path) -> Resource:
    resource = FluentResource(path.read_text(encoding="utf-8"))
    junk = [entry for entry in resource.body if isinstance(entry, Junk)]
    if junk:
        said = "; ".join(str(note.message) for note in junk[0].annotations)
        line = (junk[0].content or "").strip().partition("\n")[0]
        raise ValueError(f"{path}: {said} near {line!r}")
    return resource


def _argument(value: Argument) -> str | FluentType:
    if isinstance(value, int):
        return fluent_number(max(-_LARGEST_NUMBER, min(value, _LARGEST_NUMBER)), useGrouping=False)
    text = str(value)
    return text if len(text) <= _LONGEST_ARGUMENT else text[: _LONGEST_ARGUMENT - 1] + "…"


def _length(value: object) -> FluentType:
    """The Fluent function LENGTH, in characters: selectors can tell an empty text only by a number."""
    return fluent_number(len(value) if isinstance(value, str) else 0)


def _language(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].casefold()
