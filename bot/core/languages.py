"""Which language to answer in."""

from bot.ports.texts import Texts


def spoken(texts: Texts, told: str | None, *wanted: str | None) -> str:
    """The first wanted language that there is; else the one nearest to what the platform told."""
    return next((locale for locale in wanted if locale in texts.locales), None) or texts.choose(told)
