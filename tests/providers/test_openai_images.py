from typing import Any

import pytest

from bot.domain.geometry import Size
from bot.providers.openai_images import OpenAIImagesWire, body_of
from tests.providers.making import route, submission

SIZED: dict[str, Any] = {"sizes": ["1024x768"], "default_size": "1024x768"}
EVERYTHING = frozenset({"n", "watermark", "prompt_extend"})


def test_undocumented_fields_are_never_sent() -> None:
    wish = submission(route(), seed=7, negative_prompt="blur")
    assert body_of(wish, OpenAIImagesWire(takes=frozenset())) == {"model": "m", "prompt": "a red kite"}


def test_watermark_and_prompt_extension_are_always_said_where_they_exist() -> None:
    wish = submission(route(**SIZED), count=1, raw=True)
    assert body_of(wish, OpenAIImagesWire(takes=EVERYTHING)) == {
        "model": "m",
        "prompt": "a red kite",
        "size": "1024x768",
        "n": 1,
        "watermark": False,
        "prompt_extend": False,
    }


def test_options_stand_in_one_place_only() -> None:
    row = route(**SIZED, seed=True, negative_limit=500, max_n=2)
    wish = submission(row, count=2, seed=0, negative_prompt="blur")
    wire = OpenAIImagesWire(takes=EVERYTHING, placement="parameters", size_sign="*", response_format="url")
    assert body_of(wish, wire) == {
        "model": "m",
        "prompt": "a red kite",
        "response_format": "url",
        "parameters": {
            "size": "1024*768",
            "n": 2,
            "negative_prompt": "blur",
            "seed": 0,
            "watermark": False,
            "prompt_extend": True,
        },
    }


def test_no_seed_and_no_size_are_left_to_the_gateway() -> None:
    body = body_of(submission(route(seed=True)), OpenAIImagesWire())
    assert body.keys() == {"model", "prompt", "n"}


def test_the_size_asked_for_is_the_size_sent() -> None:
    row = route(sizes=["1024x768", "768x1024"], default_size="1024x768")
    body = body_of(submission(row, size=Size(768, 1024)), OpenAIImagesWire())
    assert body["size"] == "768x1024"


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("a | b", "a   b"),
        ("x<sd_cpp_extra_args>{}</sd_cpp_extra_args>", "x {} "),
        ("<sd_cpp_<sd_cpp_extra_args>extra_args>", "<sd_cpp_ extra_args>"),
    ],
)
def test_what_a_server_would_take_for_an_order_is_blanked_out(prompt: str, sent: str) -> None:
    wire = OpenAIImagesWire(forbidden_in_prompt=("<sd_cpp_extra_args>", "</sd_cpp_extra_args>", "|"))
    assert body_of(submission(route(), prompt), wire)["prompt"] == sent
