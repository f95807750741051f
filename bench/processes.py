"""The processes of a measurement: started, looked at from outside, and stopped whatever happens."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).parent.parent
_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A running process as the operating system sees it."""

    process: asyncio.subprocess.Process
    log: Path

    @property
    def cpu(self) -> float:
        """Seconds of CPU used so far, in user mode and in the kernel."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    @property
    def peak_memory(self) -> float | None:
        """The most memory it ever held, in MB; None where the system does not tell (other than Linux)."""
        with suppress(FileNotFoundError):
            for line in Path(f"/proc/{self.process.pid}/status").read_text("ascii").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 / 1e6
        return None

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def first_line(self) -> str:
        """Its first line of output. Raises RuntimeError when it ends without one."""
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode().strip()
        if not line:
            raise RuntimeError(f"{self.log.stem} did not start:\n{self.log.read_text('utf-8')}")
        return line


@asynccontextmanager
async def running(
    module: str, *args: str, folder: Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> AsyncIterator[Watched]:
    """Run `python -m module` while the context lasts; what it logs goes to a file in `folder`.

    It sees the given environment alone, so that nobody's own settings take part, and is in a session of its
    own, so that Ctrl-C reaches only the bench, which then stops everything in order.
    """
    log = folder / f"{module}.log"
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *args,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            cwd=cwd,
            env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), **(env or {})},
            start_new_session=True,
        )
    try:
        yield Watched(process, log)
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:  # also after a second Ctrl-C nothing is left behind
            process.kill()
            await process.wait()
