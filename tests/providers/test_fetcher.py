import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.catalogue import Catalogue, Gateway
from bot.domain.ids import GatewayId
from bot.domain.outcome import Inline, Link
from bot.domain.problems import Key, problem
from bot.media.folder import FolderMedia
from bot.ports.media import Kept, NotKept
from bot.providers.access import Access
from bot.providers.fetcher import ResultFetcher, open_fetcher
from tests.providers.making import GATEWAY, picture, web_server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Place:
    """A gateway's own web server and a fetcher that trusts it."""

    def __init__(self, root: str, fetcher: ResultFetcher, folder: Path) -> None:
        self.root = root
        self.fetcher = fetcher
        self.folder = folder

    async def fetch(self, path: str = "/file") -> Kept | NotKept:
        return await self.fetcher.fetch(GATEWAY, Link(self.root + path), "p/1")

    @property
    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@asynccontextmanager
async def place(
    folder: Path,
    *routes: web.RouteDef,
    root: str | None = None,
    timeout_s: float = 5,
    proxy: str | None = None,
) -> AsyncIterator[Place]:
    async with web_server(*routes) as own_root:
        root = root or own_root
        row = {"id": "g", "title": "The Gateway", "dialect": "openai-images", "base_url": root}
        gateway = Gateway.model_validate({**row, "fetch_timeout": timeout_s})
        catalogue = Catalogue(gateways={GATEWAY: gateway}, routes=())
        media = FolderMedia(folder)
        async with open_fetcher(catalogue, {GATEWAY: Access("sk-key", None, proxy)}, media) as fetcher:
            yield Place(root, fetcher, folder)


def serving(body: bytes, status: int = 200, kind: str = "image/png") -> web.RouteDef:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, content_type=kind)

    return web.get("/file", serve)


