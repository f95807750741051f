"""The gateways that speak the OpenAI Images dialect, as data.

Sources are the vendors' own pages: the price list and image pages of Crazyrouter, the model pages of
DieYuYun, OpenAI's API reference. Where a vendor gives no size list or error page, the upstream's sizes
(Alibaba Cloud Model Studio) and the public code of the new-api family are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.sandbox.refusals import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

Size = tuple[int, int]

S5: Final[frozenset[Size]] = frozenset({(1664, 928), (1472, 1104), (1328, 1328), (1104, 1472), (928, 1664)})
S2K: Final[frozenset[Size]] = frozenset(
    {(2048, 2048), (2688, 1536), (1536, 2688), (2368, 1728), (1728, 2368)}
)
_SQUARE: Final = (1024, 1024)
GPT: Final[frozenset[Size]] = frozenset({_SQUARE, (1536, 1024), (1024, 1536)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """What one model takes. `sizes` None: any size up to 4096 a side, and `auto`."""

    id: str
    sizes: frozenset[Size] | None
    default_size: Size
    max_n: int
    usd: float | None = None
    """Price of a picture as the price list shows it."""
    base64_only: bool = False
    """response_format is refused and pictures come inside the answer."""
    prompt_limit: int | None = None
    """In characters; None where it is counted otherwise or not stated."""
    max_images: int = 0
    """What an edit takes; 0 for a model that cannot edit."""
    square_png: bool = False
    """Images to edit must be small square PNGs."""


@dataclass(frozen=True, slots=True)
class ErrorForm:
    status: int
    code: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRow:
    """What one gateway takes and how it answers."""

    id: str
    models: tuple[ModelRow, ...]
    any_model: ModelRow | None = None
    """Limits of models that are not listed; None refuses them."""
    fields: frozenset[str]
    """The documented top-level fields; `any_field` takes others too and ignores them."""
    any_field: bool = False
    parameters: frozenset[str] = frozenset()
    """What may stand in a `parameters` object, instead of at the top, with `*` in sizes."""
    key_optional: bool = False
    key_header: str | None = None
    request_id_header: str
    request_id_in_text: bool
    blank_keys: bool
    """Unused keys of an entry are sent as empty strings, beside an empty `metadata`."""
    error_keys: tuple[str, ...]
    errors: Mapping[Kind, ErrorForm]
    price_list: bool = False
    edits: bool = False
    """Whether there is `/images/edits` with a form."""


def new_api_errors(**codes: str) -> dict[Kind, ErrorForm]:
    """The family's errors; `codes` are those a gateway documents differently."""
    own, openai = "new_api_error", "invalid_request_error"
    forms = {
        Kind.BAD_REQUEST: (400, "invalid_request", own),
        Kind.BAD_KEY: (401, "", own),
        Kind.OUT_OF_MONEY: (403, "insufficient_user_quota", own),
        Kind.NO_SUCH_MODEL: (503, "model_not_found", own),
        Kind.NOT_FOUND: (404, "", openai),
        Kind.TOO_LARGE: (413, "read_request_body_failed", own),
        Kind.MODERATED: (500, "sensitive_words_detected", own),
        Kind.RATE_LIMITED: (429, "", own),
        Kind.UPSTREAM: (500, "bad_response", own),
        Kind.UNAVAILABLE: (503, "", own),
    }
    return {
        kind: ErrorForm(status, codes.get(kind, code), error_type)
        for kind, (status, code, error_type) in forms.items()
    }


