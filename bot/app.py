"""The composition root: opens everything in one visible order and closes it in reverse."""

import asyncio
import signal
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.core.acceptance import Acceptance
from bot.core.calls import Calls, Tools
from bot.core.cancellation import Cancelling
from bot.core.chat_menu import ChatMenu
from bot.core.conversation import Conversation
from bot.core.dispatcher import Dispatcher
from bot.core.errands import Errands
from bot.core.forgetting import Forgetting
from bot.core.fulfilment import Fulfilment
from bot.core.gallery import Gallery
from bot.core.guide import Guide
from bot.core.health import Health
from bot.core.loops import repeat
from bot.core.pacing import Pacing
from bot.core.packing import Packing
from bot.core.person_menu import PersonMenu
from bot.core.references import References
from bot.core.rights import Rights
from bot.core.routing import Router
from bot.core.steps import Steps
from bot.core.wishes import Wishes
from bot.domain.catalogue import Catalogue
from bot.domain.decide import Policy
from bot.domain.ids import CallId, GatewayId
from bot.frontends.playground.attachments import IMAGE_LIMIT
from bot.frontends.playground.chat import PlaygroundChat
from bot.frontends.playground.feed import Feed
from bot.frontends.playground.site import BODY_LIMIT, Site
from bot.frontends.telegram.bot import open_bot
from bot.frontends.telegram.chat import TelegramChat
from bot.frontends.telegram.flood import Rates
from bot.frontends.telegram.intake import TelegramIntake
from bot.frontends.telegram.webhook import Webhook
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from bot.media.folder import FolderMedia
from bot.media.normalise import open_normaliser
from bot.media.sweep import sweep
from bot.ports.chat import Chat
from bot.ports.clock import SystemClock
from bot.ports.gateway import ImageGateway
from bot.ports.media import Fetcher, Normaliser
from bot.providers.access import Access
from bot.providers.catalogue import load
from bot.providers.fetcher import open_fetcher
from bot.providers.prices import Finding, compare
from bot.providers.registry import open_gateways
from bot.sandbox import Options, Sandbox, base_urls, files_base_url
from bot.sandbox import serve as serve_sandbox
from bot.settings import (
    OperatorFile,
    Settings,
    SettingsError,
    prefix_of,
    read_gateways,
    read_operator_file,
)
from bot.store.archive import ArchiveStore
from bot.store.board import NoteBoard
from bot.store.database import Database, open_database
from bot.store.jobs import JobStore
from bot.store.people import PeopleStore
from bot.store.routes import RouteStore
from bot.web.callbacks import Callbacks
from bot.web.health import health_routes
from bot.web.media import MediaLinks
from bot.web.server import Listening, Part
from bot.web.server import serve as serve_web

log = structlog.get_logger()

