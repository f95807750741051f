"""The OpenAI Images dialect: one synchronous POST that is answered by the pictures.

Spoken by OpenAI, by gateways of the new-api family and by self-hosted servers. They differ in which fields
they take and where those stand; that is data, see `OpenAIImagesWire`.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from bot.domain.catalogue import Gateway, Route
from bot.domain.outcome import Failure, Outcome, Rejected
from bot.domain.request import Kind
from bot.ports.gateway import KeyCheck, Submission
from bot.providers.answers import AnswerReader, decode
from bot.providers.complaints import find_complaint
from bot.providers.http import Answer, Destination, Reply
from bot.providers.wire import Path, SizeSign, Wire, written

_SMALL: Final = 1024 * 1024
_WITH_PICTURES: Final = 64 * 1024 * 1024
"""Up to ten pictures as base64 text inside the answer."""
_READ_AT_ONCE: Final = 256 * 1024
"""Larger answers are read in a thread, so that the loop goes on."""


class OpenAIImagesWire(Wire):
    """Which fields a gateway or model takes, and where.

    `takes` lists the optional fields that are documented; those are always sent, others never. The negative
    prompt and the seed are taken when the route says so. `placement` `parameters` puts all options into an
    object of that name, as Alibaba Cloud's own interface does; they are never in both places, because
    gateways then ignore one of them. `response_format` stays away unless set: OpenAI's GPT image models
    refuse it. Texts of `forbidden_in_prompt` have a meaning of their own to a self-hosted server and are
    blanked out, such as `<sd_cpp_extra_args>` at stable-diffusion.cpp or `|` at LocalAI.
    """

    generations_path: Path = "images/generations"
    models_path: Path = "models"
    placement: Literal["top", "parameters"] = "top"
    size_sign: SizeSign = "x"
    response_format: Literal["url", "b64_json"] | None = None
    takes: frozenset[Literal["n", "watermark", "prompt_extend"]] = frozenset({"n"})
    forbidden_in_prompt: tuple[str, ...] = ()


def complaints(route: Route, wire: OpenAIImagesWire) -> Iterator[str]:
    """What a row promises and this dialect cannot keep, each as one line."""
    if Kind.EDIT in route.kinds:
        yield "kinds: the openai-images dialect only draws"
    if route.max_n > 1 and "n" not in wire.takes:
        yield "max_n: more than one picture needs n in wire.takes"


class OpenAIImages:
    """One gateway of the dialect. `wires` holds the wire table of each route, by the route's key."""

    def __init__(
        self,
        gateway: Gateway,
        wire: OpenAIImagesWire,
        wires: Mapping[str, OpenAIImagesWire],
        destination: Destination,
        reader: AnswerReader,
    ) -> None:
        self._gateway = gateway
        self._wire = wire
        self._wires = wires
        self._destination = destination
        self._reader = reader

    async def submit(self, submission: Submission) -> Outcome:
        wire = self._wires[submission.route.key]
        reply = await self._destination.ask(
            "POST",
            wire.generations_path,
            json=body_of(submission, wire),
            timeout=self._gateway.submit_timeout,
            limit=_WITH_PICTURES,
        )
        return await self._read(reply, submission.count)

    async def poll(self, ref: str) -> Outcome:
        """There are no tasks in this dialect: none of its calls ever waits."""
        return Rejected(Failure.NOT_FOUND, detail=f"a synchronous gateway has no task {ref!r}")

    async def check(self) -> KeyCheck:
        """Ask for the list of models; the new-api family reports a bad key also as a 200."""
        reply = await self._destination.ask(
            "GET", self._wire.models_path, timeout=self._gateway.poll_timeout, limit=_SMALL
        )
        if not isinstance(reply, Answer):
            return KeyCheck(None, self._reader.clean(reply.reason))
        payload = decode(reply)
        if complaint := find_complaint(payload, reply.status):
            refused = complaint.failure is Failure.UNAUTHORISED or 200 <= reply.status < 300
            return KeyCheck(False if refused else None, self._reader.detail(reply, complaint))
        models = payload.get("data") if isinstance(payload, dict) else None
        if not isinstance(models, list):
            return KeyCheck(None, "the answer is not a list of models")
        return KeyCheck(works=True, detail=f"{len(models)} models")

    async def _read(self, reply: Reply, count: int) -> Outcome:
        if isinstance(reply, Answer) and len(reply.body) > _READ_AT_ONCE:
            return await asyncio.to_thread(self._reader.pictures, reply, count)
        return self._reader.pictures(reply, count)


def body_of(submission: Submission, wire: OpenAIImagesWire) -> dict[str, Any]:
    """The JSON of a submission."""
    body: dict[str, Any] = {
        "model": submission.route.model,
        "prompt": _allowed(submission.request.prompt, wire.forbidden_in_prompt),
    }
    if wire.response_format:
        body["response_format"] = wire.response_format
    options = _options(submission, wire)
    return body | ({"parameters": options} if wire.placement == "parameters" else options)


def _options(submission: Submission, wire: OpenAIImagesWire) -> dict[str, Any]:
    request, route = submission.request, submission.route
    options: dict[str, Any] = {}
    if submission.size:
        options["size"] = written(submission.size, wire.size_sign)
    if "n" in wire.takes:
        options["n"] = submission.count
    if route.negative_limit is not None and request.negative_prompt:
        options["negative_prompt"] = _allowed(request.negative_prompt, wire.forbidden_in_prompt)
    if route.seed and submission.seed is not None:
        options["seed"] = submission.seed
    # Gateways disagree about the defaults of these two, so they are always said.
    if "watermark" in wire.takes:
        options["watermark"] = request.watermark
    if "prompt_extend" in wire.takes:
        options["prompt_extend"] = request.prompt_extension
    return options


def _allowed(text: str, forbidden: tuple[str, ...]) -> str:
    for mark in forbidden:
        # A blank and not nothing: what stands around it must not close up to the same mark again.
        text = text.replace(mark, " ")
    return text
