"""Reading EvoLink's orders: what each of its models takes, from the vendor's API reference.

The sales pages also promise masks and Base64; the reference knows neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.public import is_taken
from bot.sandbox.references import Limits, Reference, sized_like
from bot.sandbox.refusals import Kind, Refusal
from bot.sandbox.wire import parse_as

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.openai_rows import Size

IMAGES: Final = Limits(
    formats=frozenset({"JPEG", "PNG", "BMP", "WEBP", "TIFF"}), bytes=10 * 1024 * 1024, sides=(384, 3072)
)
_MAX_SEED = 2**31 - 1
_SIDES = (512, 2048)
_AREA = 1024 * 1024
_PIXELS = re.compile(r"([1-9]\d{2,3})x([1-9]\d{2,3})", re.ASCII)
_RATIOS: Final[Mapping[str, tuple[Size, Size]]] = {
    "1:1": ((1024, 1024), (2048, 2048)),
    "2:3": ((832, 1248), (1664, 2496)),
    "3:2": ((1248, 832), (2496, 1664)),
    "3:4": ((864, 1152), (1770, 2360)),
    "4:3": ((1152, 864), (2360, 1770)),
    "4:5": ((896, 1120), (1792, 2240)),
    "5:4": ((1120, 896), (2240, 1792)),
    "9:16": ((800, 1424), (1530, 2720)),
    "16:9": ((1424, 800), (2720, 1530)),
    "21:9": ((1568, 672), (3122, 1338)),
    "9:21": ((672, 1568), (1338, 3122)),
}
"""Shapes of qwen-image-3.0-pro and their pixels in its two qualities, 1K and 2K."""


class _Fields(BaseModel):
    """What every model takes."""

    model_config = ConfigDict(strict=True, extra="forbid")

    model: str
    prompt: str = Field(min_length=1)
    image_urls: list[str] = []
    callback_url: str = ""


class _Options(_Fields):
    """What the models with options take."""

    n: int = Field(default=1, ge=1, le=6)
    size: str | None = None
    negative_prompt: str = Field(default="", max_length=500)
    seed: int | None = Field(default=None, ge=0, le=_MAX_SEED)
    watermark: bool = False


class _Plus(_Options):
    prompt_extend: bool = True


class _Pro(_Options):
    prompt_extend: bool = False
    quality: Literal["1K", "2K"] = "1K"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One model. The vendor publishes a price for the first one only; the others' are the sandbox's own."""

    id: str
    fields: type[_Fields]
    prompt_limit: int
    """In characters."""
    images: tuple[int, int]
    tenths: int
    """Tenths of a credit for a picture."""
    usd: float


ROWS: Final[Mapping[str, ModelRow]] = {
    row.id: row
    for row in (
        ModelRow(
            id="qwen-image-edit", fields=_Fields, prompt_limit=2000, images=(1, 3), tenths=23, usd=0.0319
        ),
        ModelRow(
            id="qwen-image-edit-plus",
            fields=_Plus,
            prompt_limit=2000,
            images=(1, 3),
            tenths=23,
            usd=0.0319,
        ),
        ModelRow(
            id="qwen-image-3.0-pro",
            fields=_Pro,
            prompt_limit=4500,
            images=(0, 3),
            tenths=41,
            usd=0.0569,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EvoOrder:
    """A request the gateway accepts; the images are not fetched yet."""

    row: ModelRow
    prompt: str
    image_urls: tuple[str, ...]
    callback_url: str
    n: int = 1
    size: Size | None = None
    """None for that of the last image."""
    seed: int | None = None
    watermark: bool = False

    def pixels(self, images: list[Reference]) -> Size:
        """The size of the pictures, once the images are known."""
        if self.size is not None:
            return self.size
        return sized_like(images[-1], _AREA, *_SIDES) if images else (1024, 1024)


def read_order(body: dict[str, Any], *, allow_loopback: bool) -> EvoOrder:
    """The order in `body`; Refusal for whatever the vendor does not document."""
    name = body.get("model")
    row = ROWS.get(name) if isinstance(name, str) else None
    if row is None:
        raise Refusal(Kind.NO_SUCH_MODEL, f"no available channel for model {name}")
    fields = parse_as(row.fields, body)
    _check(row, fields, allow_loopback=allow_loopback)
    options = fields if isinstance(fields, _Options) else None
    return EvoOrder(
        row=row,
        prompt=fields.prompt,
        image_urls=tuple(fields.image_urls),
        callback_url=fields.callback_url,
        n=options.n if options else 1,
        size=_read_size(options) if options and options.size is not None else None,
        seed=options.seed if options else None,
        watermark=options.watermark if options else False,
    )


def _check(row: ModelRow, fields: _Fields, *, allow_loopback: bool) -> None:
    if len(fields.prompt) > row.prompt_limit:
        raise Refusal(Kind.BAD_REQUEST, f"prompt may have {row.prompt_limit} characters")
    fewest, most = row.images
    if not fewest <= len(fields.image_urls) <= most:
        raise Refusal(Kind.BAD_REQUEST, f"image_urls must be {fewest} to {most} addresses")
    if not all(url.startswith(("https://", "http://")) for url in fields.image_urls):
        raise Refusal(Kind.BAD_REQUEST, "image_urls must be http or https addresses, no data")
    if fields.callback_url and not is_taken(fields.callback_url, secure=True, allow_loopback=allow_loopback):
        text = "callback_url must be a public https address of up to 2048 characters"
        raise Refusal(Kind.BAD_REQUEST, text)


def _read_size(options: _Options) -> Size | None:
    size = options.size or ""
    if not isinstance(options, _Pro):
        return _read_plus_size(options, size)
    if size == "auto":
        return None
    if size in _RATIOS:
        return _RATIOS[size][options.quality == "2K"]
    width, height = _split(size)
    if not 512 * 512 <= width * height <= 2048 * 2048:
        raise Refusal(Kind.BAD_REQUEST, "size must have 262144 to 4194304 pixels")
    return width, height


def _read_plus_size(options: _Options, size: str) -> Size:
    if options.n != 1:
        raise Refusal(Kind.BAD_REQUEST, "size can be set only when n is 1")
    width, height = _split(size)
    if not all(_SIDES[0] <= side <= _SIDES[1] for side in (width, height)):
        raise Refusal(Kind.BAD_REQUEST, f"width and height must be {_SIDES[0]} to {_SIDES[1]}")
    return width, height


def _split(size: str) -> Size:
    match = _PIXELS.fullmatch(size)
    if match is None:
        raise Refusal(Kind.BAD_REQUEST, "size must look like 1024x1024")
    return int(match[1]), int(match[2])
