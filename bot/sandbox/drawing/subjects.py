"""The one thing the eye should find: an animal, a boat, something in the air.

Each is drawn in a frame of its own: 0 to 1 from left to right, 0 at the top, 1 where it touches the ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.sandbox.drawing.canvas import mix
from bot.sandbox.drawing.palette import INK, WHITE
from bot.sandbox.drawing.reading import Place, Subject

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from bot.sandbox.drawing.canvas import Canvas, Colour, Point
    from bot.sandbox.drawing.reading import Mood

_FOX = (226, 108, 46)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where on the canvas the unit square of a subject lies, and whether it looks the other way."""

    canvas: Canvas
    left: float
    top: float
    size: float
    mirrored: bool

    def place(self, point: Point) -> Point:
        x = 1 - point[0] if self.mirrored else point[0]
        return self.left + x * self.size, self.top + point[1] * self.size

    def polygon(self, points: Sequence[Point], colour: Colour, opacity: float = 1) -> None:
        self.canvas.polygon([self.place(point) for point in points], colour, opacity)

    def curve(self, points: Sequence[Point], colour: Colour) -> None:
        """A closed, rounded outline near these corners."""
        self.polygon(_rounded(points), colour)

    def ellipse(self, centre: Point, rx: float, ry: float, colour: Colour, opacity: float = 1) -> None:
        self.canvas.ellipse(self.place(centre), rx * self.size, ry * self.size, colour, opacity)

    def line(self, points: Sequence[Point], thickness: float, colour: Colour) -> None:
        placed = [self.place(point) for point in points]
        xs, ys = [x for x, _ in placed], [y for _, y in placed]
        wide = thickness * self.size
        box = (min(xs) - wide, min(ys) - wide, max(xs) + wide, max(ys) + wide)
        self.canvas.paint(box, colour, lambda pen: pen.line(placed, wide))


def paint_subject(canvas: Canvas, mood: Mood, rng: random.Random) -> None:
    """Put the mood's subject where it belongs: on the ground, on the water, in the air."""
    size, height = _MEASURES[mood.subject]
    size *= canvas.unit * rng.uniform(0.92, 1.08)
    if mood.place is Place.SEA and mood.subject in (Subject.FOX, Subject.CAT, Subject.SPIRIT):
        height = 0.97
    left = canvas.width * rng.uniform(0.3, 0.7) - size / 2
    frame = _Frame(canvas, left, canvas.height * height - size, size, rng.random() < 0.5)
    if mood.subject in (Subject.FOX, Subject.CAT, Subject.SPIRIT):
        _rest(frame, mood)
    _PAINTERS[mood.subject](frame, mood, rng)


def _rest(frame: _Frame, mood: Mood) -> None:
    """A rock in the sea, a shadow anywhere else."""
    if mood.place is Place.SEA:
        rock = mix(mood.palette.near, INK, 0.3)
        frame.curve([(-0.2, 1.2), (-0.05, 0.97), (0.5, 0.92), (1.0, 0.98), (1.2, 1.2)], rock)
    else:
        frame.ellipse((0.5, 0.99), 0.46, 0.045, INK, 0.3)