def redirecting(to: str, path: str = "/file") -> web.RouteDef:
    async def redirect(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": to})

    return web.get(path, redirect)


def not_kept(key: Key, *, again: bool) -> NotKept:
    limit = {"limit": 30} if key is Key.RESULT_TOO_LARGE else {}
    return NotKept(problem(key, gateway="The Gateway", **limit), again)


async def test_a_linked_picture_is_kept_as_it_is(tmp_path: Path) -> None:
    data = picture("JPEG")
    async with place(tmp_path, serving(data, kind="image/png")) as here:
        kept = await here.fetch()
        assert kept == Kept("p/1", 40, 30, len(data), "image/jpeg")
        assert [file.read_bytes() for file in here.files] == [data]


async def test_an_inline_picture_is_kept_as_it_is(tmp_path: Path) -> None:
    data = picture("WEBP")
    async with place(tmp_path) as here:
        kept = await here.fetcher.fetch(GATEWAY, Inline(data), "p/2")
    assert kept == Kept("p/2", 40, 30, len(data), "image/webp")


async def test_the_key_never_goes_along_and_the_link_is_asked_for_byte_by_byte(tmp_path: Path) -> None:
    heard: list[web.Request] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(request)
        return web.Response(body=picture(), content_type="image/png")

    async with place(tmp_path, web.get("/{name}", hear)) as here:
        assert isinstance(await here.fetch("/%7Ea%2Fb?Signature=x%2By%3d&n=%41"), Kept)
    assert "Authorization" not in heard[0].headers
    assert heard[0].raw_path == "/%7Ea%2Fb?Signature=x%2By%3d&n=%41"


@pytest.mark.parametrize(
    ("status", "again"), [(403, False), (410, False), (404, True), (500, True), (503, True)]
)
async def test_a_link_that_fails_is_tried_again_unless_it_is_gone(
    tmp_path: Path, status: int, again: bool
) -> None:
    async with place(tmp_path, serving(b"", status)) as here:
        assert await here.fetch() == not_kept(Key.RESULT_LOST, again=again)
        assert here.files == []


@pytest.mark.parametrize("kind", ["text/html", "image/png"])
async def test_a_page_is_no_picture_whatever_it_calls_itself(tmp_path: Path, kind: str) -> None:
    async with place(tmp_path, serving(b"<html>Sign in</html>", kind=kind)) as here:
        assert await here.fetch() == not_kept(Key.RESULT_NOT_AN_IMAGE, again=False)
        assert here.files == []


async def test_half_a_picture_is_asked_for_again(tmp_path: Path) -> None:
    data = picture("PNG", 400, 300)
    async with place(tmp_path, serving(data[: len(data) // 2])) as here:
        assert await here.fetch() == not_kept(Key.RESULT_NOT_AN_IMAGE, again=True)
        assert here.files == []


async def test_half_an_inline_picture_will_never_be_whole(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        kept = await here.fetcher.fetch(GATEWAY, Inline(picture()[:200]), "p/1")
        assert kept == not_kept(Key.RESULT_NOT_AN_IMAGE, again=False)
        assert here.files == []


async def test_a_connection_cut_in_the_middle_is_tried_again(tmp_path: Path) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "5000"})
        await response.prepare(request)
        await response.write(picture()[:500])
        assert request.transport
        request.transport.abort()
        return response

    async with place(tmp_path, web.get("/file", cut)) as here:
        assert await here.fetch() == not_kept(Key.RESULT_LOST, again=True)
        assert here.files == []


async def test_a_server_that_is_away_is_tried_again(tmp_path: Path, unused_tcp_port: int) -> None:
    async with place(tmp_path, root=f"http://127.0.0.1:{unused_tcp_port}") as here:
        assert await here.fetch() == not_kept(Key.RESULT_LOST, again=True)


@pytest.mark.parametrize("declared", [True, False])
async def test_bytes_without_end_are_stopped_at_the_limit(tmp_path: Path, declared: bool) -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        if declared:
            response.content_length = 1 << 40
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(1 << 20))
                sent += 1
        except ConnectionError:
            return response

    async with place(tmp_path, web.get("/file", flood)) as here:
        assert await here.fetch() == not_kept(Key.RESULT_TOO_LARGE, again=False)
        assert here.files == []
    assert sent < (8 if declared else 60)


async def test_an_answer_that_trickles_is_given_up(tmp_path: Path) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(b"x")
            await asyncio.sleep(0.02)
        return response

    async with place(tmp_path, web.get("/file", trickle), timeout_s=0.1) as here:
        assert await here.fetch() == not_kept(Key.RESULT_LOST, again=True)
        assert here.files == []


async def test_a_redirect_is_followed(tmp_path: Path) -> None:
    async with place(tmp_path, serving(picture()), redirecting("file", "/moved")) as here:
        assert isinstance(await here.fetch("/moved"), Kept)


async def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    async with place(tmp_path, redirecting("/file")) as here:
        assert await here.fetch() == not_kept(Key.RESULT_LOST, again=False)


@pytest.mark.parametrize(
    "to", ["http://10.0.0.1/", "http://[::1]:1/", "http://169.254.169.254/latest", "http://localhost:1/",
           "http://127.1/", "http://2130706433/", "ftp://img.example/a", "file:///etc/passwd", "http://"],
)  # fmt: skip
async def test_a_redirect_to_a_private_address_is_not_followed(tmp_path: Path, to: str) -> None:
    async with place(tmp_path, redirecting(to)) as here:
        assert await here.fetch() == not_kept(Key.RESULT_LOST, again=False)


async def test_another_port_of_the_gateways_private_host_is_not_visited(tmp_path: Path) -> None:
    visits: list[str] = []

    async def visited(request: web.Request) -> web.Response:
        visits.append(request.path)
        return web.Response(body=picture())

    async with web_server(web.get("/file", visited)) as neighbour, place(tmp_path) as here:
        kept = await here.fetcher.fetch(GATEWAY, Link(neighbour + "/file"), "p/1")
    assert kept == not_kept(Key.RESULT_LOST, again=False)
    assert visits == []


async def test_a_name_is_judged_by_the_address_it_has_when_it_is_visited(tmp_path: Path) -> None:
    visits: list[str] = []

    async def visited(request: web.Request) -> web.Response:
        visits.append(request.path)
        return web.Response(body=picture())

    async with place(tmp_path, web.get("/file", visited)) as here:
        link = Link(here.root.replace("127.0.0.1", "localhost") + "/file")
        assert await here.fetcher.fetch(GATEWAY, link, "p/1") == not_kept(Key.RESULT_LOST, again=False)
    assert visits == []


async def test_behind_a_proxy_a_private_address_is_refused_as_it_is_written(tmp_path: Path) -> None:
    async with place(tmp_path, proxy="http://127.0.0.1:1") as here:
        kept = await here.fetcher.fetch(GATEWAY, Link("http://192.168.0.1/a.png"), "p/1")
    assert kept == not_kept(Key.RESULT_LOST, again=False)


async def test_behind_a_proxy_links_go_through_it(tmp_path: Path) -> None:
    heard: list[str] = []

    async def proxied(request: web.Request) -> web.Response:
        heard.append(request.raw_path)
        return web.Response(body=picture())

    async with web_server(web.get("/{tail:.*}", proxied)) as proxy, place(tmp_path, proxy=proxy) as here:
        kept = await here.fetcher.fetch(GATEWAY, Link("http://img.example/a.png"), "p/1")
    assert isinstance(kept, Kept)
    assert heard == ["http://img.example/a.png"]


async def test_a_result_of_a_gateway_that_is_switched_off_is_still_looked_at(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        assert isinstance(await here.fetcher.fetch(GatewayId("off"), Inline(picture()), "p/1"), Kept)


async def test_a_disk_that_fails_is_our_trouble_and_passes(tmp_path: Path) -> None:
    async with place(tmp_path, serving(picture())) as here:
        (tmp_path / ".partial").rmdir()
        assert await here.fetch() == NotKept(problem(Key.STORE_BUSY), again=True)


async def test_downloads_under_way_at_once_are_limited(tmp_path: Path) -> None:
    now = most = 0

    async def count(_: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return web.Response(body=picture())

    async with place(tmp_path, web.get("/file", count)) as here:
        keys = [f"p/{index}" for index in range(40)]
        await asyncio.gather(*(here.fetcher.fetch(GATEWAY, Link(here.root + "/file"), key) for key in keys))
    assert most == 16
