"""The whole house for tests: the real core on a real database and a real sandbox over HTTP.

Only the chat is a stand-in: a `Chat` that writes down what people would see, and that can be told to refuse.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.app import Configuration, Core, Parts
from bot.core.narration import caption, status_text
from bot.core.talk import Answer, Incoming, Press, Replied, Reply
from bot.domain.catalogue import Catalogue
from bot.domain.decide import Policy
from bot.domain.ids import CallId, GatewayId, JobId
from bot.domain.jobs import Address, Job
from bot.domain.ledger import Plan
from bot.domain.request import Handle
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from bot.media.folder import FolderMedia
from bot.media.normalise import open_normaliser
from bot.ports.chat import Chat, ChatGone, HandleGone, Parcel, Sent, Stage, Status
from bot.ports.clock import SystemClock
from bot.ports.texts import Texts
from bot.providers.access import Access
from bot.providers.catalogue import load
from bot.providers.fetcher import open_fetcher
from bot.providers.registry import open_gateways
from bot.sandbox import Fault, FaultName, Options, Sandbox, base_urls, files_base_url, serve
from bot.sandbox.drawing import paint_plain
from bot.settings import OperatorFile, Settings
from bot.store.archive import ArchiveStore
from bot.store.database import open_database
from bot.store.jobs import JobStore
from bot.store.people import PeopleStore
from bot.store.routes import RouteStore
from bot.web.callbacks import Callbacks
from bot.web.media import MediaLinks
from bot.web.server import serve as serve_web

QUICK = Policy(
    backoff=timedelta(milliseconds=20),
    backoff_limit=timedelta(milliseconds=100),
    missing_grace=timedelta(milliseconds=100),
    breaker_pause=timedelta(milliseconds=100),
    breaker_pause_limit=timedelta(milliseconds=400),
)
GENEROUS = Plan(pictures_per_day=10_000, in_flight=1_000, per_minute=10_000, pictures_per_job=10)


@dataclass(slots=True)
class Shown:
    """A picture as it reached a person."""

    job: JobId
    caption: str
    width: int
    height: int
    data: bytes


class Wall:
    """Implements `bot.ports.chat.Chat`: everything that is shown hangs on it."""

    def __init__(self, texts: Texts, media: FolderMedia) -> None:
        self._texts = texts
        self._media = media
        self.statuses: dict[JobId, list[Status]] = {}
        self.texts: dict[JobId, str] = {}
        self.pictures: list[Shown] = []
        self.images: dict[str, bytes] = {}
        self.missing: dict[str, list[Exception]] = {}
        self.fetched: list[str] = []
        self.refusals: list[Exception] = []
        self.refuse_after: int | None = None
        self.removed: list[tuple[str, str]] = []
        self.admins: set[tuple[str, str]] = set()
        self.forgotten: list[str] = []
        self._changed = asyncio.Condition()

    async def show(self, job: Job, status: Status) -> str | None:
        self.statuses.setdefault(job.id, []).append(status)
        self.texts[job.id] = status_text(self._texts, job, status)
        await self._tell()
        return f"status {job.id}"

    async def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        for picture in parcel.pictures:
            if self.refusals:
                raise self.refusals.pop(0)
            if self.refuse_after is not None and len(self.pictures) >= self.refuse_after:
                raise ChatGone("blocked")
            async with self._media.open(picture.media_key) as path:
                data = await asyncio.to_thread(path.read_bytes)
            text = caption(self._texts, parcel, picture, 1024)
            self.pictures.append(Shown(parcel.job.id, text, picture.width, picture.height, data))
            message = f"message {len(self.pictures)}"
            yield Sent("wall", parcel.job.address.chat, ((picture.id, message),))

    async def remove(self, chat: str, messages: Sequence[str]) -> None:
        self.removed += [(chat, message) for message in messages]

    async def is_admin(self, chat: str, person: str) -> bool:
        return (chat, person) in self.admins

    async def forget(self, person: str) -> None:
        self.forgotten.append(person)
        if self.refusals:
            raise self.refusals.pop(0)

    async def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        self.fetched.append(handle.ref)
        await self._tell()
        if missing := self.missing.get(handle.ref):
            raise missing.pop(0)
        data = self.images.get(handle.ref)
        if data is None:
            raise HandleGone(handle.ref)
        yield data

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def ended(self, jobs: int) -> None:
        """Wait until so many jobs have shown their last status."""

        def enough() -> bool:
            return sum(any(s.final for s in shown) for shown in self.statuses.values()) >= jobs

        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(enough)

    async def asked_for(self, ref: str) -> None:
        """Wait until an image was asked for."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: ref in self.fetched)

    async def reached(self, stage: Stage) -> None:
        """Wait until some job has shown this stage."""

        def there() -> bool:
            return any(s.stage is stage for shown in self.statuses.values() for s in shown)

        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(there)


