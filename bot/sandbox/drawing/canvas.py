"""A picture under construction, with smooth edges.

Pillow's own polygons have hard, jagged edges. Here every shape is drawn as a mask at twice the size and
reduced, and only inside the box it occupies, which keeps a full scene quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Colour = tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels of the finished picture."""

_OVERSAMPLING = 2
_RIM = 178  # what Pillow's radial gradient holds in the middle of an edge; 255 is only in its corners


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour `share` (0 to 1) of the way from `first` to `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def gradient(stops: Sequence[Colour], width: int, height: int) -> Image.Image:
    """Evenly spaced colours from top to bottom."""
    column = Image.new("RGB", (1, len(stops)))
    column.putdata(list(stops))
    smooth = column.resize((1, 256), Image.Resampling.BICUBIC)
    return smooth.resize((width, height), Image.Resampling.BILINEAR)


class Pen:
    """Draws white on a mask, in coordinates of the finished picture; `erase` cuts holes."""

    def __init__(self, mask: Image.Image, left: int, top: int) -> None:
        self._draw = ImageDraw.Draw(mask)
        self._left = left
        self._top = top

    def polygon(self, points: Sequence[Point], *, erase: bool = False) -> None:
        self._draw.polygon([self._place(point) for point in points], fill=0 if erase else 255)

    def ellipse(self, centre: Point, rx: float, ry: float | None = None, *, erase: bool = False) -> None:
        ry = rx if ry is None else ry
        x, y = centre
        corners = [self._place((x - rx, y - ry)), self._place((x + rx, y + ry))]
        self._draw.ellipse(corners, fill=0 if erase else 255)

    def line(self, points: Sequence[Point], thickness: float) -> None:
        width = max(1, round(thickness * _OVERSAMPLING))
        self._draw.line([self._place(point) for point in points], fill=255, width=width, joint="curve")

    def rectangle(self, box: Box, *, erase: bool = False) -> None:
        left, top, right, bottom = box
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], erase=erase)

    def _place(self, point: Point) -> Point:
        return (point[0] - self._left) * _OVERSAMPLING, (point[1] - self._top) * _OVERSAMPLING


class Canvas:
    """An RGB picture and the few ways a scene puts paint on it."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.width, self.height = image.size
        self.unit = min(image.size)
        """The shorter side: what sizes of things are measured by, so that every shape of picture works."""

    def paint(
        self,
        box: Box,
        colour: Colour | tuple[Colour, Colour],
        shape: Callable[[Pen], None],
        opacity: float = 1,
    ) -> None:
        """Fill what `shape` draws inside `box`; two colours make a gradient from top to bottom."""
        left, top = max(0, int(box[0]) - 1), max(0, int(box[1]) - 1)
        right, bottom = min(self.width, int(box[2]) + 2), min(self.height, int(box[3]) + 2)
        if right <= left or bottom <= top:
            return
        size = (right - left, bottom - top)
        mask = Image.new("L", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
        shape(Pen(mask, left, top))
        mask = mask.reduce(_OVERSAMPLING)
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        self._lay(colour, (left, top), size, mask)

    def ellipse(self, centre: Point, rx: float, ry: float, colour: Colour, opacity: float = 1) -> None:
        box = (centre[0] - rx, centre[1] - ry, centre[0] + rx, centre[1] + ry)
        self.paint(box, colour, lambda pen: pen.ellipse(centre, rx, ry), opacity)

    def polygon(self, points: Sequence[Point], colour: Colour, opacity: float = 1) -> None:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        self.paint((min(xs), min(ys), max(xs), max(ys)), colour, lambda pen: pen.polygon(points), opacity)

    def glow(self, centre: Point, radius: float, colour: Colour, strength: float) -> None:
        """Light that fades out towards `radius`."""
        size = max(2, round(radius * 2))
        fade = [round(255 * strength * max(0, 1 - value / _RIM) ** 2) for value in range(256)]
        mask = Image.radial_gradient("L").point(fade).resize((size, size), Image.Resampling.BILINEAR)
        self.image.paste(colour, (round(centre[0] - radius), round(centre[1] - radius)), mask)

    def darken(self, shade: Image.Image) -> None:
        """Multiply by a grey picture of any size: the darker it is, the darker the result."""
        full = shade.resize(self.image.size, Image.Resampling.BILINEAR)
        self.image = ImageChops.multiply(self.image, Image.merge("RGB", (full, full, full)))

    def _lay(
        self,
        colour: Colour | tuple[Colour, Colour],
        corner: tuple[int, int],
        size: tuple[int, int],
        mask: Image.Image,
    ) -> None:
        match colour:
            case ((_, _, _) as upper, (_, _, _) as lower):
                self.image.paste(gradient((upper, lower), *size), corner, mask)
            case flat:
                self.image.paste(flat, (*corner, corner[0] + size[0], corner[1] + size[1]), mask)
