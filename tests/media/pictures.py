"""Image files as people hand them in, and what becomes of them."""

from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path

import pillow_heif
from PIL import Image, ImageDraw

from bot.domain.problems import Problem
from bot.media.finishing import finish
from bot.media.folder import FolderMedia
from bot.media.normalise import open_normaliser
from bot.media.reading import read
from bot.ports.media import Kept

pillow_heif.register_heif_opener()

QUADRANTS = ((250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0))
"""Colours of the quarters of `quartered`: top left, top right, bottom left, bottom right."""

SAVED_AS = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "WEBP": "WEBP",
    "GIF": "GIF",
    "BMP": "BMP",
    "TIFF": "TIFF",
    "HEIC": "HEIF",
    "AVIF": "AVIF",
}


def quartered(width: int = 600, height: int = 400) -> Image.Image:
    """A picture of which one can tell which side is up, and whether it is mirrored."""
    image = Image.new("RGB", (width, height), QUADRANTS[0])
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 2, 0, width, height // 2), QUADRANTS[1])
    draw.rectangle((0, height // 2, width // 2, height), QUADRANTS[2])
    draw.rectangle((width // 2, height // 2, width, height), QUADRANTS[3])
    return image


def quarters(image: Image.Image) -> tuple[tuple[int, int, int], ...]:
    """The colours in the middle of the quarters, as the nearest of QUADRANTS."""
    small = image.convert("RGB").resize((4, 4), Image.Resampling.BOX)
    return tuple(_nearest(small.getpixel(at)) for at in ((0, 0), (3, 0), (0, 3), (3, 3)))


def _nearest(colour: object) -> tuple[int, int, int]:
    assert isinstance(colour, tuple)
    return min(QUADRANTS, key=lambda one: sum(abs(a - b) for a, b in zip(one, colour, strict=True)))


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, SAVED_AS.get(format_, format_), **options)
    return file.getvalue()


def worked(data: bytes) -> Image.Image:
    """What is made of a file, read again. Raises Unusable."""
    return Image.open(BytesIO(finish(read(BytesIO(data))).data))


async def streamed(data: bytes, chunk: int = 65_536) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(data), chunk):
        yield data[start : start + chunk]


async def normalised(data: bytes, folder: Path, number: int = 1) -> Kept | Problem:
    with open_normaliser(FolderMedia(folder)) as normaliser:
        return await normaliser.normalise(streamed(data), number, "references/job/00")
