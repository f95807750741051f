"""Writing down what people see in a chat, line by line, while a story is played through the whole service."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.fakes.telegram import BotApi, Chat, Message, User
from tests.telegram.studio import png

BOT = "Drawbridge"
_QUIET_SECONDS = 0.15
_PATIENCE_SECONDS = 20.0

# What differs from run to run, and what stands there instead.
_VARIABLE = (
    (re.compile(r"in (\d+ h )?\d+ min\b"), "in 7 h 12 min"),
    (re.compile(r"(\d+ 小时 ?)?\d+ 分钟后"), "7 小时 12 分钟后"),
    (re.compile(r"\bin \d+ s\b"), "in 12 s"),
    (re.compile(r"用时 ?\d+ ?秒"), "用时 12 秒"),
    (re.compile(r"\d+ min ago"), "just now"),
    (re.compile(r"\d+ 分钟前"), "刚刚"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """The words of whoever writes down the story."""

    presses: str
    a_photo: str
    a_picture: str
    a_file: str
    in_reply: str
    reacts: str
    removes: str
    notes: str
    changed: str


FRAMES = {
    "en": Frame(
        presses="presses",
        a_photo="a photo",
        a_picture="a picture",
        a_file="a file",
        in_reply="in reply to the picture",
        reacts="reacts with",
        removes="takes a message away",
        notes="notes",
        changed="changed",
    ),
    "zh-CN": Frame(
        presses="按下",
        a_photo="一张照片",
        a_picture="图片",
        a_file="文件",
        in_reply="回复那张图",
        reacts="回应",
        removes="删掉一条消息",
        notes="提示",
        changed="已更新",
    ),
}


def steady(text: str) -> str:
    """`text` with times and random numbers as in every other run."""
    for pattern, words in _VARIABLE:
        text = pattern.sub(words, text)
    return text


@dataclass
class Story:
    """What happens in one chat. Each verb waits until the bot has nothing more to do."""

    botapi: BotApi
    chat: Chat
    idle: Callable[[], bool]
    frame: Frame
    lines: list[str] = field(default_factory=list)
    _seen: dict[int, str] = field(default_factory=dict)
    _reactions: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)
    _answered: int = 0

    async def says(self, user: User, text: str, reply_to: Message | None = None) -> Message:
        self._write(user.first_name, self._quoting(reply_to) + text)
        message = self.botapi.say(user, self.chat, text, reply_to=reply_to)
        await self._settle()
        return message

    async def sends(self, user: User, caption: str = "", reply_to: Message | None = None) -> Message:
        self._write(user.first_name, f"{self._quoting(reply_to)}[{self.frame.a_photo}] {caption}".strip())
        message = self.botapi.send_photo(user, self.chat, png((900, 600)), caption=caption, reply_to=reply_to)
        await self._settle()
        return message

    async def presses(self, user: User, label: str) -> None:
        """Press the button with this label on the lowest message that has one."""
        message = next(m for m in reversed(self.botapi.replies(self.chat)) if label in m.buttons)
        self._write(user.first_name, f"{self.frame.presses} [{label}]")
        self.botapi.press(user, message, message.buttons[label])
        await self._settle()

    async def happens(self, what: str, deed: Callable[[], object]) -> None:
        self.lines.append(f"({what})")
        deed()
        await self._settle()

    @property
    def last(self) -> Message:
        """The bot's last picture."""
        return self.botapi.photos(self.chat)[-1].message

    # --- what the bot does --------------------------------------------------------------------------

    async def _settle(self) -> None:
        """Wait until the bot is quiet, and write down what it did."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                calls = self._deeds()
                await asyncio.sleep(_QUIET_SECONDS)
                if self._deeds() == calls and not len(self.botapi.world.updates) and self.idle():
                    break
        for message in self.botapi.messages(self.chat):
            self._look_at(message)
        for message in self.botapi.deleted(self.chat):
            if message.id in self._seen and message.id not in self._gone:
                self._gone.add(message.id)
                self.lines.append(f"({BOT} {self.frame.removes})")
        self._look_at_notes()

    def _deeds(self) -> int:
        return sum(call.method != "getUpdates" for call in self.botapi.calls)

    def _look_at(self, message: Message) -> None:
        if message.reactions != self._reactions.get(message.id, ()):
            self._reactions[message.id] = message.reactions
            self.lines.append(f"({BOT} {self.frame.reacts} {' '.join(message.reactions)})")
        if message.sender != self.botapi.world.bot:
            return
        now = "\n".join(self._shown(message))
        if now != self._seen.get(message.id):
            changed = f" ({self.frame.changed})" if message.id in self._seen else ""
            self._seen[message.id] = now
            self._write(BOT + changed, now)

    def _look_at_notes(self) -> None:
        notes = [
            query.answer["text"]
            for query in self.botapi.queries()
            if query.message.chat is self.chat and query.answer and query.answer.get("text")
        ]
        for note in notes[self._answered :]:
            self.lines.append(f"({BOT} {self.frame.notes}: {steady(note)})")
        self._answered = len(notes)

    def _quoting(self, message: Message | None) -> str:
        return "" if message is None else f"({self.frame.in_reply}) "

    def _write(self, who: str, text: str) -> None:
        first, *more = text.split("\n")
        self.lines.append(f"{who}: {first}".rstrip())
        self.lines += [f"    {line}".rstrip() for line in more]

    def _shown(self, message: Message) -> Iterator[str]:
        text = steady(message.rich.text)
        if message.file:
            kind = self.frame.a_picture if message.file.kind == "photo" else self.frame.a_file
            yield f"[{kind}, {message.file.width}x{message.file.height}] {text}"
        else:
            yield text
        for row in message.keyboard:
            yield "  ".join(f"[{button.text}]" for button in row)
