"""Telling a finished picture from anything else, by its bytes and without decoding its pixels."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

_MAX_SIDE: Final = 8192
_MAX_PIXELS: Final = 50_000_000
_FORMATS: Final = ("PNG", "JPEG", "WEBP")
# MPO is what Pillow calls a JPEG that carries a second picture, such as a preview.
_MIME: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
_JPEG_TAIL: Final = 4096
_JPEG_END: Final = b"\xff\xd9"


class NotAnImage(Exception):
    """These bytes are no picture we hand on."""


class Incomplete(NotAnImage):
    """The beginning of a picture, whose rest is missing or damaged."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a picture file is; `bytes` is its length."""

    width: int
    height: int
    bytes: int
    mime: str


def inspect(path: Path) -> Facts:
    """The facts of a whole PNG, JPEG or WEBP file of bearable dimensions. Blocks.

    Raises NotAnImage, and Incomplete when only a part of the picture is there.
    """
    _check_riff_length(path)
    try:
        with Image.open(path, formats=_FORMATS) as image:
            mime = _MIME[image.format or ""]
            width, height = image.size
            _check_dimensions(width, height)
            if mime == "image/png":
                _check_chunks(image)
            elif mime == "image/jpeg":
                _check_jpeg_end(path)
    except NotAnImage:
        raise
    except Exception as error:  # hostile bytes make Pillow's parsers raise nearly anything
        raise NotAnImage(f"{type(error).__name__}: {error}") from error
    return Facts(width, height, path.stat().st_size, mime)


def _check_dimensions(width: int, height: int) -> None:
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE and width * height <= _MAX_PIXELS):
        raise NotAnImage(f"{width}x{height} pixels")


def _check_chunks(image: Image.Image) -> None:
    """Walk all chunks of a PNG to the last and compare their checksums."""
    try:
        image.verify()
    except Exception as error:
        raise Incomplete(f"{type(error).__name__}: {error}") from error


def _check_jpeg_end(path: Path) -> None:
    """Inside the compressed data the end mark cannot occur; some encoders pad behind it."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _JPEG_TAIL))
        if _JPEG_END not in file.read():
            raise Incomplete("no end of image")


def _check_riff_length(path: Path) -> None:
    """Whether a WEBP file is as long as it announces. Asked first: Pillow cannot open a part of one."""
    with path.open("rb") as file:
        head = file.read(12)
    if len(head) == 12 and head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        (length,) = struct.unpack_from("<I", head, 4)
        if path.stat().st_size < length + 8:
            raise Incomplete(f"less than the {length} bytes announced")
