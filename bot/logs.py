"""Logs: events with fields, one line each, and never a secret in them."""

import logging
import re
import sys
from collections.abc import Iterable
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

# Whatever else happens, a Bot API token is recognisable: the library puts it into addresses.
_TOKEN = re.compile(r"(?<![0-9])[0-9]{5,}:[A-Za-z0-9_-]{20,}")
_HIDDEN = "[hidden]"

_CHATTY = ("httpx", "httpcore", "telegram", "aiohttp", "asyncio", "aiosqlite", "PIL", "apscheduler")


class Redaction:
    """Replaces the configured secrets, wherever they turn up, in every field and traceback."""

    def __init__(self, secrets: Iterable[str]) -> None:
        words = sorted((re.escape(secret) for secret in secrets if len(secret) >= 6), key=len, reverse=True)
        self._secrets = re.compile("|".join([*words, _TOKEN.pattern]))

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: self.clean(value) if isinstance(value, str) else value for key, value in event.items()}

    def clean(self, text: str) -> str:
        return self._secrets.sub(_HIDDEN, text)


def start_logging(level: str, secrets: Iterable[str] = (), stream: TextIO = sys.stderr) -> None:
    """Send our own events and those of the libraries to `stream` in one form."""
    redaction = Redaction(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redaction,
    ]
    renderer = _renderer(stream)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redaction, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderer(stream: TextIO) -> structlog.typing.Processor:
    if stream.isatty():
        return structlog.dev.ConsoleRenderer(colors=True, pad_event_to=30)
    return structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
