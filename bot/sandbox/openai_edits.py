"""Reading an edit in the OpenAI Images dialect: fields of a form, images, perhaps a mask."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.openai_orders import find_model, read_order
from bot.sandbox.references import BadImage, Limits, Reference, look_at
from bot.sandbox.refusals import Kind, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.sandbox.openai_rows import GatewayRow, ModelRow, Size
    from bot.sandbox.sync_images import ImagesOrder
    from bot.sandbox.wire import Form

_MB: Final = 1024 * 1024
_IMAGES: Final = Limits(formats=frozenset({"PNG", "JPEG", "WEBP"}), bytes=50 * _MB - 1)
_SMALL_PNG: Final = Limits(formats=frozenset({"PNG"}), bytes=4 * _MB - 1)
_IMAGE_FIELDS: Final = ("image", "image[]")
_NUMBERS: Final = ("n", "seed")


async def read_edit(row: GatewayRow, form: Form) -> ImagesOrder:
    """The order in a form; Refusal for whatever the gateway does not document."""
    if unknown := sorted({name for name, _ in form.files} - {*_IMAGE_FIELDS, "mask"}):
        raise Refusal(Kind.BAD_REQUEST, f"unknown files: {', '.join(unknown)}")
    model = find_model(row, form.fields.get("model", ""))
    try:
        images = await _read_images(model, [data for name, data in form.files if name in _IMAGE_FIELDS])
        mask = await _read_mask([data for name, data in form.files if name == "mask"], images[0].size)
    except BadImage as bad:
        raise Refusal(Kind.BAD_REQUEST, bad.message) from bad
    order = read_order(row, _typed(form.fields), auto_size=_auto_size(model, images[0].size))
    return replace(order, images=tuple(image.data for image in images), mask=mask)


async def _read_images(model: ModelRow, files: Sequence[bytes]) -> list[Reference]:
    if not 1 <= len(files) <= model.max_images:
        raise Refusal(Kind.BAD_REQUEST, f"{model.id} takes 1 to {model.max_images} images, not {len(files)}")
    images = [await look_at(file, _SMALL_PNG if model.square_png else _IMAGES) for file in files]
    if model.square_png and any(image.width != image.height for image in images):
        raise Refusal(Kind.BAD_REQUEST, "the image must be square")
    return images


async def _read_mask(files: Sequence[bytes], size: Size) -> bytes | None:
    if not files:
        return None
    if len(files) > 1:
        raise Refusal(Kind.BAD_REQUEST, "there can be only one mask")
    mask = await look_at(files[0], _SMALL_PNG)
    if mask.size != size:
        raise Refusal(Kind.BAD_REQUEST, "the mask must have the size of the first image")
    if not mask.alpha:
        raise Refusal(Kind.BAD_REQUEST, "the mask has no alpha channel: transparent means edit")
    return mask.data


def _typed(fields: Mapping[str, str]) -> dict[str, Any]:
    """Fields of a form are text; those that are numbers elsewhere become numbers."""
    return {name: _number(text) if name in _NUMBERS else text for name, text in fields.items()}


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else text


def _auto_size(model: ModelRow, size: Size) -> Size:
    """The size of an edit that does not say it: that of the image, or the nearest shape there is."""
    if model.sizes is None:
        return size
    ratio = size[0] / size[1]
    return min(model.sizes, key=lambda known: (abs(known[0] / known[1] - ratio), -known[0]))
