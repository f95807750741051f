"""Pixel sizes and ratios."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.geometry import Aspect, Size, nearest

pixels = st.integers(1, 8192)
sizes = st.lists(st.builds(Size, pixels, pixels), min_size=1, max_size=12, unique=True)
aspects = st.builds(Aspect, st.integers(1, 100), st.integers(1, 100))


@pytest.mark.parametrize(
    "text", ["1024x768", "1024X768", "1024*768", "1024×768", "1024＊768", " 1024 x 768 ", "01024x0768"]
)
def test_a_size_is_read_however_the_keyboard_wrote_it(text: str) -> None:
    assert Size.parse(text) == Size(1024, 768)


@pytest.mark.parametrize(
    "text", ["", "1024", "x", "0x768", "1024x0", "-1x5", "1.5x2", "1024x768x3", "123456x1", "١x٢"]
)
def test_what_is_no_size_is_none(text: str) -> None:
    assert Size.parse(text) is None


@given(st.builds(Size, st.integers(1, 99_999), st.integers(1, 99_999)))
def test_a_size_is_read_back_as_it_was_written(size: Size) -> None:
    assert Size.parse(str(size)) == size


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("16:9", Aspect(16, 9)),
        ("16：9", Aspect(16, 9)),
        ("16/9", Aspect(16, 9)),
        (" 16 x 9 ", Aspect(16, 9)),
        ("2.35:1", Aspect(2.35, 1)),
        ("100:1", Aspect(100, 1)),
        ("1:100", Aspect(1, 100)),
    ],
)
def test_a_ratio_is_read_however_the_keyboard_wrote_it(text: str, aspect: Aspect) -> None:
    assert Aspect.parse(text) == aspect


@pytest.mark.parametrize(
    "text", ["", "16", "16:", ":9", "0:9", "16:0", "0.0:1", "101:1", "1:101", "16:9:3", "a:b", "-1:1"]
)
def test_what_is_no_ratio_or_an_extreme_one_is_none(text: str) -> None:
    assert Aspect.parse(text) is None


def test_a_ratio_is_written_without_needless_zeros() -> None:
    assert str(Aspect(16, 9)) == "16:9"
    assert str(Aspect(2.35, 1)) == "2.35:1"


def test_a_ratio_on_offer_is_met_exactly() -> None:
    offered = [Size(1024, 1024), Size(1536, 1024), Size(1664, 928)]
    assert nearest(Aspect(3, 2), offered) == Size(1536, 1024)


def test_of_equally_near_sizes_the_one_with_more_pixels_is_taken() -> None:
    assert nearest(Aspect(1, 1), [Size(512, 512), Size(1024, 1024), Size(768, 768)]) == Size(1024, 1024)
    assert nearest(Aspect(1, 1), [Size(900, 600), Size(1000, 1500)]) == Size(1000, 1500)


def test_nothing_is_nearest_when_nothing_is_on_offer() -> None:
    with pytest.raises(ValueError, match="empty"):
        nearest(Aspect(1, 1), [])


@given(aspects, sizes)
def test_turning_the_ratio_and_the_sizes_turns_the_answer(aspect: Aspect, offered: list[Size]) -> None:
    turned = nearest(Aspect(aspect.height, aspect.width), [Size(s.height, s.width) for s in offered])
    answer = nearest(aspect, offered)
    assert turned == Size(answer.height, answer.width)


@given(aspects, sizes, st.integers(2, 50))
def test_the_answer_does_not_depend_on_scale(aspect: Aspect, offered: list[Size], times: int) -> None:
    answer = nearest(aspect, offered)
    assert nearest(Aspect(aspect.width * times, aspect.height * times), offered) == answer
    scaled = nearest(aspect, [Size(s.width * times, s.height * times) for s in offered])
    assert scaled == Size(answer.width * times, answer.height * times)


@given(sizes)
def test_a_size_is_nearest_to_its_own_ratio(offered: list[Size]) -> None:
    wanted = offered[0]
    answer = nearest(Aspect(wanted.width, wanted.height), offered)
    assert answer.width * wanted.height == wanted.width * answer.height
    assert answer.area >= wanted.area
