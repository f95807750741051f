"""Scaling a decoded image down without ever holding a second one of its size.

Pillow converts and filters whole images, each step making a new one: a photo of 64 million pixels would be
in memory three times. Here it is converted and narrowed band by band; lowering the narrow one then completes
what the filter itself does in the same two passes.
"""

from collections.abc import Callable
from typing import Final

from PIL import Image

_BAND: Final = 256

_Conversion = Callable[[Image.Image], Image.Image]


def narrowed(image: Image.Image, width: int) -> Image.Image:
    """A copy of `image`, only `width` wide but as high, in mode L, RGB, RGBa, CMYK or LAB, without metadata.

    Raises whatever Pillow raises about strange palettes and the like.
    """
    mode, convert = _conversion(image)
    narrow = Image.new(mode, (width, image.height))
    for top in range(0, image.height, _BAND):
        bottom = min(top + _BAND, image.height)
        band = convert(image.crop((0, top, image.width, bottom)))
        narrow.paste(band.resize((width, band.height), Image.Resampling.LANCZOS), (0, top))
    return narrow


def _conversion(image: Image.Image) -> tuple[str, _Conversion]:
    """The mode to work in and the way there, for one band."""
    match image.mode:
        case mode if mode.startswith("I;16"):
            return "L", _scaling(1 / 256, 0)
        case "I" | "F":
            return "L", _stretching(image)
        case "L" | "1" if not image.has_transparency_data:
            return "L", _converting("L")
        case "CMYK" | "LAB" as mode:
            return mode, _converting(mode)
        case "RGBa":
            return "RGBa", _converting("RGBa")
        case _ if image.has_transparency_data:
            # Colours weighed by their opacity: otherwise what nobody sees would bleed into what one sees.
            return "RGBa", _converting("RGBA", "RGBa")
    return "RGB", _converting("RGB")


def _converting(*modes: str) -> _Conversion:
    def convert(band: Image.Image) -> Image.Image:
        for mode in modes:
            band = band.convert(mode)
        return band

    return convert


def _scaling(factor: float, offset: float) -> _Conversion:
    def convert(band: Image.Image) -> Image.Image:
        wide = band if band.mode == "F" else band.convert("I")
        return wide.point(lambda value: value * factor + offset).convert("L")

    return convert


def _stretching(image: Image.Image) -> _Conversion:
    """Numbers without an agreed scale: the darkest becomes black and the lightest white."""
    low, high = image.getextrema()
    if not (isinstance(low, int | float) and isinstance(high, int | float)) or high <= low:
        return _scaling(0, 0)
    factor = 255 / (high - low)
    return _scaling(factor, -low * factor)
