"""Which network addresses a stranger's link may lead to.

The check sits where the socket is made, behind name resolution and redirects: whatever a name resolves to
at that moment is what is checked and connected to.
"""

import ipaddress
import re
import socket

from aiohttp.connector import AddrInfoType

_IPv4 = ipaddress.IPv4Address
_IPv6 = ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_LOW_32_BITS = 0xFFFF_FFFF
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")


class AddressRefused(OSError):
    """The link leads into a private network, or to no single host at all."""

    def __init__(self) -> None:
        # The same words for every address: when all addresses of a name are refused, the connector then
        # reports the first refusal as it is instead of a summary.
        super().__init__("not a public address")


def is_public(address: str) -> bool:
    """Whether an IP address in text form is one host on the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, _IPv6):
        if ip in _NAT64_LOCAL or ip.is_site_local:
            return False
        if (inner := _embedded(ip)) is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def public_socket(info: AddrInfoType) -> socket.socket:
    """A socket factory for a connector. Raises AddressRefused unless the address is public."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise AddressRefused
    return socket.socket(family, kind, protocol)


def is_private_literal(host: str) -> bool:
    """Whether a host *as written* is private: all that can be told when a proxy resolves the names."""
    if host.rstrip(".").casefold() == "localhost" or host.casefold().endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # 127.1, 0x7f000001 or 2130706433 are addresses to many resolvers, and no host is named like that.
        return bool(_NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2].casefold()))
    return not is_public(host)


def _embedded(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a translator would take out of an IPv6 one."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _NAT64 or ip in _COMPATIBLE:
        return _IPv4(int(ip) & _LOW_32_BITS)
    return None
