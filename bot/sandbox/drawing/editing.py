"""Changing an image instead of painting one: a new light, weather, somebody who walks in, other images."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageOps

from bot.sandbox.drawing.canvas import Canvas, gradient
from bot.sandbox.drawing.lettering import badge
from bot.sandbox.drawing.palette import DAYLIGHT, NIGHT, WHITE
from bot.sandbox.drawing.reading import Mood, Place, Wish, read_wish
from bot.sandbox.drawing.scene import moon, snowfall, stars, vignette
from bot.sandbox.drawing.subjects import paint_subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.drawing.canvas import Colour, Pen

Change = Callable[[Canvas, str, random.Random], None]
"""What a prompt does to an image that already fills the canvas."""

_MOONLIGHT = (78, 92, 168)
_SUNSET = DAYLIGHT[2].sky
_RAIN_DROPS = 260
_INLAY = 0.3  # of the shorter side, if there is room


def open_image(data: bytes, size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """The image upright, filling `size`: scaled as little as possible, cut evenly, the same if it fits.

    OSError for what is no image.
    """
    with Image.open(io.BytesIO(data)) as opened:
        upright = ImageOps.exif_transpose(opened).convert(mode)
    return ImageOps.fit(upright, size, Image.Resampling.BICUBIC)


def retouch(canvas: Canvas, prompt: str, rng: random.Random) -> None:
    """Change the image as far as a few known words ask for; unknown words change the light a little."""
    wish = read_wish(prompt)
    _relight(canvas, wish, rng)
    if wish.night:
        stars(canvas, canvas.height * 0.55, rng)
        place = (canvas.width * rng.uniform(0.15, 0.85), canvas.height * rng.uniform(0.12, 0.25))
        moon(canvas, NIGHT, place, canvas.unit * 0.07)
    if wish.subject is not None:
        palette = NIGHT if wish.night else rng.choice(DAYLIGHT)
        palette = palette.with_accent(wish.tint) if wish.tint else palette
        ground = Place.HILLS  # the only place where nobody stands on a rock
        paint_subject(canvas, Mood(ground, wish.subject, palette, wish.tint, wish.night, wish.snow), rng)
    if wish.snow:
        snowfall(canvas, rng)
    if wish.rain:
        _rainfall(canvas, rng)
    vignette(canvas)


def breathe(canvas: Canvas, colour: Colour) -> None:
    """Lay a thin veil of one colour over everything."""
    canvas.image = Image.blend(canvas.image, Image.new("RGB", canvas.image.size, colour), 0.3)


def inlay(canvas: Canvas, images: Sequence[bytes]) -> None:
    """Put further images into the picture, side by side in their order, numbered from 2."""
    if not images:
        return
    margin = max(2, canvas.unit // 40)
    side = min(round(canvas.unit * _INLAY), (canvas.width - margin) // len(images) - margin)
    side = max(side, 4)
    frame = max(1, side // 24)
    top = canvas.height - side - margin - canvas.unit // 16
    for index, data in enumerate(images):
        left = margin + index * (side + margin)
        canvas.image.paste(WHITE, (left, top, left + side, top + side))
        inner = open_image(data, (max(1, side - 2 * frame), max(1, side - 2 * frame)))
        canvas.image.paste(inner, (left + frame, top + frame))
        if side >= 48:
            badge(canvas, str(index + 2), (left + 2 * frame, top + 2 * frame), max(10, side // 9))


def keep_opaque(original: Image.Image, changed: Image.Image, mask: bytes) -> Image.Image:
    """`changed` where the mask is fully transparent, `original` everywhere else."""
    alpha = open_image(mask, original.size, "RGBA").getchannel("A")
    return Image.composite(changed, original, alpha.point([255] + [0] * 255))


def _relight(canvas: Canvas, wish: Wish, rng: random.Random) -> None:
    image, size = canvas.image, canvas.image.size
    if wish.grey:
        image = ImageOps.autocontrast(ImageOps.grayscale(image)).convert("RGB")
    elif wish.tint is not None:
        image = ImageChops.soft_light(image, Image.new("RGB", size, wish.tint))
    if wish.dusk:
        glow = gradient(_SUNSET, *size)
        image = Image.blend(ImageChops.soft_light(image, glow), glow, 0.4)
    if wish.snow:
        image = Image.blend(image, Image.new("RGB", size, WHITE), 0.25)
    if wish.rain:
        image = Image.blend(image, Image.new("RGB", size, (96, 108, 122)), 0.35)
    if wish.night:
        image = ImageChops.multiply(image, Image.new("RGB", size, _MOONLIGHT))
    if image is canvas.image:
        image = ImageChops.soft_light(image, gradient(rng.choice(DAYLIGHT).sky, *size))
    canvas.image = image


def _rainfall(canvas: Canvas, rng: random.Random) -> None:
    fall = canvas.unit * 0.05
    drops = [(rng.uniform(0, canvas.width), rng.uniform(-fall, canvas.height)) for _ in range(_RAIN_DROPS)]

    def shape(pen: Pen) -> None:
        for x, y in drops:
            pen.line([(x, y), (x - fall * 0.25, y + fall)], canvas.unit * 0.0022)

    canvas.paint((0, 0, canvas.width, canvas.height), (210, 222, 236), shape, 0.6)
