"""What a person asks for."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.geometry import Aspect, Size
from bot.domain.ids import PictureId

MAX_SEED = 2_147_483_647
"""The largest seed any of the gateways documents (2^31 - 1)."""


class Kind(StrEnum):
    """Whether a picture is made from words alone or from given images. One never becomes the other."""

    DRAW = "draw"
    EDIT = "edit"


class OutputForm(StrEnum):
    """How the person wants to receive a picture: shown in the chat, or as an untouched file."""

    PHOTO = "photo"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Handle:
    """An image that was handed in, by the name the platform gave it; its bytes are asked for later.

    `picture` tells that it is one of ours, whose bytes we keep; `ref` may be empty then.
    """

    ref: str = ""
    picture: PictureId | None = None


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A wish, as it was expressed; None means "not said".

    `references` are the images to edit, in the order in which people number them; an edit has at least one, a
    drawing none.

    At most one of `aspect` and `size` is set. `negative_prompt` names what must not be in the picture.
    `prompt_extension` lets the gateway embellish the prompt (switched off by `--raw`). `spoiler` covers the
    pictures until they are tapped.
    """

    kind: Kind
    prompt: str
    model: str | None = None
    count: int = 1
    aspect: Aspect | None = None
    size: Size | None = None
    seed: int | None = None
    negative_prompt: str | None = None
    watermark: bool = False
    prompt_extension: bool = True
    output: OutputForm = OutputForm.PHOTO
    references: tuple[Handle, ...] = ()
    spoiler: bool = False
