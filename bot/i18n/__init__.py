"""User texts: Fluent messages from the folder `locales/`, one folder per language."""

from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts

__all__ = ["FluentTexts", "locales_folder"]
