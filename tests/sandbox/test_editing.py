from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from bot.sandbox.drawing import Drawing, Painter, paint_plain, paint_scene
from bot.sandbox.drawing.reading import read_wish
from tests.sandbox.running import photo, picture

SIZE = (400, 300)


def _edited(
    prompt: str, *images: bytes, paint: Painter = paint_scene, mask: bytes | None = None
) -> Image.Image:
    width, height = SIZE
    order = Drawing(prompt=prompt, seed=3, width=width, height=height, images=images, mask=mask)
    return picture(paint(order))


def _original() -> bytes:
    """An image whose left is red, whose right is blue."""
    image = Image.new("RGB", SIZE, "red")
    ImageDraw.Draw(image).rectangle((200, 0, 400, 300), fill="blue")
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def _mean(image: Image.Image, box: tuple[int, int, int, int]) -> list[float]:
    return list(ImageStat.Stat(image.crop(box)).mean)


def _light(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).mean[0]


@pytest.mark.parametrize("paint", [paint_scene, paint_plain])
def test_an_edit_shows_the_image_it_was_given(paint: Painter) -> None:
    changed = _edited("something else", _original(), paint=paint)
    left, right = _mean(changed, (20, 60, 180, 200)), _mean(changed, (220, 60, 380, 200))
    assert changed.size == SIZE
    assert left[0] > left[2] + 60
    assert right[2] > right[0] + 60


def test_the_same_edit_gives_the_same_bytes_and_another_prompt_other_ones() -> None:
    again = [_edited(prompt, _original()).tobytes() for prompt in ("at night", "at night", "in the snow")]
    assert again[0] == again[1] != again[2]


def test_night_darkens_and_snow_brightens() -> None:
    grey = photo("grey", SIZE)
    night, plain, snow = _edited("make it night", grey), _edited("as it is", grey), _edited("在雪中", grey)
    assert _light(night) < _light(plain) * 0.7
    assert _light(snow) > _light(plain)


def test_a_named_being_walks_into_the_image() -> None:
    empty, visited = _edited("add it", photo("grey", SIZE)), _edited("add a fox", photo("grey", SIZE))
    assert ImageChops.difference(empty, visited).getbbox() is not None


def test_black_and_white_leaves_no_colour() -> None:
    changed = _edited("black and white please", _original())
    saturation = changed.convert("HSV").getchannel("S")
    assert ImageStat.Stat(saturation).mean[0] < 4


def test_further_images_appear_as_inlays_in_their_order() -> None:
    changed = _edited("together", photo("white", SIZE), photo("red"), photo("lime"), photo("blue"))
    colours: dict[object, str] = {(255, 0, 0): "red", (0, 255, 0): "lime", (0, 0, 255): "blue"}
    row = [colours.get(changed.getpixel((x, 225))) for x in range(SIZE[0])]
    seen = list(dict.fromkeys(colour for colour in row if colour))
    assert seen == ["red", "lime", "blue"]


@pytest.mark.parametrize("paint", [paint_scene, paint_plain])
def test_with_a_mask_exactly_the_transparent_part_changes(paint: Painter) -> None:
    mask = Image.new("RGBA", SIZE, (0, 0, 0, 255))
    ImageDraw.Draw(mask).rectangle((100, 80, 199, 179), fill=(0, 0, 0, 0))
    ImageDraw.Draw(mask).rectangle((300, 0, 399, 299), fill=(0, 0, 0, 1))
    target = io.BytesIO()
    mask.save(target, "PNG")
    changed = _edited("make it night", _original(), photo("lime"), paint=paint, mask=target.getvalue())
    difference = ImageChops.difference(changed, picture(_original()))
    assert difference.getbbox() == (100, 80, 200, 180)


def test_an_image_that_lies_on_its_side_is_put_upright() -> None:
    image = Image.new("RGB", (300, 400), "red")
    ImageDraw.Draw(image).rectangle((0, 0, 300, 200), fill="blue")
    exif = Image.Exif()
    exif[274] = 6  # the orientation: turn clockwise to look at it
    target = io.BytesIO()
    image.save(target, "JPEG", exif=exif)
    changed = _edited("as it is", target.getvalue(), paint=paint_plain)
    left, right = _mean(changed, (20, 60, 180, 200)), _mean(changed, (220, 60, 380, 200))
    assert left[0] > left[2]
    assert right[2] > right[0]


@pytest.mark.parametrize(("size", "count"), [((1, 1), 1), ((33, 700), 3), ((64, 64), 15), ((2048, 512), 2)])
def test_every_shape_can_be_edited(size: tuple[int, int], count: int) -> None:
    images = (photo("grey"), *[photo("red")] * count)
    order = Drawing(prompt="rain at night", seed=1, width=size[0], height=size[1], images=images)
    assert picture(paint_scene(order)).size == size


def test_words_of_both_languages_are_wishes_and_nothing_else_is_one() -> None:
    wish = read_wish("黄昏的雨")
    assert (wish.dusk, wish.rain, wish.night, wish.subject) == (True, True, False, None)
    assert not any((read_wish("a knight in a train").night, read_wish("a train").rain))
