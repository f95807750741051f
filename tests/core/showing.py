"""What people see of finished pictures: drawn, and waited for until nothing goes on any more."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

from bot.core.talk import Replied
from bot.domain.ids import Millis
from bot.domain.jobs import Job
from bot.domain.problems import Key, problem
from bot.domain.request import Handle
from bot.domain.settings import ChatSettings
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from bot.ports.chat import Parcel, Sent, Stage, Status
from tests.house import House

TEXTS = FluentTexts(locales_folder())


class Onlooker:
    """Implements `bot.ports.chat.Chat`: sees what the wall is given."""

    def __init__(self, house: House) -> None:
        self._wall = house.wall
        self.parcels: list[Parcel] = []
        self.companions: list[tuple[Job, Status]] = []
        house.parts.chats["wall"] = self

    async def show(self, job: Job, status: Status) -> str | None:
        if status.stage is Stage.DONE:
            self.companions.append((job, status))
        return await self._wall.show(job, status)

    async def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        self.parcels.append(parcel)
        async with aclosing(self._wall.deliver(parcel)) as messages:
            async for sent in messages:
                yield sent

    def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        return self._wall.fetch(handle)

    async def remove(self, chat: str, messages: Sequence[str]) -> None:
        await self._wall.remove(chat, messages)

    async def is_admin(self, chat: str, person: str) -> bool:
        return await self._wall.is_admin(chat, person)

    async def forget(self, person: str) -> None:
        await self._wall.forget(person)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens on the side."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - there is nobody who would tell
            await asyncio.sleep(0.005)


async def idle(house: House) -> None:
    """Wait until nothing is being drawn or sent."""
    await until(lambda: not (house.core.dispatcher.running or house.core.errands.running))


async def drawn(house: House, text: str = "/draw a fox", **about: Any) -> Job:
    """The job of what was asked for, finished."""
    before = set(house.wall.statuses)
    assert await house.hear(text, **about) is None
    await idle(house)
    [job_id] = set(house.wall.statuses) - before
    job = await house.parts.store.load(job_id)
    assert job
    return job


def answering(message: int) -> Replied:
    return Replied(f"message {message}", ours=True)


def shown(house: House) -> list[str]:
    """The first lines under all pictures so far."""
    return [picture.caption.splitlines()[0] for picture in house.wall.pictures]


def said(key: Key) -> str:
    return TEXTS.explain("en", problem(key))


async def keep(house: House, **settings: Any) -> None:
    """Settle something for the group."""
    await house.parts.people.keep_chat("wall", "group", ChatSettings(**settings), Millis(1))
