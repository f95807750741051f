"""The rules for addresses that strangers name: only hosts that everybody can reach."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from yarl import URL

from bot.sandbox.references import BadImage, Flaw

if TYPE_CHECKING:
    from aiohttp.connector import AddrInfoType

_LONGEST = 2048  # characters of an address
_PATIENCE = ClientTimeout(total=10)


class PrivateAddress(OSError):
    """A name led to an address that is not public."""


def is_taken(address: str, *, secure: bool, allow_loopback: bool) -> bool:
    """Whether an address looks like one that may be asked; names are judged when they are resolved.

    `secure` demands HTTPS, except of this machine if that is allowed.
    """
    try:
        url = URL(address)
    except ValueError:
        return False
    if len(address) > _LONGEST or not url.host or url.user:
        return False
    if url.scheme not in ("http", "https"):
        return False
    if allow_loopback and _is_loopback(url.host):
        return True
    return (url.scheme == "https" or not secure) and not _is_private(url.host)


def open_client(*, allow_loopback: bool) -> ClientSession:
    """A client that connects to public addresses only, and to this machine if that is allowed."""

    def guarded(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        host = str(address[0])
        if _is_private(host) and not (allow_loopback and _is_loopback(host)):
            raise PrivateAddress(f"{host} is not public")
        return socket.socket(family, kind, protocol)

    return ClientSession(timeout=_PATIENCE, connector=TCPConnector(socket_factory=guarded))


async def download(address: str, limit: int, *, secure: bool = False, allow_loopback: bool) -> bytes:
    """The body at an address, of at most `limit` bytes. Raises BadImage."""
    if not is_taken(address, secure=secure, allow_loopback=allow_loopback):
        raise BadImage(Flaw.UNREACHABLE, f"not a public {'https' if secure else 'web'} address")
    body = bytearray()
    try:
        async with open_client(allow_loopback=allow_loopback) as client, client.get(address) as answer:
            if answer.status != 200:
                raise BadImage(Flaw.UNREACHABLE, f"the image address answers {answer.status}")
            async for chunk in answer.content.iter_chunked(64 * 1024):
                body += chunk
                if len(body) > limit:
                    raise BadImage(Flaw.TOO_LARGE, f"an image may have {limit} bytes")
    except (ClientError, OSError, TimeoutError) as error:
        raise BadImage(Flaw.UNREACHABLE, "the image address cannot be reached") from error
    return bytes(body)


def _is_private(host: str) -> bool:
    ip = _ip(host)
    if ip is None:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))
    return not ip.is_global or ip.is_multicast


def _is_loopback(host: str) -> bool:
    ip = _ip(host)
    return host == "localhost" if ip is None else ip.is_loopback


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip
