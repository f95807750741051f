"""Making pixels into what gateways take: upright, in sRGB, bare of metadata, few enough bytes. All block."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import structlog
from PIL import Image, ImageCms

from bot.media.reading import LEAST_SIDE, Pixels

log = structlog.get_logger()

MOST_BYTES: Final = 10_000_000
_QUALITIES: Final = (92, 85, 75)
_MARGIN: Final = 0.95

_TURNS: Final[Mapping[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Finished:
    """An image file in memory."""

    data: bytes
    width: int
    height: int
    mime: str


def finish(pixels: Pixels) -> Finished:
    """A PNG where something is transparent, otherwise a JPEG; at most 10 MB.

    What would be larger is first made coarser and then smaller, keeping its shape.
    """
    image = _bare(_in_srgb(pixels.image, pixels.profile))
    if (turn := _TURNS.get(pixels.orientation)) is not None:
        image = image.transpose(turn)
    while True:
        data = b""
        for data in _encodings(image):
            if len(data) <= MOST_BYTES:
                mime = "image/png" if image.mode == "RGBA" else "image/jpeg"
                return Finished(data, image.width, image.height, mime)
        image = _smaller(image, len(data))


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB or RGBA, in the colours that every program assumes when none are named.

    A profile that is broken, or meant for another kind of image, is left aside.
    """
    if image.mode == "RGBa":
        image = image.convert("RGBA")
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if image.mode == "LAB":  # says by itself what its colours mean
        return _converted(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), mode)
    if profile:
        try:
            return _converted(image, ImageCms.ImageCmsProfile(BytesIO(profile)), mode)
        except Exception as error:  # noqa: BLE001 - a stranger's bytes again
            log.info("colour profile not usable", error=repr(error))
    return image.convert(mode)


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile, mode: str) -> Image.Image:
    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return ImageCms.buildTransform(source, target, image.mode, mode).apply(image)


def _bare(image: Image.Image) -> Image.Image:
    """Without whatever an encoder would write beside the pixels, and without an alpha that hides nothing."""
    image.info.clear()
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


def _encodings(image: Image.Image) -> Iterator[bytes]:
    """The image as a file, each one smaller than the one before."""
    if image.mode == "RGBA":
        yield _encoded(image, "PNG")
        return
    for quality in _QUALITIES:
        # Full resolution also for colours: lettering and drawings stay clean.
        yield _encoded(image, "JPEG", quality=quality, subsampling="4:4:4")


def _encoded(image: Image.Image, format_: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def _smaller(image: Image.Image, size: int) -> Image.Image:
    """Scaled so that `size` bytes become few enough; at the least side any image of allowed shape does."""
    scale = max(_MARGIN * math.sqrt(MOST_BYTES / size), LEAST_SIDE / min(image.size))
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
