"""The outside world, which outlives every process: gateways, a Bot API server, people who want pictures."""

import asyncio
import itertools
import random
import struct
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.sandbox import Fault, FaultName, Options, Sandbox, serve
from bot.sandbox.drawing import Drawing, paint_plain
from tests.crash.books import Books, count_told, read_books
from tests.crash.service import KEYS, TOKEN, Service
from tests.fakes.telegram import BotApi, Call, Chat, Message, Topic, User

GATEWAY_OF: Final = {
    "plus": "crazyrouter",
    "2.0": "crazyrouter",
    "pro": "dieyuyun",
    "qwen": "realmrouter",
    "2512": "qwen-image-2512",
    "3.0": "evolink",
    "edit-plus": "realmrouter",
    "edit": "evolink",
}
"""Which gateway gets what is wished with `--model`, as long as it is well."""

_DRAWN_BY: Final = ("plus", "2.0", "pro", "qwen", "2512", "2512", "3.0", "3.0")
_EDITED_BY: Final = ("edit-plus", "edit", "3.0")
_EDITS: Final = 0.3  # of all wishes

_NOISE_BYTES: Final = 192 * 1024
_CALLBACK_PACE: Final = 0.05
_PHOTO_SIDE: Final = 400
_PNG_END: Final = 12  # bytes of the chunk that ends every PNG file
_SENDS: Final = {"sendMessage": 0.01, "sendPhoto": 0.03, "sendMediaGroup": 0.03}
_LANGUAGES: Final = ("en", "zh-hans")
_PEOPLE: Final = 24
_TOPICS: Final = ("Foxes", "Kites")


@dataclass(frozen=True, slots=True)
class Wish:
    """A command that somebody sent. Every prompt is unique."""

    user: User
    chat: Chat
    topic: Topic | None
    message: Message
    prompt: str
    count: int
    model: str
    edit: bool = False

    @property
    def gateway(self) -> str:
        return GATEWAY_OF[self.model]

    @property
    def place(self) -> tuple[str, str]:
        """The chat and message that the job belongs to, as the database writes them."""
        return str(self.chat.id), str(self.message.id)

    @property
    def locale(self) -> str:
        return "en" if self.user.language_code == "en" else "zh-CN"


