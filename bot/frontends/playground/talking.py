"""What a visitor says and presses, taken to the core, and what comes of it on the board."""

from collections.abc import Sequence
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from bot.core.talk import Answer, Incoming, Press, Replied, Reply
from bot.domain.jobs import Address
from bot.domain.problems import Key, Refused, problem
from bot.domain.request import Handle
from bot.frontends.playground.attachments import (
    IMAGES_PER_MESSAGE,
    NAME,
    PICTURE,
    Attachments,
    handle_of,
)
from bot.frontends.playground.buttons import button_facts
from bot.frontends.playground.chat import PLATFORM
from bot.frontends.playground.feed import Feed
from bot.ports.board import Draft, Fact, Note, NoteKind

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Language = Annotated[str, StringConstraints(max_length=35)]

_LONGEST_TEXT = 4096  # characters, as in the chats


class Conversing(Protocol):
    """The core's conversation, as `bot.core.conversation.Conversation` has it."""

    async def hear(self, incoming: Incoming) -> Reply | None: ...

    async def press(self, press: Press) -> Answer: ...


class Said(BaseModel):
    """A message as the page sends it. The page makes the id, so that it can send the same message again.

    `replies` is the note with the picture that it replies to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    text: str
    language: Language
    images: tuple[Annotated[str, StringConstraints(pattern=rf"^{NAME}$")], ...] = ()
    replies: Annotated[str, StringConstraints(pattern=rf"^{PICTURE}$")] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Said":
        if not (self.text or self.shown):
            raise ValueError("neither a text nor an image")
        return self

    @property
    def shown(self) -> tuple[str, ...]:
        """All images of the message, in the order in which people count them."""
        return (self.replies, *self.images) if self.replies else self.images


class Pressed(BaseModel):
    """A pressed button as the page tells of it, with an id as in `Said`. `note` carries the button."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    note: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,200}$")]
    press: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    language: Language


class Talking:
    """Repeatable by the page's ids: the same message or press again is answered again and done once."""

    def __init__(self, feed: Feed, conversation: Conversing, attachments: Attachments) -> None:
        self._feed = feed
        self._conversation = conversation
        self._attachments = attachments

    async def say(self, visitor: str, said: Said) -> list[Note]:
        """The note of what was said, and that of the reply if there is one. Raises StoreBusy, and Refused
        when nothing is kept of it.
        """
        note = await self._feed.find(visitor, f"said-{said.id}")
        if note is None:
            note = await self._take(visitor, said)
        elif answered := await self._feed.find(visitor, f"reply-{said.id}"):
            return [note, answered]
        reply = await self._conversation.hear(_incoming(visitor, said))
        return [note, *([await self._put(visitor, said.id, reply)] if reply else [])]

    async def press(self, visitor: str, pressed: Pressed) -> tuple[Answer, list[Note]]:
        """What the core answers, and the notes that are new or changed by it. Raises StoreBusy."""
        press = _press(visitor, pressed)
        answer = await self._conversation.press(press)
        notes = []
        if answer.update:
            notes.append(await self._update(visitor, pressed.note, press, answer.update))
        if answer.reply:
            notes.append(await self._put(visitor, press.address.message or "", answer.reply))
        return answer, notes

    async def _update(self, visitor: str, note_id: str, press: Press, update: Reply) -> Note:
        """New words where the button is. When that is gone, by the press itself perhaps, they are a reply."""
        changed = await self._feed.change(visitor, note_id, _reply_facts(update))
        return changed or await self._put(visitor, press.address.message or "", update)

    async def _take(self, visitor: str, said: Said) -> Note:
        """Pin a message with its images. Raises Refused when it is too long, or an image is not there."""
        names = said.shown
        if len(said.text) > _LONGEST_TEXT:
            raise Refused(problem(Key.TEXT_TOO_LONG, limit=_LONGEST_TEXT, length=len(said.text)))
        if len(names) > IMAGES_PER_MESSAGE:
            raise Refused(problem(Key.REFERENCES_TOO_MANY, given=len(names), limit=IMAGES_PER_MESSAGE))
        for number, name in enumerate(names, 1):
            if await self._attachments.find(visitor, name) is None:
                raise Refused(problem(Key.REFERENCE_GONE, number=number))
        await self._attachments.note_said(visitor, names)
        facts: dict[str, Fact] = {"text": said.text, "images": names}
        return await self._feed.put(Draft(visitor, f"said-{said.id}", NoteKind.SAID, said.id, facts))

    async def _put(self, visitor: str, answers: str, reply: Reply) -> Note:
        return await self._feed.put(
            Draft(visitor, f"reply-{answers}", NoteKind.REPLY, answers, _reply_facts(reply))
        )


def _reply_facts(reply: Reply) -> dict[str, Fact]:
    return {
        "text": reply.text,
        "language": reply.locale,
        "refused": reply.refused,
        "asks": reply.asks,
        "buttons": button_facts(reply.buttons),
    }


def _incoming(visitor: str, said: Said) -> Incoming:
    return Incoming(
        event_key=f"{PLATFORM}:{visitor}:{said.id}",
        platform=PLATFORM,
        person=visitor,
        address=Address(PLATFORM, visitor, message=said.id),
        language=said.language,
        text=said.text,
        private=True,
        bot_name=PLATFORM,
        images=_handles(visitor, said.images),
        replied=Replied(said.replies, ours=True, images=_handles(visitor, [said.replies]))
        if said.replies
        else None,
    )


def _press(visitor: str, pressed: Pressed) -> Press:
    """What comes of a press hangs below everything else, as what comes of a message does."""
    return Press(
        event_key=f"{PLATFORM}:{visitor}:press:{pressed.id}",
        platform=PLATFORM,
        person=visitor,
        address=Address(PLATFORM, visitor, message=f"press-{pressed.id}"),
        language=pressed.language,
        private=True,
        bot_name=PLATFORM,
        press=pressed.press,
    )


def _handles(visitor: str, names: Sequence[str]) -> tuple[Handle, ...]:
    return tuple(handle_of(visitor, name) for name in names)
