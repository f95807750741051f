"""Reading RealmRouter's orders: one user message, options in `parameters`, sizes with a star.

The vendor's pages list no sizes for drawing and no error texts; the sizes are those of the upstream.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.openai_rows import S5
from bot.sandbox.public import download
from bot.sandbox.references import BadImage, Flaw, Limits, Reference, look_at, sized_like
from bot.sandbox.refusals import Kind, Refusal
from bot.sandbox.sync_images import MAX_SEED, ImagesOrder
from bot.sandbox.wire import parse_as

if TYPE_CHECKING:
    from bot.sandbox.openai_rows import Size

MODELS: Final = ("qwen-image", "qwen-image-plus")
ONE_PICTURE_EDITOR: Final = "qwen-image-edit"
EDITORS: Final = (
    "qwen-image-edit-plus",
    "qwen-image-edit-plus-2025-12-15",
    "qwen-image-edit-plus-2025-10-30",
    ONE_PICTURE_EDITOR,
)
_DEFAULT_SIZE = "1328*1328"
_SIDES = (512, 2048)  # of an edited picture
_AREA = 1024 * 1024  # of one whose size was not asked for
_SIZE = re.compile(r"([1-9]\d{2,3})\*([1-9]\d{2,3})", re.ASCII)
_DATA_URL = re.compile(r"data:image/[a-z0-9.+-]{1,20};base64,", re.ASCII)
_LIMITS: Final = Limits(
    formats=frozenset({"JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF"}),
    bytes=10 * 1024 * 1024,
    sides=(384, 3072),
)
_Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Text(_Strict):
    type: Literal["text"]
    text: str = Field(min_length=1)


class _DrawMessage(_Strict):
    role: Literal["user"]
    content: list[_Text] = Field(min_length=1, max_length=1)


class _DrawInput(_Strict):
    messages: list[_DrawMessage] = Field(min_length=1, max_length=1)


class _DrawParameters(_Strict):
    size: str = _DEFAULT_SIZE
    negative_prompt: str = Field(default="", max_length=500)
    prompt_extend: bool = True
    watermark: bool = False


class _Draw(_Strict):
    model: str = Field(min_length=1)
    input: _DrawInput
    parameters: _DrawParameters = _DrawParameters()


class _EditItem(_Strict):
    """An image or the text, never both."""

    image: str | None = None
    text: Annotated[str, Field(min_length=1, max_length=800)] | None = None


class _EditMessage(_Strict):
    role: Literal["user"]
    content: list[_EditItem] = Field(min_length=2, max_length=4)


class _EditInput(_Strict):
    messages: list[_EditMessage] = Field(min_length=1, max_length=1)


class _EditParameters(_Strict):
    n: int = Field(default=1, ge=1, le=6)
    size: str | None = None
    negative_prompt: str = Field(default="", max_length=500)
    prompt_extend: bool = True
    seed: _Seed | None = None


class _Edit(_Strict):
    model: str = Field(min_length=1)
    input: _EditInput
    parameters: _EditParameters = _EditParameters()


def peek_text(raw: bytes) -> str:
    """The text of a body that need not be valid, for matching faults; empty when there is none."""
    try:
        content = json.loads(raw)["input"]["messages"][0]["content"]
        texts = [item["text"] for item in content if "text" in item]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
    return texts[0] if texts and isinstance(texts[0], str) else ""


def read_drawing(body: dict[str, Any]) -> ImagesOrder:
    """The order to draw in `body`; Refusal for whatever the gateway does not document."""
    asked = parse_as(_Draw, body)
    _check_model(asked.model, MODELS)
    size = _split(asked.parameters.size)
    if size not in S5:
        raise Refusal(Kind.BAD_REQUEST, f"size {asked.parameters.size} is not supported by {asked.model}")
    return ImagesOrder(
        prompt=asked.input.messages[0].content[0].text,
        size=size,
        n=1,
        seed=None,
        watermark=asked.parameters.watermark,
        prompt_extend=asked.parameters.prompt_extend,
    )


async def read_editing(body: dict[str, Any], *, allow_loopback: bool) -> ImagesOrder:
    """The order to edit in `body`, with its images fetched and checked; Refusal as for drawing."""
    asked = parse_as(_Edit, body)
    _check_model(asked.model, EDITORS)
    options, content = asked.parameters, asked.input.messages[0].content
    if asked.model == ONE_PICTURE_EDITOR and options.n != 1:
        raise Refusal(Kind.BAD_REQUEST, f"n must be 1 for {asked.model}")
    addresses, text = _sort(content)
    try:
        images = [await _fetch(address, allow_loopback=allow_loopback) for address in addresses]
    except BadImage as bad:
        raise Refusal(Kind.BAD_REQUEST, bad.message) from bad
    return ImagesOrder(
        prompt=text,
        size=_edited_size(asked.model, options.size, images[-1]),
        n=options.n,
        seed=options.seed,
        prompt_extend=options.prompt_extend,
        images=tuple(image.data for image in images),
    )


def _check_model(model: str, known: tuple[str, ...]) -> None:
    if model not in known:
        raise Refusal(Kind.NO_SUCH_MODEL, f"No available channel for model {model} under group default")


def _sort(content: list[_EditItem]) -> tuple[list[str], str]:
    """The images in their order, and the one text."""
    images = [item.image for item in content if item.image is not None]
    texts = [item.text for item in content if item.text is not None]
    if len(images) + len(texts) != len(content):
        raise Refusal(Kind.BAD_REQUEST, "an item of content is either an image or a text")
    if not 1 <= len(images) <= 3 or len(texts) != 1:
        raise Refusal(Kind.BAD_REQUEST, "content must be one to three images and one text")
    return images, texts[0]


async def _fetch(address: str, *, allow_loopback: bool) -> Reference:
    if not address.startswith("data:"):
        return await look_at(
            await download(address, _LIMITS.bytes, secure=True, allow_loopback=allow_loopback), _LIMITS
        )
    prefix = _DATA_URL.match(address)
    if prefix is None:
        raise BadImage(Flaw.UNREACHABLE, "a data URL must look like data:image/png;base64,...")
    try:
        data = base64.b64decode(address[prefix.end() :], validate=True)
    except binascii.Error as error:
        raise BadImage(Flaw.WRONG_TYPE, "the image is not valid base64") from error
    return await look_at(data, _LIMITS)


def _edited_size(model: str, size: str | None, last: Reference) -> Size:
    """The asked size, or one with the shape of the last image."""
    if size is None:
        return sized_like(last, _AREA, *_SIDES)
    if model == ONE_PICTURE_EDITOR:
        raise Refusal(Kind.BAD_REQUEST, f"{model} has no parameter size")
    width, height = _split(size)
    if not all(_SIDES[0] <= side <= _SIDES[1] for side in (width, height)):
        raise Refusal(Kind.BAD_REQUEST, f"width and height must be {_SIDES[0]} to {_SIDES[1]}")
    return width, height


def _split(size: str) -> Size:
    match = _SIZE.fullmatch(size)
    if match is None:
        raise Refusal(Kind.BAD_REQUEST, f"size must look like {_DEFAULT_SIZE}")
    return int(match[1]), int(match[2])
