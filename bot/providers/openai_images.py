"""The OpenAI Images dialect: one synchronous POST that is answered by the pictures.

Spoken by OpenAI, by gateways of the new-api family and by self-hosted servers. They differ in which fields
they take and where those stand; that is data, see `OpenAIImagesWire`. Drawing is JSON, editing a form.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from bot.domain.catalogue import Gateway, Route
from bot.domain.request import Kind
from bot.ports.gateway import Submission
from bot.providers.http import Part, Payload
from bot.providers.images import HandedIn, white_where_transparent
from bot.providers.options import Taken, options_of
from bot.providers.synchronous import Synchronous, SynchronousWire
from bot.providers.wire import SizeSign


class OpenAIImagesWire(SynchronousWire):
    """Which fields a gateway or model takes, and where.

    `takes` lists the optional fields that are documented; those are always sent, others never. The negative
    prompt and the seed are taken when the route says so. `placement` `parameters` puts all options into an
    object of that name, as Alibaba Cloud's own interface does; they are never in both places, because
    gateways then ignore one of them. `response_format` stays away unless set: OpenAI's GPT image models
    refuse it. Texts of `forbidden_in_prompt` have a meaning of their own to a self-hosted server and are
    blanked out, such as `<sd_cpp_extra_args>` at stable-diffusion.cpp or `|` at LocalAI.

    `image_field` is the name of each image in the form of an edit. `mask_polarity` is what a mask shows where
    the picture may change: OpenAI documents `transparent`; stable-diffusion.cpp and LocalAI want one channel
    that is `white` there. None: no mask is taken.
    """

    placement: Literal["top", "parameters"] = "top"
    size_sign: SizeSign = "x"
    response_format: Literal["url", "b64_json"] | None = None
    takes: frozenset[Taken] = frozenset({"n"})
    forbidden_in_prompt: tuple[str, ...] = ()
    image_field: Literal["image[]", "image"] = "image[]"
    mask_polarity: Literal["transparent", "white"] | None = None


def complaints(gateway: Gateway, route: Route, wire: OpenAIImagesWire) -> Iterator[str]:  # noqa: ARG001
    """What a row promises and this dialect cannot keep, each as one line."""
    if route.max_n > 1 and "n" not in wire.takes:
        yield "max_n: more than one picture needs n in wire.takes"
    if Kind.EDIT in route.kinds and wire.placement == "parameters":
        yield 'kinds: editing sends a form, which has no place for wire.placement = "parameters"'
    if route.mask and wire.mask_polarity is None:
        yield "mask: needs wire.mask_polarity"


class OpenAIImages(Synchronous[OpenAIImagesWire]):
    """One gateway of the dialect."""

    def _drawing(self, submission: Submission, wire: OpenAIImagesWire) -> Mapping[str, Any]:
        return body_of(submission, wire)

    def _edit(self, submission: Submission, wire: OpenAIImagesWire, handed_in: HandedIn) -> Payload:
        return form_of(submission, wire, handed_in)


def body_of(submission: Submission, wire: OpenAIImagesWire) -> dict[str, Any]:
    """The JSON of a drawing."""
    options = _options(submission, wire)
    body = _head(submission, wire)
    return body | ({"parameters": options} if wire.placement == "parameters" else options)


def form_of(submission: Submission, wire: OpenAIImagesWire, handed_in: HandedIn) -> Payload:
    """The form of an edit: the same fields, and the images in their order. Blocks for a moment."""
    files = [
        Part(wire.image_field, f"image-{number}.{image.ending}", image.mime, image.data)
        for number, image in enumerate(handed_in.images, 1)
    ]
    if mask := handed_in.mask:
        drawn = white_where_transparent(mask) if wire.mask_polarity == "white" else mask
        files.append(Part("mask", f"mask.{drawn.ending}", drawn.mime, drawn.data))
    return Payload.form(_head(submission, wire) | _options(submission, wire), files)


def _head(submission: Submission, wire: OpenAIImagesWire) -> dict[str, Any]:
    head: dict[str, Any] = {
        "model": submission.route.model,
        "prompt": _allowed(submission.request.prompt, wire.forbidden_in_prompt),
    }
    return head | ({"response_format": wire.response_format} if wire.response_format else {})


def _options(submission: Submission, wire: OpenAIImagesWire) -> dict[str, Any]:
    options = options_of(submission, wire.takes, wire.size_sign)
    if "negative_prompt" in options:
        options["negative_prompt"] = _allowed(options["negative_prompt"], wire.forbidden_in_prompt)
    return options


def _allowed(text: str, forbidden: tuple[str, ...]) -> str:
    for mark in forbidden:
        # A blank and not nothing: what stands around it must not close up to the same mark again.
        text = text.replace(mark, " ")
    return text
