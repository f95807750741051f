"""Hundreds of people in private chats, groups and topics, who all want something at the same time."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bot.sandbox.drawing import Drawing, paint_plain
from tests.fakes.telegram import BotApi, Chat, Message, Topic, User

LANGUAGES = ("en", "zh-hans")
_PHOTO_SIDE = 400
_TOPICS = ("Foxes", "Kites")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that must be answered: in this chat and topic, in this person's language.

    `event_key` is the name under which the service writes it down.
    """

    user: User
    chat: Chat
    topic: Topic | None
    event_key: str
    said: Message | None = None

    @property
    def chinese(self) -> bool:
        return self.user.language_code != "en"


@dataclass
class Person:
    user: User
    places: Sequence[tuple[Chat, Topic | None]]
    deeds: list[Deed] = field(default_factory=list)


class Crowd:
    """Everybody, and what they did. `pause` is how long a person waits between two deeds, in seconds."""

    def __init__(
        self, botapi: BotApi, bot_id: int, people: int, groups: int, rng: random.Random, pause: float
    ) -> None:
        self.botapi = botapi
        self._bot_id = bot_id
        self._rng = rng
        self._pause = pause
        self._numbers = itertools.count(1)
        self._photo = paint_plain(Drawing(prompt="photo", seed=1, width=_PHOTO_SIDE, height=_PHOTO_SIDE))
        users = [
            botapi.user(f"Person {number}", language_code=LANGUAGES[number % 2]) for number in range(people)
        ]
        self.groups = [
            self._group(number, users[number::groups] + users[number + 1 :: groups])
            for number in range(groups)
        ]
        self.people = [Person(user, self._places(user)) for user in users]

    @property
    def deeds(self) -> list[Deed]:
        return [deed for person in self.people for deed in person.deeds]

    async def live(self, deeds: int) -> None:
        """Everybody does so many things, one after the other."""
        await asyncio.gather(*(self._live(person, deeds) for person in self.people))

    def _group(self, number: int, members: list[User]) -> tuple[Chat, list[Topic], list[User]]:
        """Every third group has topics."""
        forum = number % 3 == 0
        chat = self.botapi.group(f"Group {number}", members=members, forum=forum)
        return chat, [self.botapi.topic(chat, name) for name in _TOPICS] if forum else [], members

    def _places(self, user: User) -> list[tuple[Chat, Topic | None]]:
        """Where somebody speaks: alone with the bot, and in their groups."""
        places: list[tuple[Chat, Topic | None]] = [(self.botapi.private(user), None)]
        for chat, topics, members in self.groups:
            if user in members:
                places += [(chat, topic) for topic in topics] or [(chat, None)]
        return places

    async def _live(self, person: Person, deeds: int) -> None:
        verbs: Sequence[Callable[[Person], Awaitable[None]]] = (
            self._draw,
            self._draw,
            self._edit,
            self._edit_album,
            self._go_on,
            self._press,
            self._press,
            self._cancel,
        )
        for _ in range(deeds):
            await asyncio.sleep(self._rng.random() * self._pause)
            await self._rng.choice(verbs)(person)

    # --- deeds --------------------------------------------------------------------------------------

    async def _draw(self, person: Person) -> None:
        chat, topic = self._rng.choice(person.places)
        count = self._rng.choice((1, 1, 1, 2, 3))
        form = self._rng.choice(("", "", " --file"))
        text = f"/draw a fox, number {next(self._numbers)} --n {count}{form}"
        self._note(person, chat, topic, self.botapi.say(person.user, chat, text, topic=topic))

    async def _edit(self, person: Person) -> None:
        chat, topic = self._rng.choice(person.places)
        command = "" if chat.person and self._rng.random() < 0.5 else "/edit "
        caption = f"{command}make it night, number {next(self._numbers)}"
        sent = self.botapi.send_photo(person.user, chat, self._photo, caption=caption, topic=topic)
        self._note(person, chat, topic, sent)

    async def _edit_album(self, person: Person) -> None:
        """The items come apart, the caption on any of them."""
        chat, topic = self._rng.choice(person.places)
        size, number = self._rng.randint(2, 3), next(self._numbers)
        speaking = self._rng.randrange(size)
        for item in range(size):
            caption = f"/edit put them together, number {number}" if item == speaking else ""
            sent = self.botapi.send_photo(
                person.user, chat, self._photo, caption=caption, topic=topic, media_group_id=f"album {number}"
            )
            if caption:
                self._note(person, chat, topic, sent)
            await asyncio.sleep(self._rng.random() * 0.05)

    async def _go_on(self, person: Person) -> None:
        """Reply in words to some picture of the bot's; draw when there is none yet."""
        chat, topic = self._rng.choice(person.places)
        if (picture := self._picture(chat, topic)) is None:
            return await self._draw(person)
        text = f"add a moon, number {next(self._numbers)}"
        sent = self.botapi.say(person.user, chat, text, topic=topic, reply_to=picture)
        return self._note(person, chat, topic, sent)

    async def _press(self, person: Person) -> None:
        """Press some button under some picture."""
        chat, topic = self._rng.choice(person.places)
        carriers = [
            message
            for message in self.botapi.replies(chat)[-30:]
            if any(data[:1] in "asmf" for data in message.buttons.values()) and self._is_in(message, topic)
        ]
        if not carriers:
            return await self._draw(person)
        message = self._rng.choice(carriers)
        data = self._rng.choice([data for data in message.buttons.values() if data[:1] in "asmf"])
        query = self.botapi.press(person.user, message, data)
        if data[:1] != "f":  # pictures sent once more as files open no job
            key = f"telegram:{self._bot_id}:press:{query.id}"
            person.deeds.append(Deed(person.user, chat, topic, key))
        return None

    async def _cancel(self, person: Person) -> None:
        await self._draw(person)
        chat, topic = self._rng.choice(person.places)
        self._note(person, chat, topic, self.botapi.say(person.user, chat, "/cancel", topic=topic))

    def _note(self, person: Person, chat: Chat, topic: Topic | None, said: Message) -> None:
        key = f"telegram:{self._bot_id}:{chat.id}:{said.id}"
        person.deeds.append(Deed(person.user, chat, topic, key, said))

    def _picture(self, chat: Chat, topic: Topic | None) -> Message | None:
        pictures = [shown.message for shown in self.botapi.photos(chat)[-20:]]
        pictures = [message for message in pictures if self._is_in(message, topic)]
        return self._rng.choice(pictures) if pictures else None

    def _is_in(self, message: Message, topic: Topic | None) -> bool:
        return topic is None or message.thread_id == topic.id