class Town:
    """People, their chats and a forum; what they asked for, and the service that is to answer."""

    def __init__(self, sandbox: Sandbox, api: BotApi, service: Service) -> None:
        self.sandbox = sandbox
        self.api = api
        self.service = service
        self.wishes: list[Wish] = []
        self._people = [
            api.user(f"Person {number}", language_code=_LANGUAGES[number % 2]) for number in range(_PEOPLE)
        ]
        self.forum = api.group("Painters", members=self._people, forum=True)
        self.topics = [api.topic(self.forum, name) for name in _TOPICS]
        self._numbers = itertools.count(1)
        self._photo = paint_plain(Drawing(prompt="a photo", seed=1, width=_PHOTO_SIDE, height=_PHOTO_SIDE))

    def person(self, language: str) -> User:
        """Somebody who speaks `language`."""
        return next(user for user in self._people if user.language_code == language)

    def ask(self, user: User, model: str, count: int = 1, topic: Topic | None = None) -> Wish:
        """`user` sends a command: in a topic of the forum, or else in their private chat."""
        chat, prompt = self._place(user, topic), f"a fox in the snow, number {next(self._numbers)}"
        message = self.api.say(user, chat, f"/draw {prompt} --model {model} --n {count}", topic=topic)
        return self._noted(Wish(user, chat, topic, message, prompt, count, model))

    def ask_edit(self, user: User, model: str, count: int = 1, topic: Topic | None = None) -> Wish:
        """`user` sends a photo, and in its caption what is to become of it."""
        chat, prompt = self._place(user, topic), f"make it night, number {next(self._numbers)}"
        caption = f"/edit {prompt} --model {model} --n {count}"
        message = self.api.send_photo(user, chat, self._photo, caption=caption, topic=topic)
        return self._noted(Wish(user, chat, topic, message, prompt, count, model, edit=True))

    def ask_anything(self, rng: random.Random) -> Wish:
        """Somebody asks for something, somewhere."""
        topic = rng.choice(self.topics) if rng.random() < 0.25 else None
        count = rng.randint(2, 4) if rng.random() < 0.3 else 1
        user = rng.choice(self._people)
        if rng.random() < _EDITS:
            return self.ask_edit(user, rng.choice(_EDITED_BY), count, topic)
        return self.ask(user, rng.choice(_DRAWN_BY), count, topic)

    def _place(self, user: User, topic: Topic | None) -> Chat:
        return self.forum if topic else self.api.private(user)

    def _noted(self, wish: Wish) -> Wish:
        self.wishes.append(wish)
        return wish

    def misuse_callbacks(self) -> None:
        """From now on some callbacks come before the answer to the submission, twice, or from a stranger."""
        for name in (FaultName.CALLBACK_EARLY, FaultName.CALLBACK_TWICE, FaultName.CALLBACK_FORGED):
            self.sandbox.add_faults(Fault(fault=name, times=None, probability=0.1))

    def books(self) -> Books:
        return read_books(self.service.database)

    def accepted(self, wish: Wish) -> int:
        """How many paid submissions the gateways took for a wish."""
        return sum(self.accepted_by(gateway, wish) for gateway in KEYS)

    def accepted_by(self, gateway: str, wish: Wish) -> int:
        """How many paid submissions that gateway took for a wish; what it only repeated was not paid."""
        return self.sandbox.tallies[gateway].by_prompt[wish.prompt]

    @property
    def accepted_in_all(self) -> int:
        return sum(self.sandbox.tallies[gateway].accepted for gateway in KEYS)

    def calls_of_this_process(self) -> Iterator[Call]:
        """What the process that was started last asked of the Bot API server, newest first."""
        start = self.service.starts[-1]
        return itertools.takewhile(lambda call: call.at > start, reversed(self.api.calls))

    async def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until it is so. Raises TimeoutError."""
        give_up = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > give_up:
                raise TimeoutError(f"not within {seconds} s")
            assert self.service.alive, f"the service ended by itself:\n{self.service.log[-3000:]}"
            await asyncio.sleep(0.002)

    async def until_listening(self) -> None:
        """Wait until the process that was started last asks for updates."""
        await self.until(lambda: any(call.method == "getUpdates" for call in self.calls_of_this_process()))

    async def until_all_is_told(self, seconds: float = 60.0) -> None:
        """Wait until every wish has a job whose person knows how it ended."""
        give_up = time.monotonic() + seconds
        while (told := count_told(self.service.database)) < len(self.wishes):
            if time.monotonic() > give_up:
                late = f"{told} of {len(self.wishes)} told within {seconds} s"
                raise TimeoutError(f"{late}:\n{self.service.log[-3000:]}")
            assert self.service.alive, f"the service ended by itself:\n{self.service.log[-3000:]}"
            await asyncio.sleep(0.05)

    async def until_quiet(self) -> None:
        """Wait until the Bot API server has dealt with all that a killed process had sent."""

        def all_answered() -> bool:
            return all(call.took for call in self.calls_of_this_process() if call.method in _SENDS)

        await asyncio.sleep(max(_SENDS.values()))
        await self.api.wait_for(all_answered)


@asynccontextmanager
async def open_town(
    folder: Path, latency: float, spread: float = 0.0, *, public: bool = False
) -> AsyncIterator[Town]:
    """The world with everybody in it. Gateways take `latency` and up to `spread` more seconds for a picture,
    and where the service is `public` they call it back.

    Their capacity is what they are asked for at most, so that after a kill the work that is still going on
    for nobody makes them refuse some submissions.
    """
    options = Options(
        latency=timedelta(seconds=latency),
        spread=timedelta(seconds=spread),
        capacity=dict.fromkeys(KEYS, 16),
        keys=frozenset(KEYS.values()),
        painter=_paint_heavy,
        allow_loopback=True,
        callback_pace=_CALLBACK_PACE,
    )
    sandbox = Sandbox(options)
    async with serve(sandbox) as root, BotApi.serve(token=TOKEN, keep_uploads=False) as api:
        for method, seconds in _SENDS.items():
            api.delay(method, seconds)
        service = Service(folder, root, api.url, public=public)
        try:
            yield Town(sandbox, api, service)
        finally:
            await service.close()


def _paint_heavy(drawing: Drawing) -> bytes:
    """A plain PNG with a private chunk of noise, so that it takes several packets to send."""
    noise = random.Random(drawing.seed).randbytes(_NOISE_BYTES)
    body = b"nsEb" + noise
    chunk = struct.pack(">I", len(noise)) + body + struct.pack(">I", zlib.crc32(body))
    picture = paint_plain(drawing)
    return picture[:-_PNG_END] + chunk + picture[-_PNG_END:]
