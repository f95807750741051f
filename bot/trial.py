"""`drawbridge try`: one real request from a terminal, through the whole core, on a database of its own."""

import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from bot import app
from bot.core.talk import Incoming
from bot.domain.ids import GatewayId
from bot.domain.jobs import Address
from bot.domain.ledger import Plan
from bot.domain.request import Handle
from bot.frontends.terminal.chat import PLATFORM, TerminalChat
from bot.ports.chat import Stage
from bot.settings import SettingsError

_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try: the words after the command, the images to edit, where to save the pictures."""

    words: str
    images: tuple[Path, ...]
    folder: Path
    language: str


async def run(configuration: app.Configuration, trial: Trial) -> bool:
    """Draw or edit once, telling how it goes; False when no picture came. Real gateways charge for it.

    Raises SettingsError and what `app.run` raises.
    """
    console = Console(highlight=False, soft_wrap=True)
    _make_folder(trial.folder)
    with tempfile.TemporaryDirectory(prefix="drawbridge-try-") as data:
        async with AsyncExitStack() as stack:
            settings = configuration.settings.model_copy(update={"data_dir": Path(data)})
            operator = configuration.operator.model_copy(update={"plan": Plan(pictures_per_job=10)})
            alone = replace(configuration, settings=settings, operator=operator)
            opened = await app.open_core(alone, stack)
            parts, core = opened.parts, opened.core
            spinner = console.status("…")
            chat = TerminalChat(console, spinner, trial.folder, parts.media, parts.texts)
            parts.chats[PLATFORM] = chat
            stack.push_async_callback(core.dispatcher.stop, _GRACE_SECONDS)
            reply = await core.conversation.hear(_incoming(trial))
            if reply:
                console.print(reply.text, markup=False)
                return False
            with spinner:
                end = await chat.ended
    return end.stage is Stage.DONE


def only(configuration: app.Configuration, gateway: str) -> app.Configuration:
    """The same with a single gateway. Raises SettingsError when it is not switched on."""
    if gateway not in configuration.catalogue.gateways:
        there = ", ".join(configuration.catalogue.gateways)
        raise SettingsError(f"--gateway: {gateway} is not switched on; there are: {there}")
    catalogue = configuration.catalogue.only(frozenset({GatewayId(gateway)}))
    return replace(configuration, catalogue=catalogue)


def _make_folder(folder: Path) -> None:
    """Before anything is paid for. Raises SettingsError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"--folder: {folder}: {error.strerror}") from None


def _incoming(trial: Trial) -> Incoming:
    command = "/edit" if trial.images else "/draw"
    return Incoming(
        event_key="terminal:1",
        platform=PLATFORM,
        person="operator",
        address=Address(PLATFORM, "terminal"),
        language=trial.language,
        text=f"{command} {trial.words}",
        private=True,
        bot_name=PLATFORM,
        images=tuple(Handle(str(path)) for path in trial.images),
    )