def _fox(frame: _Frame, mood: Mood, rng: random.Random) -> None:
    del rng
    coat = mood.tint or mix(_FOX, mood.palette.accent, 0.12)
    dark, cream = mix(coat, INK, 0.55), mix(mood.palette.light, WHITE, 0.5)
    shade = mix(coat, INK, 0.18)
    frame.curve([(0.55, 0.98), (0.86, 1.02), (1.06, 0.84), (1.0, 0.5), (0.88, 0.62), (0.8, 0.84)], shade)
    frame.curve([(1.0, 0.46), (1.08, 0.62), (1.02, 0.74), (0.91, 0.68)], cream)
    frame.curve([(0.34, 0.46), (0.56, 0.42), (0.8, 0.78), (0.76, 1.02), (0.3, 1.02), (0.26, 0.7)], coat)
    frame.curve([(0.32, 0.5), (0.46, 0.52), (0.46, 0.8), (0.36, 0.86), (0.28, 0.7)], cream)
    for x in (0.31, 0.44):
        frame.polygon([(x - 0.04, 0.72), (x + 0.05, 0.72), (x + 0.035, 1.0), (x - 0.04, 1.0)], coat)
        frame.ellipse((x - 0.015, 0.985), 0.055, 0.026, dark)
    for ear in ([(0.12, 0.34), (0.16, 0.02), (0.36, 0.22)], [(0.4, 0.22), (0.58, 0.02), (0.6, 0.34)]):
        frame.polygon(ear, coat)
        cx, cy = sum(x for x, _ in ear) / 3, sum(y for _, y in ear) / 3
        frame.polygon([(cx + (x - cx) * 0.5, cy + (y - cy) * 0.55) for x, y in ear], dark)
    frame.curve(
        [(0.08, 0.34), (0.22, 0.18), (0.5, 0.18), (0.64, 0.34), (0.5, 0.5), (0.36, 0.58), (0.22, 0.5)], coat
    )
    frame.curve([(0.08, 0.36), (0.24, 0.4), (0.36, 0.6), (0.22, 0.52)], cream)
    frame.curve([(0.64, 0.36), (0.48, 0.4), (0.36, 0.6), (0.5, 0.52)], cream)
    _eyes(frame, ((0.25, 0.36), (0.47, 0.36)), 0.026)
    frame.ellipse((0.36, 0.545), 0.034, 0.026, INK)


def _cat(frame: _Frame, mood: Mood, rng: random.Random) -> None:
    coats = (mix(INK, mood.palette.near, 0.3), mood.palette.accent, mix(WHITE, mood.palette.light, 0.4))
    coat = mood.tint or rng.choice(coats)
    shade, pink = mix(coat, INK, 0.22), (238, 160, 160)
    tail = [(0.7, 0.93), (0.9, 0.96), (1.0, 0.84), (0.98, 0.66), (0.9, 0.56), (0.92, 0.46)]
    frame.line(_rounded(tail, closed=False), 0.075, shade)
    frame.curve([(0.34, 0.46), (0.56, 0.44), (0.78, 0.76), (0.76, 1.02), (0.28, 1.02), (0.26, 0.7)], coat)
    for x in (0.34, 0.46):
        frame.ellipse((x, 0.975), 0.065, 0.035, shade)
    for ear in ([(0.14, 0.32), (0.15, 0.06), (0.36, 0.2)], [(0.4, 0.2), (0.6, 0.06), (0.61, 0.32)]):
        frame.polygon(ear, coat)
        cx, cy = sum(x for x, _ in ear) / 3, sum(y for _, y in ear) / 3
        frame.polygon([(cx + (x - cx) * 0.5, cy + (y - cy) * 0.55) for x, y in ear], pink)
    frame.ellipse((0.375, 0.36), 0.26, 0.21, coat)
    for x in (0.27, 0.48):
        frame.ellipse((x, 0.35), 0.05, 0.055, (244, 211, 94))
        frame.ellipse((x, 0.35), 0.018, 0.048, INK)
        frame.ellipse((x + 0.014, 0.33), 0.011, 0.011, WHITE)
    frame.polygon([(0.35, 0.43), (0.4, 0.43), (0.375, 0.46)], pink)
    whiskers = mix(coat, WHITE, 0.75) if sum(coat) < 380 else mix(coat, INK, 0.6)
    for y, slope in ((0.44, -0.03), (0.47, 0.01)):
        frame.line([(0.29, y), (0.06, y + slope)], 0.007, whiskers)
        frame.line([(0.46, y), (0.69, y + slope)], 0.007, whiskers)


def _balloon(frame: _Frame, mood: Mood, rng: random.Random) -> None:
    del rng
    body, light = mood.palette.accent, mix(mood.palette.accent, WHITE, 0.72)
    for x in (0.4, 0.6):
        frame.line([(0.5 + (x - 0.5) * 2.4, 0.62), (x, 0.84)], 0.008, INK)
    outline = _balloon_outline(1)
    frame.polygon(outline, body)
    for inner, colour in ((0.72, light), (0.4, body), (0.13, light)):
        frame.polygon(_balloon_outline(inner), colour)
    frame.ellipse((0.36, 0.22), 0.07, 0.12, WHITE, 0.25)
    frame.polygon([(0.4, 0.84), (0.6, 0.84), (0.57, 0.98), (0.43, 0.98)], mix((150, 98, 56), INK, 0.15))
    frame.line([(0.39, 0.845), (0.61, 0.845)], 0.022, mix((150, 98, 56), WHITE, 0.2))


