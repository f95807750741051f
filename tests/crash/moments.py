"""When to kill: at random, or aimed at a step that is easily torn apart.

Each moment returns when it has come, or after a while when what it waits for does not happen.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tests.crash.town import Town
from tests.fakes.telegram import Call

Moment = Callable[[Town, random.Random], Awaitable[None]]

_PATIENCE: Final = 1.5
_PICTURES: Final = frozenset({"sendPhoto", "sendMediaGroup", "sendDocument"})


async def at_random(_town: Town, rng: random.Random) -> None:
    await asyncio.sleep(rng.uniform(0.0, 1.2))


async def while_hearing(_town: Town, rng: random.Random) -> None:
    """The first commands are being read and accepted: it has just asked for updates."""
    await asyncio.sleep(rng.uniform(0.0, 0.05))


async def when_accepted(town: Town, rng: random.Random) -> None:
    """A gateway has taken a paid submission a moment ago, and its answer is on the way."""
    wanted = town.accepted_in_all + rng.randint(1, 6)
    await _soon(town, lambda: town.accepted_in_all >= wanted)


async def while_polling(town: Town, rng: random.Random) -> None:
    """Somebody asks after a task."""
    tally = town.sandbox.tallies["qwen-image-2512"]
    wanted = tally.polls + rng.randint(1, 20)
    await _soon(town, lambda: tally.polls >= wanted)


async def while_leaving_images(town: Town, rng: random.Random) -> None:
    """Images to edit are on their way to a gateway's upload service; the submission comes next."""
    tally = town.sandbox.tallies["evolink"]
    wanted = tally.uploads + rng.randint(1, 3)
    await _soon(town, lambda: tally.uploads >= wanted)
    await asyncio.sleep(rng.choice((0.0, 0.005, 0.02)))


async def when_called_back(town: Town, rng: random.Random) -> None:
    """A gateway calls: the service knows of it, or just not yet."""
    wanted = _callbacks(town) + rng.randint(1, 6)
    await _soon(town, lambda: _callbacks(town) >= wanted)
    await asyncio.sleep(rng.choice((0.0, 0.0, 0.005)))


async def while_fetching(town: Town, rng: random.Random) -> None:
    """A finished picture is being fetched."""
    wanted = _files(town) + rng.randint(1, 8)
    await _soon(town, lambda: _files(town) >= wanted)
    await asyncio.sleep(rng.uniform(0.0, 0.02))


async def while_uploading(town: Town, rng: random.Random) -> None:
    """A picture is on its way to the chat."""
    wanted = _count(town, lambda call: call.method in _PICTURES) + rng.randint(1, 8)
    await _soon(town, lambda: _count(town, lambda call: call.method in _PICTURES) >= wanted)
    await asyncio.sleep(rng.choice((0.0, 0.0, 0.01, 0.03)))


async def after_the_status(town: Town, rng: random.Random) -> None:
    """A status message stands in the chat, and its number is not written down yet."""
    await _after_answers(town, rng, lambda call: call.method == "sendMessage")


async def after_the_delivery(town: Town, rng: random.Random) -> None:
    """Pictures stand in the chat, and the job is not closed yet."""
    await _after_answers(town, rng, lambda call: call.method in _PICTURES)
    await asyncio.sleep(rng.choice((0.0, 0.0, 0.005, 0.015)))


async def after_the_end(town: Town, rng: random.Random) -> None:
    """A status message was edited, perhaps for the last time."""
    await _after_answers(town, rng, lambda call: call.method == "editMessageText")


MOMENTS: Final[Mapping[str, Moment]] = {
    moment.__name__: moment
    for moment in (
        at_random,
        while_hearing,
        when_accepted,
        while_polling,
        while_leaving_images,
        when_called_back,
        while_fetching,
        while_uploading,
        after_the_status,
        after_the_delivery,
        after_the_end,
    )
}


async def _after_answers(town: Town, rng: random.Random, which: Callable[[Call], bool]) -> None:
    def answered() -> int:
        return _count(town, lambda call: call.status == 200 and which(call))

    wanted = answered() + rng.randint(1, 6)
    await _soon(town, lambda: answered() >= wanted)


async def _soon(town: Town, condition: Callable[[], bool]) -> None:
    try:
        await town.until(condition, _PATIENCE)
    except TimeoutError:
        return


def _count(town: Town, which: Callable[[Call], bool]) -> int:
    return sum(map(which, town.calls_of_this_process()))


def _files(town: Town) -> int:
    return sum(tally.files for tally in town.sandbox.tallies.values())


def _callbacks(town: Town) -> int:
    return sum(tally.callbacks for tally in town.sandbox.tallies.values())
