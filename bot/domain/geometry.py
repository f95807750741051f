"""Pixel sizes and aspect ratios."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

# People type what their keyboard offers: x, X, the multiplication sign, an asterisk, a full-width colon.
_SIZE = re.compile(r"([0-9]{1,5})\s*[xX×✕*＊]\s*([0-9]{1,5})")
_ASPECT = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)\s*[:：/xX×]\s*([0-9]{1,4}(?:\.[0-9]{1,3})?)")


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `1024x768`, `1024*768` or `1024×768`; None when it is not a size."""
        found = _SIZE.fullmatch(text.strip())
        if not found:
            return None
        size = cls(int(found[1]), int(found[2]))
        return size if size.width and size.height else None

    @property
    def area(self) -> int:
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Aspect:
    """A wished ratio of width to height; both positive."""

    width: float
    height: float

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `16:9`, `16：9`, `16/9` or `2.35:1`; None when it is no ratio or beyond 1:100."""
        found = _ASPECT.fullmatch(text.strip())
        if not found:
            return None
        width, height = float(found[1]), float(found[2])
        if not width or not height or not 0.01 <= width / height <= 100:
            return None
        return cls(width, height)

    def __str__(self) -> str:
        return f"{self.width:g}:{self.height:g}"


def nearest(aspect: Aspect, sizes: Sequence[Size]) -> Size:
    """The size whose ratio is nearest to `aspect`; of equally near ones the one with more pixels.

    The distance is the factor between the ratios, so that 2:1 is as far from 1:1 as 1:2 is; it is computed
    exactly, so that equally near ones are seen to be so. Raises ValueError when `sizes` is empty.
    """
    wanted = Fraction(aspect.width) / Fraction(aspect.height)

    def distance(size: Size) -> tuple[Fraction, int]:
        factor = Fraction(size.width, size.height) / wanted
        return (max(factor, 1 / factor), -size.area)

    return min(sizes, key=distance)
