"""One person at a terminal: statuses are a line that changes, pictures are files."""

import asyncio
import mimetypes
import shutil
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from rich.console import Console
from rich.status import Status as Spinner

from bot.core.narration import caption, status_text
from bot.domain.jobs import Job, Picture
from bot.domain.request import Handle
from bot.ports.chat import ChatGone, HandleGone, Parcel, Sent, Status
from bot.ports.media import MediaStore
from bot.ports.texts import Texts

PLATFORM = "terminal"

_CAPTION = 500
_CHUNK = 256 * 1024


class TerminalChat:
    """Implements `bot.ports.chat.Chat` for a single job; `ended` is set to its last status."""

    def __init__(
        self, console: Console, spinner: Spinner, folder: Path, media: MediaStore, texts: Texts
    ) -> None:
        self._console = console
        self._spinner = spinner
        self._folder = folder
        self._media = media
        self._texts = texts
        self.ended: asyncio.Future[Status] = asyncio.get_running_loop().create_future()

    async def show(self, job: Job, status: Status) -> str | None:
        text = status_text(self._texts, job, status)
        if status.final:
            self._spinner.stop()
            self._console.print(text, markup=False)
            if not self.ended.done():
                self.ended.set_result(status)
        else:
            self._spinner.update(text.replace("[", r"\["))
        return "terminal"

    async def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        for picture in parcel.pictures:
            file = self._file_for(parcel.job, picture)
            try:
                async with self._media.open(picture.media_key) as path:
                    await asyncio.to_thread(shutil.copyfile, path, file)
            except OSError as error:
                self._console.print(f"{file}: {error.strerror}", markup=False)
                raise ChatGone(str(error)) from None
            text = caption(self._texts, parcel, picture, _CAPTION).splitlines()[-1]
            self._console.print(f"{file}  {text}", markup=False)
            yield Sent(PLATFORM, parcel.job.address.chat, ((picture.id, str(file)),))

    async def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        """The handle is the path of a file."""
        try:
            with Path(handle.ref).open("rb") as file:  # noqa: ASYNC230 - one person's own disk
                while chunk := await asyncio.to_thread(file.read, _CHUNK):
                    yield chunk
        except OSError as error:
            raise HandleGone(f"{handle.ref}: {error.strerror}") from None

    async def remove(self, chat: str, messages: Sequence[str]) -> None:
        """What was printed, and saved, is the person's own."""

    async def is_admin(self, chat: str, person: str) -> bool:  # noqa: ARG002 - there is one person
        return True

    async def forget(self, person: str) -> None:
        """Nothing is kept here; what was saved is the person's own."""

    def _file_for(self, job: Job, picture: Picture) -> Path:
        ending = mimetypes.guess_extension(picture.mime) or ".png"
        return self._folder / f"{job.id}-{picture.ordinal + 1}{ending}"
