import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import BodyPartReader, web

from bot.providers.http import Answer, Lost, NotSent, Part, Payload, Reply, open_destination
from tests.providers.making import web_server

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SECOND = timedelta(seconds=1)


@asynccontextmanager
async def raw_server(talk: Conversation) -> AsyncIterator[str]:
    """A TCP server that says exactly what a test wants; cuts the connection after `talk`."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"


async def post(root: str, *, timeout: timedelta = SECOND, limit: int = 1000) -> Reply:  # noqa: ASYNC109
    async with open_destination(f"{root}/v1", "sk-key", None) as destination:
        return await destination.ask("POST", "make", body={"a": "猫"}, timeout=timeout, limit=limit)


async def whole_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


async def test_a_request_carries_key_agent_and_json() -> None:
    heard: list[web.Request] = []

    async def hear(request: web.Request) -> web.Response:
        await request.read()
        heard.append(request)
        return web.json_response({"ok": True})

    async with web_server(web.post("/v1/make", hear)) as root:
        reply = await post(root)

    assert isinstance(reply, Answer)
    assert (reply.status, reply.body) == (200, b'{"ok": true}')
    (request,) = heard
    assert request.headers["Authorization"] == "Bearer sk-key"
    assert request.headers["User-Agent"].startswith("drawbridge/")
    assert request.headers["Accept-Encoding"] == "identity"
    assert await request.json() == {"a": "猫"}


async def test_a_body_with_images_is_sent_whole_and_with_its_length() -> None:
    heard: list[tuple[web.Request, bytes]] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append((request, await request.content.read()))
        return web.json_response({})

    image = bytes(range(256)) * 8000
    async with (
        web_server(web.post("/v1/make", hear)) as root,
        open_destination(f"{root}/v1", None, None) as destination,
    ):
        body, headers = Payload("image/png", image), {"Idempotency-Key": "abc"}
        reply = await destination.ask(
            "POST", "make", body=body, headers=headers, timeout=5 * SECOND, limit=100
        )
    assert isinstance(reply, Answer)
    ((request, read),) = heard
    assert read == image
    assert (request.content_type, request.content_length) == ("image/png", len(image))
    assert request.headers["Idempotency-Key"] == "abc"


async def test_a_form_holds_its_fields_and_its_files_in_their_order() -> None:
    heard: list[tuple[str | None, str | None, bytes]] = []

    async def hear(request: web.Request) -> web.Response:
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            heard.append((part.name, part.filename, bytes(await part.read())))
        return web.json_response({})

    files = [Part("image[]", "1.png", "image/png", b"one"), Part("image[]", "2.jpg", "image/jpeg", b"two")]
    form = Payload.form({"prompt": "eine Füchsin 🦊", "n": 2, "watermark": False}, files)
    async with (
        web_server(web.post("/v1/make", hear)) as root,
        open_destination(f"{root}/v1", None, None) as destination,
    ):
        await destination.ask("POST", "make", body=form, timeout=5 * SECOND, limit=100)
    assert heard == [
        ("prompt", None, "eine Füchsin 🦊".encode()),
        ("n", None, b"2"),
        ("watermark", None, b"false"),
        ("image[]", "1.png", b"one"),
        ("image[]", "2.jpg", b"two"),
    ]


async def test_a_refused_connection_means_not_sent(unused_tcp_port: int) -> None:
    assert isinstance(await post(f"http://127.0.0.1:{unused_tcp_port}"), NotSent)


async def test_a_server_without_tls_means_not_sent() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with raw_server(talk) as root:
        reply = await post(root.replace("http:", "https:"))
    assert isinstance(reply, NotSent)


async def test_a_proxy_that_is_away_means_not_sent(unused_tcp_port: int) -> None:
    proxy = f"http://user:word@127.0.0.1:{unused_tcp_port}"
    async with open_destination("http://gateway.example", None, proxy) as destination:
        reply = await destination.ask("POST", "make", body={}, timeout=SECOND, limit=10)
    assert isinstance(reply, NotSent)
    assert "word" not in reply.reason


async def test_a_connection_cut_after_the_request_arrived_is_lost() -> None:
    """Though the transport calls that a failure to connect."""

    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await whole_request(reader)

    async with raw_server(talk) as root:
        reply = await post(root)
    assert isinstance(reply, Lost)


async def test_a_connection_cut_inside_the_headers_is_lost() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await whole_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
        await writer.drain()

    async with raw_server(talk) as root:
        assert isinstance(await post(root), Lost)


async def test_an_answer_that_is_no_http_is_lost() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await whole_request(reader)
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        await writer.drain()

    async with raw_server(talk) as root:
        assert isinstance(await post(root), Lost)


async def test_silence_is_lost_when_the_time_is_over() -> None:
    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(talk) as root:
        assert isinstance(await post(root, timeout=timedelta(seconds=0.1)), Lost)


async def test_an_answer_that_trickles_is_lost_when_the_time_is_over() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await whole_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with raw_server(talk) as root:
        assert isinstance(await post(root, timeout=timedelta(seconds=0.1)), Lost)


async def test_a_body_that_breaks_off_leaves_the_status() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await whole_request(reader)
        writer.write(b"HTTP/1.1 429 Slow Down\r\nRetry-After: 3\r\nContent-Length: 900\r\n\r\n{")
        await writer.drain()

    async with raw_server(talk) as root:
        reply = await post(root)
    assert isinstance(reply, Answer)
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (429, b"", "3")
    assert "broke off" in reply.flaw


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_body_beyond_the_limit_is_dropped(encoding: str) -> None:
    async def flood(_: web.Request) -> web.Response:
        body = b" " * 100_000
        packed = gzip.compress(body) if encoding == "gzip" else body
        return web.Response(body=packed, headers={"Content-Encoding": encoding})

    async with web_server(web.post("/v1/make", flood)) as root:
        reply = await post(root, limit=99_999)
        fits = await post(root, limit=100_000)
    assert isinstance(reply, Answer)
    assert reply.body == b""
    assert "larger" in reply.flaw
    assert isinstance(fits, Answer)
    assert len(fits.body) == 100_000


async def test_a_body_packed_twice_is_not_unpacked() -> None:
    async def bomb(_: web.Request) -> web.Response:
        body = gzip.compress(gzip.compress(b" " * 1000))
        return web.Response(body=body, headers={"Content-Encoding": "gzip, gzip"})

    async with web_server(web.post("/v1/make", bomb)) as root:
        reply = await post(root)
    assert isinstance(reply, Answer)
    assert reply.body == b""
    assert "packed" in reply.flaw


async def test_a_redirect_is_not_followed() -> None:
    visits: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        visits.append(request.path)
        return web.Response(status=307, headers={"Location": "/v1/other"})

    async with web_server(web.post("/v1/make", redirect), web.post("/v1/other", redirect)) as root:
        reply = await post(root)
    assert isinstance(reply, Answer)
    assert reply.status == 307
    assert visits == ["/v1/make"]


async def test_a_proxy_gets_the_request_and_its_own_password_only() -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await whole_request(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    async with raw_server(talk) as proxy:
        through = proxy.replace("http://", "http://user:word@")
        async with open_destination("http://gateway.example/v1", "sk-key", through) as destination:
            reply = await destination.ask("POST", "make", body={}, timeout=SECOND, limit=10)
    assert isinstance(reply, Answer)
    assert heard[0].startswith(b"POST http://gateway.example/v1/make ")
    assert b"Proxy-Authorization: Basic dXNlcjp3b3Jk" in heard[0]


@pytest.mark.parametrize(
    ("key", "proxy"), [("sk-\nkey", None), ("ключ", None), (" sk", None), ("sk", "socks5://127.0.0.1:1")]
)
async def test_an_impossible_key_or_proxy_is_told_at_once(key: str, proxy: str | None) -> None:
    with pytest.raises(ValueError, match=r"key|proxy"):
        async with open_destination("http://gateway.example", key, proxy):
            pass
