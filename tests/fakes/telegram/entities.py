"""Message text as the Bot API treats it: entities, HTML, trimming, offsets in UTF-16 code units."""

import html
import re
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fakes.telegram.errors import Refusal, bad_request

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024

_TAG: Final = re.compile(r"""<(/?)([A-Za-z0-9-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>""")
_ATTRIBUTE: Final = re.compile(r"""([A-Za-z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_TOKEN: Final = re.compile(r"<|&(?:#\d+|#x[0-9a-fA-F]+|lt|gt|amp|quot);")
_DETECTED: Final = (
    ("bot_command", re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w/])@[A-Za-z0-9_]{3,32}\b")),
    ("url", re.compile(r"https?://[^\s]+")),
)
_SIMPLE_TAGS: Final = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
}


@dataclass(frozen=True, slots=True)
class RichText:
    """Plain text and its entities (wire form)."""

    text: str = ""
    entities: tuple[dict[str, Any], ...] = ()


def units(text: str) -> int:
    """Length in UTF-16 code units, the unit of every entity offset."""
    return len(text.encode("utf-16-le")) // 2


def detect(text: str) -> RichText:
    """What a person typed, with the entities a server finds by itself: commands, mentions, addresses."""
    found = [
        {"type": kind, "offset": units(text[: hit.start()]), "length": units(hit.group())}
        for kind, pattern in _DETECTED
        for hit in pattern.finditer(text)
    ]
    return RichText(text, tuple(sorted(found, key=lambda entity: int(entity["offset"]))))


def formatted(text: str, parse_mode: str | None, entities: list[dict[str, Any]] | None) -> RichText:
    """What the bot sent, parsed and trimmed. Raises Refusal 400 for markup the server cannot parse."""
    match (parse_mode or "").lower():
        case "":
            return _trimmed(text, _in_bounds(text, entities or []))
        case "html":
            return _HtmlParser(text).parse()
        case _:
            raise bad_request("unsupported parse_mode")


def message_text(text: str, parse_mode: str | None, entities: list[dict[str, Any]] | None) -> RichText:
    rich = formatted(text, parse_mode, entities)
    if not rich.text:
        raise bad_request("message text is empty")
    if len(rich.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return rich


def caption_text(text: str, parse_mode: str | None, entities: list[dict[str, Any]] | None) -> RichText:
    rich = formatted(text, parse_mode, entities)
    if len(rich.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return rich


def _in_bounds(text: str, entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    end = units(text)
    for entity in entities:
        if entity["offset"] < 0 or entity["length"] <= 0 or entity["offset"] + entity["length"] > end:
            raise bad_request("ENTITY_BOUNDS_INVALID")
    return entities


def _trimmed(text: str, entities: list[dict[str, Any]]) -> RichText:
    lead = units(text) - units(text.lstrip())
    end = units(text.strip())
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] - lead + entity["length"], end)
        if stop > start:
            kept.append(entity | {"offset": start, "length": stop - start})
    return RichText(text.strip(), tuple(kept))


@dataclass(slots=True)
class _Open:
    tag: str
    offset: int
    attributes: dict[str, str]


@dataclass(slots=True)
class _HtmlParser:
    source: str
    plain: list[str] = field(default_factory=list)
    length: int = 0
    stack: list[_Open] = field(default_factory=list)
    entities: list[dict[str, Any]] = field(default_factory=list)

    def parse(self) -> RichText:
        at = 0
        while token := _TOKEN.search(self.source, at):
            self._add(self.source[at : token.start()])
            at = self._markup(token.start()) if token.group() == "<" else self._character(token)
        self._add(self.source[at:])
        if self.stack:
            raise self._error(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return _trimmed("".join(self.plain), self.entities)

    def _add(self, text: str) -> None:
        self.plain.append(text)
        self.length += units(text)

    def _character(self, token: re.Match[str]) -> int:
        self._add(html.unescape(token.group()))
        return token.end()

    def _markup(self, start: int) -> int:
        tag = _TAG.match(self.source, start)
        if tag is None:
            raise self._error(f"Unclosed start tag at byte offset {self._bytes(start)}")
        name = tag.group(2).lower()
        if tag.group(1):
            self._close(name, start)
        else:
            self._open(name, _attributes(tag.group(3)), start)
        return tag.end()

    def _open(self, name: str, attributes: dict[str, str], start: int) -> None:
        if name not in _SIMPLE_TAGS and name not in {"a", "span", "blockquote", "tg-emoji"}:
            raise self._error(f'Unsupported start tag "{name}" at byte offset {self._bytes(start)}')
        if name == "span" and attributes.get("class") != "tg-spoiler":
            where = f"at byte offset {self._bytes(start)}"
            raise self._error(f'Tag "span" must have class "tg-spoiler" {where}')
        self.stack.append(_Open(name, self.length, attributes))

    def _close(self, name: str, start: int) -> None:
        if not self.stack:
            raise self._error(f"Unexpected end tag at byte offset {self._bytes(start)}")
        opened = self.stack.pop()
        if name not in {"", opened.tag}:
            raise self._error(
                f"Unmatched end tag at byte offset {self._bytes(start)},"
                f' expected "</{opened.tag}>", found "</{name}>"'
            )
        if self.length > opened.offset:
            self.entities += self._entity(opened)

    def _entity(self, opened: _Open) -> list[dict[str, Any]]:
        span: dict[str, Any] = {"offset": opened.offset, "length": self.length - opened.offset}
        match opened.tag:
            case "a":
                return (
                    [span | {"type": "text_link", "url": url}]
                    if (url := opened.attributes.get("href"))
                    else []
                )
            case "span":
                return [span | {"type": "spoiler"}]
            case "blockquote":
                expandable = "expandable" in opened.attributes
                return [span | {"type": "expandable_blockquote" if expandable else "blockquote"}]
            case "tg-emoji":
                return [
                    span | {"type": "custom_emoji", "custom_emoji_id": opened.attributes.get("emoji-id", "")}
                ]
            case tag:
                return [span | {"type": _SIMPLE_TAGS[tag]}]

    def _bytes(self, index: int) -> int:
        return len(self.source[:index].encode())

    def _error(self, text: str) -> Refusal:
        return bad_request(f"can't parse entities: {text}")


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): html.unescape(value.strip("\"'")) for name, value in _ATTRIBUTE.findall(text)}
