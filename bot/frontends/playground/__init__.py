"""A chat in a web page, on the same core as the real chats: drawing without any account or token.

feed = Feed(board, clock)                   what hangs on the boards, and who is watching
chat = PlaygroundChat(feed, texts, media)   what the core talks to
site = Site(feed, conversation, ...)        what the browser talks to
"""
