"""Buttons as facts of a note, so that they hang on the board and work after a reload or a restart."""

from collections.abc import Mapping

from bot.core.buttons import read_press
from bot.core.talk import Button, Door, Rows, Verb
from bot.ports.board import Fact


def button_facts(rows: Rows, pictures: Mapping[str, str] | None = None) -> Fact:
    """Buttons row by row, each with its label and what it does: what it tells us when it is pressed, or what
    is said to `/start`.

    `pictures` names the notes of a job's pictures by their ordinals. A button that edits one of them names
    it: the page then puts it beside what is going to be said, and other images with it, without asking back.
    """
    return [[_facts(button, pictures or {}) for button in row] for row in rows]


def _facts(button: Button | Door, pictures: Mapping[str, str]) -> Fact:
    if isinstance(button, Door):
        return {"label": button.label, "start": button.start}
    facts = {"label": button.label, "press": button.press}
    match read_press(button.press):
        case (Verb.EDIT, (_, ordinal)) if ordinal in pictures:
            return facts | {"picture": pictures[ordinal]}
    return facts
