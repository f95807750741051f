"""Reading an order in the OpenAI Images dialect, refusing what the gateway's row does not list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.drawing import PictureFormat
from bot.sandbox.refusals import Kind, Refusal
from bot.sandbox.sync_images import MAX_SEED, ImagesOrder
from bot.sandbox.wire import parse_as

if TYPE_CHECKING:
    from bot.sandbox.openai_rows import GatewayRow, ModelRow, Size

_LARGEST_SIDE = 4096
_SIZE = re.compile(r"([1-9]\d{1,4})(\D)([1-9]\d{1,4})", re.ASCII)


class _Fields(BaseModel):
    """Every field of the dialect, already in one place."""

    model_config = ConfigDict(strict=True)

    model: str = ""
    prompt: str = Field(min_length=1)
    size: str = ""
    n: int = Field(default=1, ge=1)
    response_format: Literal["url", "b64_json"] = "url"
    output_format: Literal["png", "jpeg", "webp"] = "png"
    watermark: bool = True
    prompt_extend: bool = True
    negative_prompt: str = ""
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)


def read_order(row: GatewayRow, body: dict[str, Any], *, auto_size: Size | None = None) -> ImagesOrder:
    """The order in `body`; Refusal for whatever the gateway does not document.

    `auto_size` is taken where none is asked for, instead of the model's own.
    """
    flat, sign = _flatten(row, body)
    fields = parse_as(_Fields, flat)
    model = find_model(row, fields.model)
    if model.base64_only and "response_format" in body:
        raise Refusal(Kind.BAD_REQUEST, "Unknown parameter: 'response_format'.")
    if fields.n > model.max_n:
        raise Refusal(Kind.BAD_REQUEST, f"n must be between 1 and {model.max_n} for {model.id}")
    if model.prompt_limit is not None and len(fields.prompt) > model.prompt_limit:
        raise Refusal(Kind.BAD_REQUEST, f"a prompt may have {model.prompt_limit} characters")
    return ImagesOrder(
        prompt=fields.prompt,
        size=_read_size(model, flat, sign, auto_size or model.default_size),
        n=fields.n,
        seed=fields.seed,
        inline=model.base64_only or fields.response_format == "b64_json",
        watermark="watermark" in row.fields and fields.watermark,
        prompt_extend="prompt_extend" in row.fields and fields.prompt_extend,
        format=PictureFormat(fields.output_format),
    )


def _flatten(row: GatewayRow, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """All options in one mapping, and the sign sizes have there. Options in two places are refused."""
    if row.any_field:
        known = {name: value for name, value in body.items() if name in row.fields and value is not None}
        return known, "x"
    _check_names(row, body)
    if "parameters" not in body:
        return body, "x"
    outer = {name: value for name, value in body.items() if name != "parameters"}
    inner = body["parameters"]
    if not isinstance(inner, dict):
        raise Refusal(Kind.BAD_REQUEST, "parameters must be an object")
    if misplaced := sorted(row.parameters & outer.keys()):
        raise Refusal(Kind.BAD_REQUEST, f"options beside parameters: {', '.join(misplaced)}")
    if unknown := sorted(inner.keys() - row.parameters):
        raise Refusal(Kind.BAD_REQUEST, f"unknown parameters: {', '.join(unknown)}")
    return outer | inner, "*"


def _check_names(row: GatewayRow, body: dict[str, Any]) -> None:
    if unknown := sorted(body.keys() - row.fields):
        raise Refusal(Kind.BAD_REQUEST, f"unknown fields: {', '.join(unknown)}")
    inner = body.get("parameters")
    places = [body, inner] if isinstance(inner, dict) else [body]
    if empty := sorted(name for place in places for name in place if place[name] is None):
        raise Refusal(Kind.BAD_REQUEST, f"fields without a value: {', '.join(empty)}")


def find_model(row: GatewayRow, name: str) -> ModelRow:
    """The row of a model; Refusal when there is none."""
    found = next((model for model in row.models if model.id == name), row.any_model)
    if found is not None:
        return found
    if not name:
        raise Refusal(Kind.BAD_REQUEST, "field model is required")
    raise Refusal(Kind.NO_SUCH_MODEL, f"No available channel for model {name} under group default")


def _read_size(model: ModelRow, flat: dict[str, Any], sign: str, auto: Size) -> Size:
    text = flat.get("size")
    if text is None or (text == "auto" and "auto" in _words_of(model)):
        return auto
    match = _SIZE.fullmatch(text)
    if match is None or match[2] != sign:
        raise Refusal(Kind.BAD_REQUEST, f"size must look like 1024{sign}1024")
    size = int(match[1]), int(match[3])
    if model.sizes is None and max(size) <= _LARGEST_SIDE:
        return size
    if model.sizes is None or size not in model.sizes:
        raise Refusal(Kind.BAD_REQUEST, f"size {text} is not supported by {model.id}")
    return size


def _words_of(model: ModelRow) -> tuple[str, ...]:
    """`auto` belongs to OpenAI's own models and to servers that take any size."""
    return ("auto",) if model.base64_only or model.sizes is None else ()
