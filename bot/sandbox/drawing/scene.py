"""The land and the sky of a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from bot.sandbox.drawing.canvas import Canvas, gradient, mix
from bot.sandbox.drawing.palette import WHITE
from bot.sandbox.drawing.reading import Place

if TYPE_CHECKING:
    import random

    from bot.sandbox.drawing.canvas import Colour, Pen, Point
    from bot.sandbox.drawing.palette import Palette
    from bot.sandbox.drawing.reading import Mood

_LAYERS = 5


def paint_land(mood: Mood, width: int, height: int, rng: random.Random) -> Canvas:
    """Sky, its light, and the place, filling a new canvas of exactly this size."""
    canvas = Canvas(gradient(mood.palette.sky, width, height))
    horizon = height * rng.uniform(0.56, 0.64)
    sun = (width * rng.uniform(0.18, 0.82), horizon - height * rng.uniform(0.12, 0.4))
    if mood.night:
        stars(canvas, horizon, rng)
    _sun_or_moon(canvas, mood, sun, rng)
    if not mood.night:
        _clouds(canvas, mood, horizon, rng)
    match mood.place:
        case Place.SEA:
            _sea(canvas, mood, horizon, sun, rng)
        case Place.CITY:
            _city(canvas, mood, horizon, rng)
        case Place.FOREST:
            _hills(canvas, mood, horizon, rng, trees=True)
        case Place.HILLS:
            _hills(canvas, mood, horizon, rng, trees=False)
    return canvas


def finish(canvas: Canvas, mood: Mood, rng: random.Random) -> None:
    """What lies over everything: falling snow, and a soft darkening towards the corners."""
    if mood.snow:
        snowfall(canvas, rng)
    vignette(canvas)


def vignette(canvas: Canvas) -> None:
    """A soft darkening towards the corners."""
    canvas.darken(Image.radial_gradient("L").point([255 - max(0, value - 110) // 3 for value in range(256)]))


def ground_colour(mood: Mood, depth: float) -> Colour:
    """Land at `depth`, 0 in the haze and 1 at our feet."""
    colour = mix(mood.palette.far, mood.palette.near, depth)
    if not mood.snow:
        return colour
    return mix(colour, mix(mood.palette.sky[-1], WHITE, 0.7), 0.55 if mood.night else 0.8)


def stars(canvas: Canvas, horizon: float, rng: random.Random) -> None:
    """A starry sky down to `horizon`, over whatever is there."""
    pen = ImageDraw.Draw(canvas.image)
    grain = canvas.unit / 900
    for _ in range(170):
        x, y = rng.uniform(0, canvas.width), horizon * rng.random() ** 1.3
        tint = mix(canvas.image.getpixel((int(x) % canvas.width, int(y))), WHITE, rng.uniform(0.3, 0.95))  # type: ignore[arg-type]
        reach = grain * rng.choice((0.5, 0.5, 0.8, 1.2))
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=tint)


def _sun_or_moon(canvas: Canvas, mood: Mood, centre: Point, rng: random.Random) -> None:
    radius = canvas.unit * rng.uniform(0.06, 0.1)
    if mood.night:
        moon(canvas, mood.palette, centre, radius)
    else:
        _shine(canvas, mood.palette.light, centre, radius)


def moon(canvas: Canvas, palette: Palette, centre: Point, radius: float) -> None:
    """A full moon with its glow and its spots."""
    _shine(canvas, palette.light, centre, radius)
    for dx, dy, size in ((-0.3, -0.25, 0.2), (0.28, 0.1, 0.26), (-0.1, 0.42, 0.15), (0.2, -0.5, 0.11)):
        spot = (centre[0] + dx * radius, centre[1] + dy * radius)
        canvas.ellipse(spot, radius * size, radius * size, mix(palette.light, palette.far, 0.35), 0.7)


def _shine(canvas: Canvas, light: Colour, centre: Point, radius: float) -> None:
    canvas.glow(centre, radius * 5.5, light, 0.5)
    canvas.glow(centre, radius * 2.2, light, 0.45)
    canvas.ellipse(centre, radius, radius, light)


def _clouds(canvas: Canvas, mood: Mood, horizon: float, rng: random.Random) -> None:
    tint = mix(mood.palette.sky[-1], WHITE, 0.55)
    for _ in range(rng.randint(2, 4)):
        x, y = rng.uniform(0, canvas.width), horizon * rng.uniform(0.12, 0.62)
        reach = canvas.unit * rng.uniform(0.1, 0.2)
        puffs = [(x + reach * rng.uniform(-0.7, 0.7), reach * rng.uniform(0.14, 0.3)) for _ in range(5)]

        def shape(
            pen: Pen, x: float = x, y: float = y, reach: float = reach, puffs: list[Point] = puffs
        ) -> None:
            for centre, size in puffs:
                pen.ellipse((centre, y), size)
            pen.ellipse((x, y + reach * 0.05), reach, reach * 0.12)
            pen.rectangle((x - reach * 1.2, y + reach * 0.1, x + reach * 1.2, y + reach), erase=True)

        canvas.paint((x - reach * 1.1, y - reach * 0.4, x + reach * 1.1, y + reach * 0.2), tint, shape, 0.62)


def _hills(canvas: Canvas, mood: Mood, horizon: float, rng: random.Random, *, trees: bool) -> None:
    haze = mood.palette.sky[-1]
    for layer in range(_LAYERS):
        depth = layer / (_LAYERS - 1)
        base = horizon + (canvas.height - horizon) * (depth**1.25) * 0.72
        roughness = canvas.unit * (0.11 - 0.05 * depth)
        ridge = _ridge(canvas.width, base, roughness, rng, jagged=layer < 2 and not trees)
        colour = ground_colour(mood, depth)
        if trees and layer:
            _pines(canvas, ridge, _pine_colour(mood, depth), canvas.unit * (0.06 + 0.13 * depth), rng)
        _land(canvas, ridge, colour, mix(colour, haze, 0.38 * (1 - depth)))


def _pine_colour(mood: Mood, depth: float) -> Colour:
    dark = mix(mood.palette.far, mix(mood.palette.near, (10, 34, 30), 0.4), depth)
    return mix(dark, WHITE, 0.12) if mood.snow else dark


def _land(canvas: Canvas, ridge: list[Point], upper: Colour, lower: Colour) -> None:
    bottom = canvas.height + 2.0
    outline = [(-2.0, bottom), *ridge, (canvas.width + 2.0, bottom)]
    top = min(y for _, y in ridge)
    canvas.paint((0, top, canvas.width, bottom), (upper, lower), lambda pen: pen.polygon(outline))


def _ridge(width: int, base: float, height: float, rng: random.Random, *, jagged: bool) -> list[Point]:
    waves = [
        (rng.uniform(0.6, 1.6) * 2**octave, rng.uniform(0, math.tau), 0.5**octave) for octave in range(4)
    ]
    points = []
    for step in range(121):
        x = step / 120
        if jagged:
            lift = sum(
                size * (1 - 2 * abs((x * rate * 1.4 + turn / math.tau) % 1 - 0.5) * 2)
                for rate, turn, size in waves
            )
        else:
            lift = sum(size * math.sin(x * rate * math.tau * 0.8 + turn) for rate, turn, size in waves[:3])
        points.append((-2 + x * (width + 4), base - lift * height * (0.75 if jagged else 0.55)))
    return points


def _pines(canvas: Canvas, ridge: list[Point], colour: Colour, size: float, rng: random.Random) -> None:
    trees = []
    for x, y in ridge:
        if rng.random() < 0.5:
            trees.append((x + rng.uniform(-4, 4), y + size * 0.12, size * rng.uniform(0.55, 1.1)))
    top = min(y for _, y in ridge) - size * 1.2
    bottom = max(y for _, y in ridge) + size * 0.2

    def shape(pen: Pen) -> None:
        for x, y, tall in trees:
            for tier in range(3):
                tip, wide = y - tall * (1 - tier * 0.24), tall * (0.13 + 0.055 * tier)
                foot = tip + tall * 0.46
                pen.polygon([(x, tip), (x + wide, foot), (x - wide, foot)])
            pen.rectangle((x - tall * 0.03, y - tall * 0.1, x + tall * 0.03, y))

    canvas.paint((0, top, canvas.width, bottom), colour, shape)


def _sea(canvas: Canvas, mood: Mood, horizon: float, sun: Point, rng: random.Random) -> None:
    far = _ridge(canvas.width, horizon - canvas.unit * 0.005, canvas.unit * 0.055, rng, jagged=True)
    _land(canvas, far, ground_colour(mood, 0.1), ground_colour(mood, 0.2))
    deep = mix(mood.palette.near, mood.palette.sky[0], 0.55)
    shallow = mix(mood.palette.sky[-2], mood.palette.sky[0], 0.25)
    bottom = canvas.height + 2.0
    canvas.paint(
        (0, horizon, canvas.width, bottom),
        (shallow, deep),
        lambda pen: pen.rectangle((-2, horizon, canvas.width + 2, bottom)),
    )
    _glints(canvas, mix(shallow, WHITE, 0.25), 0.35, (0.0, float(canvas.width)), horizon, 70, rng)
    spread = canvas.unit * 0.14
    _glints(canvas, mood.palette.light, 0.75, (sun[0] - spread, sun[0] + spread), horizon, 60, rng)


def _glints(
    canvas: Canvas,
    colour: Colour,
    opacity: float,
    across: tuple[float, float],
    horizon: float,
    count: int,
    rng: random.Random,
) -> None:
    depth = canvas.height - horizon
    marks = []
    for _ in range(count):
        near = rng.random() ** 1.6
        length = canvas.unit * (0.012 + 0.06 * near) * rng.uniform(0.5, 1.3)
        marks.append((rng.uniform(*across), horizon + depth * (0.01 + 0.97 * near), length, near))

    def shape(pen: Pen) -> None:
        for x, y, length, near in marks:
            pen.ellipse((x, y), length, canvas.unit * (0.0014 + 0.003 * near))

    reach = canvas.unit * 0.1
    canvas.paint((across[0] - reach, horizon, across[1] + reach, canvas.height), colour, shape, opacity)


def _city(canvas: Canvas, mood: Mood, horizon: float, rng: random.Random) -> None:
    for layer, depth in enumerate((0.12, 0.5, 0.92)):
        foot = horizon + (canvas.height - horizon) * (0.25 + 0.32 * layer)
        tall = canvas.unit * (0.34 - 0.03 * layer)
        colour = mix(mood.palette.far, mood.palette.near, depth)
        blocks = _blocks(canvas, foot, tall, rng)
        top = min(block[1] for block in blocks)

        def shape(pen: Pen, blocks: list[tuple[float, float, float, float]] = blocks) -> None:
            for block in blocks:
                pen.rectangle(block)

        below = mix(colour, mood.palette.sky[-1], 0.35 * (1 - depth))
        canvas.paint((0, top, canvas.width, canvas.height), (colour, below), shape)
        if depth > 0.3:
            _windows(canvas, blocks, mix(mood.palette.light, mood.palette.accent, 0.35), rng)
    street = canvas.height * 0.93
    ground = ground_colour(mood, 1)
    _land(canvas, [(-2.0, street), (canvas.width + 2.0, street)], ground, mix(ground, mood.palette.far, 0.2))


def _blocks(
    canvas: Canvas, foot: float, tall: float, rng: random.Random
) -> list[tuple[float, float, float, float]]:
    blocks = []
    x = -canvas.unit * rng.uniform(0.01, 0.06)
    while x < canvas.width:
        wide = canvas.unit * rng.uniform(0.06, 0.13)
        high = tall * rng.uniform(0.35, 1) ** 1.4
        blocks.append((x, foot - high, x + wide, float(canvas.height)))
        if rng.random() < 0.3:
            mast = x + wide / 2
            thin = canvas.unit * 0.004
            blocks.append((mast - thin, foot - high - tall * 0.18, mast + thin, foot - high))
        x += wide + canvas.unit * rng.choice((0, 0, 0.012, 0.03))
    return blocks


def _windows(
    canvas: Canvas, blocks: list[tuple[float, float, float, float]], colour: Colour, rng: random.Random
) -> None:
    pane, gap = canvas.unit * 0.009, canvas.unit * 0.021
    panes = []
    for left, top, right, bottom in blocks:
        if right - left < gap * 2:
            continue
        columns, rows = (
            int((right - left - pane) / gap),
            int((min(bottom, top + canvas.unit * 0.4) - top) / gap),
        )
        panes += [
            (left + gap * (column + 0.5), top + gap * (row + 0.6))
            for column in range(columns)
            for row in range(rows - 1)
            if rng.random() < 0.3
        ]

    def shape(pen: Pen) -> None:
        for x, y in panes:
            pen.rectangle((x, y, x + pane, y + pane * 1.25))

    top = min(block[1] for block in blocks)
    canvas.paint((0, top, canvas.width, canvas.height), colour, shape, 0.8)


def snowfall(canvas: Canvas, rng: random.Random) -> None:
    """Flakes everywhere."""
    flakes = [
        (
            rng.uniform(0, canvas.width),
            rng.uniform(0, canvas.height),
            canvas.unit * rng.uniform(0.001, 0.0045),
        )
        for _ in range(240)
    ]

    def shape(pen: Pen) -> None:
        for x, y, size in flakes:
            pen.ellipse((x, y), size)

    canvas.paint((0, 0, canvas.width, canvas.height), WHITE, shape, 0.85)
