"""Idempotency keys: the same submission sent again is answered again and paid once."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from bot.sandbox.memory import Shelf
from bot.sandbox.refusals import Kind, Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.memory import Memory

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}", re.ASCII)
_LIFE = timedelta(hours=24).total_seconds()  # the vendor does not say how long


@dataclass(frozen=True, slots=True)
class _Answered:
    body: str
    """The digest of the request."""
    answer: dict[str, Any]


class KeyRing:
    """The keys of one gateway."""

    def __init__(self, memory: Memory, gateway: str) -> None:
        self._answered = Shelf(memory, f"{gateway}/keys", _Answered)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def alone(self, key: str | None) -> AsyncIterator[None]:
        """Be the only submission with this key; one without a key is alone anyhow.

        Refusal for a key that is not 16 to 96 letters, digits, dots, underscores or hyphens.
        """
        if key is None:
            yield
            return
        if not _KEY.fullmatch(key):
            raise Refusal(Kind.BAD_REQUEST, f"{HEADER} must be 16 to 96 of letters, digits and . _ -")
        async with self._locks.setdefault(key, asyncio.Lock()):
            yield

    def find(self, key: str | None, raw: bytes) -> dict[str, Any] | None:
        """The answer this request had before. Refusal when the key belongs to another request."""
        known = self._answered.get(key) if key else None
        if known is None:
            return None
        if known.body != _digest(raw):
            text = f"the {HEADER} was used for another request"
            raise Refusal(Kind.BAD_REQUEST, text, status=409, code="idempotency_conflict")
        return known.answer

    def keep(self, key: str | None, raw: bytes, answer: dict[str, Any]) -> None:
        if key:
            self._answered.put(key, _Answered(_digest(raw), answer), time.time() + _LIFE)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
