"""The page and its files, read once and served from memory."""

import hashlib
import html
import json
from importlib import resources
from string import Template

from aiohttp import hdrs, web

from bot.frontends.playground.attachments import IMAGE_LIMIT, IMAGES_PER_MESSAGE, MEGABYTES
from bot.ports.texts import Texts

_STATIC = resources.files("bot.frontends.playground") / "static"

_FILES = {
    "playground.css": "text/css",
    **dict.fromkeys(
        ("playground.js", "attached.js", "buttons.js", "parts.js", "server.js", "toasts.js"),
        "text/javascript",
    ),
    "mark.svg": "image/svg+xml",
}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

_SCRIPT_TEXTS = (
    "page-attached-image",
    "page-bot",
    "page-buttons",
    "page-dismiss",
    "page-download",
    "page-failed-to-press",
    "page-failed-to-send",
    "page-offline",
    "page-open",
    "page-placeholder",
    "page-placeholder-answer",
    "page-placeholder-edit",
    "page-reconnecting",
    "page-remove-image",
    "page-retry",
    "page-upload-failed",
    "page-you",
)
"""Texts that the script needs; all others stand in the page."""


class _PageTemplate(Template):
    """`$page-title` and the like; everything filled in is escaped for HTML."""

    idpattern = "[a-z][a-z0-9-]*"


class Page:
    """Renders the page in each language."""

    def __init__(self, texts: Texts, *, sandbox: bool) -> None:
        self._texts = texts
        self._sandbox = sandbox
        self._template = _PageTemplate((_STATIC / "playground.html").read_text("utf-8"))

    def render(self, language: str, theme: str) -> str:
        """The page in a language; `theme` is auto, light or dark."""

        def say(key: str) -> str:
            return self._texts.say(language, key)

        names = set(self._template.get_identifiers())
        values = {name: say(name) for name in names if name.startswith("page-")}
        kind = "sandbox" if self._sandbox else "live"
        values |= {
            "language": language,
            "theme": theme,
            "kind": kind,
            "most-images": str(IMAGES_PER_MESSAGE),
            "most-bytes": str(IMAGE_LIMIT),
            "mark": say(f"page-{kind}-mark"),
            "about": say(f"page-{kind}-about"),
        }
        escaped = {name: html.escape(value) for name, value in values.items()}
        escaped["script-texts"] = _as_data(self._script_texts(language))
        escaped["languages"] = "".join(
            self._language_link(locale, language) for locale in self._texts.locales
        )
        return self._template.substitute(escaped)

    def _script_texts(self, language: str) -> dict[str, str]:
        say = self._texts.say
        return {key: say(language, key) for key in _SCRIPT_TEXTS} | {
            "page-image-too-large": say(language, "page-image-too-large", limit=MEGABYTES),
            "page-images-too-many": say(language, "page-images-too-many", limit=IMAGES_PER_MESSAGE),
        }

    def _language_link(self, locale: str, language: str) -> str:
        name = html.escape(self._texts.say(locale, "page-language-name"))
        tag = html.escape(locale)
        current = ' aria-current="true"' if locale == language else ""
        return f'<a href="/?language={tag}" lang="{tag}" hreflang="{tag}"{current}>{name}</a>'


def _as_data(value: object) -> str:
    """JSON that can stand inside a script element: nothing in it ends the element or opens a comment."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def file_routes() -> list[web.RouteDef]:
    """`/static/...`: style, script and mark, revalidated by their digest."""
    return [_file_route(name, mime) for name, mime in _FILES.items()]


def _file_route(name: str, mime: str) -> web.RouteDef:
    content = (_STATIC / name).read_bytes()
    tag = hashlib.sha256(content).hexdigest()[:16]

    async def send(request: web.Request) -> web.Response:
        headers = {hdrs.CACHE_CONTROL: "no-cache", hdrs.ETAG: f'"{tag}"'}
        if any(known.value == tag for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=content, content_type=mime, charset="utf-8", headers=headers)

    return web.get(f"/static/{name}", send)
