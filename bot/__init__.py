"""Drawbridge: draw and edit images from your chats."""
