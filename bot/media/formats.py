"""Which image files people may hand in, told by their first bytes and never by a name.

Each kind of file goes to the one decoder that is meant for it: what a file begins with decides, so a file
that is two things at once is only ever read as the first, and nothing else of it is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Final

from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

HEAD: Final = 64
"""How many first bytes `format_of` wants to see."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of image file. `megapixels` is the most we decode of it.

    The limits differ because the decoders do: at its limit, none needs much more than 500 MB for a moment.
    `sequence` marks files that say of themselves that they are films.
    """

    name: str
    opener: Callable[[IO[bytes]], ImageFile]
    megapixels: int
    sequence: bool = False


_JPEG: Final = Format("JPEG", JpegImageFile, 64)
_PNG: Final = Format("PNG", PngImageFile, 64)
_WEBP: Final = Format("WEBP", WebPImageFile, 24)
_GIF: Final = Format("GIF", GifImageFile, 64)
_BMP: Final = Format("BMP", BmpImageFile, 64)
_TIFF: Final = Format("TIFF", TiffImageFile, 40)
_HEIC: Final = Format("HEIC", HeifImageFile, 50)
_HEIC_SEQUENCE: Final = Format("HEIC", HeifImageFile, 50, sequence=True)
_AVIF: Final = Format("AVIF", AvifImageFile, 32)

FORMATS: Final = ", ".join(format_.name for format_ in (_JPEG, _PNG, _WEBP, _GIF, _BMP, _TIFF, _HEIC, _AVIF))
"""The names, for people."""

_BEGINNINGS: Final[Mapping[bytes, Format]] = {
    b"\xff\xd8\xff": _JPEG,
    b"\x89PNG\r\n\x1a\n": _PNG,
    b"GIF87a": _GIF,
    b"GIF89a": _GIF,
    b"II*\0": _TIFF,
    b"MM\0*": _TIFF,
    b"II+\0": _TIFF,
    b"MM\0+": _TIFF,
}

# The sizes of the header that follows the file header, one per version of the format.
_BMP_HEADERS: Final = frozenset({12, 40, 52, 56, 64, 108, 124})

_BRANDS: Final[Mapping[bytes, Format]] = {
    b"avif": _AVIF,
    b"avis": _AVIF,
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis"), _HEIC),
    **dict.fromkeys((b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"), _HEIC_SEQUENCE),
}


def format_of(head: bytes) -> Format | None:
    """What a file is that begins with `head`, or None when it is no image we take."""
    for beginning, format_ in _BEGINNINGS.items():
        if head.startswith(beginning):
            return format_
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _WEBP
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return _BMP
    return _by_brand(head) if head[4:8] == b"ftyp" else None


def _by_brand(head: bytes) -> Format | None:
    """A file of the ISO family: films, sound and images share it, and a brand tells them apart."""
    brand = head[8:12]
    if brand != b"mif1":  # "some image", whose coding is one of the brands it is compatible with
        return _BRANDS.get(brand)
    compatible = head[16 : int.from_bytes(head[:4], "big")]
    brands = {compatible[at : at + 4] for at in range(0, len(compatible), 4)}
    return _AVIF if b"avif" in brands else _HEIC
