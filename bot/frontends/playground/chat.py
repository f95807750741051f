"""The playground as the core sees it: statuses and pictures are notes on the visitor's board."""

from collections.abc import AsyncGenerator, Sequence
from fractions import Fraction

from bot.core.buttons import result_buttons, status_buttons
from bot.core.narration import caption, status_text
from bot.domain.geometry import Size
from bot.domain.jobs import Job, Picture
from bot.domain.request import Handle, OutputForm
from bot.frontends.playground.attachments import Attachments
from bot.frontends.playground.buttons import button_facts
from bot.frontends.playground.feed import Feed
from bot.ports.board import Draft, Fact, NoteKind
from bot.ports.chat import ChatUnavailable, Parcel, Sent, Stage, Status
from bot.ports.media import MediaStore
from bot.ports.store import StoreBusy
from bot.ports.texts import Texts

PLATFORM = "playground"

_CAPTION = 600


class PlaygroundChat:
    """Implements `bot.ports.chat.Chat`.

    A note's id comes from the job or the picture it shows, and from what asked for it to be shown again. So
    whatever is shown or delivered twice, after a crash say, stands on the board once.
    """

    def __init__(self, feed: Feed, texts: Texts, media: MediaStore) -> None:
        self._feed = feed
        self._texts = texts
        self._media = media
        self._attachments = Attachments(feed, media)

    async def show(self, job: Job, status: Status) -> str | None:
        note_id = f"status-{job.id}"
        await self._put(job, note_id, NoteKind.STATUS, self._status_facts(job, status))
        return note_id

    async def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        for picture in parcel.pictures:
            note_id = _picture_note(parcel, picture)
            facts = self._picture_facts(parcel, picture)
            await self._put(parcel.job, note_id, NoteKind.PICTURE, facts, picture.media_key)
            yield Sent(PLATFORM, parcel.job.address.chat, ((picture.id, note_id),))

    def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        return self._attachments.fetch(handle)

    async def remove(self, chat: str, messages: Sequence[str]) -> None:
        try:
            await self._feed.remove(chat, messages)
        except StoreBusy as busy:
            raise ChatUnavailable(str(busy)) from busy

    async def is_admin(self, chat: str, person: str) -> bool:
        """A visitor is alone on their board."""
        return chat == person

    async def forget(self, person: str) -> None:
        """The whole board. A file that a crash leaves over goes when its time is over, as all uploads do."""
        try:
            uploads = await self._feed.clear(person)
        except StoreBusy as busy:
            raise ChatUnavailable(str(busy)) from busy
        for key in uploads:
            await self._media.delete(key)

    async def _put(
        self, job: Job, note_id: str, kind: NoteKind, facts: dict[str, Fact], media_key: str | None = None
    ) -> None:
        visitor, answers = job.address.chat, job.address.message or ""
        try:
            await self._feed.put(Draft(visitor, note_id, kind, answers, facts, media_key))
        except StoreBusy as busy:
            raise ChatUnavailable(str(busy)) from busy

    def _status_facts(self, job: Job, status: Status) -> dict[str, Fact]:
        shape = _expected_shape(job)
        return {
            "job": job.id,
            "stage": status.stage.value,
            "final": status.final,
            "text": status_text(self._texts, job, status),
            "count": job.request.count,
            "done": status.pictures,
            "width": shape.numerator,
            "height": shape.denominator,
            "model": status.model,
            "started": job.created_at,
            "buttons": self._status_buttons(job, status),
        }

    def _status_buttons(self, job: Job, status: Status) -> Fact:
        if status.stage is Stage.DONE and status.pictures == 1:
            return []  # the picture has them
        pictures = {str(picture.ordinal): f"picture-{picture.id}" for picture in job.pictures}
        return button_facts(status_buttons(self._texts, job, status), pictures)

    def _picture_facts(self, parcel: Parcel, picture: Picture) -> dict[str, Fact]:
        return {
            "job": parcel.job.id,
            "picture": picture.id,
            "ordinal": picture.ordinal,
            "width": picture.width,
            "height": picture.height,
            "bytes": picture.bytes,
            "mime": picture.mime,
            "model": parcel.made[picture.id].model,
            "prompt": parcel.job.request.prompt,
            "caption": caption(self._texts, parcel, picture, _CAPTION),
            "file": parcel.job.request.output is OutputForm.FILE,
            "started": parcel.job.created_at,
            "buttons": self._picture_buttons(parcel, picture),
        }

    def _picture_buttons(self, parcel: Parcel, picture: Picture) -> Fact:
        """One picture has its buttons itself. Those of several are under the job's last status; when they
        are shown again no status follows, so the last one has them.
        """
        alone = len(parcel.job.pictures) == 1
        if not alone and not (_again(parcel) and picture == parcel.pictures[-1]):
            return []
        shown = {str(each.ordinal): _picture_note(parcel, each) for each in parcel.pictures}
        return button_facts(result_buttons(self._texts, parcel.job, parcel.offers), shown)


def _again(parcel: Parcel) -> bool:
    """Whether these pictures are not shown for the first time."""
    return parcel.left_today is None


def _picture_note(parcel: Parcel, picture: Picture) -> str:
    """The id of the note that shows a picture; it is shown anew wherever it is asked for again."""
    again = f"-{parcel.job.address.message}" if _again(parcel) else ""
    return f"picture-{picture.id}{again}"


def _expected_shape(job: Job) -> Fraction:
    """Width to height of the pictures to come, as far as it is known."""
    size = next((Size.parse(call.size) for call in job.calls if call.size), job.request.size)
    if size:
        return Fraction(size.width, size.height)
    if aspect := job.request.aspect:
        return Fraction(aspect.width / aspect.height).limit_denominator(1000)
    if job.references:  # an edit keeps the shape of the first image, more or less
        return Fraction(job.references[0].width, job.references[0].height)
    return Fraction(1)
