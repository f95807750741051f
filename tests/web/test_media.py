"""Links to media, over loopback."""

import base64
import string
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.domain.ids import Millis
from bot.media.folder import FolderMedia
from bot.web.media import MediaLinks
from bot.web.server import serve

PUBLIC = "https://bot.example/draw/"
SECRET = b"s" * 32
KEY = "references/0a1b2c/00"
DATA = bytes(range(256)) * 4
HOUR = timedelta(hours=1)
IN_AN_HOUR = Millis(1_800_000_000_000 + 3_600_000)


@dataclass
class MovableClock:
    time: int = 1_800_000_000_000

    def now(self) -> Millis:
        return Millis(self.time)

    def move(self, by: timedelta) -> None:
        self.time += by // timedelta(milliseconds=1)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def links(clock: MovableClock) -> MediaLinks:
    return MediaLinks(SECRET, PUBLIC, clock)


async def stream(data: bytes) -> AsyncIterator[bytes]:
    yield data


@asynccontextmanager
async def serving(links: MediaLinks, folder: Path) -> AsyncIterator[ClientSession]:
    media = FolderMedia(folder / "media")
    await media.put(KEY, stream(DATA))
    async with (
        serve([links.part(media)], "127.0.0.1", 0) as listening,
        ClientSession(listening.url) as client,
    ):
        yield client


def path_of(link: str) -> URL:
    """The part of a link that is left when a proxy has taken it to us."""
    assert link.startswith(PUBLIC + "media/")
    return URL("/" + link.removeprefix(PUBLIC), encoded=True)


async def test_a_link_leads_to_the_file_with_its_type(links: MediaLinks, tmp_path: Path) -> None:
    path = path_of(links.link(KEY, "image/png", IN_AN_HOUR))
    async with serving(links, tmp_path) as client, client.get(path) as answer:
        assert answer.status == 200
        assert await answer.read() == DATA
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Disposition"] == 'inline; filename="image.png"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_it_may_be_kept_by_the_caller_as_long_as_the_link_lives(
    links: MediaLinks, clock: MovableClock, tmp_path: Path
) -> None:
    path = path_of(links.link(KEY, "image/png", IN_AN_HOUR))
    clock.move(timedelta(minutes=20))
    async with serving(links, tmp_path) as client, client.get(path) as answer:
        assert answer.headers["Cache-Control"] == "private, max-age=2400"


async def test_a_link_ends_when_its_time_is_over(
    links: MediaLinks, clock: MovableClock, tmp_path: Path
) -> None:
    path = path_of(links.link(KEY, "image/jpeg", IN_AN_HOUR))
    async with serving(links, tmp_path) as client:
        clock.move(HOUR - timedelta(milliseconds=1))
        async with client.get(path) as answer:
            assert answer.status == 200
        clock.move(timedelta(milliseconds=1))
        async with client.get(path) as answer:
            assert answer.status == 404


async def test_a_link_made_before_a_restart_still_works(
    links: MediaLinks, clock: MovableClock, tmp_path: Path
) -> None:
    path = path_of(MediaLinks(SECRET, PUBLIC, clock).link(KEY, "image/jpeg", IN_AN_HOUR))
    async with serving(links, tmp_path) as client, client.get(path) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("asked", "status", "part", "range_"),
    [
        ("bytes=0-9", 206, DATA[:10], "bytes 0-9/1024"),
        ("bytes=1000-", 206, DATA[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", 206, DATA[-24:], "bytes 1000-1023/1024"),
        ("bytes=1024-", 416, b"", "bytes */1024"),
    ],
)
async def test_a_part_of_the_file_can_be_asked_for(
    asked: str, status: int, part: bytes, range_: str, links: MediaLinks, tmp_path: Path
) -> None:
    path = path_of(links.link(KEY, "image/png", IN_AN_HOUR))
    async with serving(links, tmp_path) as client, client.get(path, headers={"Range": asked}) as answer:
        assert answer.status == status
        assert answer.headers["Content-Range"] == range_
        assert await answer.read() == part or status == 416


async def test_the_head_can_be_asked_for_alone(links: MediaLinks, tmp_path: Path) -> None:
    path = path_of(links.link(KEY, "image/png", IN_AN_HOUR))
    async with serving(links, tmp_path) as client, client.head(path) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, "1024")
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert await answer.read() == b""


