"""The colours a scene is painted with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import ImageColor

if TYPE_CHECKING:
    from bot.sandbox.drawing.canvas import Colour


@dataclass(frozen=True, slots=True)
class Palette:
    sky: tuple[Colour, ...]
    """From the zenith down to the horizon."""
    light: Colour
    """The sun, the moon, and everything they touch."""
    far: Colour
    """Land in the haze."""
    near: Colour
    """Land at our feet."""
    accent: Colour
    """What the eye should find first."""

    def with_accent(self, accent: Colour) -> Palette:
        return replace(self, accent=accent)


def _colour(code: str) -> Colour:
    red, green, blue = ImageColor.getrgb(code)[:3]
    return red, green, blue


def _palette(sky: str, light: str, far: str, near: str, accent: str) -> Palette:
    stops = tuple(_colour(code) for code in sky.split())
    return Palette(stops, _colour(light), _colour(far), _colour(near), _colour(accent))


NIGHT = _palette("#050a24 #0e1b4d #29407f #6a7fb5", "#f6f1dc", "#4a639c", "#0a1030", "#f6c453")

DAYLIGHT = (
    _palette("#2b3a67 #8c5a86 #ef8d7c #ffd9a8", "#fff3cf", "#d3939b", "#2b2746", "#ff9f5a"),
    _palette("#2f7fc8 #63aee0 #a9d8f0 #eef8f3", "#fffbe2", "#a3cbd6", "#235c4a", "#f2545b"),
    _palette("#241a4a #6d3475 #d6606d #ffb26b", "#ffe1a8", "#b4647f", "#1c1438", "#ffc857"),
    _palette("#4f5bd5 #9b8cf0 #e6b8e6 #ffe3e6", "#fff6ea", "#bfa6dc", "#37315f", "#ffd166"),
    _palette("#2f6f73 #6fb09c #bcdcae #f8f2c9", "#fffbe0", "#9cc7a6", "#123b34", "#ef6f4f"),
    _palette("#a63d40 #e07a52 #f3b562 #ffe8b0", "#fffae0", "#e2a273", "#4a2430", "#2a9d8f"),
)

COLOURS = (
    (("red", "scarlet", "红"), _colour("#e63946")),
    (("orange", "橙"), _colour("#f4812f")),
    (("yellow", "gold", "golden", "黄", "金"), _colour("#f7c43c")),
    (("green", "绿"), _colour("#3fa66b")),
    (("blue", "蓝"), _colour("#3a86e0")),
    (("purple", "violet", "紫"), _colour("#8e5bd0")),
    (("pink", "粉"), _colour("#f08bb4")),
    (("white", "白"), _colour("#f7f5ef")),
    (("black", "黑"), _colour("#24222c")),
)
"""Colour words of a prompt, English and Chinese, and what they are painted with."""

WHITE: Colour = (255, 255, 255)
INK: Colour = (22, 18, 32)
