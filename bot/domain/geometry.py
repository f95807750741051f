"""Pixel sizes and aspect ratios."""

import math
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


@dataclass(frozen=True, slots=True)
class SizeRange:
    """Freely chosen sizes: bounds for each side and for the area in pixels, sides a multiple of `step`."""

    min_side: int
    max_side: int
    step: int = 16
    min_area: int = 1
    max_area: int = 2**31

    def __contains__(self, size: object) -> bool:
        if not isinstance(size, Size):
            return False
        sides = all(
            self.min_side <= side <= self.max_side and side % self.step == 0
            for side in (size.width, size.height)
        )
        return sides and self.min_area <= size.area <= self.max_area

    def fit(self, aspect: Aspect) -> Size | None:
        """The largest size of nearly this ratio; None when no size within the bounds comes near it."""
        ratio = aspect.width / aspect.height
        width = min(self.max_side, self.max_side * ratio, math.sqrt(self.max_area * ratio))
        size = Size(*(int(side // self.step * self.step) for side in (width, width / ratio)))
        return size if size in self else None


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