async def test_nothing_can_be_sent_to_a_link(links: MediaLinks, tmp_path: Path) -> None:
    path = path_of(links.link(KEY, "image/png", IN_AN_HOUR))
    async with serving(links, tmp_path) as client:
        for method in ("POST", "PUT", "DELETE"):
            async with client.request(method, path) as answer:
                assert answer.status == 405


def tampered(link: str, clock: MovableClock) -> Iterator[str]:
    """Links that somebody might make who has one."""
    token = link.removeprefix(PUBLIC + "media/")
    body, signature, ending = token.split(".")
    later = base64.urlsafe_b64encode(f"{clock.time + 10**10}:{KEY}".encode()).rstrip(b"=").decode()
    yield f"{later}.{signature}.{ending}"
    yield f"{body}.{signature}.jpg"
    yield f"{body}.{signature}.html"
    yield f"{body}.{signature}"
    yield f"{body}.{signature[:-1]}.{ending}"
    yield f"{body}.{'A' * 43}.{ending}"
    yield f"{body}..{ending}"
    yield f"{body}%3D.{signature}.{ending}"
    yield token.upper()
    yield f"{token}/"
    yield f"{token}%00"
    yield f"%ff%fe{token}"
    yield f"..%2F..%2F{KEY}"
    yield f"%2e%2e/{KEY}"
    yield KEY
    yield "x" * 5000
    other = MediaLinks(b"o" * 32, PUBLIC, clock).link(KEY, "image/png", IN_AN_HOUR)
    yield other.removeprefix(PUBLIC + "media/")


async def test_a_changed_link_leads_nowhere(links: MediaLinks, clock: MovableClock, tmp_path: Path) -> None:
    link = links.link(KEY, "image/png", IN_AN_HOUR)
    async with serving(links, tmp_path) as client:
        for token in tampered(link, clock):
            async with client.get(URL("/media/" + token, encoded=True)) as answer:
                assert answer.status == 404, token
                assert await answer.text() == "404: Not Found"


@pytest.mark.parametrize("key", ["references/other/00", "references/0a1b2c"])
async def test_a_file_that_is_gone_is_not_told_from_a_wrong_link(
    key: str, links: MediaLinks, tmp_path: Path
) -> None:
    path = path_of(links.link(key, "image/png", IN_AN_HOUR))
    async with serving(links, tmp_path) as client, client.get(path) as answer:
        assert answer.status == 404
        assert await answer.text() == "404: Not Found"
        assert answer.headers["Cache-Control"] == "no-store"


@given(position=st.integers(0, 500), character=st.sampled_from(string.ascii_letters + string.digits + "-_."))
def test_no_single_character_of_a_link_can_be_changed(position: int, character: str) -> None:
    links = MediaLinks(SECRET, PUBLIC, MovableClock())
    token = links.link(KEY, "image/png", IN_AN_HOUR).removeprefix(PUBLIC + "media/")
    at = position % len(token)
    changed = token[:at] + character + token[at + 1 :]
    assert (links._read(changed) is None) == (changed != token)


def test_a_link_is_short_enough_for_every_gateway(links: MediaLinks) -> None:
    assert len(links.link("k" * 200, "image/jpeg", IN_AN_HOUR)) < 500


def test_only_images_are_linked_to(links: MediaLinks) -> None:
    for mime in ("text/html", "image/svg+xml", "application/octet-stream"):
        with pytest.raises(KeyError):
            links.link(KEY, mime, IN_AN_HOUR)
