"""A Bot API server on loopback for tests, strict about methods, parameters and limits."""

from tests.fakes.telegram.api import BotApi
from tests.fakes.telegram.chats import Chat, Topic, User
from tests.fakes.telegram.flood import FloodLimits
from tests.fakes.telegram.messages import Button, CallbackQuery, Message
from tests.fakes.telegram.server import Call
from tests.fakes.telegram.witness import SentPicture

__all__ = [
    "BotApi",
    "Button",
    "Call",
    "CallbackQuery",
    "Chat",
    "FloodLimits",
    "Message",
    "SentPicture",
    "Topic",
    "User",
]
