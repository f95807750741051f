"""Word-based moderation, so that anybody can see what a refusal looks like."""

from __future__ import annotations

import re

MODERATED_WORDS = ("nsfw", "gore", "nude", "血腥", "色情")
"""A prompt with one of these is refused for its content by every gateway of the sandbox."""


def is_moderated(prompt: str) -> bool:
    """Whether the prompt has a refused word; Latin words count only as whole words."""
    text = prompt.casefold()
    return any(
        re.search(rf"\b{word}\b", text) is not None if word.isascii() else word in text
        for word in MODERATED_WORDS
    )
