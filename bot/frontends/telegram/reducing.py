"""Smaller copies of pictures, for where neither the whole photo nor a file is taken."""

import asyncio
import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps
from telegram import InputFile

from bot.domain.jobs import Picture
from bot.ports.media import MediaStore

_SIDE: Final = 2560
"""Pixels. Telegram's own copies of photos are no larger; a JPEG of this size has less than 10 MB."""

_QUALITY: Final = 90


class Reducer:
    """Makes one copy at a time: a decoded picture takes a lot of memory."""

    def __init__(self, media: MediaStore) -> None:
        self._media = media
        self._turn = asyncio.Lock()

    async def input_file(self, picture: Picture) -> InputFile:
        """A JPEG. Raises KeyError when the picture is not there, and OSError."""
        async with self._turn, self._media.open(picture.media_key) as path:
            data = await asyncio.to_thread(_smaller, path)
        return InputFile(data, filename=f"{picture.job_id}-{picture.ordinal + 1}.jpg")


def _smaller(path: Path) -> bytes:
    held = io.BytesIO()
    with Image.open(path) as image:
        image.draft("RGB", (_SIDE, _SIDE))
        small = ImageOps.contain(image, (min(_SIDE, image.width), min(_SIDE, image.height)))
    on_white = Image.new("RGB", small.size, "white")
    if small.has_transparency_data:
        small = small.convert("RGBA")
        on_white.paste(small, mask=small)
    else:
        on_white.paste(small.convert("RGB"))
    on_white.save(held, "JPEG", quality=_QUALITY)
    return held.getvalue()
