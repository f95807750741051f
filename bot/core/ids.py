"""New identifiers: sortable by time, unguessable enough, short enough for a button and to read aloud."""

import secrets
import threading

from bot.domain.ids import Millis

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_RANDOM_BITS = 25
_LARGEST_STEP = 2**12


class _Sequence:
    """Numbers that only rise, also within a millisecond, in all threads of the process."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self, now: Millis) -> int:
        number = now << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        step = 1 + secrets.randbelow(_LARGEST_STEP)
        with self._lock:
            self._last = number if number > self._last else self._last + step
            return self._last


_SEQUENCE = _Sequence()


def new_id(now: Millis) -> str:
    """14 characters: 45 bits of milliseconds, then 25 bits of chance. Ids made later sort later."""
    number = _SEQUENCE.next(now)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(65, -1, -5))