_SCAN_SECONDS = 30.0
_UPDATE_BYTES = 1024 * 1024
_TIDY_SECONDS = 3600.0
_PRICES_SECONDS = 86_400.0
_GRACE_SECONDS = 20.0
_ERRAND_SECONDS = 5.0
_SANDBOX_LATENCY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that was configured, checked. `sandboxed` tells that no real gateway is asked."""

    settings: Settings
    operator: OperatorFile
    catalogue: Catalogue
    texts: FluentTexts
    access: Mapping[GatewayId, Access]
    sandboxed: bool

    @property
    def secrets(self) -> list[str]:
        """What must never be in a log."""
        token = self.settings.telegram_bot_token
        keys = [access.key for access in self.access.values() if access.key]
        return [*keys, *([token.get_secret_value()] if token else [])]


def configure(settings: Settings, *, sandbox: bool) -> Configuration:
    """Read the operator's files and see which gateways are on.

    The sandbox takes their place when asked for, and when neither a gateway nor a chat is configured.

    Raises SettingsError and CatalogueError.
    """
    operator = read_operator_file(settings.config_file)
    catalogue = load(settings.config_file)
    texts = _read_texts(settings.default_locale)
    switched_on = {} if sandbox else read_gateways(catalogue)
    if sandbox or (not switched_on and settings.telegram_bot_token is None):
        return Configuration(settings, operator, catalogue, texts, {}, sandboxed=True)
    if not switched_on:
        names = ", ".join(f"{prefix_of(id_)}API_KEY" for id_ in catalogue.gateways)
        raise SettingsError(f"no gateway is switched on: set one of {names}, or run with --sandbox")
    if settings.telegram_bot_token is None and not settings.plays:
        raise SettingsError("TELEGRAM_BOT_TOKEN: not set, and PLAYGROUND is off: there is nobody to draw for")
    found = {
        id_: Access(
            key=gateway.api_key.get_secret_value() if gateway.api_key else None,
            base_url=str(gateway.base_url) if gateway.base_url else None,
            proxy=gateway.proxy_url,
            files_base_url=str(gateway.files_base_url) if gateway.files_base_url else None,
        )
        for id_, gateway in switched_on.items()
    }
    catalogue = catalogue.only(frozenset(found))
    return Configuration(settings, operator, catalogue, texts, found, sandboxed=False)


def _read_texts(default: str) -> FluentTexts:
    try:
        return FluentTexts(locales_folder(), default)
    except ValueError as error:
        raise SettingsError(f"DEFAULT_LOCALE: {error}") from None


@dataclass(frozen=True, slots=True)
class Parts:
    """What the core stands on."""

    database: Database
    store: JobStore
    people: PeopleStore
    archive: ArchiveStore
    routes: RouteStore
    media: FolderMedia
    texts: FluentTexts
    gateways: Mapping[GatewayId, ImageGateway]
    fetcher: Fetcher
    normaliser: Normaliser
    chats: dict[str, Chat]
    callbacks: Callbacks | None = None
    links: MediaLinks | None = None


class Core:
    """The use cases, wired. `chats` is filled by the frontends before the first job runs."""

    def __init__(self, configuration: Configuration, parts: Parts) -> None:
        clock, steps = SystemClock(), Steps()
        operator, catalogue = configuration.operator, configuration.catalogue
        plan, policy, zone = operator.plan, operator.policy, configuration.settings.zone
        self.health = Health(policy, clock)
        router = Router(catalogue, operator.routing, self.health, clock)
        self.calls = Calls(
            Tools(
                store=parts.store,
                catalogue=catalogue,
                gateways=parts.gateways,
                fetcher=parts.fetcher,
                router=router,
                health=self.health,
                pacing=Pacing(parts.routes),
                routes=parts.routes,
                policy=policy,
                clock=clock,
                steps=steps,
                callback_address=parts.callbacks.address if parts.callbacks else None,
                media_link=parts.links.link if parts.links else None,
            )
        )
        references = References(parts.store, parts.archive, parts.media, parts.normaliser)
        packing = Packing(catalogue, plan)
        fulfilment = Fulfilment(
            parts.store,
            router,
            references,
            self.calls,
            parts.chats,
            packing,
            plan,
            policy,
            zone,
            clock,
            steps,
        )
        self.dispatcher = Dispatcher(parts.store, fulfilment, steps)
        self.acceptance = Acceptance(parts.store, router, plan, policy, zone, clock, self.dispatcher.dispatch)
        self._routes, self._clock = parts.routes, clock
        self.errands = Errands()
        self.forgetting = Forgetting(parts.store, parts.archive, parts.media, parts.chats, parts.texts, clock)
        self.conversation = self._converse(parts, router.catalogue, packing, policy)

    def _converse(self, parts: Parts, catalogue: Catalogue, packing: Packing, policy: Policy) -> Conversation:
        """Everything people can say and press."""
        store, archive, people = parts.store, parts.archive, parts.people
        texts, clock, rights = parts.texts, self._clock, Rights(parts.chats)
        wishes = Wishes(self.acceptance, catalogue, people, archive, store, rights, texts, clock)
        topics = (
            wishes,
            Guide(catalogue, self.acceptance, texts),
            PersonMenu(people, catalogue, self.acceptance.plan, texts, clock),
            ChatMenu(people, rights, catalogue, texts, clock),
            Gallery(store, archive, packing, rights, parts.chats, parts.media, self.errands, texts, clock),
            Cancelling(store, rights, policy, texts, clock, self.dispatcher.wake),
            self.forgetting,
        )
        return Conversation(people, wishes, topics, texts)

    async def open(self) -> None:
        """Continue with what was known of the gateways before."""
        self.health.restore(await self._routes.conditions())

    async def called_back(self, call_id: CallId) -> None:
        """A gateway says that there is news of a call: write it down and look. Repeatable."""
        job = await self._routes.note_callback(call_id, self._clock.now())
        if job:
            log.info("gateway called back", job=job, call=call_id)
        self.calls.ring(call_id)


async def run(configuration: Configuration) -> None:
    """Serve until SIGINT or SIGTERM, then stop in reverse order.

    Raises StoreUnusable, StoreBusy, CannotListen, TelegramKeyRefused, TelegramWebhookRefused and
    SettingsError for what the operator has to mend, and LoopEnded when a background loop died.
    """
    with _stopping_on_signals() as stop:
        async with AsyncExitStack() as stack:
            opened = await open_core(configuration, stack)
            await _serve(opened, stack, stop)


@dataclass(frozen=True, slots=True)
class Opened:
    """The core, ready to work, with what it stands on. The configuration points at the sandbox if that is
    on.
    """

    configuration: Configuration
    parts: Parts
    core: Core


async def open_core(configuration: Configuration, stack: AsyncExitStack) -> Opened:
    """Open everything but the chats and the web server. Raises what `run` raises."""
    if configuration.sandboxed:
        configuration = await _open_sandbox(configuration, stack)
    parts = await _open_parts(configuration, stack)
    core = Core(configuration, parts)
    await core.open()
    return Opened(configuration, parts, core)


async def _open_sandbox(configuration: Configuration, stack: AsyncExitStack) -> Configuration:
    """Start the imitations and point the catalogue at them."""
    options = Options(latency=_SANDBOX_LATENCY, memory=configuration.settings.data_dir / "sandbox")
    root = await stack.enter_async_context(serve_sandbox(Sandbox(options)))
    files = files_base_url(root)
    access = {
        GatewayId(id_): Access(key="sandbox", base_url=url, files_base_url=files)
        for id_, url in base_urls(root).items()
    }
    catalogue = configuration.catalogue.only(frozenset(access))
    return replace(configuration, catalogue=catalogue, access=access)


async def _open_parts(configuration: Configuration, stack: AsyncExitStack) -> Parts:
    settings, catalogue, access = configuration.settings, configuration.catalogue, configuration.access
    database = await stack.enter_async_context(open_database(settings.database_file))
    media, routes = FolderMedia(settings.media_folder), RouteStore(database)
    try:
        gateways = await stack.enter_async_context(open_gateways(catalogue, access, media))
    except ValueError as error:
        raise SettingsError(str(error)) from None
    public = await _public(settings, routes)
    return Parts(
        database=database,
        store=JobStore(database),
        people=PeopleStore(database),
        archive=ArchiveStore(database),
        routes=routes,
        media=media,
        texts=configuration.texts,
        gateways=gateways,
        fetcher=await stack.enter_async_context(open_fetcher(catalogue, access, media)),
        normaliser=stack.enter_context(open_normaliser(media)),
        chats={},
        callbacks=public and public[0],
        links=public and public[1],
    )


async def _public(settings: Settings, routes: RouteStore) -> tuple[Callbacks, MediaLinks] | None:
    """With a public address gateways can call us and fetch images from us."""
    if settings.public_url is None:
        return None
    url, secret = str(settings.public_url), await routes.own_secret("addresses")
    try:
        return Callbacks(secret, url), MediaLinks(secret, url, SystemClock())
    except ValueError as error:
        raise SettingsError(f"PUBLIC_URL: {error}") from None


async def _serve(opened: Opened, stack: AsyncExitStack, stop: asyncio.Event) -> None:
    configuration, parts, core = opened.configuration, opened.parts, opened.core
    telegram = await _open_telegram(configuration, parts, core, stack)
    playground = _open_playground(configuration, parts, core) if configuration.settings.plays else []
    stack.push_async_callback(core.errands.stop, _ERRAND_SECONDS)
    stack.push_async_callback(core.dispatcher.stop, _GRACE_SECONDS)
    loops: list[asyncio.Task[None]] = []

    async def loops_run() -> bool:
        return not any(loop.done() for loop in loops)

    health = health_routes({"database": parts.database.answers, "loops": loops_run})
    web = [Part(health), *playground]
    if parts.callbacks:
        web.append(parts.callbacks.part(core.called_back))
    if parts.links:
        web.append(parts.links.part(parts.media))
    if telegram:
        web.append(Part(telegram.routes(), _UPDATE_BYTES))
    address = configuration.settings.http_host, configuration.settings.http_port
    listening = await stack.enter_async_context(serve_web(web, *address))
    # Not before we can be called: a gateway that calls in vain may not call again.
    loops += _start_loops(configuration, core, stop, stack)
    stack.callback(core.acceptance.close)
    if telegram:
        await telegram.start()
        # Stopped before anything is turned away: what was read becomes a job for the next start.
        stack.push_async_callback(telegram.stop)
    _announce(configuration, listening)
    await _until_stopped(stop, *loops)
    log.info("stopping", jobs=core.dispatcher.running)


def _start_loops(
    configuration: Configuration, core: Core, stop: asyncio.Event, stack: AsyncExitStack
) -> list[asyncio.Task[None]]:
    """The background loops; they end when `stop` is set."""
    dispatcher, settings, media = core.dispatcher, configuration.settings, configuration.operator.media

    async def tidy() -> None:
        swept = await sweep(settings.media_folder, media.lives, SystemClock().now())
        if swept.files:
            log.info("old images removed", files=swept.files, bytes=swept.bytes)
        await core.forgetting.tidy()

    async def watch_prices() -> None:
        for found in await compare(configuration.catalogue, configuration.access):
            if found.finding in {Finding.CHANGED, Finding.VANISHED}:
                log.warning(
                    "price list differs from the catalogue: see `drawbridge prices`",
                    route=found.route,
                    finding=found.finding.value,
                    catalogue=found.catalogue,
                    live=found.live,
                )

    def has_room() -> bool:
        return dispatcher.has_room_again

    loops = {
        # Unfinished jobs: at once, when there is room again, and as a safety net.
        "scan": repeat("scan", dispatcher.scan, _SCAN_SECONDS, stop, has_room),
        "tidy": repeat("tidy", tidy, _TIDY_SECONDS, stop),
    }
    if not configuration.sandboxed:
        loops["prices"] = repeat("prices", watch_prices, _PRICES_SECONDS, stop)
    tasks = [asyncio.create_task(loop, name=name) for name, loop in loops.items()]
    for task in tasks:
        stack.callback(task.cancel)
    return tasks


def _open_playground(configuration: Configuration, parts: Parts, core: Core) -> list[Part]:
    feed = Feed(NoteBoard(parts.database), SystemClock())
    parts.chats["playground"] = PlaygroundChat(feed, parts.texts, parts.media)
    site = Site(
        feed,
        core.conversation,
        parts.texts,
        parts.media,
        sandbox=configuration.sandboxed,
        host=configuration.settings.http_host,
        public_url=str(configuration.settings.public_url) if configuration.settings.public_url else None,
    )
    return [Part(site.routes(), BODY_LIMIT, site.stop), Part(site.upload_routes(), IMAGE_LIMIT)]


async def _open_telegram(
    configuration: Configuration, parts: Parts, core: Core, stack: AsyncExitStack
) -> TelegramIntake | None:
    settings = configuration.settings
    if settings.telegram_bot_token is None:
        return None
    bot = await stack.enter_async_context(
        open_bot(
            settings.telegram_bot_token.get_secret_value(),
            str(settings.telegram_api_url),
            proxy=settings.telegram_proxy_url,
            rates=Rates(
                overall=settings.telegram_rate or None,
                chat=settings.telegram_chat_rate or None,
                group=settings.telegram_group_rate or None,
            ),
        )
    )

    def moved(old: int, new: int) -> None:
        core.errands.start(core.conversation.moved("telegram", str(old), str(new)), f"move of {old}")

    parts.chats["telegram"] = TelegramChat(bot, parts.media, parts.texts, moved=moved)
    return TelegramIntake(bot, core.conversation, parts.texts, await _webhook(settings, parts.routes))


async def _webhook(settings: Settings, routes: RouteStore) -> Webhook | None:
    if not (settings.telegram_webhook and settings.public_url):
        return None
    return Webhook(str(settings.public_url), (await routes.own_secret("telegram webhook")).hex())


def _announce(configuration: Configuration, listening: Listening) -> None:
    log.info(
        "ready",
        gateways=", ".join(configuration.catalogue.gateways),
        sandbox=configuration.sandboxed,
        telegram=configuration.settings.telegram_bot_token is not None,
        address=listening.url,
    )
    if configuration.settings.plays:
        log.info("open this in a browser to draw", page=listening.url)


class LoopEnded(Exception):
    """A background loop ended by itself: a bug of ours; better to be started anew than to limp."""


async def _until_stopped(stop: asyncio.Event, *loops: asyncio.Task[None]) -> None:
    """Wait for the stop event. Raises LoopEnded when a loop ends before it."""
    stopping = asyncio.create_task(stop.wait(), name="stop event")
    await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
    for loop in loops:
        if loop.done() and not stop.is_set():
            stopping.cancel()
            raise LoopEnded(loop.get_name()) from (None if loop.cancelled() else loop.exception())


@contextmanager
def _stopping_on_signals() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set. A second signal finds Python's own handler and ends hard."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def ask_to_stop() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, ask_to_stop)
    try:
        yield stop
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
