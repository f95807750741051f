"""What the command line prints: the checks, the table of models, the example of `.env`."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

from rich.console import Console
from rich.table import Column, Table

from bot.app import Configuration
from bot.domain.catalogue import Catalogue, Route
from bot.domain.ids import GatewayId, Micros, Millis
from bot.domain.ledger import midnight
from bot.frontends.telegram.bot import check_token, open_bot
from bot.ports.clock import SystemClock
from bot.ports.gateway import KeyCheck
from bot.ports.store import Condition
from bot.providers.catalogue import load
from bot.providers.prices import Finding, compare
from bot.providers.registry import open_gateways
from bot.sandbox import Options, Sandbox, base_urls, files_base_url, serve
from bot.settings import Settings, prefix_of
from bot.store.overview import Overview, Spending, overview
from bot.store.schema import examine
from bot.web.server import CannotListen

_MARKS = {True: "[green]ok[/]   ", False: "[red]wrong[/]", None: "[yellow]?[/]    "}


async def check(configuration: Configuration) -> bool:
    """Print one line per thing checked; False when something is certainly wrong."""
    console = Console(highlight=False, soft_wrap=True)
    well = True
    async for name, result in _checks(configuration):
        console.print(_MARKS[result.works], f"{name}: ", end="")
        console.print(result.detail, markup=False)
        well = well and result.works is not False
    return well


async def _checks(configuration: Configuration) -> AsyncIterator[tuple[str, KeyCheck]]:
    settings, catalogue = configuration.settings, configuration.catalogue
    yield "settings", KeyCheck(True, f"read, time zone {settings.time_zone}")
    yield "languages", KeyCheck(True, ", ".join(configuration.texts.locales))
    yield "catalogue", KeyCheck(True, f"{len(catalogue.routes)} models of {len(catalogue.gateways)} gateways")
    works, detail = await asyncio.to_thread(examine, settings.database_file)
    yield "database", KeyCheck(works, detail)
    if configuration.sandboxed:
        yield "gateways", KeyCheck(True, "the sandbox; no key is needed")
    else:
        async with open_gateways(catalogue, configuration.access) as gateways:
            answers = await asyncio.gather(*(gateway.check() for gateway in gateways.values()))
            for id_, answer in zip(gateways, answers, strict=True):
                yield id_, answer
    if settings.telegram_bot_token:
        token, api = settings.telegram_bot_token.get_secret_value(), str(settings.telegram_api_url)
        async with open_bot(token, api, proxy=settings.telegram_proxy_url) as bot:
            yield "telegram", await check_token(bot)


def _table(*names: str) -> Table:
    """A plain table; where the terminal is narrow long words go on in the next line, nothing is cut off."""
    return Table(*(Column(name, overflow="fold") for name in names), box=None, pad_edge=False)


def print_models(configuration: Configuration, *, everything: bool) -> None:
    """The catalogue as a table."""
    catalogue = load(configuration.settings.config_file) if everything else configuration.catalogue
    table = _table("model", "gateway", "sizes", "n", "prompt", "takes", "US$ each")
    for route in catalogue.routes:
        table.add_row(*_cells(route, catalogue))
    Console().print(table)


def _cells(route: Route, catalogue: Catalogue) -> Iterable[str]:
    short = f" ({', '.join(route.aliases)})" if route.aliases else ""
    takes = [name for name, able in (("--no", route.negative_limit), ("--seed", route.seed)) if able]
    sizes = [f"*{size}" if size == route.default_size else str(size) for size in route.sizes]
    yield route.name + short
    yield catalogue.gateways[route.gateway].title
    yield "\n".join(sizes) or "its own"
    yield str(route.max_n)
    yield f"{route.prompt_limit} {route.prompt_unit.value}"
    yield " ".join(takes) or "-"
    yield f"{route.price / 1_000_000:.4f} ({route.priced_on})" if route.price is not None else "unknown"


def print_routes(configuration: Configuration) -> None:
    """A line per route: whether it is well, what went wrong last, what was spent today."""
    settings = configuration.settings
    now = SystemClock().now()
    since = midnight(now, settings.zone)
    known = (
        overview(settings.database_file, since) if settings.database_file.is_file() else Overview([], [], {})
    )
    spent = {line.route: line for line in known.spending}
    lost = {line.route: line for line in known.lost}
    open_ = {condition.scope: condition for condition in known.conditions}
    table = _table("route", "health", "last problem", "calls", "pictures", "US$ today", "answers lost")
    for route in configuration.catalogue.routes:
        line = spent.get(route.key)
        table.add_row(
            route.key,
            _health(open_.get(route.gateway) or open_.get(route.key), now),
            known.problems.get(route.key, "-"),
            str(line.calls if line else 0),
            str(line.pictures if line else 0),
            _dollars(line),
            _lost(lost.get(route.key)),
        )
    Console().print(table)


def _health(condition: Condition | None, now: Millis) -> str:
    if condition is None or condition.until is None:
        return "well"
    why = condition.why.value if condition.why else ""
    left = max(0, (condition.until - now) // 1000)
    return f"{why}, tried again in {left} s" if left else f"{why}, tried again with the next request"


def _lost(line: Spending | None) -> str:
    """Submissions whose answer was lost: the gateway may have charged for them, no person was."""
    return f"{line.calls}, perhaps US$ {line.cost / 1_000_000:.4f}" if line else "0"


def _dollars(line: Spending | None) -> str:
    if line is None:
        return "0"
    return f"{line.cost / 1_000_000:.4f}" + ("" if line.told else " (expected)")


async def print_prices(configuration: Configuration) -> bool:
    """A line per finding; False when something differs from the catalogue."""
    findings = await compare(configuration.catalogue, configuration.access)
    table = _table("route", "", "catalogue", "published now", "")
    for found in findings:
        live = _price(found.live) if found.finding is not Finding.VANISHED else "-"
        table.add_row(found.route, found.finding.value, _price(found.catalogue), live, found.why)
    Console().print(table)
    return not any(found.finding in {Finding.CHANGED, Finding.VANISHED} for found in findings)


def _price(price: Micros | None) -> str:
    return "-" if price is None else f"{price / 1_000_000:.4f}"


async def serve_sandbox(host: str, port: int, latency: timedelta) -> None:
    """Serve the imitations until interrupted. Raises CannotListen."""
    try:
        async with serve(Sandbox(Options(latency=latency)), host, port) as root:
            console = Console(highlight=False, soft_wrap=True)
            console.print(f"The sandbox listens on {root}. To draw with it, set:")
            for gateway, url in base_urls(root).items():
                prefix = prefix_of(GatewayId(gateway))
                console.print(f"  {prefix}BASE_URL={url}  {prefix}API_KEY=sandbox")
            console.print(f"  EVOLINK_FILES_BASE_URL={files_base_url(root)}")
            await asyncio.Event().wait()
    except OSError as error:
        raise CannotListen(host, port, error.strerror or str(error)) from None


def env_example() -> str:
    """`.env.example`, made from the settings."""
    lines = ["# Settings of Drawbridge. Copy to .env and uncomment what you need.", ""]
    for name, field in Settings.model_fields.items():
        lines += _example(name.upper(), field.description or "", field.default)
    lines += ["# Gateways: each is on when its key is set.", ""]
    for id_, row in load(None).gateways.items():
        lines += [f"# {row.title}" + (f": {row.console_url}" if row.console_url else "")]
        lines += [f"#{prefix_of(id_)}API_KEY="]
        lines += [f"#{prefix_of(id_)}BASE_URL={row.base_url}", f"#{prefix_of(id_)}PROXY_URL=", ""]
    return "\n".join(lines)


def _example(name: str, description: str, default: object) -> list[str]:
    return [f"# {description}", f"#{name}={'' if default is None else default}", ""]
