"""What to do when Telegram cannot be asked for updates: rest, tell the operator now and then, try again."""

import time
from typing import Final

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.frontends.telegram.errors import pause, reason

log = structlog.get_logger()

_FIRST_REST: Final = 1.0
_LONGEST_REST: Final = 30.0
_CONFLICT_REST: Final = 5.0
_TOKEN_REST: Final = 60.0
_REPEAT_LOG: Final = 60.0


class Trouble:
    """Counts failures in a row and logs each kind at most once a minute."""

    def __init__(self) -> None:
        self._failures = 0
        self._logged: dict[str, float] = {}

    def rest(self, error: TelegramError) -> float:
        """Note a failure; returns the seconds to wait before the next try."""
        self._failures += 1
        self._tell(error)
        match error:
            case RetryAfter():
                return pause(error)
            case Conflict():
                return _CONFLICT_REST
            case InvalidToken():
                return _TOKEN_REST
            case _:
                doublings = min(self._failures - 1, 16)
                return min(_FIRST_REST * 2.0**doublings, _LONGEST_REST)

    def over(self) -> None:
        """Note that Telegram answered."""
        if self._failures:
            log.info("telegram answers again", failures=self._failures)
            self._failures = 0
            self._logged.clear()

    def _tell(self, error: TelegramError) -> None:
        kind, now = type(error).__name__, time.monotonic()
        if now - self._logged.get(kind, -_REPEAT_LOG) < _REPEAT_LOG:
            return
        self._logged[kind] = now
        match error:
            case Conflict():
                log.error(
                    "another program receives this bot's messages: only one may, for each token",
                    why=reason(error),
                )
            case InvalidToken():
                log.error("TELEGRAM_BOT_TOKEN: Telegram does not know this token any more")
            case _:
                log.warning("telegram does not answer", why=reason(error))
