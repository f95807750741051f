"""Images that people handed in, on their way to a gateway.

What leaves the media store here was prepared before: a PNG or JPEG of bearable size without metadata.
"""

import asyncio
import base64
import io
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from bot.domain.jobs import Reference
from bot.domain.outcome import Failure, Rejected
from bot.ports.gateway import Submission
from bot.ports.media import MediaStore

_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Handed:
    """The bytes of one image."""

    mime: str
    data: bytes = field(repr=False)

    @property
    def ending(self) -> str:
        """How the name of such a file ends, without the dot."""
        return _ENDINGS[self.mime]

    def data_url(self) -> str:
        """The image as a `data:` URL. Blocks for a moment."""
        return f"data:{self.mime};base64,{base64.b64encode(self.data).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """All images of a submission, in the order in which people number them, and its mask."""

    images: tuple[Handed, ...]
    mask: Handed | None = None


async def read_images(media: MediaStore | None, submission: Submission) -> HandedIn | Rejected:
    """The images of a submission; or why it cannot be made. Nothing was asked or paid then."""
    if why := _mask_refused(submission):
        return Rejected(Failure.BAD_REQUEST, detail=why)
    try:
        images = [await _read(media, reference) for reference in submission.references]
        mask = await _read(media, submission.mask) if submission.mask else None
    except KeyError as gone:
        return Rejected(Failure.BAD_REQUEST, detail=f"the media store does not have {gone}")
    except OSError as error:
        return Rejected(Failure.UPSTREAM, again=True, detail=f"the media store failed: {error.strerror}")
    return HandedIn(tuple(images), mask)


def white_where_transparent(mask: Handed) -> Handed:
    """A mask of one channel, white where `mask` is transparent and black elsewhere. Blocks."""
    with Image.open(io.BytesIO(mask.data), formats=["PNG"]) as image:
        alpha = image.convert("RGBA").getchannel("A")
    file = io.BytesIO()
    alpha.point(lambda value: 255 - value).save(file, "PNG")
    return Handed("image/png", file.getvalue())


def _mask_refused(submission: Submission) -> str | None:
    """A mask that is silently dropped would change the picture where it must not change."""
    mask = submission.mask
    if mask is None:
        return None
    if not submission.route.mask or not submission.references:
        return "no mask is taken"
    first = submission.references[0]
    if mask.mime != "image/png" or (mask.width, mask.height) != (first.width, first.height):
        return "the mask is not a PNG of the first image's size"
    return None


async def _read(media: MediaStore | None, reference: Reference) -> Handed:
    if media is None:
        raise RuntimeError("a gateway that was opened without a media store cannot edit")
    async with media.open(reference.media_key) as path:
        return Handed(reference.mime, await asyncio.to_thread(path.read_bytes))
