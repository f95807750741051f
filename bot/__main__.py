"""The command line. Exit codes: 0 well, 1 a check found something, 2 wrong usage, 69 a service or file is
not available, 70 a bug of ours, 78 a mistake in the configuration.
"""

import asyncio
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import structlog
import typer

from bot import app as application
from bot import reports, trial
from bot.domain.diagram import is_current, with_diagrams
from bot.frontends.telegram.errors import TelegramKeyRefused
from bot.frontends.telegram.webhook import TelegramWebhookRefused
from bot.logs import start_logging
from bot.ports.store import StoreBusy, StoreUnusable
from bot.providers.catalogue import CatalogueError
from bot.settings import SettingsError, read_settings
from bot.web.server import CannotListen, PortTaken

log = structlog.get_logger()

cli = typer.Typer(
    name="drawbridge",
    help="Draw images from your chats: self-hosted, restartable, honest about money.",
    epilog="Without any setting, `drawbridge run` opens a playground on http://127.0.0.1:8080 that draws "
    "with a local sandbox. Settings are environment variables or lines in .env: see .env.example.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Sandboxed = Annotated[
    bool, typer.Option("--sandbox", help="Draw with the local imitation of the gateways: free of charge.")
]


@cli.command()
def run(sandbox: Sandboxed = False) -> None:
    """Start the service: chats, gateways and the built-in web server.

    Stops gracefully on Ctrl-C or SIGTERM; killed at any moment it goes on where it was at the next start.
    """
    with _mistakes_as_lines():
        settings = read_settings()
        configuration = application.configure(settings, sandbox=sandbox)
        start_logging(settings.log_level, configuration.secrets)
        _calm_collector()
        asyncio.run(application.run(configuration))


@cli.command()
def sandbox(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free port.", min=0, max=65535)] = 8090,
    latency: Annotated[float, typer.Option(help="Seconds a picture takes.", min=0, max=3600)] = 2.0,
) -> None:
    """Serve the local imitation of the gateways alone, for tests and for trying out settings.

    It keeps the gateways' documented rules, draws real pictures and costs nothing. The addresses to set are
    printed at the start; any key works unless it begins with `wrong`.
    """
    with _mistakes_as_lines():
        start_logging("INFO")
        asyncio.run(reports.serve_sandbox(host, port, timedelta(seconds=latency)))


@cli.command()
def check(sandbox: Sandboxed = False) -> None:
    """Check settings, catalogue and database, and ask every gateway and chat whether its key works.

    Nothing is drawn and nothing is charged. Exits with 1 when something has to be mended.
    """
    with _mistakes_as_lines():
        settings = read_settings()
        configuration = application.configure(settings, sandbox=sandbox)
        start_logging("ERROR", configuration.secrets)
        if not asyncio.run(reports.check(configuration)):
            raise typer.Exit(1)


@cli.command()
def models(
    everything: Annotated[
        bool, typer.Option("--all", help="Also those of gateways that are switched off.")
    ] = False,
) -> None:
    """List what can be drawn with: models, limits and prices."""
    with _mistakes_as_lines():
        reports.print_models(application.configure(read_settings(), sandbox=False), everything=everything)


@cli.command()
def routes() -> None:
    """Show how the gateways are: health, last problem and today's spending of each model.

    Reads the database, also while the service runs.
    """
    with _mistakes_as_lines():
        settings = read_settings()
        reports.print_routes(application.configure(settings, sandbox=False))


@cli.command()
def prices() -> None:
    """Compare the catalogue's prices and models with what the gateways publish now.

    Nothing is changed: copy what is right into your CONFIG_FILE. Exits with 1 when something differs.
    """
    with _mistakes_as_lines():
        configuration = application.configure(read_settings(), sandbox=False)
        start_logging("ERROR", configuration.secrets)
        if not asyncio.run(reports.print_prices(configuration)):
            raise typer.Exit(1)


