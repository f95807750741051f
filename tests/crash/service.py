"""The whole service as an operator runs it: a process of its own that can be stopped or killed."""

import asyncio
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from bot.sandbox import base_urls, files_base_url

TOKEN: Final = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"
KEYS: Final = {
    gateway: f"key-of-{gateway}"
    for gateway in ("crazyrouter", "dieyuyun", "realmrouter", "qwen-image-2512", "evolink")
}

_ROOT: Final = Path(__file__).parents[2]
_EXIT_SECONDS: Final = 30.0
_CONFIGURATION: Final = """
[plans.default]
pictures_per_day = 1_000_000
in_flight = 1_000_000
per_minute = 1_000_000
pictures_per_job = 10

[policy]
backoff = 0.1
backoff_limit = 0.5
breaker_pause = 0.2
breaker_pause_limit = 0.5

[routing]
prefer = ["realmrouter/qwen-image"]
"""
_PATIENCE: Final = """
[gateways.{gateway}]
concurrency = 16
first_look = 0.2
look_every = 0.2
"""


class Service:
    """One installation, and the process that serves it at the moment.

    `starts` and `kills` are moments in seconds since the epoch, `url` is where gateways may call.
    """

    def __init__(
        self,
        folder: Path,
        sandbox: str,
        telegram: str,
        *,
        public: bool,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`folder` keeps data, configuration and log; the addresses are those of the outside world. A
        `public` service can be called, and hands images to edit out itself instead of uploading them. More
        settings come by `environment`.
        """
        self.data = folder / "data"
        self.log_file = folder / "log"
        self.starts: list[float] = []
        self._begins = 0
        self.kills: list[float] = []
        self._process: asyncio.subprocess.Process | None = None
        configuration = folder / "config.toml"
        tables = (_CONFIGURATION, *(_PATIENCE.format(gateway=gateway) for gateway in KEYS))
        configuration.write_text("".join(tables), "utf-8")
        self._folder = folder
        port = _free_port()  # the same for all processes: gateways call them at the address of an earlier one
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {
            **_environment(self.data, configuration, sandbox, telegram),
            "HTTP_PORT": str(port),
            "PUBLIC_URL": self.url if public else "",
            **(environment or {}),
        }

    @property
    def database(self) -> Path:
        return self.data / "drawbridge.sqlite3"

    @property
    def log(self) -> str:
        """What all processes so far have written."""
        return self.log_file.read_text("utf-8")

    async def start(self) -> None:
        """Start a process; it is not ready yet."""
        with self.log_file.open("ab") as log:
            self._begins = log.tell()
            self._process = await self._spawn(log.fileno())
        self.starts.append(time.time())

    async def until_ready(self) -> None:
        """Wait until the process that was started last serves; before that a SIGTERM finds no handler."""
        async with asyncio.timeout(_EXIT_SECONDS):
            while b"event=ready" not in self.log_file.read_bytes()[self._begins :]:  # noqa: ASYNC110 - not our process
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._running.kill()
        self.kills.append(time.time())
        assert await self._running.wait() == -signal.SIGKILL, "it had ended by itself"
        self._process = None

    async def terminate(self) -> int:
        """SIGTERM, and wait for the end; returns the exit code."""
        self._running.terminate()
        async with asyncio.timeout(_EXIT_SECONDS):
            code = await self._running.wait()
        self._process = None
        return code

    async def run_beside(self) -> tuple[int | None, str]:
        """Start one more process on the same data; its exit code and all it printed."""
        process = await self._spawn(asyncio.subprocess.PIPE)
        async with asyncio.timeout(_EXIT_SECONDS):
            printed, _ = await process.communicate()
        return process.returncode, printed.decode()

    async def close(self) -> None:
        """Leave no process behind, whatever happened."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def memory(self) -> int:
        """Bytes that the process keeps in memory."""
        pages = Path(f"/proc/{self._running.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None, "no process was started"
        return self._process

    async def _spawn(self, output: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            cwd=self._folder,  # a developer's own .env is not read
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )


def _environment(data: Path, configuration: Path, sandbox: str, telegram: str) -> Mapping[str, str]:
    """Everything the process is told; nothing of the developer's own settings."""
    addresses = base_urls(sandbox)
    gateways: dict[str, str] = {}
    for gateway, key in KEYS.items():
        prefix = gateway.upper().replace("-", "_")
        gateways |= {f"{prefix}_API_KEY": key, f"{prefix}_BASE_URL": addresses[gateway]}
    return gateways | {
        "PATH": os.defpath,
        "PYTHONPATH": str(_ROOT),
        "DATA_DIR": str(data),
        "CONFIG_FILE": str(configuration),
        "EVOLINK_FILES_BASE_URL": files_base_url(sandbox),
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram,
        "TELEGRAM_RATE": "0",
        "TELEGRAM_CHAT_RATE": "0",
        "TELEGRAM_GROUP_RATE": "0",
    }


def _free_port() -> int:
    """A port that stays ours while nobody listens on it.

    Below those that systems take for outgoing connections: somebody who calls a service that was just killed
    would be given its port, and be connected with themselves.
    """
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", 15_000 + secrets.randbelow(15_000)))
            return int(probe.getsockname()[1])
