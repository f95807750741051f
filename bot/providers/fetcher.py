"""Fetching results: from the gateway's link or answer into the media store, and only if it is a picture.

A link comes from a stranger. It may lead anywhere, so it is followed only to public hosts, with one
exception: the configured gateway itself, which may stand in the operator's own network. The key is never
sent along; no documented gateway asks for it on its links.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urljoin

import aiohttp
import structlog
from yarl import URL

from bot.domain.catalogue import Catalogue
from bot.domain.ids import GatewayId
from bot.domain.outcome import Inline, Link
from bot.domain.problems import Key, Problem, problem
from bot.ports.media import Kept, MediaStore, NotKept
from bot.providers.access import Access, origin
from bot.providers.addresses import AddressRefused, is_private_literal, public_socket
from bot.providers.http import USER_AGENT, open_session
from bot.providers.pictures import Facts, Incomplete, NotAnImage, inspect

log = structlog.get_logger()

_MEGABYTES: Final = 30
_LIMIT: Final = _MEGABYTES * 1024 * 1024
_AT_ONCE: Final = 16
_REDIRECTS: Final = 3
_CHUNK: Final = 256 * 1024
_TIMEOUT: Final = timedelta(seconds=60)
_CONNECT_SECONDS: Final = 10.0
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
# Gone for good; a 404 may also mean that the link is quicker than the storage behind it.
_GONE: Final = frozenset({401, 403, 410, 451})
_HEADERS: Final = {"User-Agent": USER_AGENT, "Accept": "image/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class _Source:
    """A gateway as the place results come from."""

    title: str
    origin: tuple[str, str, int] | None
    timeout: timedelta
    proxy: str | None = field(repr=False)


class _Unusable(Exception):
    """The result cannot be had this way."""

    def __init__(self, key: Key, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.key = key
        self.again = again


@asynccontextmanager
async def open_fetcher(
    catalogue: Catalogue, access: Mapping[GatewayId, Access], media: MediaStore
) -> AsyncIterator["ResultFetcher"]:
    """A fetcher for all gateways of a catalogue, with its connections, until the block ends."""
    sources: dict[GatewayId, _Source] = {}
    for id_, gateway in catalogue.gateways.items():
        way = access.get(id_, Access())
        base = origin(way.base_of(gateway))
        sources[id_] = _Source(gateway.title, base, gateway.fetch_timeout, way.proxy)
    async with open_session(None) as plain, open_session(None, public_socket) as guarded:
        yield ResultFetcher(sources, media, plain, guarded)


class ResultFetcher:
    """Implements `ports.media.Fetcher`. A limited number of results is under way at once."""

    def __init__(
        self,
        sources: Mapping[GatewayId, _Source],
        media: MediaStore,
        plain: aiohttp.ClientSession,
        guarded: aiohttp.ClientSession,
    ) -> None:
        self._sources = sources
        self._media = media
        self._plain = plain
        self._guarded = guarded
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def fetch(self, gateway: GatewayId, result: Link | Inline, media_key: str) -> Kept | NotKept:
        """Keep a result under `media_key` if it is a whole picture of at most 30 MiB, else nothing."""
        # A picture may outlive its gateway's switch: what was paid before is fetched all the same.
        source = self._sources.get(gateway) or _Source(gateway, None, _TIMEOUT, None)
        async with self._slots:
            try:
                facts = await self._keep(source, result, media_key)
            except _Unusable as why:
                log.warning("result not kept", gateway=gateway, why=str(why), again=why.again)
                return NotKept(_problem(why.key, source), why.again)
            except OSError:
                log.exception("the media store failed", gateway=gateway)
                return NotKept(problem(Key.STORE_BUSY), again=True)
        return Kept(media_key, facts.width, facts.height, facts.bytes, facts.mime)

    async def _keep(self, source: _Source, result: Link | Inline, media_key: str) -> Facts:
        match result:
            case Link(url=url):
                chunks = self._download(source, url)
            case Inline(data=data):
                chunks = _unpack(data)
        try:
            async with asyncio.timeout(source.timeout.total_seconds()), aclosing(chunks):
                await self._media.put(media_key, chunks)
        except TimeoutError as error:
            raise _Unusable(Key.RESULT_LOST, "took too long", again=True) from error
        try:
            async with self._media.open(media_key) as path:
                return await asyncio.to_thread(inspect, path)
        except NotAnImage as error:
            await self._media.delete(media_key)
            again = isinstance(error, Incomplete) and isinstance(result, Link)
            raise _Unusable(Key.RESULT_NOT_AN_IMAGE, str(error)[:200], again=again) from error

    async def _download(self, source: _Source, url: str) -> AsyncGenerator[bytes, None]:
        try:
            for _ in range(_REDIRECTS + 1):
                async with await self._get(source, url) as answer:
                    if answer.status not in _MOVED:
                        async for chunk in _body(answer):
                            yield chunk
                        return
                    url = urljoin(url, answer.headers.get("Location", ""))
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError) as error:
            if isinstance(getattr(error, "os_error", None), AddressRefused):
                raise _Unusable(
                    Key.RESULT_LOST, "the link leads to a private address", again=False
                ) from error
            again = not isinstance(error, ValueError)
            raise _Unusable(Key.RESULT_LOST, type(error).__name__, again=again) from error
        raise _Unusable(Key.RESULT_LOST, "too many redirects", again=False)

    async def _get(self, source: _Source, url: str) -> aiohttp.ClientResponse:
        # Encoded as it is, for a signature may cover the very bytes of the link.
        target = URL(url, encoded=url.isascii())
        if target.scheme not in {"http", "https"} or not target.host:
            raise _Unusable(Key.RESULT_LOST, "the link is no web address", again=False)
        own = (target.scheme, target.host.casefold(), target.port) == source.origin
        # Behind a proxy we resolve no names and connect to nothing else: only what is written can be judged.
        if source.proxy and not own and is_private_literal(target.host):
            raise _Unusable(Key.RESULT_LOST, "the link leads to a private address", again=False)
        session = self._plain if own or source.proxy else self._guarded
        return await session.get(
            target,
            headers=_HEADERS,
            allow_redirects=False,
            proxy=source.proxy,
            timeout=aiohttp.ClientTimeout(
                sock_connect=_CONNECT_SECONDS, sock_read=source.timeout.total_seconds()
            ),
        )


async def _body(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The bytes of an answer, as they are: a packed body is no picture and will not pass for one."""
    if answer.status != 200:
        again = answer.status not in _GONE
        raise _Unusable(Key.RESULT_LOST, f"HTTP {answer.status}", again=again)
    if answer.content_type in {"text/html", "application/xhtml+xml"}:
        raise _Unusable(Key.RESULT_NOT_AN_IMAGE, "a web page", again=False)
    if (answer.content_length or 0) > _LIMIT:
        raise _too_large()
    received = 0
    async for chunk in answer.content.iter_chunked(_CHUNK):
        received += len(chunk)
        if received > _LIMIT:
            raise _too_large()
        yield chunk


async def _unpack(data: bytes) -> AsyncGenerator[bytes, None]:
    if len(data) > _LIMIT:
        raise _too_large()
    yield data


def _too_large() -> _Unusable:
    return _Unusable(Key.RESULT_TOO_LARGE, f"more than {_LIMIT} bytes", again=False)


def _problem(key: Key, source: _Source) -> Problem:
    if key is Key.RESULT_TOO_LARGE:
        return problem(key, gateway=source.title, limit=_MEGABYTES)
    return problem(key, gateway=source.title)
