"""Jobs and finished pictures for tests."""

import io
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import replace

from PIL import Image

from bot.domain.ids import AccountId, CallId, JobId, Millis, PictureId
from bot.domain.jobs import Address, Job, JobState, Picture
from bot.domain.request import ImageRequest, Kind, OutputForm
from bot.media.folder import FolderMedia
from bot.ports.chat import Made, Offers, Parcel
from tests.fakes.telegram import Chat, Message, Topic, User


class Studio:
    """Makes jobs that were asked for in a chat, and keeps pictures for them."""

    def __init__(self, media: FolderMedia) -> None:
        self.media = media
        self._jobs = itertools.count(1)

    def job(
        self,
        chat: Chat,
        command: Message | None = None,
        *,
        topic: Topic | None = None,
        person: User | None = None,
        output: OutputForm = OutputForm.PHOTO,
        count: int = 1,
        spoiler: bool = False,
        age: float = 3600.0,
    ) -> Job:
        """A job that was asked for `age` seconds ago."""
        address = Address(
            platform="telegram",
            chat=str(chat.id),
            thread=str(topic.id) if topic else None,
            message=str(command.id) if command else None,
        )
        return Job(
            id=JobId(f"job{next(self._jobs)}"),
            account_id=AccountId("account"),
            person=str(person.id if person else chat.id),
            address=address,
            locale="en",
            request=ImageRequest(Kind.DRAW, "a fox in the snow", output=output, count=count, spoiler=spoiler),
            state=JobState.WORKING,
            version=1,
            created_at=Millis(int((time.time() - age) * 1000)),
            deadline_at=Millis(int(time.time() * 1000) + 60_000),
        )

    async def parcel(
        self, job: Job, count: int = 1, size: tuple[int, int] = (64, 48), *, more: int = 0
    ) -> Parcel:
        """`count` pictures of the same size, each a file with `more` bytes of padding behind the image."""
        pictures = await self.pictures(job, count, size, more=more)
        made = {picture.id: Made("max") for picture in pictures}
        finished = replace(job, pictures=pictures)
        return Parcel(finished, pictures, made, planned="max", left_today=7, offers=Offers(seed=True))

    async def pictures(
        self, job: Job, count: int, size: tuple[int, int] = (64, 48), *, more: int = 0
    ) -> tuple[Picture, ...]:
        """Finished pictures of a job, kept in the media store."""
        return tuple([await self._picture(job, ordinal, size, more) for ordinal in range(count)])

    async def _picture(self, job: Job, ordinal: int, size: tuple[int, int], more: int) -> Picture:
        data = png(size) + b"\0" * more
        key = f"{job.id}/{ordinal}.png"
        await self.media.put(key, _chunks(data))
        return Picture(
            id=PictureId(f"{job.id}-{ordinal}"),
            job_id=job.id,
            call_id=CallId("call"),
            ordinal=ordinal,
            media_key=key,
            width=size[0],
            height=size[1],
            bytes=len(data),
            mime="image/png",
        )


def png(size: tuple[int, int]) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, "orange").save(held, "PNG")
    return held.getvalue()


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data
