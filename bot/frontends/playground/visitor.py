"""Who is looking, in which language and theme: three cookies."""

import re
import secrets

from aiohttp import hdrs, web

from bot.ports.texts import Texts

_VISITOR = "drawbridge_visitor"
_LANGUAGE = "drawbridge_language"
_THEME = "drawbridge_theme"  # written by the page itself
_YEAR = 365 * 24 * 3600
_SHAPE = re.compile(r"[A-Za-z0-9_-]{32}")


def visitor_of(request: web.Request) -> str | None:
    """The visitor named by the request's cookie; None when there is none or it is not one of ours."""
    value = request.cookies.get(_VISITOR, "")
    return value if _SHAPE.fullmatch(value) else None


def known_visitor(request: web.Request) -> str:
    """The visitor. 401 for those who never opened the page."""
    visitor = visitor_of(request)
    if visitor is None:
        raise web.HTTPUnauthorized
    return visitor


def welcome(response: web.Response, *, secure: bool) -> None:
    """Make whoever gets this answer a new visitor, known by 192 random bits."""
    response.set_cookie(
        _VISITOR, secrets.token_urlsafe(24), max_age=_YEAR, httponly=True, samesite="Strict", secure=secure
    )


def remember_language(response: web.StreamResponse, language: str) -> None:
    response.set_cookie(_LANGUAGE, language, max_age=_YEAR, httponly=True, samesite="Strict")


def theme_of(request: web.Request) -> str:
    """The theme chosen on the page; `auto` follows the system."""
    value = request.cookies.get(_THEME)
    return value if value in {"light", "dark"} else "auto"


def language_of(request: web.Request, texts: Texts) -> str:
    """The language chosen on the page, else the browser's favourite among those there are."""
    chosen = request.cookies.get(_LANGUAGE)
    if chosen in texts.locales:
        return chosen
    known = {_primary(locale) for locale in texts.locales}
    for tag in _accepted(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")):
        if _primary(tag) in known:
            return texts.choose(tag)
    return texts.choose(None)


def _primary(tag: str) -> str:
    return tag.partition("-")[0].casefold()


def _accepted(header: str) -> list[str]:
    """The tags of an `Accept-Language` header, the most wanted first."""
    weighted: list[tuple[float, str]] = []
    for item in header[:1000].split(","):
        tag, _, quality = item.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", quality)
        weight = float(found[1]) if found else 1.0
        if tag.strip() and weight > 0:
            weighted.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]
