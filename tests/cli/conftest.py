"""The program as an operator runs it: a process with an environment of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Nothing of the developer's own settings; `.env` is looked for in `folder`, the working directory."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {"PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data"), "HTTP_PORT": "0", "COLUMNS": "200"}
    return kept | own | settings


class Program:
    """Runs `drawbridge` commands in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def __call__(self, *arguments: str, **settings: str) -> Ended:
        """Run a command to its end."""
        async with self.started(*arguments, **settings) as process:
            out, err = await process.communicate()
            return Ended(process.returncode or 0, out.decode(), err.decode())

    @asynccontextmanager
    async def started(self, *arguments: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """A running command; it is killed at the end if it still runs."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            cwd=self.folder,
            env=environment(self.folder, **settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()


async def line_with(process: asyncio.subprocess.Process, words: str) -> str:
    """The first line of the log that holds these words."""
    assert process.stderr
    seen: list[str] = []
    async with asyncio.timeout(20):
        while line := (await process.stderr.readline()).decode():
            seen.append(line)
            if words in line:
                return line
    raise AssertionError("".join(seen))


@pytest.fixture
def drawbridge(tmp_path: Path) -> Program:
    return Program(tmp_path)
