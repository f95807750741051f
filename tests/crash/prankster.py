"""Somebody who calls the service back without being a gateway, right and wrong, all the time."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import ClientConnectionError, ClientSession, ClientTimeout

from bot.domain.ids import CallId
from bot.web.callbacks import Callbacks
from tests.crash.books import read_calls, read_secret
from tests.crash.town import Town

_SECONDS = 0.05  # from one prank to the next
_PATIENCE = ClientTimeout(total=10)
_BODY = {"status": "completed", "results": ["http://10.0.0.1/forged.png"]}


class Prankster:
    """`answered` counts the calls that were answered, `wrong` are answers that told anything."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.answered = 0
        self.wrong: list[str] = []

    async def play(self, rng: random.Random) -> None:
        """Until cancelled."""
        async with ClientSession(timeout=_PATIENCE) as client:
            while True:
                for address in self._addresses(rng):
                    with suppress(ClientConnectionError, TimeoutError):  # nobody lives there at the moment
                        await self._call(client, address)
                await asyncio.sleep(_SECONDS)

    async def _call(self, client: ClientSession, address: str) -> None:
        async with client.post(address, json=_BODY) as answer:
            told = answer.status, await answer.read()
        self.answered += 1
        if told != (200, b""):
            self.wrong.append(f"{address}: {told}")

    def _addresses(self, rng: random.Random) -> list[str]:
        """A call that is new or long over: a wrong token, the right one twice; and a call nobody made."""
        secret = read_secret(self._town.service.database, "addresses")
        calls = read_calls(self._town.service.database)
        if secret is None or not calls:
            return []
        callbacks = Callbacks(secret, self._town.service.url)
        call = CallId(rng.choice(calls[-20:] if rng.random() < 0.7 else calls))
        right = callbacks.address(call)
        wrong = right.rpartition("/")[0] + "/" + secrets.token_urlsafe(32)
        return [wrong, right, right, callbacks.address(CallId(secrets.token_hex(13)))]


@asynccontextmanager
async def pranks(town: Town, rng: random.Random) -> AsyncIterator[Prankster]:
    """Pranks until the block ends."""
    prankster = Prankster(town)
    playing = asyncio.create_task(prankster.play(rng))
    try:
        yield prankster
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
