"""The built-in web server, over loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import ClientSession, web

from bot.web.health import Check, health_routes
from bot.web.server import CannotListen, Part, PortTaken, serve


@asynccontextmanager
async def serving(*parts: Part) -> AsyncIterator[ClientSession]:
    async with serve(parts, "127.0.0.1", 0) as listening, ClientSession(listening.url) as client:
        yield client


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def fail(_request: web.Request) -> web.Response:
    raise RuntimeError("the password is swordfish")


def health(**checks: Check) -> AbstractAsyncContextManager[ClientSession]:
    return serving(Part(health_routes(checks)))


def answering(value: bool) -> Check:
    async def check() -> bool:
        return value

    return check


async def test_a_serving_process_is_alive() -> None:
    async with health() as client, client.get("/healthz") as answer:
        assert answer.status == 200


async def test_it_is_ready_when_every_check_passes() -> None:
    checks = health(database=answering(True), loops=answering(True))
    async with checks as client, client.get("/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["checks"] == {"database": True, "loops": True}


async def test_one_failed_check_makes_it_not_ready_and_is_named() -> None:
    checks = health(database=answering(True), loops=answering(False))
    async with checks as client, client.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["checks"] == {"database": True, "loops": False}


async def test_a_check_that_raises_counts_as_failed_and_its_reason_stays_inside() -> None:
    async def broken() -> bool:
        raise RuntimeError("swordfish")

    async with health(database=broken) as client, client.get("/readyz") as answer:
        assert answer.status == 503
        assert "swordfish" not in await answer.text()


async def test_a_check_that_hangs_counts_as_failed() -> None:
    async def hanging() -> bool:
        await asyncio.Event().wait()
        return True

    routes = health_routes({"gateway": hanging}, timedelta(milliseconds=50))
    async with serving(Part(routes)) as client, client.get("/readyz") as answer:
        assert answer.status == 503


async def test_a_taken_port_is_told_as_such_with_its_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)) as caught:
            async with serve([], "127.0.0.1", port):
                pass
    assert (caught.value.host, caught.value.port) == ("127.0.0.1", port)


async def test_an_address_that_is_not_ours_is_refused_without_being_called_taken() -> None:
    with pytest.raises(CannotListen) as caught:
        async with serve([], "192.0.2.1", 0):  # documentation range: no machine has it
            pass
    assert not isinstance(caught.value, PortTaken)


async def test_the_port_is_free_again_after_stopping() -> None:
    async with serve([], "127.0.0.1", 0) as listening:
        pass
    async with serve([], "127.0.0.1", listening.port) as again:
        assert again.port == listening.port


async def test_every_answer_carries_security_headers_and_names_no_software() -> None:
    async with serving(Part([web.get("/echo", echo)])) as client:
        for path in ("/echo", "/missing"):
            async with client.get(path) as answer:
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["X-Frame-Options"] == "DENY"
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert "Server" not in answer.headers


async def test_a_failing_handler_shows_neither_traceback_nor_message() -> None:
    as_browser = {"Accept": "text/html"}
    async with (
        serving(Part([web.get("/fail", fail)])) as client,
        client.get("/fail", headers=as_browser) as answer,
    ):
        assert answer.status == 500
        text = await answer.text()
    assert "Traceback" not in text
    assert "swordfish" not in text


async def test_a_body_over_the_limit_of_its_part_is_refused() -> None:
    small = Part([web.post("/small", echo)], body_limit=10)
    large = Part([web.post("/large", echo)], body_limit=100_000)
    async with serving(small, large) as client:
        async with client.post("/small", data=b"x" * 11) as answer:
            assert answer.status == 413
        async with client.post("/small", data=b"x" * 10) as answer:
            assert await answer.read() == b"x" * 10
        async with client.post("/large", data=b"x" * 100_000) as answer:
            assert answer.status == 200


async def test_a_body_of_untold_length_is_cut_off_at_the_limit() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    part = Part([web.post("/small", echo)], body_limit=5000)
    async with serving(part) as client, client.post("/small", data=endless()) as answer:
        assert answer.status == 413


async def test_stopping_ends_answers_that_would_never_end() -> None:
    begun, stopping = asyncio.Event(), asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        begun.set()
        await stopping.wait()
        return response

    stop: Callable[[], None] = stopping.set
    part = Part([web.get("/stream", stream)], stop=stop)
    async with asyncio.timeout(2), ClientSession() as client:
        async with serve([part], "127.0.0.1", 0) as listening:
            answer = await client.get(f"{listening.url}/stream")
            await begun.wait()
        assert await answer.read() == b""
