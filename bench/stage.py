"""The stage of a measurement: a Bot API server, a gateway and one bot, each a fresh process."""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import aiohttp

from bench.processes import Watched, running

TOKEN = "123456:TEST"
_START_SECONDS = 30.0
_PEOPLE = 250

_CONFIG = """
[plans.default]
pictures_per_day = 1_000_000
in_flight = 1_000_000
per_minute = 1_000_000

[gateways.bench]
title = "Bench"
dialect = "openai-images"
base_url = "{url}"
concurrency = 10_000

[gateways.bench.wire]
response_format = "url"

[[routes]]
gateway = "bench"
model = "bench"
name = "bench"
sizes = ["1024x1024"]
default_size = "1024x1024"
"""


class Side(StrEnum):
    """Who is measured."""

    SCRIPT = "script"
    OURS = "Drawbridge"


@dataclass(frozen=True, slots=True)
class Person:
    user: int
    chat: int


@dataclass(slots=True)
class Stage:
    """One bot between a chat platform and a gateway, and 250 people who may ask it for pictures."""

    bot: Watched
    telegram: Watched
    gateway: Watched
    client: aiohttp.ClientSession
    telegram_url: str
    gateway_url: str
    people: list[Person] = field(default_factory=list)
    pictures: int = 0
    _turns: Iterator[Person] = field(default_factory=lambda: iter(()))

    @property
    def cpu(self) -> dict[str, float]:
        """Seconds of CPU each process has used so far."""
        return {"bot": self.bot.cpu, "Bot API server": self.telegram.cpu, "gateway": self.gateway.cpu}

    async def set_latency(self, seconds: float) -> None:
        async with self.client.put(f"{self.gateway_url}/latency", json={"seconds": seconds}):
            pass

    async def invite(self) -> None:
        for number in range(_PEOPLE):
            self.people.append(Person(**await self._post("user", {"name": f"Person {number}"})))
        self._turns = itertools.cycle(self.people)

    async def say(self, jobs: int) -> None:
        """So many commands at the same moment, spread over the people."""
        who = itertools.islice(itertools.cycle(self.people), jobs)
        said = [
            {"user": person.user, "chat": person.chat, "text": f"/draw a fox in the snow, number {number}"}
            for number, person in enumerate(who)
        ]
        self.pictures += jobs
        await self._post("say_all", {"messages": said})

    async def ask_for(self, words: str, pictures: int, *, group: bool) -> None:
        """Somebody says this, in their private chat or in a new group."""
        person = next(self._turns)
        chat = person.chat
        if group:
            body = {"title": "Group", "members": [person.user]}
            chat = (await self._post("group", body))["chat"]
        self.pictures += pictures
        await self._post("say", {"user": person.user, "chat": chat, "text": words})

    async def pictures_arrive(self, seconds: float) -> None:
        """Wait for every picture asked for. Raises RuntimeError when they do not come in time."""
        asked = {"photos": str(self.pictures), "seconds": str(seconds)}
        async with self.client.get(f"{self.telegram_url}/_control/wait", params=asked) as answer:
            if answer.status != 200:
                raise RuntimeError(f"not all pictures came within {seconds} s: {await answer.text()}")

    async def ask_once(self, person: Person) -> float:
        """One job in a fresh chat; seconds from the command to the picture, by the server's clock."""
        text = "/draw a fox in the snow"
        said = await self._post("say", {"user": person.user, "chat": person.chat, "text": text})
        self.pictures += 1
        await self.pictures_arrive(seconds=30)
        posted = (await self._get("messages", {"chat": str(person.chat)}))["messages"]
        photo = next(message for message in posted if "file" in message)
        return float(photo["sent_at"] - said["sent_at"])

    async def bot_polls(self) -> None:
        """Wait until the bot asks for updates. Raises RuntimeError when it does not start."""
        async with asyncio.timeout(_START_SECONDS):
            while "getUpdates" not in (await self._get("stats"))["calls"]:
                if not self.bot.alive:
                    raise RuntimeError(f"the bot did not start:\n{self.bot.log.read_text('utf-8')}")
                await asyncio.sleep(0.05)

    async def calls(self) -> dict[str, dict[str, int]]:
        """How often the bot called each method, by status."""
        calls: dict[str, dict[str, int]] = (await self._get("stats"))["calls"]
        return calls

    async def _get(self, what: str, params: dict[str, str] | None = None) -> Any:
        async with self.client.get(f"{self.telegram_url}/_control/{what}", params=params) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def _post(self, what: str, body: dict[str, Any]) -> Any:
        async with self.client.post(f"{self.telegram_url}/_control/{what}", json=body) as answer:
            answer.raise_for_status()
            return await answer.json()


@asynccontextmanager
async def set_up(side: Side) -> AsyncIterator[Stage]:
    """Everything running, the bot asking for updates, nothing said yet."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drawbridge-bench-")))
        timeout = aiohttp.ClientTimeout(total=None)
        client = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        gateway = await stack.enter_async_context(running("bench.gateway", folder=folder))
        telegram = await stack.enter_async_context(
            running("tests.fakes.telegram", "--drop-uploads", "--token", TOKEN, folder=folder)
        )
        gateway_url, telegram_url = await asyncio.gather(gateway.first_line(), telegram.first_line())
        bot = await stack.enter_async_context(_bot(side, folder, gateway_url, telegram_url))
        stage = Stage(bot, telegram, gateway, client, telegram_url, gateway_url)
        await stage.bot_polls()
        await stage.invite()
        yield stage


@asynccontextmanager
async def _bot(side: Side, folder: Path, gateway_url: str, telegram_url: str) -> AsyncIterator[Watched]:
    env = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram_url}
    if side is Side.SCRIPT:
        env["BENCH_BASE_URL"] = f"{gateway_url}/v1"
        async with running("bench.script", folder=folder, env=env) as script:
            yield script
        return
    config = folder / "bench.toml"
    config.write_text(_CONFIG.format(url=f"{gateway_url}/v1"), "utf-8")
    env |= {
        "TELEGRAM_RATE": "0",
        "TELEGRAM_CHAT_RATE": "0",
        "TELEGRAM_GROUP_RATE": "0",
        "BENCH_API_KEY": "bench",
        "CONFIG_FILE": str(config),
        "DATA_DIR": str(folder / "data"),
        "HTTP_PORT": "0",
    }
    async with running("bot", "run", folder=folder, env=env, cwd=folder) as ours:
        yield ours
