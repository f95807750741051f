"""Callbacks of gateways, over loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog
from aiohttp import ClientResponse, ClientSession
from yarl import URL

from bot.domain.ids import CallId
from bot.web.callbacks import LONGEST, Callbacks, Heard
from bot.web.server import serve

PUBLIC = "https://bot.example"
CALL = CallId("0f3k9m2p7q1r5s")
OTHER = CallId("0f3k9m2p7q1r5t")


@pytest.fixture
def callbacks() -> Callbacks:
    return Callbacks(b"s" * 32, PUBLIC + "/")


class Ear:
    """Hears, and remembers what."""

    def __init__(self) -> None:
        self.heard: list[CallId] = []

    async def __call__(self, call_id: CallId) -> None:
        self.heard.append(call_id)


@asynccontextmanager
async def serving(callbacks: Callbacks, heard: Heard) -> AsyncIterator[ClientSession]:
    part = callbacks.part(heard)
    async with serve([part], "127.0.0.1", 0) as listening, ClientSession(listening.url) as client:
        yield client


def path_of(address: str) -> URL:
    assert address.startswith(PUBLIC + "/cb/")
    return URL(address.removeprefix(PUBLIC), encoded=True)


async def told(answer: ClientResponse) -> tuple[object, ...]:
    """All that a caller can learn from an answer."""
    headers = {name: value for name, value in answer.headers.items() if name != "Date"}
    return answer.status, headers, await answer.read()


async def test_the_right_address_is_heard(callbacks: Callbacks) -> None:
    ear = Ear()
    path = path_of(callbacks.address(CALL))
    async with (
        serving(callbacks, ear) as client,
        client.post(path, json={"id": "task-1", "status": "completed"}) as answer,
    ):
        assert answer.status == 200
        assert await answer.read() == b""
    assert ear.heard == [CALL]


async def test_every_repetition_is_heard(callbacks: Callbacks) -> None:
    ear = Ear()
    path = path_of(callbacks.address(CALL))
    async with serving(callbacks, ear) as client:
        for _ in range(3):
            async with client.post(path) as answer:
                assert answer.status == 200
    assert ear.heard == [CALL] * 3


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"<html>", b"x" * 65_536])
async def test_whatever_is_sent_does_not_matter(body: bytes, callbacks: Callbacks) -> None:
    ear = Ear()
    path = path_of(callbacks.address(CALL))
    async with serving(callbacks, ear) as client, client.post(path, data=body) as answer:
        assert answer.status == 200
    assert ear.heard == [CALL]


async def test_right_and_wrong_and_failing_look_the_same(callbacks: Callbacks) -> None:
    async def failing(call_id: CallId) -> None:
        raise RuntimeError("the database is away")

    right = callbacks.address(CALL).rpartition("/")[2]
    paths = [
        f"/cb/{CALL}/{right}",
        f"/cb/{CALL}/{right[:-1]}",
        f"/cb/{CALL}/{right}x",
        f"/cb/{CALL}/{right.swapcase()}",
        f"/cb/{OTHER}/{right}",
        f"/cb/unknown/{right}",
        f"/cb/{CALL}/x",
        f"/cb/{CALL}/%ff%fe",
        f"/cb/%00/{'%C3%A9' * 100}",
        f"/cb/%F0%9F%A6%8A/{right}",
        f"/cb/{'x' * 3000}/{right}",
    ]
    ear = Ear()
    answers = []
    for heard in (ear, failing):
        async with serving(callbacks, heard) as client:
            for path in paths:
                async with client.post(URL(path, encoded=True), json={"status": "completed"}) as answer:
                    answers.append(await told(answer))
    assert ear.heard == [CALL]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 200


async def test_only_posts_are_heard(callbacks: Callbacks) -> None:
    ear = Ear()
    path = path_of(callbacks.address(CALL))
    async with serving(callbacks, ear) as client:
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            async with client.request(method, path) as answer:
                assert answer.status == 405
    assert ear.heard == []


async def test_a_body_over_the_limit_is_turned_away_whatever_the_address(callbacks: Callbacks) -> None:
    ear = Ear()
    async with serving(callbacks, ear) as client:
        for path in (path_of(callbacks.address(CALL)), URL(f"/cb/{CALL}/wrong")):
            async with client.post(path, data=b"x" * 65_537) as answer:
                assert answer.status == 413
    assert ear.heard == []


async def test_nothing_secret_is_logged(callbacks: Callbacks) -> None:
    async def failing(call_id: CallId) -> None:
        raise RuntimeError("the database is away")

    path = path_of(callbacks.address(CALL))
    with structlog.testing.capture_logs() as logs:
        async with serving(callbacks, failing) as client, client.post(path):
            pass
    assert [(entry["event"], entry["call"]) for entry in logs] == [("callback not noted", CALL)]
    assert path.name not in repr(logs)


async def test_many_callers_at_once_are_heard_a_few_at_a_time(callbacks: Callbacks) -> None:
    busy = most = heard = 0

    async def slow(call_id: CallId) -> None:
        nonlocal busy, most, heard
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.005)
        busy -= 1
        heard += 1

    path = path_of(callbacks.address(CALL))

    async def call(client: ClientSession) -> int:
        async with client.post(path) as answer:
            return answer.status

    async with serving(callbacks, slow) as client:
        statuses = await asyncio.gather(*(call(client) for _ in range(80)))
    assert set(statuses) == {200}
    assert heard == 80
    assert most <= 16


def test_the_address_of_a_call_is_always_the_same_and_its_own(callbacks: Callbacks) -> None:
    again = Callbacks(b"s" * 32, PUBLIC)
    assert callbacks.address(CALL) == again.address(CALL)
    assert callbacks.address(CALL).rpartition("/")[2] != callbacks.address(OTHER).rpartition("/")[2]
    assert callbacks.address(CALL) != Callbacks(b"t" * 32, PUBLIC).address(CALL)


def test_an_address_hides_a_secret_and_is_short_enough(callbacks: Callbacks) -> None:
    address = callbacks.address(CALL)
    assert len(address.rpartition("/")[2]) == 43
    assert len(address) <= LONGEST


def test_a_public_address_that_leaves_no_room_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="too long"):
        Callbacks(b"s" * 32, "https://bot.example/" + "x" * 2000)
