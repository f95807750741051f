"""What is written to people about their jobs: the same words on every platform.

All texts are plain: no markup, so nothing a person typed can turn into markup. Frontends that want
emphasis add it around the whole.
"""

from bot.domain.jobs import Job, Picture
from bot.ports.chat import Parcel, Stage, Status
from bot.ports.texts import Texts

_SHOWN_PROMPT = 300
_NOT_SAID = -1


def status_text(texts: Texts, job: Job, status: Status) -> str:
    """The status message of a job."""

    def say(key: str, **args: str | int) -> str:
        return texts.say(job.locale, key, **args)

    match status.stage:
        case Stage.QUEUED:
            return say("status-queued", place=status.place or 0)
        case Stage.DRAWING:
            return say("status-drawing", count=job.request.count, done=status.pictures, model=status.model)
        case Stage.DONE:
            return _done(texts, job, status)
        case Stage.FAILED:
            why = texts.explain(job.locale, status.problem) if status.problem else ""
            return say("status-failed", why=why, returned=status.returned)
        case Stage.CANCELLED:
            return say("status-cancelled", returned=status.returned)
        case _:
            return say(f"status-{status.stage.value}", count=job.request.count, seconds=status.seconds)


def _done(texts: Texts, job: Job, status: Status) -> str:
    text = texts.say(
        job.locale,
        "status-done",
        count=job.request.count,
        done=status.pictures,
        seconds=status.seconds,
        returned=status.returned,
    )
    if status.problem:
        text += "\n" + texts.explain(job.locale, status.problem)
    return text


def caption(texts: Texts, parcel: Parcel, picture: Picture, limit: int, *, elsewhere: bool = False) -> str:
    """What stands under a picture, at most `limit` characters: the prompt is shown shortened to fit.

    `elsewhere` explains why the picture comes to the person alone and not to the group that it was for.
    """
    job = parcel.job
    made = parcel.made[picture.id]
    size = f"{picture.width}x{picture.height}"
    other = made.asked_size if made.asked_size and made.asked_size != size else ""
    note = "\n" + texts.say(job.locale, "caption-elsewhere") if elsewhere else ""

    def compose(prompt: str) -> str:
        text = texts.say(
            job.locale,
            "caption",
            prompt=prompt,
            model=made.model,
            planned=parcel.planned if parcel.planned != made.model else "",
            size=size,
            asked=other,
            seed="" if job.request.seed is None else str(job.request.seed),
            left=_NOT_SAID if parcel.left_today is None else parcel.left_today,
        )
        return text + note

    whole = compose(shorten(job.request.prompt, _SHOWN_PROMPT))
    if len(whole) <= limit:
        return whole
    return compose(shorten(job.request.prompt, min(limit - len(compose("")), _SHOWN_PROMPT)))


def shorten(text: str, limit: int) -> str:
    """`text` on one line, cut with an ellipsis when it has more than `limit` characters."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rstrip() + "…" if limit > 0 else ""
