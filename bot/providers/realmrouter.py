"""The RealmRouter dialect: the body of Alibaba Cloud's own interface on OpenAI's paths, answered at once.

The vendor documents one message of the user with one text, before it the images of an edit as links or
`data:` URLs, and all options in `parameters`; answers are those of the OpenAI Images dialect.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from bot.domain.catalogue import Gateway, Route
from bot.domain.outcome import Outcome, Rejected
from bot.domain.request import Kind
from bot.ports.gateway import Submission
from bot.providers.http import Payload
from bot.providers.images import HandedIn, read_images
from bot.providers.options import Taken, options_of
from bot.providers.synchronous import Synchronous, SynchronousWire
from bot.providers.wire import SizeSign


class RealmRouterWire(SynchronousWire):
    """Which parameters a model takes: those listed are always sent, others never."""

    size_sign: SizeSign = "*"
    takes: frozenset[Taken] = frozenset({"watermark", "prompt_extend"})


def complaints(gateway: Gateway, route: Route, wire: RealmRouterWire) -> Iterator[str]:  # noqa: ARG001
    """What a row promises and this dialect cannot keep, each as one line."""
    if route.max_n > 1 and "n" not in wire.takes:
        yield "max_n: more than one picture needs n in wire.takes"
    if route.mask:
        yield "mask: the realmrouter dialect has no masks"


class RealmRouter(Synchronous[RealmRouterWire]):
    """One gateway of the dialect."""

    async def submit(self, submission: Submission) -> Outcome:
        wire = self._line.wires[submission.route.key]
        if submission.request.kind is Kind.DRAW:
            return await self._pictures(wire.generations_path, drawing_of(submission, wire), submission.count)
        handed_in = await read_images(self._line.media, submission)
        if isinstance(handed_in, Rejected):
            return handed_in
        body = await asyncio.to_thread(edit_of, submission, wire, handed_in)
        return await self._pictures(wire.edits_path, body, submission.count)


def drawing_of(submission: Submission, wire: RealmRouterWire) -> dict[str, Any]:
    """The JSON of a drawing."""
    return _body(submission, wire, [{"type": "text", "text": submission.request.prompt}])


def edit_of(submission: Submission, wire: RealmRouterWire, handed_in: HandedIn) -> Payload:
    """The JSON of an edit: the images in their order, then the text. Blocks for a moment."""
    content = [{"image": image.data_url()} for image in handed_in.images]
    return Payload.json(_body(submission, wire, [*content, {"text": submission.request.prompt}]))


def _body(submission: Submission, wire: RealmRouterWire, content: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "model": submission.route.model,
        "input": {"messages": [{"role": "user", "content": content}]},
        "parameters": options_of(submission, wire.takes, wire.size_sign),
    }
