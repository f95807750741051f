"""What a dialect is given to speak to one gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.domain.catalogue import Gateway
from bot.ports.media import MediaStore
from bot.providers.answers import AnswerReader
from bot.providers.http import Destination
from bot.providers.wire import Wire

W = TypeVar("W", bound=Wire)


@dataclass(frozen=True, slots=True)
class Line(Generic[W]):
    """One gateway: its row, the wire table of it and of each of its routes by key, and the way there.

    `files` leads to its upload service, if it has one, and `media` to the images that people handed in;
    without it nothing can be edited.
    """

    gateway: Gateway
    wire: W
    wires: Mapping[str, W]
    destination: Destination
    reader: AnswerReader
    media: MediaStore | None = None
    files: Destination | None = None
