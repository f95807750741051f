from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.sandbox import FaultName, Options
from bot.sandbox.drawing import paint_plain
from bot.sandbox.memory import Memory, Shelf
from tests.sandbox.running import Running, listener, picture, running, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

GATEWAY = "qwen-image-2512"
PROGRAM = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from bot.sandbox import Options, Sandbox, serve

async def main():
    sandbox = Sandbox(Options(latency=timedelta(seconds=float(sys.argv[2])), memory=Path(sys.argv[1])))
    async with serve(sandbox) as root:
        print(root, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def _in(folder: Path, latency: float = 0.0, link_life: float = 3600.0) -> Options:
    return Options(
        latency=timedelta(seconds=latency),
        link_life=timedelta(seconds=link_life),
        memory=folder,
        painter=paint_plain,
    )


async def _link(here: Running, task: str) -> str:
    data = (await here.status(task)).json()["data"]
    assert data["status"] == "SUCCESS"
    return str(data["response"][0])


@asynccontextmanager
async def _process(folder: Path, latency: float) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(folder), str(latency), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        yield (await process.stdout.readline()).decode().strip(), process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_task_goes_on_after_its_sandbox_was_killed_and_keeps_its_address(tmp_path: Path) -> None:
    headers = {"Authorization": "Bearer any-key"}
    async with httpx.AsyncClient(headers=headers, timeout=10) as client:
        async with _process(tmp_path, 0.3) as (root, process):
            url, body = f"{root}/{GATEWAY}/api/generate", {"prompt": "a fox"}
            task = (await client.post(url, json=body)).json()["data"]["task_id"]
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
        async with _process(tmp_path, 60) as (again, _):
            assert again == root
            status, params = f"{again}/{GATEWAY}/api/status", {"task_id": task}
            links = None
            async with asyncio.timeout(5):
                while links is None:
                    links = (await client.get(status, params=params)).json()["data"]["response"]
            assert picture((await client.get(links[0])).content).size == (1024, 1024)


async def test_links_answer_after_a_restart_with_the_same_picture(tmp_path: Path) -> None:
    async with running(_in(tmp_path)) as here:
        links = [await _link(here, await here.submitted())]
        links.append((await here.generate("crazyrouter")).json()["data"][0]["url"])
        before = [(await here.http.get(link)).content for link in links]
    async with running(_in(tmp_path)) as here:
        assert [(await here.http.get(link)).content for link in links] == before


async def test_links_of_an_old_task_lead_to_the_new_port_when_the_old_one_was_taken(tmp_path: Path) -> None:
    async with running(_in(tmp_path)) as here:
        old, task = here.root, await here.submitted()
    with socket.create_server(("127.0.0.1", int(old.rsplit(":", 1)[1]))):
        async with running(_in(tmp_path)) as here:
            link = await _link(here, task)
            assert here.root != old
            assert link.startswith(here.root)
            assert (await here.http.get(link)).status_code == 200


async def test_a_port_that_was_asked_for_is_not_replaced_by_another(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="address already in use"),
    ):
        async with running(_in(tmp_path), port=taken.getsockname()[1]):
            pass


async def test_links_that_died_while_nobody_served_stay_dead(tmp_path: Path) -> None:
    async with running(_in(tmp_path, link_life=0.1)) as here:
        link = await _link(here, await here.submitted())
    await asyncio.sleep(0.1)
    async with running(_in(tmp_path)) as here:
        assert (await here.http.get(link)).status_code == 404


async def test_a_callback_that_was_not_made_is_made_after_the_restart_and_only_once(tmp_path: Path) -> None:
    async with listener() as (address, calls):
        async with running(_in(tmp_path, latency=0.2)) as here:
            task = await here.submitted(callback_url=address)
        assert calls.empty()
        async with running(_in(tmp_path)) as here:
            assert (await asyncio.wait_for(calls.get(), 5))["task_id"] == task
            await asyncio.sleep(0.05)  # a call whose answer was not heard is made again
        async with running(_in(tmp_path)) as here:
            await asyncio.sleep(0.05)
            assert calls.empty()


async def test_unfinished_tasks_hold_their_places_after_the_restart(tmp_path: Path) -> None:
    async with running(_in(tmp_path, latency=1.0)) as here:
        await here.submitted()
    async with running(_in(tmp_path)) as here:
        tally = here.sandbox.tallies[GATEWAY]
        assert tally.in_flight == 1
        await until(lambda: tally.in_flight == 0)


async def test_a_task_that_never_ends_does_not_end_by_a_restart(tmp_path: Path) -> None:
    async with running(_in(tmp_path)) as here:
        here.break_with(FaultName.TASK_STUCK)
        task = await here.submitted()
    async with running(_in(tmp_path)) as here:
        assert (await here.status(task)).json()["data"]["status"] in ("PENDING", "IN_PROGRESS")


async def test_a_second_sandbox_in_the_folder_forgets_but_takes_nothing_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(_in(tmp_path)) as first:
        with caplog.at_level(logging.WARNING):
            async with running(_in(tmp_path)) as second:
                assert (await second.status(await second.submitted())).status_code == 200
        assert "forget" in caplog.text
        root = first.root
    async with running(_in(tmp_path)) as again:
        assert again.root == root


@pytest.mark.parametrize("rubbish", [b"not a database" * 100, b""], ids=["broken", "empty"])
async def test_a_file_that_is_no_memory_is_begun_anew(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / "memory.sqlite3").write_bytes(rubbish)
    async with running(_in(tmp_path)) as here:
        task = await here.submitted()
    async with running(_in(tmp_path)) as here:
        await _link(here, task)


async def test_a_folder_that_cannot_be_made_is_only_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        async with running(_in(tmp_path / "file" / "folder")) as here:
            await _link(here, await here.submitted())
    assert "forget" in caplog.text


def test_what_is_over_is_cleared_away_and_what_cannot_be_read_counts_as_never_written(
    tmp_path: Path,
) -> None:
    memory = Memory(tmp_path)
    memory.open()
    shelf = Shelf(memory, "numbers", int)
    memory.put("numbers", "word", b'"seven"')
    shelf.put("over", 7, until=0.0)
    shelf.put("kept", 8, until=2.0**40)
    assert (shelf.get("word"), shelf.get("over"), shelf.values()) == (None, None, [8])
    assert [key for key, _ in memory.items("numbers")] == ["kept", "word"]
    memory.close()
