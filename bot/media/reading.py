"""Reading an image that a stranger made: everything is checked before it is decoded, and decoded only once.

All functions block.
"""

import threading
from contextlib import nullcontext
from dataclasses import dataclass
from typing import IO, Final

import structlog
from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH, TiffImageFile

from bot.domain.problems import Argument, Key
from bot.media.formats import FORMATS, HEAD, Format, format_of
from bot.media.shrinking import narrowed

log = structlog.get_logger()

LEAST_SIDE: Final = 384
MOST_SIDE: Final = 3072
_MILLION: Final = 1_000_000
_LARGE: Final = 16 * _MILLION
_MOST_SCANS: Final = 500
"""Each scan of a progressive JPEG is a walk over all its pixels and costs a stranger a few bytes. Cameras
make about ten; bytes that look like the start of one also occur in what some phones append to a photo."""

_one_large = threading.Lock()


class Unusable(Exception):
    """This image cannot be worked with: the key of the problem, and what is told besides the number."""

    def __init__(self, key: Key, **args: Argument) -> None:
        super().__init__(key.value)
        self.key = key
        self.args_told = args


@dataclass(frozen=True, slots=True)
class Pixels:
    """A decoded image, scaled down where it was too large and not yet turned upright.

    The mode is L, RGB, RGBa, CMYK or LAB. `profile` says what its colours mean, `orientation` is as in EXIF.
    """

    image: Image.Image
    profile: bytes | None
    orientation: int


def read(file: IO[bytes]) -> Pixels:
    """The one still image in `file`, scaled to at most 3072 pixels a side.

    Large images are decoded one after another, also when several threads want to. May close `file`. Raises
    Unusable.
    """
    file.seek(0)
    format_ = format_of(file.read(HEAD))
    if format_ is None:
        raise Unusable(Key.REFERENCE_NOT_AN_IMAGE, formats=FORMATS)
    try:
        if format_.name == "JPEG":
            _check_scans(file)
        image = _open(file, format_)
        _check_size(image)
        with _one_large if _pixels(image) > _LARGE else nullcontext():
            return _decoded(image)
    except Unusable:
        raise
    except Exception as error:  # hostile bytes make decoders raise nearly anything
        log.info("image cannot be read", format=format_.name, error=repr(error))
        raise Unusable(Key.REFERENCE_BROKEN) from error


def fitted(width: int, height: int) -> tuple[int, int]:
    """The largest size of the same shape that is allowed, and never larger than the image is.

    Raises Unusable when one side would be too short.
    """
    scale = min(1.0, MOST_SIDE / max(width, height))
    size = round(width * scale), round(height * scale)
    if min(size) < LEAST_SIDE:
        raise Unusable(Key.REFERENCE_TOO_LONG, width=width, height=height)
    return size


def _open(file: IO[bytes], format_: Format) -> ImageFile:
    """The image behind its header, not decoded; known to be a still one and not too large to decode."""
    if format_.sequence:
        raise Unusable(Key.REFERENCE_ANIMATED)
    file.seek(0)
    try:
        image = format_.opener(file)
    except Image.DecompressionBombError:
        raise Unusable(Key.REFERENCE_TOO_MANY_PIXELS, limit=format_.megapixels) from None
    if _pixels(image) > format_.megapixels * _MILLION:
        raise Unusable(Key.REFERENCE_TOO_MANY_PIXELS, limit=format_.megapixels)
    # A HEIC file may hold several pictures and names one to show; that is an album and not a film.
    if format_.name != "HEIC" and getattr(image, "is_animated", False):
        raise Unusable(Key.REFERENCE_ANIMATED)
    return image


def _pixels(image: ImageFile) -> int:
    """How many pixels must be decoded: of a TIFF file made of tiles at least a tile, however large."""
    width, height = image.size
    if not isinstance(image, TiffImageFile):
        return width * height
    tile = int(image.tag_v2.get(TILEWIDTH, 0)) * int(image.tag_v2.get(TILELENGTH, 0))
    return max(width * height, tile)


def _check_scans(file: IO[bytes]) -> None:
    file.seek(0)
    if file.read().count(b"\xff\xda") > _MOST_SCANS:
        raise Unusable(Key.REFERENCE_BROKEN)


def _check_size(image: ImageFile) -> None:
    """Told as people see the image, which may be lying on its side in the file."""
    width, height = image.size
    # The TIFF decoder turns by itself and tells the size that comes of it.
    if _orientation(image) > 4 and not isinstance(image, TiffImageFile):
        width, height = height, width
    if min(width, height) < LEAST_SIDE:
        raise Unusable(Key.REFERENCE_TOO_SMALL, width=width, height=height, limit=LEAST_SIDE)
    fitted(width, height)


def _decoded(image: ImageFile) -> Pixels:
    if isinstance(image, JpegImageFile):
        image.draft(None, fitted(*image.size))  # decodes to a half, quarter or eighth where that is enough
    image.load()
    # Asked for after decoding: decoders that turn by themselves have noted it by now.
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    size = fitted(*image.size)
    narrow = narrowed(image, size[0])
    image.close()  # gives its memory back before more is needed
    return Pixels(narrow.resize(size, Image.Resampling.LANCZOS), profile, orientation)


def _orientation(image: ImageFile) -> int:
    """EXIF's word on which side is up; broken metadata is no reason to refuse a good picture."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - parsers of strange bytes raise nearly anything
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
