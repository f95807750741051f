"""Finished pictures: found again by the message that shows them, by person, by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.ids import JobId, Millis, PictureId
from bot.domain.jobs import Job, Picture


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture and the job that it belongs to."""

    job: Job
    picture: Picture


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of ours that shows something of a job."""

    platform: str
    chat: str
    message: str


class Archive(Protocol):
    async def shown(self, platform: str, chat: str, message: str) -> Shown | None:
        """The picture that a message of ours shows; of an album that shares one number, the first."""
        ...

    async def latest(self, platform: str, person: str, chat: str) -> Shown | None:
        """The picture that was last shown in a chat of all that a person asked for."""
        ...

    async def picture(self, picture_id: PictureId) -> Shown | None:
        """A picture by its name."""
        ...

    async def history(self, platform: str, person: str, limit: int) -> Sequence[Job]:
        """A person's latest jobs that have pictures, the newest first, whether these arrived or not."""
        ...

    async def posted(self, job_id: JobId) -> Sequence[Posted]:
        """All messages that show pictures of a job, and its status message."""
        ...

    async def keepsakes(self, platform: str, person: str) -> Sequence[str]:
        """The keys, in the media store, of all images that a person handed in or was given."""
        ...

    async def forget(self, platform: str, person: str, now: Millis) -> None:
        """Forget what a person said and was given: settings, questions, prompts, pictures, places, messages.

        What remains are the numbers: how many pictures on which day, at what price, and for the time in which
        they count for a quota also whose they are. Unfinished jobs are left alone. Repeatable.
        """
        ...

    async def forget_for_good(self, before: Millis) -> int:
        """Take the name off accounts that asked to be forgotten and used nothing since `before`.

        Returns how many.
        """
        ...
