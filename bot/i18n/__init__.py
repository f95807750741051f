"""User texts: Fluent messages from the folder `locales/`, one folder per language."""
