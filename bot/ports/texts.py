"""User texts, by key and language."""

from typing import Protocol

from bot.domain.problems import Argument, Problem


class Texts(Protocol):
    @property
    def locales(self) -> tuple[str, ...]:
        """The languages there are, the default first."""
        ...

    def choose(self, wanted: str | None) -> str:
        """The language nearest to a platform's language tag, such as `zh-hans` or `pt-BR`."""
        ...

    def say(self, locale: str, key: str, /, **args: Argument) -> str:
        """The text `key` in a language. Raises KeyError for an unknown key: a bug of ours."""
        ...

    def explain(self, locale: str, problem: Problem) -> str:
        """What went wrong, what is allowed, what can be done."""
        ...
