"""What people wish for: drawing, editing, and going on from a picture, by command, by reply, by button."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.core.acceptance import Acceptance, Wish
from bot.core.rights import Rights
from bot.core.talk import Answer, CommandHandler, Event, Incoming, Press, PressHandler, Reply, Turn, Verb
from bot.domain.catalogue import Catalogue
from bot.domain.command import Command, read_request
from bot.domain.decide import later
from bot.domain.ids import JobId
from bot.domain.jobs import Job
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import Handle, ImageRequest, Kind
from bot.domain.settings import Ask, PersonSettings, wanted
from bot.ports.archive import Archive
from bot.ports.clock import Clock
from bot.ports.people import People
from bot.ports.store import Store
from bot.ports.texts import Texts

_PATIENCE = timedelta(hours=1)
"""How long a question of ours stays open."""

_SEEDS = 1_000_000
"""New seeds are below this: every model takes them, and people can read them aloud."""


class Wishes:
    """Turns what is said into requests. An edit never becomes a drawing, nor the other way round."""

    def __init__(
        self,
        acceptance: Acceptance,
        catalogue: Catalogue,
        people: People,
        archive: Archive,
        store: Store,
        rights: Rights,
        texts: Texts,
        clock: Clock,
    ) -> None:
        self._acceptance = acceptance
        self._catalogue = catalogue
        self._people = people
        self._archive = archive
        self._store = store
        self._rights = rights
        self._texts = texts
        self._clock = clock

    @property
    def commands(self) -> Mapping[str, CommandHandler]:
        return {"draw": self._draw, "edit": self._edit}

    @property
    def presses(self) -> Mapping[Verb, PressHandler]:
        return {
            Verb.AGAIN: self._again,
            Verb.NEW_SEED: self._new_seed,
            Verb.MORE: self._more,
            Verb.EDIT: self._edit_this,
            Verb.EXAMPLE: self._example,
        }

    # --- said ---------------------------------------------------------------------------------------

    async def hear(self, turn: Turn[Incoming]) -> Reply | Problem | None:
        """Something without a command: a reply to a picture, an answer to our question, an image.

        In a group only what replies to us is meant for us.
        """
        said = turn.event
        if said.text and (base := await self._base(said)):
            return await self._change(turn, said.text, (base, *said.images), said.unusable)
        ask = self._open_ask(turn)
        if not said.private and not (ask and said.replied and said.replied.ours):
            return None
        if said.unusable:
            return said.unusable
        if ask:
            return await self._change(turn, ask.words or said.text, said.images or ask.images)
        if said.images:
            return await self._change(turn, said.text, said.images)
        return Reply(self._texts.say(turn.locale, "hint-draw"), turn.locale)

    async def _draw(self, turn: Turn[Incoming], command: Command) -> Reply | Problem | None:
        images = turn.event.images
        if images or turn.event.unusable:  # never silently left out, nor turned into an edit
            return problem(Key.REFERENCES_TOO_MANY, given=len(images) or 1, limit=0)
        request = self._read(turn, command.text, Kind.DRAW)
        return request if isinstance(request, Problem) else await self._accept(turn, request)

    async def _edit(self, turn: Turn[Incoming], command: Command) -> Reply | Problem | None:
        said, ask = turn.event, self._open_ask(turn)
        images, unusable = said.images, said.unusable
        if base := await self._base(said):
            images = (base, *images)
        elif not images and not unusable and said.replied:
            images, unusable = said.replied.images, said.replied.unusable
        if not images and ask:
            images = ask.images
        return await self._change(turn, command.text, images, unusable)

    async def _base(self, said: Incoming) -> Handle | None:
        """The picture of ours that a message replies to."""
        if not (said.replied and said.replied.ours):
            return None
        shown = await self._archive.shown(said.platform, said.address.chat, said.replied.message)
        if shown is None:
            return None
        ref = said.replied.images[0].ref if said.replied.images else ""
        return Handle(ref, shown.picture.id)

    async def _change(
        self, turn: Turn[Incoming], words: str, images: tuple[Handle, ...], unusable: Problem | None = None
    ) -> Reply | Problem | None:
        """Edit images, or ask for what is missing and remember what is there."""
        if unusable:
            return unusable
        if not words.strip():
            key = "ask-change" if images else "ask-image"
            return await self._ask(turn, key, Ask(self._clock.now(), images=images))
        request = self._read(turn, words, Kind.EDIT)
        if isinstance(request, Problem):
            return request
        if not images:
            return await self._ask(turn, "ask-image", Ask(self._clock.now(), words=words))
        why = await self._accept(turn, replace(request, references=images))
        if why is None and turn.ask:
            await self._remember(turn.event, None)
        return why

    # --- asking back --------------------------------------------------------------------------------

    def _open_ask(self, turn: Turn[Event]) -> Ask | None:
        ask = turn.ask
        return ask if ask and self._clock.now() < later(ask.asked_at, _PATIENCE) else None

    async def _ask(self, turn: Turn[Event], key: str, ask: Ask) -> Reply | Problem:
        if why := await self._rights.may_draw(turn):
            return why
        await self._remember(turn.event, ask)
        where = "private" if turn.event.private else "group"
        return Reply(self._texts.say(turn.locale, key, where=where), turn.locale, asks=True)

    async def _remember(self, event: Event, ask: Ask | None) -> None:
        await self._people.keep_ask(event.platform, event.address.chat, event.person, ask)

    # --- pressed ------------------------------------------------------------------------------------

    async def _again(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        job = await self._job(turn, words)
        return job if isinstance(job, Problem) else await self._repeat(turn, job.request)

    async def _new_seed(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        job = await self._job(turn, words)
        if isinstance(job, Problem):
            return job
        return await self._repeat(turn, replace(job.request, seed=secrets.randbelow(_SEEDS)))

    async def _more(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        """The same words, other pictures: a seed that was given would make the same ones."""
        job = await self._job(turn, words)
        if isinstance(job, Problem):
            return job
        count = words[1] if len(words) > 1 else ""
        most = self._acceptance.plan.pictures_per_job
        if not (count.isascii() and count.isdigit() and 1 <= int(count[:3]) <= most):
            return problem(Key.BUTTON_UNKNOWN)
        return await self._repeat(turn, replace(job.request, count=int(count), seed=None))

    async def _repeat(self, turn: Turn[Press], request: ImageRequest) -> Answer | Problem:
        why = await self._accept(turn, request)
        return why or Answer(note=self._texts.say(turn.locale, "pressed", count=request.count))

    async def _edit_this(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        job = await self._job(turn, words)
        if isinstance(job, Problem):
            return job
        ordinal = words[1] if len(words) > 1 else ""
        picture = next((picture for picture in job.pictures if str(picture.ordinal) == ordinal), None)
        if picture is None:
            return problem(Key.PICTURE_GONE)
        ask = Ask(self._clock.now(), images=(Handle(picture=picture.id),))
        reply = await self._ask(turn, "ask-change", ask)
        return reply if isinstance(reply, Problem) else Answer(reply=reply)

    async def _example(self, turn: Turn[Press], _words: tuple[str, ...]) -> Answer | Problem:
        request = self._read(turn, self._texts.say(turn.locale, "example-prompt"), Kind.DRAW)
        return request if isinstance(request, Problem) else await self._repeat(turn, request)

    async def _job(self, turn: Turn[Press], words: tuple[str, ...]) -> Job | Problem:
        """The job that a button is about, if whoever pressed it may use it."""
        job = await self._store.load(JobId(words[0])) if words else None
        if job is None or not job.request.prompt:
            return problem(Key.JOB_GONE)
        return self._rights.may_use(turn, job) or job

    # --- wishing ------------------------------------------------------------------------------------

    def _read(self, turn: Turn[Event], words: str, kind: Kind) -> ImageRequest | Problem:
        return read_request(words, self._acceptance.plan.pictures_per_job, kind, self._usual(turn, kind))

    def _usual(self, turn: Turn[Event], kind: Kind) -> PersonSettings:
        """What was settled, as far as it makes sense: an edit keeps the shape of its image, and a model that
        cannot do what is asked, or is gone, was not meant.
        """
        usual = wanted(turn.person, turn.chat)
        able = any(
            route.is_called(usual.model) and kind in route.kinds
            for route in self._catalogue.routes
            if usual.model
        )
        return replace(
            usual, model=usual.model if able else None, aspect=usual.aspect if kind is Kind.DRAW else None
        )

    async def _accept(self, turn: Turn[Event], request: ImageRequest) -> Problem | None:
        if why := await self._rights.may_draw(turn):
            return why
        event = turn.event
        return await self._acceptance.accept(
            Wish(
                event_key=event.event_key,
                platform=event.platform,
                person=event.person,
                address=event.address,
                locale=turn.locale,
                request=replace(request, spoiler=turn.chat.spoiler and not event.private),
                shared=not event.private,
                chat_limit=None if event.private else turn.chat.pictures_per_day,
            )
        )
