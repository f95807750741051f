"""Who may talk to the playground: pages of ours, opened under an address of ours.

A page on some other site can make a browser send requests here (cross-site request forgery), and by letting
its own name point to this machine it can even read the answers (DNS rebinding). The first shows in `Origin`,
the second in `Host`.
"""

from functools import wraps
from ipaddress import ip_address

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from yarl import URL

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not bound


class Gate:
    """Lets requests through that came to `host` (what the server is bound to), loopback or `public_url`.

    A server bound to all addresses may be reached under any IP address: only names can be rebound.
    """

    def __init__(self, host: str, public_url: str | None) -> None:
        self._public = URL(public_url).origin() if public_url else None
        named = {host.casefold(), (self._public.host or "") if self._public else ""}
        self._hosts = _LOOPBACK | (named - _WILDCARDS)
        self._any_address = host in _WILDCARDS

    def guard(self, handler: Handler) -> Handler:
        """The handler behind this gate: 403 for everybody else."""

        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not self._host_is_ours(request.host):
                raise web.HTTPForbidden(text="403: this address is not served here\n")
            if not self._origin_is_ours(request):
                raise web.HTTPForbidden(text="403: requests of other sites are not answered\n")
            return await handler(request)

        return guarded

    def is_public(self, request: web.Request) -> bool:
        """Whether the request came under an https `public_url`."""
        public = self._public
        return public is not None and public.scheme == "https" and _name(request.host) == public.host

    def _host_is_ours(self, host: str) -> bool:
        name = _name(host)
        return name in self._hosts or (self._any_address and _is_address(name))

    def _origin_is_ours(self, request: web.Request) -> bool:
        if request.method in {hdrs.METH_GET, hdrs.METH_HEAD}:
            return True
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None:
            return True  # no browser: those always name the origin of a POST
        if self._public and origin == str(self._public):
            return True
        return origin in {f"http://{request.host}", f"https://{request.host}"}


def _name(host: str) -> str:
    try:
        return URL(f"http://{host}").host or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