def _balloon_outline(width: float) -> list[Point]:
    round_top = [
        (0.5 - 0.38 * width * math.cos(turn), 0.36 - 0.36 * math.sin(turn))
        for turn in (math.pi * step / 24 for step in range(25))
    ]
    return [
        *round_top,
        (0.5 + 0.33 * width, 0.52),
        (0.5 + 0.16 * width, 0.72),
        (0.5 - 0.16 * width, 0.72),
        (0.5 - 0.33 * width, 0.52),
    ]


def _kite(frame: _Frame, mood: Mood, rng: random.Random) -> None:
    body = mood.palette.accent
    string = [(0.4, 0.6), (0.3, 0.95), (0.42, 1.35), (0.3, 1.9), (0.1, 2.3)]
    frame.line(_rounded(string, closed=False), 0.006, mix(WHITE, body, 0.2))
    top, right, bottom, left, middle = (0.62, 0.0), (0.95, 0.36), (0.36, 0.8), (0.22, 0.2), (0.53, 0.28)
    frame.polygon([top, right, middle], mix(body, WHITE, 0.25))
    frame.polygon([right, bottom, middle], mix(body, INK, 0.18))
    frame.polygon([bottom, left, middle], mix(body, WHITE, 0.1))
    frame.polygon([left, top, middle], mix(body, WHITE, 0.5))
    tail = [(0.36, 0.8), (0.3, 0.94), (0.4, 1.06), (0.3, 1.18), (0.38, 1.3)]
    frame.line(_rounded(tail, closed=False), 0.016, mix(body, WHITE, 0.4))
    for x, y in tail[1:]:
        lean = rng.uniform(-0.03, 0.03)
        frame.polygon([(x, y), (x - 0.07, y - 0.035 + lean), (x - 0.07, y + 0.035 + lean)], body)
        frame.polygon([(x, y), (x + 0.07, y - 0.035 - lean), (x + 0.07, y + 0.035 - lean)], body)


def _birds(frame: _Frame, mood: Mood, rng: random.Random) -> None:
    colour = mix(mood.palette.near, INK, 0.5) if not mood.night else mix(mood.palette.light, WHITE, 0.3)
    for rank in range(9):
        side = -1 if rank % 2 else 1
        row = (rank + 1) // 2
        x = 0.5 + side * row * 0.16 + rng.uniform(-0.02, 0.02)
        y = 0.15 + row * 0.12 + rng.uniform(-0.02, 0.02)
        wing, beat = 0.085 * (1.15 - 0.05 * row), rng.uniform(0.35, 0.8)
        left = _rounded([(x, y), (x - wing * 0.5, y - wing * beat), (x - wing, y - wing * 0.1)], closed=False)
        right = [(2 * x - px, py) for px, py in left]
        frame.polygon([*left, (x - wing * 0.45, y - wing * (beat - 0.25)), (x, y + wing * 0.2)], colour)
        frame.polygon([*right, (x + wing * 0.45, y - wing * (beat - 0.25)), (x, y + wing * 0.2)], colour)


def _boat(frame: _Frame, mood: Mood, rng: random.Random) -> None:
    del rng
    sail = mix(mood.palette.light, WHITE, 0.5)
    frame.ellipse((0.5, 1.0), 0.52, 0.03, mix(mood.palette.near, mood.palette.sky[0], 0.4), 0.6)
    frame.line([(0.5, 0.04), (0.5, 0.85)], 0.016, mix(INK, (120, 80, 50), 0.6))
    frame.curve(
        [(0.48, 0.08), (0.44, 0.45), (0.16, 0.76), (0.48, 0.76)], mix(sail, mood.palette.accent, 0.12)
    )
    frame.curve([(0.53, 0.02), (0.66, 0.4), (0.94, 0.76), (0.53, 0.78)], sail)
    frame.polygon([(0.5, 0.04), (0.66, 0.0), (0.5, -0.04)], mood.palette.accent)
    frame.polygon([(0.04, 0.82), (0.98, 0.82), (0.84, 0.99), (0.2, 0.99)], mood.palette.accent)
    frame.polygon(
        [(0.04, 0.82), (0.98, 0.82), (0.95, 0.86), (0.09, 0.86)], mix(mood.palette.accent, WHITE, 0.6)
    )


