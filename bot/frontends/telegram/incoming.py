"""Telegram's updates as the core hears them."""

from collections.abc import Iterable, Sequence
from typing import Final

from telegram import CallbackQuery, Chat, ChatMemberUpdated, MaybeInaccessibleMessage, Message, User
from telegram.constants import ChatMemberStatus, ChatType

from bot.core.talk import Event, Incoming, Press, Replied
from bot.domain.command import read_command
from bot.domain.jobs import Address
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import Handle
from bot.frontends.telegram.images import image_of
from bot.frontends.telegram.outbox import PLATFORM

_GENERAL_TOPIC: Final = 1
_OUTSIDE: Final = frozenset({ChatMemberStatus.LEFT, ChatMemberStatus.BANNED})


def read_messages(messages: Sequence[Message], bot: User, *, cut: bool = False) -> Incoming | None:
    """A message, or all of an album, as something said to us; None when it was not.

    In groups and channels commands and replies to us are for us, in private everything that a person sends.
    `cut`: more belongs to the album than reached us.
    """
    speaking = next((message for message in messages if message.caption), messages[0])
    person = speaker_of(speaking)
    if person is None or not _is_for_us(speaking, bot):
        return None
    images, unusable = _sorted([image_of(message, number) for number, message in enumerate(messages, 1)])
    sender = speaking.from_user
    return Incoming(
        event_key=f"{PLATFORM}:{bot.id}:{speaking.chat.id}:{speaking.message_id}",
        platform=PLATFORM,
        person=str(person),
        address=address_of(speaking),
        language=sender.language_code if sender else None,
        private=is_private(speaking.chat),
        bot_name=bot.username or "",
        for_chat=person == speaking.chat.id and not is_private(speaking.chat),
        text=speaking.text or speaking.caption or "",
        images=images,
        unusable=problem(Key.ALBUM_CUT) if cut else unusable,
        replied=_replied(speaking, bot),
    )


def read_press(query: CallbackQuery, bot: User) -> Press | None:
    """A pressed button; None when it is not known where: below an inline message, of which we send none."""
    message = query.message
    if message is None or query.data is None:
        return None
    return Press(
        event_key=f"{PLATFORM}:{bot.id}:press:{query.id}",
        platform=PLATFORM,
        person=str(query.from_user.id),
        address=address_of(message),
        language=query.from_user.language_code,
        private=is_private(message.chat),
        bot_name=bot.username or "",
        press=query.data,
    )


def read_joining(change: ChatMemberUpdated, bot: User) -> Event | None:
    """Somebody added us to a group or a channel; None for all other changes."""
    if is_private(change.chat) or change.old_chat_member.status not in _OUTSIDE:
        return None
    if change.new_chat_member.status in _OUTSIDE:
        return None
    return Event(
        event_key=f"{PLATFORM}:{bot.id}:joined:{change.chat.id}:{change.date.timestamp():.0f}",
        platform=PLATFORM,
        person=str(change.from_user.id),
        address=Address(PLATFORM, str(change.chat.id)),
        language=change.from_user.language_code,
        private=False,
        bot_name=bot.username or "",
    )


def speaker_of(message: Message) -> int | None:
    """Who speaks: a chat when somebody speaks in its name (anonymous administrators, channels).

    Nobody for other bots and for a channel's posts that Telegram forwards into its group.
    """
    if message.is_automatic_forward:
        return None
    if message.sender_chat:
        return message.sender_chat.id
    sender = message.from_user
    return None if sender is None or sender.is_bot else sender.id


def is_private(chat: Chat) -> bool:
    return chat.type == ChatType.PRIVATE


def address_of(message: MaybeInaccessibleMessage) -> Address:
    """Where to answer. Outside topics a group numbers its reply threads too: those cannot be sent to."""
    topic = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None
    return Address(
        platform=PLATFORM,
        chat=str(message.chat.id),
        thread=None if topic in {None, _GENERAL_TOPIC} else str(topic),
        message=str(message.message_id),
    )


def _is_for_us(message: Message, bot: User) -> bool:
    if is_private(message.chat):
        return bool(message.text or message.caption or message.effective_attachment)
    return read_command(message.text or message.caption or "") is not None or _is_reply_to_us(message, bot)


def _is_reply_to_us(message: Message, bot: User) -> bool:
    """Posts in a channel have no author: there the answer is known only to who knows our posts."""
    replied = message.reply_to_message
    if replied is None:
        return False
    author = replied.from_user
    return author.id == bot.id if author else message.chat.type == ChatType.CHANNEL


def _replied(message: Message, bot: User) -> Replied | None:
    """What a message replies to, be it in another chat."""
    if replied := message.reply_to_message:
        images, unusable = _sorted([image_of(replied)])
        ours = _is_reply_to_us(message, bot)
        return Replied(str(replied.message_id), ours, images, unusable)
    if (elsewhere := message.external_reply) and (found := image_of(elsewhere)):
        images, unusable = _sorted([found])
        return Replied("", images=images, unusable=unusable)
    return None


def _sorted(found: Iterable[Handle | Problem | None]) -> tuple[tuple[Handle, ...], Problem | None]:
    """The images, and what is wrong with the first that is of no use."""
    images: list[Handle] = []
    wrong: list[Problem] = []
    for each in found:
        if isinstance(each, Handle):
            images.append(each)
        elif each:
            wrong.append(each)
    return tuple(images), wrong[0] if wrong else None
