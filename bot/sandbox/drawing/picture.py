"""From a prompt, a seed and perhaps some images to the bytes of a picture.

Everything is derived from these and the size: the same give the same bytes, and another prompt gives
another picture.
"""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image

from bot.sandbox.drawing.canvas import Canvas
from bot.sandbox.drawing.editing import Change, breathe, inlay, keep_opaque, open_image, retouch
from bot.sandbox.drawing.lettering import sign
from bot.sandbox.drawing.lettering import watermark as stamp
from bot.sandbox.drawing.reading import read_mood
from bot.sandbox.drawing.scene import finish, paint_land
from bot.sandbox.drawing.subjects import paint_subject


class PictureFormat(StrEnum):
    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture somebody ordered and nobody has painted yet; `width` and `height` in pixels."""

    prompt: str
    seed: int
    width: int
    height: int
    format: PictureFormat = PictureFormat.PNG
    watermark: str | None = None
    images: tuple[bytes, ...] = ()
    """Image files to edit: the first is changed, the others are put into it in their order."""
    mask: bytes | None = None
    """An image file with the shape of the first one: only where it is transparent may anything change."""


Painter = Callable[[Drawing], bytes]
"""Turns an order into the bytes of its picture. Runs in a thread."""


def paint_scene(drawing: Drawing) -> bytes:
    """A small landscape, or the changed image; a quarter of a second of one core for the largest sizes."""
    if drawing.images:
        return encode(_edited(drawing, retouch), drawing.format)
    image = draw(
        drawing.prompt,
        drawing.seed,
        drawing.width,
        drawing.height,
        watermark=drawing.watermark,
        label=drawing.prompt,
    )
    return encode(image, drawing.format)


def paint_plain(drawing: Drawing) -> bytes:
    """One colour of the right size: for tests that need hundreds of pictures, not beauty.

    An edit is its images with that colour breathed over them.
    """
    red, green, blue = _digest(drawing.prompt, drawing.seed)[:3]
    if drawing.images:
        return encode(
            _edited(drawing, lambda canvas, *_: breathe(canvas, (red, green, blue))), drawing.format
        )
    canvas = Canvas(Image.new("RGB", (drawing.width, drawing.height), (red, green, blue)))
    if drawing.watermark:
        stamp(canvas, drawing.watermark)
    return encode(canvas.image, drawing.format)


def draw(
    prompt: str, seed: int, width: int, height: int, *, watermark: str | None = None, label: str | None = None
) -> Image.Image:
    """Paint the scene of `prompt`, exactly `width` x `height` pixels, RGB.

    `watermark` is stamped visibly at the lower right; the first words of `label` stand beside the sandbox
    mark at the lower left when a font can show them. Blocking: call it in a thread.
    """
    rng = random.Random(_digest(prompt, seed))
    mood = read_mood(prompt, rng)
    canvas = paint_land(mood, width, height, rng)
    paint_subject(canvas, mood, rng)
    finish(canvas, mood, rng)
    sign(canvas, label)
    if watermark:
        stamp(canvas, watermark)
    return canvas.image


def encode(image: Image.Image, picture_format: PictureFormat) -> bytes:
    """The file's bytes: quick rather than small."""
    target = io.BytesIO()
    match picture_format:
        case PictureFormat.PNG:
            image.save(target, "PNG", compress_level=1)
        case PictureFormat.JPEG:
            image.save(target, "JPEG", quality=88)
        case PictureFormat.WEBP:
            image.save(target, "WEBP", quality=85, method=0)
    return target.getvalue()


def _edited(drawing: Drawing, change: Change) -> Image.Image:
    size = (drawing.width, drawing.height)
    original = open_image(drawing.images[0], size)
    canvas = Canvas(original.copy())
    change(canvas, drawing.prompt, random.Random(_digest(drawing.prompt, drawing.seed)))
    inlay(canvas, drawing.images[1:])
    sign(canvas, drawing.prompt)
    if drawing.watermark:
        stamp(canvas, drawing.watermark)
    return keep_opaque(original, canvas.image, drawing.mask) if drawing.mask else canvas.image


def _digest(prompt: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\n{prompt}".encode("utf-8", "surrogatepass")).digest()