def _spirit(frame: _Frame, mood: Mood, rng: random.Random) -> None:
    coat = mix(mood.palette.accent, WHITE, 0.12)
    shade = mix(coat, INK, 0.3)
    horns = rng.randint(0, 2)
    if horns:
        tilt = rng.uniform(0.02, 0.12)
        for side in (-1, 1) if horns == 2 else (1,):
            root = 0.5 + side * 0.16
            frame.curve([(root - 0.07, 0.3), (root + side * tilt, 0.0), (root + 0.07, 0.3)], shade)
    wide = rng.uniform(0.3, 0.38)
    frame.curve(
        [
            (0.5 - wide * 0.8, 0.22),
            (0.5 + wide * 0.8, 0.22),
            (0.5 + wide, 0.7),
            (0.5 + wide * 0.9, 1.02),
            (0.5 - wide * 0.9, 1.02),
            (0.5 - wide, 0.7),
        ],
        coat,
    )
    frame.ellipse((0.5, 0.78), wide * 0.55, 0.19, mix(coat, WHITE, 0.4))
    gap = rng.uniform(0.1, 0.15)
    _eyes(frame, ((0.5 - gap, 0.42), (0.5 + gap, 0.42)), rng.uniform(0.035, 0.055))
    frame.line(_rounded([(0.44, 0.53), (0.5, 0.57), (0.56, 0.53)], closed=False), 0.018, INK)
    for side in (-1, 1):
        frame.ellipse((0.5 + side * gap * 1.7, 0.51), 0.035, 0.022, (255, 150, 150), 0.6)
        frame.ellipse((0.5 + side * 0.13, 0.985), 0.09, 0.03, shade)


def _eyes(frame: _Frame, centres: Sequence[Point], size: float) -> None:
    for x, y in centres:
        frame.ellipse((x, y), size, size * 1.15, INK)
        frame.ellipse((x + size * 0.3, y - size * 0.4), size * 0.35, size * 0.35, WHITE)


def _rounded(points: Sequence[Point], *, closed: bool = True) -> list[Point]:
    """Chaikin's corner cutting, three times: enough to look like a curve."""
    corners = list(points)
    for _ in range(3):
        ends = [*corners[1:], corners[0]] if closed else corners[1:]
        cut: list[Point] = []
        for (ax, ay), (bx, by) in zip(corners, ends, strict=False):
            cut.append((ax * 0.75 + bx * 0.25, ay * 0.75 + by * 0.25))
            cut.append((ax * 0.25 + bx * 0.75, ay * 0.25 + by * 0.75))
        corners = cut if closed else [corners[0], *cut, corners[-1]]
    return corners


_PAINTERS: dict[Subject, Callable[[_Frame, Mood, random.Random], None]] = {
    Subject.FOX: _fox,
    Subject.CAT: _cat,
    Subject.BALLOON: _balloon,
    Subject.KITE: _kite,
    Subject.BIRDS: _birds,
    Subject.BOAT: _boat,
    Subject.SPIRIT: _spirit,
}
# Size in shares of the shorter side; height of the foot in shares of the picture's height.
_MEASURES: dict[Subject, tuple[float, float]] = {
    Subject.FOX: (0.36, 0.92),
    Subject.CAT: (0.34, 0.92),
    Subject.BALLOON: (0.38, 0.58),
    Subject.KITE: (0.22, 0.36),
    Subject.BIRDS: (0.46, 0.5),
    Subject.BOAT: (0.36, 0.8),
    Subject.SPIRIT: (0.3, 0.92),
}
