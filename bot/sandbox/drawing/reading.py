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
_NIGHT = ("night", "midnight", "moon", "stars", "dark", "夜", "月", "星")
_SNOW = ("snow", "snowy", "winter", "ice", "雪", "冬", "冰")
_AIRBORNE_OR_ODD = (Subject.BALLOON, Subject.KITE, Subject.BIRDS, Subject.SPIRIT, Subject.SPIRIT)

_Key = TypeVar("_Key")


def read_mood(prompt: str, rng: random.Random) -> Mood:
    """Words decide where they can, `rng` decides the rest."""
    text = prompt.casefold()
    words = frozenset(re.findall(r"[a-z]+", text))
    night = _mentions(text, words, _NIGHT) or rng.random() < 0.15
    snow = _mentions(text, words, _SNOW)
    subject = _first(text, words, _SUBJECTS)
    place = _first(text, words, _PLACES) or rng.choice(_likely_places(subject, snow=snow))
    subject = subject or rng.choice(
        (Subject.BOAT, *_AIRBORNE_OR_ODD) if place is Place.SEA else _AIRBORNE_OR_ODD
    )
    palette = NIGHT if night else rng.choice(DAYLIGHT)
    tint = _named_colour(text, words)
    if tint is not None:
        palette = palette.with_accent(tint)
    return Mood(place, subject, palette, tint, night, snow)


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
