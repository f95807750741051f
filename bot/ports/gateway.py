"""The contract of an image gateway: submit, poll, check. Dialects implement it in `bot/providers`."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.catalogue import Route
from bot.domain.geometry import Size
from bot.domain.ids import CallId
from bot.domain.jobs import Reference
from bot.domain.outcome import Outcome
from bot.domain.request import ImageRequest


@dataclass(frozen=True, slots=True)
class Submission:
    """One call, ready to be written on the wire. `size` of None leaves the size to the gateway.

    `references` are the images to edit, in their order, to be read from the media store. `mask` is a PNG of
    the first one's size, transparent (alpha 0) where the picture may change and opaque where it must not;
    only routes that say so take one. `callback_url` is set when we can be called and the gateway calls.
    `links` are public addresses of the references, set when we have a public address; they expire with the
    job.
    """

    call_id: CallId
    route: Route
    request: ImageRequest
    count: int
    size: Size | None
    seed: int | None
    references: tuple[Reference, ...] = ()
    mask: Reference | None = None
    callback_url: str | None = None
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """Whether a key works. `detail` is one line for the operator, without any secret."""

    works: bool | None
    detail: str


class ImageGateway(Protocol):
    """One configured gateway. Methods return outcomes and raise only on bugs; cancelling is safe."""

    async def submit(self, submission: Submission) -> Outcome:
        """Ask for pictures. Costs money once the gateway accepts; never called twice for the same intent.

        With one exception: where the gateway's row says `replays` and the answer was lost, the same
        submission may be made again; body and key are the same then, and the gateway answers for the first.
        """
        ...

    async def poll(self, ref: str) -> Outcome:
        """Ask how a task is doing. Free of charge and repeatable.

        `Rejected(again=True)` means the question failed and the task may well live.
        """
        ...

    async def check(self) -> KeyCheck:
        """Ask the gateway whether the key works, without drawing anything."""
        ...
