"""In which form pictures are sent: photos or files, one or an album."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from itertools import islice
from typing import Final

from bot.domain.jobs import Job, Picture
from bot.domain.request import OutputForm
from bot.ports.chat import Parcel

ALBUM_LIMIT: Final = 10
CAPTION_LIMIT: Final = 1024

# The limits of sendPhoto, documented by the vendor.
_PHOTO_BYTES: Final = 10 * 1024 * 1024
_PHOTO_SIDES: Final = 10_000
_PHOTO_RATIO: Final = 20
_PHOTO_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})


class Form(StrEnum):
    PHOTO = auto()
    FILE = auto()
    REDUCED = auto()
    """A smaller copy, as a photo."""


@dataclass(frozen=True, slots=True)
class Load:
    """One to ten pictures that go in one message or album, as photos or as files."""

    form: Form
    pictures: tuple[Picture, ...]

    @property
    def bytes(self) -> int:
        return sum(picture.bytes for picture in self.pictures)


def loads(parcel: Parcel) -> Iterator[Load]:
    """The pictures of a parcel, cut into what can be sent at once; an album never mixes photos and files."""
    wanted = parcel.job.request.output
    for form in (Form.PHOTO, Form.FILE):
        pictures = iter([picture for picture in parcel.pictures if forms(picture, wanted)[0] is form])
        while album := tuple(islice(pictures, ALBUM_LIMIT)):
            yield Load(form, album)


def forms(picture: Picture, wanted: OutputForm) -> tuple[Form, ...]:
    """The forms to try, in this order. What is no photo goes as a file: it is shown smaller, but whole.

    A file is never too large: 50 MB may be sent, documented by the vendor, and no gateway's picture has that.
    """
    small = (Form.REDUCED,) if _has_photo_shape(picture) else ()
    if not _is_photo(picture):
        return (Form.FILE, *small)
    if wanted is OutputForm.FILE:
        return (Form.FILE, Form.PHOTO, *small)
    return (Form.PHOTO, Form.FILE, *small)


def carries_buttons(job: Job) -> bool:
    """Whether the picture itself does: when it is the only one. An album takes none, its companion does."""
    return len(job.pictures) == 1


def captioned(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """The pictures of an album that get a caption: one speaks for all unless the sizes differ.

    A single caption is shown below the whole album, several only with their own pictures.
    """
    sizes = {(picture.width, picture.height) for picture in pictures}
    return pictures[:1] if len(sizes) == 1 else pictures


def _is_photo(picture: Picture) -> bool:
    fits = picture.width + picture.height <= _PHOTO_SIDES and picture.bytes <= _PHOTO_BYTES
    return fits and picture.mime in _PHOTO_TYPES and _has_photo_shape(picture)


def _has_photo_shape(picture: Picture) -> bool:
    return max(picture.width, picture.height) <= _PHOTO_RATIO * min(picture.width, picture.height)
