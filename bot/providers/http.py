"""The HTTP stack all gateways share: aiohttp, one session per destination.

What matters here is how an exchange ended. A picture is paid for once the gateway has the request, so there
are three endings and no exceptions:

    Answer      an HTTP answer came, whatever it says
    NotSent     no connection was made: the gateway certainly knows nothing
    Lost        the request may have arrived and no answer came: nobody here can tell
"""

import asyncio
import functools
import json as jsonlib
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import metadata
from typing import Any, Self

import aiohttp
import httpx
from aiohttp.connector import SocketFactoryType
from yarl import URL


def _version() -> str:
    try:
        return metadata.version("drawbridge-bot")
    except metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return "0"


USER_AGENT = f"drawbridge/{_version()}"

# A kept connection that the other side closes just as we write to it loses the request in a way that looks
# like a lost answer. Servers commonly keep connections for 5 s and more; we let go before they do.
_KEEPALIVE_SECONDS = 4.0
_CONNECT_SECONDS = 10.0

_SMALL_HEADERS = 32 * 1024
_PIECE = 256 * 1024
_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `body` is empty when it broke off or was larger than allowed: then `flaw` says so."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never left: no address, no connection, no TLS."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have arrived; no answer did."""

    reason: str


Reply = Answer | NotSent | Lost


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a form: the key of its field, its own name, its media type and its bytes."""

    key: str
    name: str
    mime: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Payload:
    """A body with images in it, ready to be sent. `type` is its media type."""

    type: str
    data: bytes = field(repr=False)

    @classmethod
    def json(cls, value: object) -> Self:
        """Blocks for as long as it takes to write many megabytes."""
        return cls("application/json", jsonlib.dumps(value, separators=(",", ":")).encode())

    @classmethod
    def form(cls, fields: Mapping[str, Any], files: Sequence[Part]) -> Self:
        """A multipart form. Blocks for as long as it takes to copy the files."""
        parts = [(part.key, (part.name, part.data, part.mime)) for part in files]
        request = httpx.Request("POST", "http://localhost", data=dict(fields), files=parts)
        return cls(request.headers["Content-Type"], request.read())

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, cut so that one large write does not hold up the loop."""
        for start in range(0, len(self.data), _PIECE):
            yield self.data[start : start + _PIECE]


class Destination:
    """One gateway's API, seen through its own connections."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._base_url = base_url

    async def ask(
        self,
        method: str,
        path: str,
        *,
        timeout: timedelta,  # noqa: ASYNC109 - covers the body and tells the phases apart
        limit: int,
        body: Mapping[str, Any] | Payload | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Make one request below the base address, once: nothing is repeated and no redirect followed.

        `timeout` covers everything up to the last byte of the body, `limit` is in bytes of the decoded body.
        A mapping is sent as JSON; one that holds images is better made a Payload first.
        """
        seconds = timeout.total_seconds()
        connect = min(_CONNECT_SECONDS, seconds)
        asking = self._session.request(
            method,
            URL(f"{self._base_url}/{path}").update_query(params or {}),
            **_sent(body, headers or {}),
            allow_redirects=False,
            auto_decompress=True,
            timeout=aiohttp.ClientTimeout(connect=connect, sock_connect=connect, sock_read=seconds),
        )
        try:
            async with asyncio.timeout(seconds), asking as response:
                return await _read(response, limit)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _classify(error)


@asynccontextmanager
async def open_destination(base_url: str, key: str | None, proxy: str | None) -> AsyncIterator[Destination]:
    """Connections to one gateway, closed at the end. Raises ValueError for an impossible key or proxy."""
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
    if key:
        headers["Authorization"] = f"Bearer {_header_value(key)}"
    async with open_session(proxy, headers=headers) as session:
        yield Destination(session, base_url)


@asynccontextmanager
async def open_session(
    proxy: str | None,
    socket_factory: SocketFactoryType | None = None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[aiohttp.ClientSession]:
    """An aiohttp session without cookies, connection cap or automatic decompression.

    `proxy` may hold a name and password. Raises ValueError unless it is an http or https address.
    """
    if proxy and not proxy.startswith(("http://", "https://")):
        raise ValueError("a proxy address must begin with http:// or https://")
    connector = aiohttp.TCPConnector(
        limit=0,  # how many calls a gateway gets at once is decided by the core
        keepalive_timeout=_KEEPALIVE_SECONDS,
        ssl=tls_context(),
        socket_factory=socket_factory,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers,
        proxy=proxy,
        auto_decompress=False,
        max_field_size=_SMALL_HEADERS,
    ) as session:
        yield session


@functools.cache
def tls_context() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _header_value(key: str) -> str:
    if not key.isascii() or not key.isprintable() or key != key.strip():
        raise ValueError("the key contains characters that no key has")
    return key


def _sent(body: Mapping[str, Any] | Payload | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """The arguments that make a request carry `body`."""
    if isinstance(body, Payload):
        about = {"Content-Type": body.type, "Content-Length": str(len(body.data))}
        return {"data": body.pieces(), "headers": {**headers, **about}}
    return {"json": body, "headers": headers}


async def _read(response: aiohttp.ClientResponse, limit: int) -> Answer:
    """The answer with its body. Whatever happens to the body, the status has been heard."""
    try:
        body, flaw = await _read_body(response, limit)
    except (aiohttp.ClientError, OSError) as error:
        body, flaw = b"", f"the body broke off: {_reason(error)}"
    return Answer(response.status, response.headers, body, flaw)


async def _read_body(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, str]:
    """We ask for no compression. One layer is tolerated, as each can grow a chunk a thousandfold."""
    encoding = response.headers.get("content-encoding", "").strip().casefold()
    if encoding not in _ENCODINGS:
        return b"", f"the body is packed as {encoding[:40]!r}"
    parts = bytearray()
    async for chunk in response.content.iter_any():
        parts += chunk
        if len(parts) > limit:
            return b"", f"the body is larger than {limit} bytes"
    return bytes(parts), ""


# Only these are raised before anything is sent.
_BEFORE_SENDING = (
    aiohttp.ClientConnectorError,  # includes names that do not resolve, TLS and unreachable proxies
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,  # the proxy refused the tunnel
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


def _classify(error: Exception) -> NotSent | Lost:
    return NotSent(_reason(error)) if isinstance(error, _BEFORE_SENDING) else Lost(_reason(error))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")[:200]
