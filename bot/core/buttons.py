"""The buttons there are, what they hold, and which stand under what.

A button holds a verb and a few short words, never more than 64 bytes: that is what Telegram allows, and
less than anybody else. Everything else is in the database, so a button works after a restart and weeks
later.
"""

from collections.abc import Sequence

from bot.core.talk import Button, Rows, Verb
from bot.domain.jobs import Job
from bot.domain.problems import Fault
from bot.domain.request import OutputForm
from bot.ports.chat import Offers, Stage, Status
from bot.ports.texts import Texts

LONGEST = 64
"""Bytes of UTF-8 that a button may hold."""

_MARK = "|"
PER_ROW = 5
"""How many short buttons stand side by side on a phone."""

_VERBS = frozenset(verb.value for verb in Verb)


def press(verb: Verb, *words: str | int) -> str:
    """What a button holds. Raises ValueError when that is too long: a bug of ours."""
    held = _MARK.join([verb.value, *map(str, words)])
    if len(held.encode()) > LONGEST:
        raise ValueError(f"a button cannot hold {held!r}")
    return held


def read_press(held: str) -> tuple[Verb, tuple[str, ...]] | None:
    """The verb and the words of a button; None for what is none of ours: of a later version, or forged."""
    verb, *words = held.split(_MARK)
    return (Verb(verb), tuple(words)) if verb in _VERBS else None


def result_buttons(texts: Texts, job: Job, offers: Offers) -> Rows:
    """What can be done with finished pictures."""

    def button(key: str, verb: Verb, *words: str | int, **args: int) -> Button:
        return Button(texts.say(job.locale, key, **args), press(verb, job.id, *words))

    anew = [button("button-again", Verb.AGAIN)]
    if offers.seed:
        anew.append(button("button-new-seed", Verb.NEW_SEED))
    anew += [button("button-more", Verb.MORE, count, count=count) for count in offers.more]
    pictures = [picture.ordinal for picture in job.pictures]
    if len(pictures) == 1:
        edits = [button("button-edit", Verb.EDIT, pictures[0])]
    else:
        edits = [button("button-edit-number", Verb.EDIT, at, number=at + 1) for at in pictures]
    rest = [button("button-file", Verb.AS_FILE)] if job.request.output is OutputForm.PHOTO else []
    rest.append(button("button-delete", Verb.DELETE))
    if len(pictures) == 1:
        return (tuple(anew), tuple(edits + rest))
    return (tuple(anew), *in_rows(edits), tuple(rest))


def status_buttons(texts: Texts, job: Job, status: Status) -> Rows:
    """What can be done about a job: take it back while it waits, try again what went wrong by no fault of
    the person; when pictures came together, what can be done with them.
    """
    match status.stage:
        case Stage.QUEUED | Stage.PAUSED:
            return _single(texts, job, "button-cancel", Verb.CANCEL)
        case Stage.DONE:
            return result_buttons(texts, job, status.offers)
        case Stage.FAILED if status.problem is None or status.problem.fault is not Fault.PERSON:
            verb = Verb.RESEND if job.pictures else Verb.AGAIN
            return _single(texts, job, "button-resend" if job.pictures else "button-retry", verb)
        case _:
            return ()


def _single(texts: Texts, job: Job, key: str, verb: Verb) -> Rows:
    return ((Button(texts.say(job.locale, key), press(verb, job.id)),),)


def in_rows(buttons: Sequence[Button], width: int = PER_ROW) -> Rows:
    return tuple(tuple(buttons[at : at + width]) for at in range(0, len(buttons), width))
