"""The RealmRouter dialect: the body of Alibaba Cloud's own interface on OpenAI's paths, answered at once.

The vendor documents one message of the user with one text, before it the images of an edit as links or
`data:` URLs, and all options in `parameters`; answers are those of the OpenAI Images dialect.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.catalogue import Gateway, Route
from bot.ports.gateway import Submission
from bot.providers.http import Payload
from bot.providers.images import HandedIn
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

    def _drawing(self, submission: Submission, wire: RealmRouterWire) -> Mapping[str, Any]:
        return drawing_of(submission, wire)

    def _edit(self, submission: Submission, wire: RealmRouterWire, handed_in: HandedIn) -> Payload:
        return edit_of(submission, wire, handed_in)


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
