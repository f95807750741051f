import io
from email import message_from_bytes
from email.message import Message
from typing import Any, Literal

import pytest
from PIL import Image

from bot.domain.geometry import Size
from bot.providers.http import Payload
from bot.providers.images import Handed, HandedIn
from bot.providers.openai_images import OpenAIImagesWire, body_of, form_of
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


# --- edits ----------------------------------------------------------------------------------------------


def parts_of(payload: Payload) -> list[tuple[str, str | None, bytes]]:
    """Name, file name and content of each part of a form."""
    head = f"Content-Type: {payload.type}\r\n\r\n".encode()
    parts = list(message_from_bytes(head + payload.data).walk())[1:]
    return [
        (str(part.get_param("name", header="content-disposition")), part.get_filename(), content(part))
        for part in parts
    ]


def content(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


def test_an_edit_is_a_form_with_the_images_in_their_order() -> None:
    images = (Handed("image/png", b"one"), Handed("image/jpeg", b"two"))
    form = form_of(submission(route(**SIZED), count=1), OpenAIImagesWire(), HandedIn(images))
    assert form.type.startswith("multipart/form-data; boundary=")
    assert parts_of(form) == [
        ("model", None, b"m"),
        ("prompt", None, b"a red kite"),
        ("size", None, b"1024x768"),
        ("n", None, b"1"),
        ("image[]", "image-1.png", b"one"),
        ("image[]", "image-2.jpg", b"two"),
    ]


def test_a_server_may_want_other_names_and_marks_in_an_edit_too() -> None:
    wire = OpenAIImagesWire(takes=frozenset(), image_field="image", forbidden_in_prompt=("|",))
    form = form_of(submission(route(), "a|b"), wire, HandedIn((Handed("image/png", b"one"),)))
    assert parts_of(form)[1:] == [("prompt", None, b"a b"), ("image", "image-1.png", b"one")]


@pytest.mark.parametrize(("polarity", "shown"), [("transparent", (0, 255)), ("white", (255, 0))])
def test_a_mask_is_drawn_as_the_server_reads_it(
    polarity: Literal["transparent", "white"], shown: tuple[int, int]
) -> None:
    """`shown` is what stands where the picture may change and where it must not."""
    drawn = Image.new("RGBA", (2, 1), (9, 9, 9, 255))
    drawn.putpixel((0, 0), (9, 9, 9, 0))
    file = io.BytesIO()
    drawn.save(file, "PNG")
    handed = HandedIn((Handed("image/png", b"one"),), Handed("image/png", file.getvalue()))
    form = form_of(submission(route()), OpenAIImagesWire(mask_polarity=polarity), handed)
    name, _, data = parts_of(form)[-1]
    assert name == "mask"
    with Image.open(io.BytesIO(data)) as image:
        channel = image.getchannel("A") if polarity == "transparent" else image
        assert channel.mode == "L"
        assert (channel.getpixel((0, 0)), channel.getpixel((1, 0))) == shown
