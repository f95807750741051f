from __future__ import annotations

import random

import pytest
from PIL import ImageChops

from bot.sandbox.drawing import Drawing, Painter, PictureFormat, draw, encode, paint_plain, paint_scene
from bot.sandbox.drawing.reading import Place, Subject, read_mood
from tests.sandbox.running import picture


def test_the_same_prompt_seed_and_size_give_the_same_bytes() -> None:
    order = Drawing(prompt="a fox", seed=7, width=320, height=200)
    assert paint_scene(order) == paint_scene(order)


def test_another_prompt_or_another_seed_gives_another_picture() -> None:
    fox, cat, later = draw("a fox", 7, 160, 160), draw("a cat", 7, 160, 160), draw("a fox", 8, 160, 160)
    assert len({fox.tobytes(), cat.tobytes(), later.tobytes()}) == 3


@pytest.mark.parametrize("size", [(1664, 928), (928, 1664), (1, 1), (33, 700), (701, 32)])
@pytest.mark.parametrize("prompt", ["a cat in the city at night", "雪 森 狐", "sea", ""])
def test_a_scene_has_exactly_the_asked_pixels(size: tuple[int, int], prompt: str) -> None:
    assert draw(prompt, 3, *size, watermark="AI", label=prompt).size == size


@pytest.mark.parametrize("wanted", list(PictureFormat))
def test_a_picture_is_encoded_in_the_asked_format(wanted: PictureFormat) -> None:
    assert (picture(encode(draw("sea", 1, 64, 64), wanted)).format or "").lower() == wanted


@pytest.mark.parametrize("paint", [paint_scene, paint_plain])
def test_a_watermark_is_visible_at_the_lower_right_and_nowhere_else(paint: Painter) -> None:
    marked = Drawing(prompt="a fox", seed=7, width=400, height=400, watermark="AI generated")
    clean = Drawing(prompt="a fox", seed=7, width=400, height=400)
    box = ImageChops.difference(picture(paint(marked)), picture(paint(clean))).getbbox()
    assert box is not None
    assert box[0] > 200
    assert box[1] > 300


@pytest.mark.parametrize(
    ("prompt", "subject", "place"),
    [
        ("a fox in the forest", Subject.FOX, Place.FOREST),
        ("城里的猫", Subject.CAT, Place.CITY),
        ("A KITE above the SEA", Subject.KITE, Place.SEA),
        ("a category of foxgloves", None, None),
    ],
)
def test_words_in_both_languages_steer_the_picture(
    prompt: str, subject: Subject | None, place: Place | None
) -> None:
    moods = [read_mood(prompt, random.Random(seed)) for seed in range(20)]
    if subject is None:
        assert Subject.FOX not in {mood.subject for mood in moods}
        assert Subject.CAT not in {mood.subject for mood in moods}
    else:
        assert {(mood.subject, mood.place) for mood in moods} == {(subject, place)}


def test_letters_without_a_font_are_left_out_instead_of_drawn_as_boxes() -> None:
    named, unnamed = draw("x", 1, 300, 300, label="\U0001f98a\U0001f98a"), draw("x", 1, 300, 300, label=None)
    assert named.tobytes() == unnamed.tobytes()
