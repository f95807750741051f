"""Telegram's messages as the core hears them."""

from typing import Final

from telegram import Message, User
from telegram.constants import ChatType

from bot.core.conversation import Incoming
from bot.domain.jobs import Address
from bot.frontends.telegram.images import images_of
from bot.frontends.telegram.outbox import PLATFORM

_GENERAL_TOPIC: Final = 1


def read_message(message: Message, bot: User) -> Incoming | None:
    """What was said to us, a caption included; None for what is not: other bots, channels' forwarded posts,
    anything without words.
    """
    person, text = _person(message), message.text or message.caption
    if person is None or not text:
        return None
    sender = message.from_user
    return Incoming(
        event_key=f"{PLATFORM}:{bot.id}:{message.chat.id}:{message.message_id}",
        platform=PLATFORM,
        person=str(person),
        address=address_of(message),
        language=sender.language_code if sender else None,
        text=text,
        private=message.chat.type == ChatType.PRIVATE,
        bot_name=bot.username or "",
        images=images_of(message),
    )


def address_of(message: Message) -> Address:
    """Where to answer. Outside topics a group numbers its reply threads too: those cannot be sent to."""
    topic = message.message_thread_id if message.is_topic_message else None
    return Address(
        platform=PLATFORM,
        chat=str(message.chat.id),
        thread=None if topic in {None, _GENERAL_TOPIC} else str(topic),
        message=str(message.message_id),
    )


def _person(message: Message) -> int | None:
    """Who speaks: a chat when somebody speaks in its name (anonymous administrators, channels)."""
    if message.is_automatic_forward:
        return None
    if message.sender_chat:
        return message.sender_chat.id
    sender = message.from_user
    return None if sender is None or sender.is_bot else sender.id