@dataclass(slots=True)
class House:
    """What a test needs: a mouth, eyes, and the gateways' books."""

    core: Core
    parts: Parts
    wall: Wall
    sandbox: Sandbox
    said: int = field(default=0)

    async def say(self, text: str, **about: Any) -> str | None:
        """Say something in a private chat; returns the answer. See `hear`."""
        reply = await self.hear(text, **about)
        return reply.text if reply else None

    async def hear(
        self,
        text: str,
        *,
        person: str = "ann",
        language: str = "en",
        event: str | None = None,
        images: Sequence[bytes] = (),
        chat: str | None = None,
        replied: Replied | None = None,
    ) -> Reply | None:
        """Say something, perhaps with images: in a private chat, or in the group `chat`."""
        handles = tuple(Handle(f"{self.said}-{number}") for number in range(len(images)))
        self.wall.images |= {handle.ref: data for handle, data in zip(handles, images, strict=True)}
        self.said += 1
        return await self.core.conversation.hear(
            Incoming(
                event_key=event or f"wall:{self.said}",
                platform="wall",
                person=person,
                address=Address("wall", chat or person, message=str(self.said)),
                language=language,
                text=text,
                private=chat is None,
                bot_name="drawbridge_bot",
                images=handles,
                replied=replied,
            )
        )

    async def press(
        self, held: str, *, person: str = "ann", language: str = "en", chat: str | None = None
    ) -> Answer:
        """Press a button, given what it holds."""
        self.said += 1
        return await self.core.conversation.press(
            Press(
                event_key=f"wall:press:{self.said}",
                platform="wall",
                person=person,
                address=Address("wall", chat or person, message=str(self.said)),
                language=language,
                private=chat is None,
                bot_name="drawbridge_bot",
                press=held,
            )
        )

    def fault(self, name: FaultName, gateway: str = "*", **more: object) -> None:
        """Make the sandbox misbehave: always, unless `times` says how often."""
        self.sandbox.add_faults(
            Fault.model_validate({"fault": name, "gateway": gateway, "times": None, **more})
        )

    @property
    def ended(self) -> list[Status]:
        """The last statuses of all finished jobs, in the order in which the jobs were first shown."""
        return [shown[-1] for shown in self.wall.statuses.values() if shown[-1].final]

    @property
    def last_text(self) -> str:
        return list(self.wall.texts.values())[-1]

    async def used(self, person: str = "ann") -> int:
        """Pictures that count against a person's day."""
        return (await self.core.acceptance.allowance("wall", person)).usage.today

    async def attempts(self, gateway: str) -> int:
        """How often a gateway was asked to draw, whether it could be reached or not."""
        rows = await self.parts.database.reader.execute_fetchall(
            "SELECT COALESCE(SUM(attempts), 0) AS made FROM calls WHERE gateway = ?", (gateway,)
        )
        return int(next(iter(rows))["made"])

    async def in_flight(self, person: str = "ann") -> int:
        return (await self.core.acceptance.allowance("wall", person)).usage.in_flight


def paced(catalogue: Catalogue, concurrency: int) -> Catalogue:
    """Gateways asked without the patience that real ones need."""
    quick = {
        id_: row.model_copy(
            update={
                "first_look": timedelta(milliseconds=20),
                "look_every": timedelta(milliseconds=20),
                "concurrency": concurrency,
            }
        )
        for id_, row in catalogue.gateways.items()
    }
    return catalogue.model_copy(update={"gateways": quick})


