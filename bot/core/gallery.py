"""Finished pictures: shown again, as files, one step back, or taken away. All of it is free."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.buttons import in_rows, press
from bot.core.errands import Errands
from bot.core.narration import shorten
from bot.core.packing import Packing
from bot.core.rights import Rights, is_requester
from bot.core.talk import (
    Answer,
    Button,
    CommandHandler,
    Door,
    Event,
    Incoming,
    Press,
    PressHandler,
    Reply,
    Turn,
    Verb,
)
from bot.domain.command import Command
from bot.domain.ids import JobId, PictureId
from bot.domain.jobs import Job, Picture
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import OutputForm
from bot.ports.archive import Archive, Shown
from bot.ports.chat import Chat, ChatUnavailable, Sent, Stage, Status
from bot.ports.clock import Clock
from bot.ports.media import MediaStore
from bot.ports.store import Store
from bot.ports.texts import Texts

_REMEMBERED: Final = 20
_SHOWN_PROMPT: Final = 60
_FIRST_PAUSE: Final = 1.0
_PATIENCE: Final = 300.0
"""Seconds: pauses between attempts to send double, and together they are at most so long."""


class Gallery:
    """What was made, found again. Showing is an errand: nobody waits for it."""

    def __init__(
        self,
        store: Store,
        archive: Archive,
        packing: Packing,
        rights: Rights,
        chats: Mapping[str, Chat],
        media: MediaStore,
        errands: Errands,
        texts: Texts,
        clock: Clock,
    ) -> None:
        self._store = store
        self._archive = archive
        self._packing = packing
        self._rights = rights
        self._chats = chats
        self._media = media
        self._errands = errands
        self._texts = texts
        self._clock = clock

    @property
    def commands(self) -> Mapping[str, CommandHandler]:
        return {"history": self._history, "resend": self._resend, "undo": self._undo}

    @property
    def presses(self) -> Mapping[Verb, PressHandler]:
        return {Verb.RESEND: self._send_again, Verb.AS_FILE: self._as_file, Verb.DELETE: self._delete}

    # --- said ---------------------------------------------------------------------------------------

    async def _history(self, turn: Turn[Incoming], _command: Command) -> Reply:
        """The latest jobs, with a button each; only in private, where nobody else reads it."""
        say = self._texts.say
        if not turn.event.private:
            door = Door(say(turn.locale, "history-door"), "history")
            return Reply(say(turn.locale, "history-private"), turn.locale, buttons=((door,),))
        jobs = await self._past(turn.event)
        if not jobs:
            return Reply(say(turn.locale, "history-none"), turn.locale)
        rows = [self._row(number, job, turn.locale) for number, job in enumerate(jobs, 1)]
        buttons = [Button(str(number), press(Verb.RESEND, job.id)) for number, job in enumerate(jobs, 1)]
        text = "\n".join([say(turn.locale, "history-title"), "", *rows])
        return Reply(text, turn.locale, buttons=in_rows(buttons))

    async def _past(self, event: Event) -> Sequence[Job]:
        """A person's latest jobs with pictures. Those of an unfinished one are on their way by themselves."""
        jobs = await self._archive.history(event.platform, event.person, _REMEMBERED)
        return [job for job in jobs if job.finished]

    def _row(self, number: int, job: Job, locale: str) -> str:
        unit, amount = _ago(timedelta(milliseconds=self._clock.now() - job.created_at))
        return self._texts.say(
            locale,
            "history-row",
            number=number,
            prompt=shorten(job.request.prompt, _SHOWN_PROMPT),
            count=len(job.pictures),
            unit=unit,
            amount=amount,
        )

    async def _resend(self, turn: Turn[Incoming], _command: Command) -> Problem | None:
        """The job of the picture replied to; else the latest, one that never arrived first."""
        shown = await self._replied(turn.event)
        if shown:
            return self._rights.may_use(turn, shown.job) or await self._show(turn, shown.job)
        chat = turn.event.address.chat
        jobs = await self._past(turn.event)
        here = [job for job in jobs if turn.event.private or job.address.chat == chat]
        if not here:
            return problem(Key.NOTHING_SHOWN)
        for job in here:
            if await self._kept(job.undelivered):
                return await self._show(turn, job)
        return await self._show(turn, here[0])

    async def _undo(self, turn: Turn[Incoming], _command: Command) -> Problem | None:
        """The picture that was edited, of the one replied to or else of the latest shown here. It is the
        latest then: words in reply to it go on from there, and the next `/undo` goes one step further back.
        """
        event = turn.event
        shown = await self._replied(event)
        if shown and (why := self._rights.may_use(turn, shown.job)):
            return why
        shown = shown or await self._archive.latest(event.platform, event.person, event.address.chat)
        if shown is None:
            return problem(Key.NOTHING_SHOWN)
        references = shown.job.request.references
        source = references[0].picture if references else None
        if source is None:
            return problem(Key.NOTHING_BEFORE)
        before = await self._archive.picture(source)
        if before is None:  # whoever asked for it was forgotten
            return problem(Key.PICTURE_GONE)
        request = replace(before.job.request, count=1)
        return await self._show(turn, replace(before.job, request=request, pictures=(before.picture,)))

    async def _replied(self, said: Incoming) -> Shown | None:
        if not (said.replied and said.replied.ours):
            return None
        return await self._archive.shown(said.platform, said.address.chat, said.replied.message)

    # --- pressed ------------------------------------------------------------------------------------

    async def _send_again(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        return await self._press(turn, words, None)

    async def _as_file(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        return await self._press(turn, words, OutputForm.FILE)

    async def _press(
        self, turn: Turn[Press], words: tuple[str, ...], output: OutputForm | None
    ) -> Answer | Problem:
        job = await self._job(words)
        if job is None:
            return problem(Key.JOB_GONE)
        if output:
            job = replace(job, request=replace(job.request, output=output))
        why = self._rights.may_use(turn, job) or await self._show(turn, job)
        return why or Answer(note=self._texts.say(turn.locale, "sending-again", count=len(job.pictures)))

    async def _delete(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        """Take away what shows a job in this chat; what is kept stays in the history.

        Only what is known to show this job goes: a forged press names any job beside any message.
        """
        event, job = turn.event, await self._job(words)
        messages = await self._shown_here(event, job) if job else []
        own = job is not None and is_requester(event, job)
        if not own and (event.private or not messages):
            return problem(Key.JOB_GONE)
        if not own and not await self._rights.is_admin(event):
            return problem(Key.NOT_YOURS)
        await self._chats[event.platform].remove(event.address.chat, messages)
        return Answer(note=self._texts.say(turn.locale, "deleted"))

    async def _shown_here(self, event: Event, job: Job) -> Sequence[str]:
        posted = await self._archive.posted(job.id)
        here = (event.platform, event.address.chat)
        return [each.message for each in posted if (each.platform, each.chat) == here]

    async def _job(self, words: tuple[str, ...]) -> Job | None:
        job = await self._store.load(JobId(words[0])) if words else None
        return job if job and job.pictures else None

    # --- showing ------------------------------------------------------------------------------------

    async def _show(self, turn: Turn[Event], job: Job) -> Problem | None:
        """Send a job's pictures to where it was asked for, as far as we still have them."""
        pictures = await self._kept(job.pictures)
        if not pictures:
            return problem(Key.PICTURE_GONE)
        spoiler = turn.chat.spoiler and not turn.event.private
        here = replace(
            job,
            person=turn.event.person,
            address=turn.event.address,
            locale=turn.locale,
            status_message=None,
            request=replace(job.request, spoiler=spoiler),
            pictures=pictures,
        )
        begun = self._errands.start(self._send(here), f"showing {job.id}")
        return None if begun else problem(Key.CHAT_BUSY)

    async def _kept(self, pictures: Sequence[Picture]) -> tuple[Picture, ...]:
        """Those whose files are still there."""
        kept = []
        for picture in pictures:
            with suppress(KeyError):
                async with self._media.open(picture.media_key):
                    kept.append(picture)
        return tuple(kept)

    async def _send(self, job: Job) -> None:
        """Send the pictures. A platform that is away is asked again, and what arrived is not sent again."""
        chat = self._chats[job.address.platform]
        left = {picture.id: picture for picture in job.pictures}
        pause, patience = _FIRST_PAUSE, _PATIENCE
        while True:
            try:
                await self._deliver(job, chat, left)
                if len(job.pictures) > 1:
                    await self._accompany(job, chat)
            except ChatUnavailable as away:
                wait = max(away.after, pause)
                if wait > patience:
                    raise
            else:
                return
            await asyncio.sleep(wait)
            patience -= wait
            pause *= 2
            if not await self._kept(job.pictures):  # forgotten meanwhile
                return

    async def _deliver(self, job: Job, chat: Chat, left: dict[PictureId, Picture]) -> None:
        """Send what is left, and strike off what arrived."""
        if not left:
            return
        parcel = self._packing.parcel(job, list(left.values()), left_today=None)
        async with aclosing(chat.deliver(parcel)) as messages:
            async for sent in messages:
                for picture, _ in sent.messages:
                    del left[picture]
                await self._store.note_delivery(sent, self._clock.now(), person=job.person)

    async def _accompany(self, job: Job, chat: Chat) -> None:
        """Pictures that come together carry no buttons: a message beside them does. It is noted as one that
        shows them, so that it is taken away with them.
        """
        if message := await chat.show(job, self._done(job)):
            shown = tuple((picture.id, message) for picture in job.pictures)
            sent = Sent(job.address.platform, job.address.chat, shown)
            await self._store.note_delivery(sent, self._clock.now(), person=job.person)

    def _done(self, job: Job) -> Status:
        took = (job.finished_at or job.created_at) - job.created_at
        return Status(
            Stage.DONE,
            pictures=len(job.pictures),
            seconds=round(took / 1000),
            offers=self._packing.offers(job),
        )


def _ago(age: timedelta) -> tuple[str, int]:
    """How long ago, in the largest unit that fits."""
    for unit, length in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if age >= length:
            return unit, age // length
    return "minutes", max(0, age // timedelta(minutes=1))
