"""Words on a picture: the sandbox mark, the prompt's first words, a gateway's watermark, numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from bot.sandbox.drawing.canvas import Canvas

_MARK = "sandbox"
_WORDS = 7
_LETTERS = 44
# Looked up by file name in the system's font folders; none of them is needed.
_WIDE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "SourceHanSansCN-Regular.otf",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "msyh.ttc",
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_Place = Callable[[tuple[int, int]], tuple[int, int]]
"""Where a plate of that width and height goes: its upper left corner."""


def sign(canvas: Canvas, label: str | None) -> None:
    """Put the sandbox mark, and the first words of `label` where a font can show them, at the lower left."""
    words = _first_words(label or "")
    size = max(11, canvas.unit // 44)
    font = _font_for(words, size) if words else None
    text = f"{_MARK}  ·  {words}" if words and font else _MARK
    _plate(canvas, text, font or _plain(size), size, _corner(canvas, size))


def watermark(canvas: Canvas, text: str) -> None:
    """Put `text` visibly at the lower right, as gateways do; letters no font can show are left out."""
    size = max(13, canvas.unit // 30)
    shown = text if _font_for(text, size) else "".join(filter(str.isascii, text)).strip() or "AI"
    _plate(canvas, shown, _font_for(shown, size) or _plain(size), size, _corner(canvas, size, right=True))


def badge(canvas: Canvas, text: str, place: tuple[int, int], size: int) -> None:
    """Put a few letters of that size with their upper left corner at `place`."""
    _plate(canvas, text, _plain(size), size, lambda _: place)


def _plate(canvas: Canvas, text: str, font: Font, size: int, place: _Place) -> None:
    left, top, width, height = font.getbbox(text)
    room = (round(width - left) + size * 2, round(height - top) + size)
    plate = Image.new("L", room, 0)
    ImageDraw.Draw(plate).rounded_rectangle((0, 0, room[0] - 1, room[1] - 1), radius=size * 0.6, fill=150)
    letters = Image.new("L", room, 0)
    ImageDraw.Draw(letters).text((size - left, size // 2 - top), text, fill=235, font=font)
    corner = place(room)
    canvas.image.paste((12, 12, 24), corner, plate)
    canvas.image.paste((255, 255, 255), corner, letters)


def _corner(canvas: Canvas, size: int, *, right: bool = False) -> _Place:
    """The lower left or lower right corner, for letters of that size."""

    def place(room: tuple[int, int]) -> tuple[int, int]:
        x = canvas.width - room[0] - size // 2 if right else size // 2
        return x, canvas.height - room[1] - size // 2

    return place


def _first_words(label: str) -> str:
    words = " ".join(label.split()[:_WORDS])
    return words if len(words) <= _LETTERS else words[: _LETTERS - 1].rstrip() + "…"


def _font_for(text: str, size: int) -> Font | None:
    """A font that has every letter of `text`, or None: a row of empty boxes is worse than nothing."""
    if all(letter.isascii() or letter in "·…" for letter in text):
        return _plain(size)
    return _wide(size) if all(ord(letter) < 0x10000 for letter in text) else None


@lru_cache(maxsize=32)
def _plain(size: int) -> Font:
    return ImageFont.load_default(size)


@lru_cache(maxsize=32)
def _wide(size: int) -> Font | None:
    for name in _WIDE_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None
