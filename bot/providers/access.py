"""What the operator's environment adds to a gateway's row: key, address, proxy."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.domain.catalogue import Gateway


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one gateway. None means: no key, the row's addresses, no proxy."""

    key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    proxy: str | None = field(default=None, repr=False)
    files_base_url: str | None = None

    def base_of(self, gateway: Gateway) -> str:
        """The address of the gateway's API, see `web_address`."""
        return web_address(self.base_url or gateway.base_url)

    def files_of(self, gateway: Gateway) -> str | None:
        """The address of the gateway's upload service, see `web_address`; None when it has none."""
        address = self.files_base_url or gateway.files_base_url
        return web_address(address) if address else None


def web_address(text: str) -> str:
    """`text` without a slash at its end. Raises ValueError when it is no plain http or https address."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{text!r} is not an address that begins with http:// or https://")
    if parts.username or parts.password:
        raise ValueError("an address must not hold a name or password")
    if parts.query or parts.fragment:
        raise ValueError(f"{text!r} must not have a ? or # part")
    if parts.port == 0:
        raise ValueError(f"{text!r} has an impossible port")
    return text.rstrip("/")


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a web address; None when it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return (parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))
