"""What a prompt asks for, as far as a few known words tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from bot.sandbox.drawing.palette import COLOURS, DAYLIGHT, NIGHT, Palette

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

    from bot.sandbox.drawing.canvas import Colour


class Place(StrEnum):
    HILLS = "hills"
    SEA = "sea"
    CITY = "city"
    FOREST = "forest"


class Subject(StrEnum):
    FOX = "fox"
    CAT = "cat"
    BALLOON = "balloon"
    KITE = "kite"
    BIRDS = "birds"
    BOAT = "boat"
    SPIRIT = "spirit"
    """A small friendly being, for everything the words do not name."""


@dataclass(frozen=True, slots=True)
class Mood:
    """Everything that is decided before the first brush stroke."""

    place: Place
    subject: Subject
    palette: Palette
    tint: Colour | None
    """A colour the prompt names; the palette's accent is already that colour."""
    night: bool
    snow: bool


_PLACES: Mapping[Place, tuple[str, ...]] = {
    Place.SEA: ("sea", "ocean", "beach", "lake", "harbour", "harbor", "island", "海", "湖"),
    Place.CITY: ("city", "town", "street", "skyline", "城", "街"),
    Place.FOREST: ("forest", "wood", "woods", "tree", "trees", "jungle", "森", "林", "树"),
    Place.HILLS: ("hill", "hills", "mountain", "mountains", "valley", "desert", "山", "谷"),
}
_SUBJECTS: Mapping[Subject, tuple[str, ...]] = {
    Subject.FOX: ("fox", "foxes", "狐"),
    Subject.CAT: ("cat", "cats", "kitten", "猫"),
    Subject.BALLOON: ("balloon", "balloons", "气球"),
    Subject.KITE: ("kite", "kites", "风筝"),
    Subject.BIRDS: ("bird", "birds", "crane", "gull", "鸟", "鹤"),
    Subject.BOAT: ("boat", "ship", "sail", "船", "帆"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the words of a prompt ask for, and nothing that they leave open."""

    place: Place | None
    subject: Subject | None
    tint: Colour | None
    night: bool
    snow: bool
    rain: bool
    dusk: bool
    grey: bool


_NIGHT = ("night", "midnight", "moon", "stars", "dark", "夜", "月", "星")
_SNOW = ("snow", "snowy", "winter", "ice", "雪", "冬", "冰")
_RAIN = ("rain", "rainy", "storm", "雨")
_DUSK = ("sunset", "dusk", "evening", "sunrise", "dawn", "黄昏", "日落", "日出", "夕阳")
_GREY = ("monochrome", "greyscale", "grayscale", "sketch", "noir", "黑白", "素描")
_BLACK_AND_WHITE = "black and white"
_AIRBORNE_OR_ODD = (Subject.BALLOON, Subject.KITE, Subject.BIRDS, Subject.SPIRIT, Subject.SPIRIT)

_Key = TypeVar("_Key")


def read_wish(prompt: str) -> Wish:
    text = prompt.casefold()
    words = frozenset(re.findall(r"[a-z]+", text))
    return Wish(
        place=_first(text, words, _PLACES),
        subject=_first(text, words, _SUBJECTS),
        tint=_named_colour(text, words),
        night=_mentions(text, words, _NIGHT),
        snow=_mentions(text, words, _SNOW),
        rain=_mentions(text, words, _RAIN),
        dusk=_mentions(text, words, _DUSK),
        grey=_mentions(text, words, _GREY) or _BLACK_AND_WHITE in text,
    )


def read_mood(prompt: str, rng: random.Random) -> Mood:
    """Words decide where they can, `rng` decides the rest."""
    wish = read_wish(prompt)
    night = wish.night or rng.random() < 0.15
    place = wish.place or rng.choice(_likely_places(wish.subject, snow=wish.snow))
    subject = wish.subject or rng.choice(
        (Subject.BOAT, *_AIRBORNE_OR_ODD) if place is Place.SEA else _AIRBORNE_OR_ODD
    )
    palette = NIGHT if night else rng.choice(DAYLIGHT)
    if wish.tint is not None:
        palette = palette.with_accent(wish.tint)
    return Mood(place, subject, palette, wish.tint, night, wish.snow)


def _likely_places(subject: Subject | None, *, snow: bool) -> tuple[Place, ...]:
    match subject:
        case Subject.BOAT:
            return (Place.SEA,)
        case Subject.FOX | Subject.CAT:
            return (Place.HILLS, Place.FOREST)
        case _:
            return (Place.HILLS, Place.FOREST, Place.CITY) if snow else tuple(Place)


def _mentions(text: str, words: frozenset[str], names: Iterable[str]) -> bool:
    return any(name in words if name.isascii() else name in text for name in names)


def _first(text: str, words: frozenset[str], table: Mapping[_Key, tuple[str, ...]]) -> _Key | None:
    return next((key for key, names in table.items() if _mentions(text, words, names)), None)


def _named_colour(text: str, words: frozenset[str]) -> Colour | None:
    return next((colour for names, colour in COLOURS if _mentions(text, words, names)), None)
