"""A chat in a web page, on the same core as the real chats: drawing without any account or token.

feed = Feed(board, clock)          what is on the boards, and who is watching
chat = PlaygroundChat(feed, texts) what the core talks to
site = Site(feed, hear, ...)       what the browser talks to: site.routes(), site.stop()
"""

from bot.frontends.playground.chat import PLATFORM, PlaygroundChat
from bot.frontends.playground.feed import Feed
from bot.frontends.playground.site import BODY_LIMIT, Site

__all__ = ["BODY_LIMIT", "PLATFORM", "Feed", "PlaygroundChat", "Site"]
