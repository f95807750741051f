"""The library's requests over aiohttp.

The library's own class speaks through httpx. Straight to aiohttp a call costs half the CPU, a lost
connection can be told from a slow answer, uploads stream from the media store, and no logger prints the
address, which holds the token.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.frontends.telegram.uploads import open_form

_ANSWER_SECONDS: Final = 60.0
_CONNECT_SECONDS: Final = 10.0
_QUEUE_SECONDS: Final = 60.0
_UPLOAD_SECONDS: Final = 300.0
_KEEP_ALIVE_SECONDS: Final = 30.0
_DNS_SECONDS: Final = 300
_UPLOADS: Final = 16
_DOWNLOADS: Final = 16
_DOWNLOAD_CHUNK: Final = 64 * 1024
_GONE: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class NotServed(NetworkError):
    """The server does not have this file, or not any more."""


class BotHttp(BaseRequest):
    """HTTP for the library, with a bound on how many uploads run at once.

    A picture is opened when its turn comes and closed with it, so that a thousand waiting deliveries hold
    no file open.
    """

    def __init__(self, connections: int, tls: ssl.SSLContext, proxy: str | None) -> None:
        self._connections = connections
        self._tls = tls
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None
        self._turns = asyncio.Semaphore(_UPLOADS)
        self._downloads = asyncio.Semaphore(_DOWNLOADS)

    @property
    def read_timeout(self) -> float:
        return _ANSWER_SECONDS

    async def initialize(self) -> None:
        """The session opens with the first request."""

    async def shutdown(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - the library's interface
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """Status and body of the answer. Raises NetworkError, and TimedOut which is one.

        No message and no cause of these holds the address.
        """
        wait = _ANSWER_SECONDS if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        try:
            if request_data is None or not request_data.contains_files:
                return await self._call(url, method, request_data, wait)
            async with self._turns, asyncio.timeout(_UPLOAD_SECONDS):
                return await self._upload(url, method, request_data, wait)
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(_describe(error)) from None

    async def download(self, url: str) -> AsyncGenerator[bytes, None]:
        """The bytes of a file, as they come. Raises NotServed and NetworkError, without the address."""
        timeout = aiohttp.ClientTimeout(
            connect=_QUEUE_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=_ANSWER_SECONDS
        )
        try:
            async with (
                self._downloads,
                self._opened().get(
                    url, timeout=timeout, proxy=self._proxy, allow_redirects=False
                ) as response,
            ):
                if response.status in _GONE:
                    raise NotServed(f"the download answers {response.status}")
                if response.status != HTTPStatus.OK:
                    raise NetworkError(f"the download answers {response.status}")
                async for chunk in response.content.iter_chunked(_DOWNLOAD_CHUNK):
                    yield chunk
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(_describe(error)) from None

    async def _call(self, url: str, method: str, data: RequestData | None, wait: float) -> tuple[int, bytes]:
        parameters = data.parameters if data else None
        if not parameters:
            return await self._send(url, method, wait)
        return await self._send(
            url,
            method,
            wait,
            data=json.dumps(parameters).encode(),
            headers={aiohttp.hdrs.CONTENT_TYPE: "application/json"},
        )

    async def _upload(self, url: str, method: str, data: RequestData, wait: float) -> tuple[int, bytes]:
        async with open_form(data) as form:
            headers = {
                aiohttp.hdrs.CONTENT_TYPE: form.content_type,
                aiohttp.hdrs.CONTENT_LENGTH: str(form.length),
            }
            return await self._send(url, method, wait, data=form, headers=headers)

    async def _send(self, url: str, method: str, wait: float, **body: Any) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(connect=_QUEUE_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=wait)
        async with self._opened().request(
            method, url, timeout=timeout, proxy=self._proxy, allow_redirects=False, **body
        ) as response:
            return response.status, await response.read()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._connections,
                ssl=self._tls,
                keepalive_timeout=_KEEP_ALIVE_SECONDS,
                ttl_dns_cache=_DNS_SECONDS,
            )
            headers = {aiohttp.hdrs.USER_AGENT: self.USER_AGENT}
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers=headers
            )
        return self._session

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As in the library, but silent: the error page of a proxy before Telegram is no line for the log.

        An answer to a sent message repeats the message it replies to, and the buttons we gave it. Those are
        ours to know already, and making objects of them costs as much CPU as sending.
        """
        try:
            answer: dict[str, Any] = json.loads(payload)
        except ValueError:
            raise TelegramError("the answer is not JSON") from None
        if isinstance(result := answer.get("result"), dict):
            result.pop("reply_to_message", None)
            result.pop("reply_markup", None)
        return answer


def _describe(error: Exception) -> str:
    """What went wrong, without an address: that of a call holds the token, that of a proxy its password."""
    match error:
        case aiohttp.ClientHttpProxyError():
            return f"the proxy answers {error.status}"
        case aiohttp.ClientConnectorError():
            return f"cannot connect to {error.host}:{error.port}: {error.os_error.strerror}"
        case _:
            return type(error).__name__