@cli.command("try")
def try_(
    prompt: Annotated[str, typer.Argument(help="What to draw, or how to change the images.")],
    image: Annotated[
        list[Path] | None, typer.Option(help="An image to edit; may be given several times.", exists=True)
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model of `drawbridge models`.")] = None,
    gateway: Annotated[str | None, typer.Option(help="Only this gateway.")] = None,
    folder: Annotated[Path, typer.Option(help="Where to save the pictures.", file_okay=False)] = Path(),
    sandbox: Sandboxed = False,
) -> None:
    """Draw or edit once from the terminal and save the pictures: the way to try a key.

    A real gateway charges for it. Options as in a chat may stand in the prompt: "a fox --ar 16:9 --n 2".
    """
    with _mistakes_as_lines():
        configuration = application.configure(read_settings(), sandbox=sandbox)
        start_logging("ERROR", configuration.secrets)
        if gateway:
            configuration = trial.only(configuration, gateway)
        words = f"{prompt} --model {model}" if model else prompt
        language = configuration.settings.default_locale
        wish = trial.Trial(words, tuple(image or ()), folder, language)
        if not asyncio.run(trial.run(configuration, wish)):
            raise typer.Exit(1)


@cli.command()
def env(
    check: Annotated[
        Path | None, typer.Option(help="Compare with this file instead of printing; exits with 1.")
    ] = None,
) -> None:
    """Print .env.example: every setting with its meaning and default."""
    text = reports.env_example()
    if check is None:
        typer.echo(text, nl=False)
    elif not check.is_file() or check.read_text("utf-8") != text:
        typer.echo(f"{check} is out of date: run `drawbridge env > {check}`", err=True)
        raise typer.Exit(1)


@cli.command()
def diagram(
    file: Annotated[Path, typer.Argument(help="A text with the markers of the diagram.")],
    check: Annotated[bool, typer.Option("--check", help="Only compare; exits with 1.")] = False,
) -> None:
    """Write the diagram of a job's life, made from the transition tables, into a document."""
    text = file.read_text("utf-8")
    if not check:
        file.write_text(with_diagrams(text), "utf-8")
    elif not is_current(text):
        typer.echo(f"{file} is out of date: run `drawbridge diagram {file}`", err=True)
        raise typer.Exit(1)


def _calm_collector() -> None:
    """Look for cyclic garbage less often, and never among the modules.

    A job keeps a few hundred objects alive for as long as it waits: with Python's own thresholds, a sixth of
    the CPU of a thousand jobs goes into looking at them again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@contextmanager
def _mistakes_as_lines() -> Iterator[None]:
    """What the operator has to mend is a line on standard error and an exit code, never a traceback."""
    try:
        yield
    except (SettingsError, CatalogueError) as error:
        _fail(str(error), os.EX_CONFIG)
    except TelegramKeyRefused as error:
        _fail(f"TELEGRAM_BOT_TOKEN: {error}", os.EX_CONFIG)
    except TelegramWebhookRefused as error:
        _fail(f"PUBLIC_URL: Telegram does not call there: {error}", os.EX_CONFIG)
    except PortTaken as error:
        _fail(f"HTTP_PORT: {error}; set another one", os.EX_UNAVAILABLE)
    except CannotListen as error:
        _fail(f"HTTP_HOST: {error}", os.EX_UNAVAILABLE)
    except (StoreUnusable, StoreBusy) as error:
        _fail(f"DATA_DIR: {error}", os.EX_UNAVAILABLE)
    except application.LoopEnded as error:
        log.critical("a background loop ended", loop=str(error), exc_info=error)
        raise typer.Exit(os.EX_SOFTWARE) from None


def _fail(text: str, code: int) -> None:
    for line in text.splitlines():
        typer.echo(f"drawbridge: {line}", err=True)
    raise typer.Exit(code)


def main() -> None:
    """The console script `drawbridge`."""
    cli(prog_name="drawbridge")


if __name__ == "__main__":
    main()
