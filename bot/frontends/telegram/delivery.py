"""In which form pictures are sent: photos or files, one or an album."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from itertools import islice
from typing import Final

from bot.domain.jobs import Picture
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


@dataclass(frozen=True, slots=True)
class Load:
    """One to ten pictures that go in one message or album."""

    form: Form
    pictures: tuple[Picture, ...]

    @property
    def bytes(self) -> int:
        return sum(picture.bytes for picture in self.pictures)


def loads(parcel: Parcel) -> Iterator[Load]:
    """The pictures of a parcel, cut into what can be sent at once; an album never mixes photos and files."""
    wanted = parcel.job.request.output
    for form in Form:
        pictures = iter([picture for picture in parcel.pictures if form_of(picture, wanted) is form])
        while album := tuple(islice(pictures, ALBUM_LIMIT)):
            yield Load(form, album)


def form_of(picture: Picture, wanted: OutputForm) -> Form:
    """A photo if that is wanted and within the limits, else a file: it is shown smaller but arrives whole."""
    if wanted is OutputForm.FILE or picture.mime not in _PHOTO_TYPES or picture.bytes > _PHOTO_BYTES:
        return Form.FILE
    longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
    fits = longer + shorter <= _PHOTO_SIDES and longer <= _PHOTO_RATIO * shorter
    return Form.PHOTO if fits else Form.FILE


def captioned(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """The pictures of an album that get a caption: one speaks for all unless the sizes differ.

    A single caption is shown below the whole album, several only with their own pictures.
    """
    sizes = {(picture.width, picture.height) for picture in pictures}
    return pictures[:1] if len(sizes) == 1 else pictures
