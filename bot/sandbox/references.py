"""Images that come with a request: what they really are, and whether a gateway takes them."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageOps

_MEGAPIXELS = 64_000_000  # nobody's limit, but more is not decoded here
_STEP = 16
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class Flaw(StrEnum):
    """What is wrong with an image."""

    UNREACHABLE = "unreachable"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    WRONG_SIDES = "wrong_sides"


class BadImage(Exception):
    """An image that is not taken."""

    def __init__(self, flaw: Flaw, message: str) -> None:
        super().__init__(message)
        self.flaw = flaw
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a gateway takes. `sides` are pixels, smallest and largest; `bytes` the size of the file."""

    formats: frozenset[str]
    """Pillow's names."""
    bytes: int
    sides: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A good image; width and height as it is looked at."""

    data: bytes
    format: str
    width: int
    height: int
    alpha: bool

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


async def look_at(data: bytes, limits: Limits) -> Reference:
    """The image in `data`, decoded once to be sure. Raises BadImage."""
    if len(data) > limits.bytes:
        raise BadImage(Flaw.TOO_LARGE, f"an image may have {limits.bytes} bytes, this one has {len(data)}")
    return await asyncio.to_thread(_decode, data, limits)


def sized_like(reference: Reference, area: int, low: int, high: int) -> tuple[int, int]:
    """About `area` pixels in the image's shape, sides from `low` to `high` and multiples of 16."""
    scale = (area / (reference.width * reference.height)) ** 0.5
    width, height = (min(high, max(low, round(side * scale / _STEP) * _STEP)) for side in reference.size)
    return width, height


def _decode(data: bytes, limits: Limits) -> Reference:
    try:
        with Image.open(io.BytesIO(data)) as image:
            _check(image, limits)
            image.load()
            alpha = "A" in image.getbands() or "transparency" in image.info
            width, height = ImageOps.exif_transpose(image).size
            return Reference(data, str(image.format), width, height, alpha)
    except _UNREADABLE as error:
        raise BadImage(Flaw.WRONG_TYPE, "the file is no image or is damaged") from error


def _check(image: Image.Image, limits: Limits) -> None:
    if image.format not in limits.formats:
        known = ", ".join(sorted(limits.formats))
        raise BadImage(Flaw.WRONG_TYPE, f"the format must be one of {known}, not {image.format}")
    if limits.sides is not None and not all(
        limits.sides[0] <= side <= limits.sides[1] for side in image.size
    ):
        low, high = limits.sides
        text = f"width and height must be {low} to {high} pixels, not {image.width}x{image.height}"
        raise BadImage(Flaw.WRONG_SIDES, text)
    if image.width * image.height > _MEGAPIXELS:
        raise BadImage(Flaw.WRONG_SIDES, f"{image.width}x{image.height} are too many pixels")