@asynccontextmanager
async def open_house(
    folder: Path,
    *,
    plan: Plan = GENEROUS,
    policy: Policy = QUICK,
    gateways: tuple[str, ...] = ("crazyrouter", "dieyuyun", "qwen-image-2512"),
    latency: timedelta = timedelta(0),
    concurrency: int = 8,
    sandbox: Sandbox | None = None,
    root: str | None = None,
    key: str = "key",
    elsewhere: Mapping[str, str] | None = None,
    callbacks: bool = False,
    grace: float = 5.0,
) -> AsyncIterator[House]:
    """Open a house in `folder`; opening it again there is a restart.

    With `root` the sandbox is served by the test, at that address; `elsewhere` gives some gateways other
    addresses. With `callbacks` the gateways can call us.
    """
    async with AsyncExitStack() as stack:
        box = sandbox or Sandbox(Options(latency=latency, painter=paint_plain, allow_loopback=True))
        if root is None:
            root = await stack.enter_async_context(serve(box))
        on = frozenset(map(GatewayId, gateways))
        catalogue = paced(load(None).only(on), concurrency)
        addresses = base_urls(root) | dict(elsewhere or {})
        access = {
            GatewayId(id_): Access(key=key, base_url=url, files_base_url=files_base_url(root))
            for id_, url in addresses.items()
        }
        database = await stack.enter_async_context(open_database(folder / "test.sqlite3"))
        media = FolderMedia(folder / "media")
        ports = await stack.enter_async_context(open_gateways(catalogue, access, media))
        fetcher = await stack.enter_async_context(open_fetcher(catalogue, access, media))
        texts = FluentTexts(locales_folder())
        wall = Wall(texts, media)
        chats: dict[str, Chat] = {"wall": wall}
        routes, doorbell = RouteStore(database), Doorbell()
        normaliser = stack.enter_context(open_normaliser(media))
        people, archive = PeopleStore(database), ArchiveStore(database)
        parts = Parts(
            database=database,
            store=JobStore(database),
            people=people,
            archive=archive,
            routes=routes,
            media=media,
            texts=texts,
            gateways=ports,
            fetcher=fetcher,
            normaliser=normaliser,
            chats=chats,
        )
        if callbacks:
            called, links = await _open_public(doorbell, media, stack)
            parts = replace(parts, callbacks=called, links=links)
        settings = Settings(_env_file=None)
        operator = OperatorFile(plan=plan, policy=policy)
        core = Core(Configuration(settings, operator, catalogue, texts, access, sandboxed=True), parts)
        doorbell.heard = core.called_back
        await core.open()
        await core.dispatcher.scan()
        stack.push_async_callback(core.errands.stop, grace)
        stack.push_async_callback(core.dispatcher.stop, grace)
        yield House(core, parts, wall, box)


class Doorbell:
    """Passes callbacks on to a core that is made only after their address is known."""

    heard: Callable[[CallId], Awaitable[None]] | None = None

    async def __call__(self, call_id: CallId) -> None:
        if self.heard:
            await self.heard(call_id)


async def _open_public(
    doorbell: Doorbell, media: FolderMedia, stack: AsyncExitStack
) -> tuple[Callbacks, MediaLinks]:
    """A public address on loopback: where gateways call, and fetch images."""
    secret, clock = b"a secret of the tests", SystemClock()
    anywhere = "http://127.0.0.1"
    parts = [Callbacks(secret, anywhere).part(doorbell), MediaLinks(secret, anywhere, clock).part(media)]
    listening = await stack.enter_async_context(serve_web(parts, "127.0.0.1", 0))
    return Callbacks(secret, listening.url), MediaLinks(secret, listening.url, clock)


def with_plan(**limits: int) -> Plan:
    return Plan.model_validate(GENEROUS.model_dump() | limits)


def with_policy(**values: object) -> Policy:
    return Policy.model_validate(QUICK.model_dump() | values)
