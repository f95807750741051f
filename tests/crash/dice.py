"""Chance that can be repeated."""

import os
import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def dice() -> Iterator[random.Random]:
    """Random numbers from a fresh seed, or from CRASH_SEED; the seed is told when the test fails."""
    seed = int(os.environ.get("CRASH_SEED") or secrets.randbelow(1_000_000))
    try:
        yield random.Random(seed)
    except BaseException as error:
        error.add_note(f"CRASH_SEED={seed}")
        raise
