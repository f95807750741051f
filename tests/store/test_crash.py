"""A process killed while it accepts: what it reported is there, and nothing is there by half."""

import asyncio
import random
import sys
from pathlib import Path

from bot.domain.ids import JobId
from bot.store.database import open_database
from bot.store.jobs import JobStore
from tests.store.engines import execute

ROOT = Path(__file__).parents[2]


async def accept_until_killed(path: Path, first: int) -> set[str]:
    """The ids that were reported before SIGKILL came."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.store.accepting", str(path), str(first)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    reported = [await process.stdout.readline()]
    await asyncio.sleep(random.uniform(0.01, 0.1))
    process.kill()
    rest, _ = await process.communicate()
    complete = [*reported, *rest.splitlines(keepends=True)]
    return {line.decode().strip() for line in complete if line.endswith(b"\n")}


async def test_every_reported_job_survives_a_kill_together_with_its_hold(tmp_path: Path) -> None:
    path = tmp_path / "test.sqlite"
    reported: set[str] = set()
    for turn in range(3):
        reported |= await accept_until_killed(path, turn * 1_000_000)
    async with open_database(path) as database:
        jobs = {row["id"] for row in await execute(database, "SELECT id FROM jobs")}
        held = [row["job_id"] for row in await execute(database, "SELECT job_id FROM entries")]
        assert reported <= jobs
        assert sorted(held) == sorted(jobs)
        store = JobStore(database)
        assert all([await store.load(JobId(id_)) for id_ in reported])
        assert [row["integrity_check"] for row in await execute(database, "PRAGMA integrity_check")] == ["ok"]