_OPENAI_ERRORS: Final = {
    Kind.BAD_REQUEST: ErrorForm(400, "invalid_value", "invalid_request_error"),
    Kind.BAD_KEY: ErrorForm(401, "invalid_api_key", "invalid_request_error"),
    Kind.OUT_OF_MONEY: ErrorForm(429, "insufficient_quota", "insufficient_quota"),
    Kind.NO_SUCH_MODEL: ErrorForm(404, "model_not_found", "invalid_request_error"),
    Kind.NOT_FOUND: ErrorForm(404, "unknown_url", "invalid_request_error"),
    Kind.TOO_LARGE: ErrorForm(413, "request_too_large", "invalid_request_error"),
    Kind.MODERATED: ErrorForm(400, "moderation_blocked", "image_generation_user_error"),
    Kind.RATE_LIMITED: ErrorForm(429, "rate_limit_exceeded", "requests"),
    Kind.UPSTREAM: ErrorForm(500, "server_error", "server_error"),
    Kind.UNAVAILABLE: ErrorForm(503, "server_error", "server_error"),
}


def _one_picture(model: str, usd: float | None = None) -> ModelRow:
    return ModelRow(id=model, sizes=S5, default_size=(1664, 928), max_n=1, usd=usd)


def _up_to_six(model: str, usd: float | None = None) -> ModelRow:
    return ModelRow(id=model, sizes=S2K, default_size=(2048, 2048), max_n=6, usd=usd)


CRAZYROUTER: Final = GatewayRow(
    id="crazyrouter",
    models=(
        _one_picture("qwen-image-plus", 0.0286),
        _one_picture("qwen-image-max", 0.0714),
        _up_to_six("qwen-image-2.0", 0.0286),
        _up_to_six("qwen-image-2.0-pro"),
    ),
    fields=frozenset({"model", "prompt", "size", "n", "response_format"}),
    request_id_header="X-Oneapi-Request-Id",
    request_id_in_text=True,
    blank_keys=True,
    error_keys=("message", "type", "code"),
    errors=new_api_errors(
        bad_key="invalid_api_key", out_of_money="insufficient_quota", rate_limited="rate_limit_exceeded"
    ),
    price_list=True,
)

_DIEYUYUN_OPTIONS: Final = frozenset({"size", "n", "watermark", "seed", "negative_prompt", "prompt_extend"})

DIEYUYUN: Final = GatewayRow(
    id="dieyuyun",
    models=(
        _up_to_six("qwen-image-2.0-pro"),
        _up_to_six("qwen-image-2.0"),
        _one_picture("qwen-image-max"),
        _one_picture("qwen-image-plus"),
        _one_picture("qwen-image"),
    ),
    fields=_DIEYUYUN_OPTIONS | {"model", "prompt", "response_format", "parameters"},
    parameters=_DIEYUYUN_OPTIONS,
    key_header="x-api-key",
    request_id_header="X-Oneapi-Request-Id",
    request_id_in_text=True,
    blank_keys=False,
    error_keys=("message", "type", "param", "code"),
    errors=new_api_errors(),
)


def _gpt(model: str, sizes: frozenset[Size] | None) -> ModelRow:
    return ModelRow(
        id=model,
        sizes=sizes,
        default_size=_SQUARE,
        max_n=10,
        base64_only=True,
        prompt_limit=32_000,
        max_images=16,
    )


OPENAI: Final = GatewayRow(
    id="openai",
    models=(
        _gpt("gpt-image-1", GPT),
        _gpt("gpt-image-2", None),
        ModelRow(
            id="dall-e-2",
            sizes=frozenset({(256, 256), (512, 512), _SQUARE}),
            default_size=_SQUARE,
            max_n=10,
            prompt_limit=1000,
            max_images=1,
            square_png=True,
        ),
        ModelRow(
            id="dall-e-3",
            sizes=frozenset({_SQUARE, (1792, 1024), (1024, 1792)}),
            default_size=_SQUARE,
            max_n=1,
            prompt_limit=4000,
        ),
    ),
    any_model=ModelRow(id="local-model", sizes=None, default_size=_SQUARE, max_n=10, max_images=16),
    fields=frozenset({"model", "prompt", "size", "n", "response_format", "output_format", "seed"}),
    any_field=True,
    edits=True,
    key_optional=True,
    request_id_header="x-request-id",
    request_id_in_text=False,
    blank_keys=False,
    error_keys=("message", "type", "param", "code"),
    errors=_OPENAI_ERRORS,
)
