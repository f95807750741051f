"""The HTTP stack all gateways share: httpx on aiohttp's transport, one client per destination.

What matters here is how an exchange ended. A picture is paid for once the gateway has the request, so there
are three endings and no exceptions:

    Answer      an HTTP answer came, whatever it says
    NotSent     no connection was made: the gateway certainly knows nothing
    Lost        the request may have arrived and no answer came: nobody here can tell
"""

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import metadata
from typing import Any

import aiohttp
import httpx
from aiohttp.connector import SocketFactoryType
from httpx_aiohttp import AiohttpTransport


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


class Destination:
    """One gateway's API, seen through its own connections."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(
        self,
        method: str,
        path: str,
        *,
        timeout: timedelta,  # noqa: ASYNC109 - covers the body and tells the phases apart
        limit: int,
        json: Any = None,
        params: Mapping[str, str] | None = None,
    ) -> Reply:
        """Make one request below the base address, once: nothing is repeated and no redirect followed.

        `timeout` covers everything up to the last byte of the body, `limit` is in bytes of the decoded body.
        """
        seconds = timeout.total_seconds()
        connect = min(_CONNECT_SECONDS, seconds)
        phases = httpx.Timeout(seconds, connect=connect, pool=connect)
        request = self._client.build_request(method, path, json=json, params=params, timeout=phases)
        try:
            async with asyncio.timeout(seconds):
                response = await self._client.send(request, stream=True)
                try:
                    return await _read(response, limit)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, aiohttp.ClientError, TimeoutError, OSError) as error:
            return _classify(error)


@asynccontextmanager
async def open_destination(base_url: str, key: str | None, proxy: str | None) -> AsyncIterator[Destination]:
    """Connections to one gateway, closed at the end. Raises ValueError for an impossible key or proxy."""
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
    if key:
        headers["Authorization"] = f"Bearer {_header_value(key)}"
    async with open_session(proxy) as session:
        # The session brings its own connector; the context only spares the transport making another.
        transport = AiohttpTransport(verify=tls_context(), client=session)
        async with httpx.AsyncClient(
            base_url=base_url, headers=headers, transport=transport, trust_env=False
        ) as client:
            yield Destination(client)


@asynccontextmanager
async def open_session(
    proxy: str | None, socket_factory: SocketFactoryType | None = None
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


async def _read(response: httpx.Response, limit: int) -> Answer:
    """The answer with its body. Whatever happens to the body, the status has been heard."""
    try:
        body, flaw = await _read_body(response, limit)
    except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
        body, flaw = b"", f"the body broke off: {_reason(error)}"
    return Answer(response.status_code, response.headers, body, flaw)


async def _read_body(response: httpx.Response, limit: int) -> tuple[bytes, str]:
    """We ask for no compression. One layer is tolerated, as each can grow a chunk a thousandfold."""
    encoding = response.headers.get("content-encoding", "").strip().casefold()
    if encoding not in _ENCODINGS:
        return b"", f"the body is packed as {encoding[:40]!r}"
    parts = bytearray()
    async for chunk in response.aiter_bytes():
        parts += chunk
        if len(parts) > limit:
            return b"", f"the body is larger than {limit} bytes"
    return bytes(parts), ""


# The transport reports a connection that broke after the request was sent as a failure to connect
# (https://pypi.org/project/httpx-aiohttp/: every ClientConnectionError becomes ConnectTimeout), so the kind
# of httpx exception says nothing. aiohttp's own does, and only these are raised before anything is sent.
_BEFORE_SENDING = (
    aiohttp.ClientConnectorError,  # includes names that do not resolve, TLS and unreachable proxies
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,  # the proxy refused the tunnel
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


def _classify(error: Exception) -> NotSent | Lost:
    cause = error.__cause__ if isinstance(error, httpx.HTTPError) else error
    if isinstance(cause, _BEFORE_SENDING):
        return NotSent(_reason(cause))
    return Lost(_reason(error))


def _reason(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, httpx.HTTPError) and error.__cause__ else error
    return f"{type(cause).__name__}: {cause}".rstrip(": ")[:200]
