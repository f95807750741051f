"""New identifiers: sortable by time, unguessable enough, short enough for a button and to read aloud."""

import secrets

from bot.domain.ids import Millis

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id(now: Millis) -> str:
    """14 characters: 45 bits of milliseconds, then 25 random bits. Ids made later sort later."""
    number = now << 25 | secrets.randbits(25)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(65, -1, -5))
