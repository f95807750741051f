"""What gateways have in common that answer a submission by the pictures themselves."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar

from bot.domain.outcome import Failure, Outcome, Rejected
from bot.domain.request import Kind
from bot.ports.gateway import KeyCheck, Submission
from bot.providers.answers import decode
from bot.providers.complaints import find_complaint
from bot.providers.http import Answer, Payload
from bot.providers.images import HandedIn, read_images
from bot.providers.line import Line
from bot.providers.wire import Path, Wire

_SMALL: Final = 1024 * 1024
_WITH_PICTURES: Final = 64 * 1024 * 1024
"""Up to ten pictures as base64 text inside the answer."""
_READ_AT_ONCE: Final = 256 * 1024
"""Larger answers are read in a thread, so that the loop goes on."""


class SynchronousWire(Wire):
    """Where the lists and the work are; paths are below the base address."""

    generations_path: Path = "images/generations"
    edits_path: Path = "images/edits"
    models_path: Path = "models"


W = TypeVar("W", bound=SynchronousWire)


class Synchronous(ABC, Generic[W]):
    """One gateway of such a dialect."""

    def __init__(self, line: Line[W]) -> None:
        self._line = line

    async def submit(self, submission: Submission) -> Outcome:
        line = self._line
        wire = line.wires[submission.route.key]
        if submission.request.kind is Kind.DRAW:
            body = self._drawing(submission, wire)
            return await self._pictures(wire.generations_path, body, submission.count)
        handed_in = await read_images(line.media, submission)
        if isinstance(handed_in, Rejected):
            return handed_in
        packed = await asyncio.to_thread(self._edit, submission, wire, handed_in)
        return await self._pictures(wire.edits_path, packed, submission.count)

    @abstractmethod
    def _drawing(self, submission: Submission, wire: W) -> Mapping[str, Any]:
        """The JSON of a drawing."""

    @abstractmethod
    def _edit(self, submission: Submission, wire: W, handed_in: HandedIn) -> Payload:
        """The body of an edit, with its images; may take a moment, so it runs in a thread."""

    async def poll(self, ref: str) -> Outcome:
        """There are no tasks: none of the calls ever waits."""
        return Rejected(Failure.NOT_FOUND, detail=f"a synchronous gateway has no task {ref!r}")

    async def check(self) -> KeyCheck:
        """Ask for the list of models; the new-api family reports a bad key also as a 200."""
        line = self._line
        reply = await line.destination.ask(
            "GET", line.wire.models_path, timeout=line.gateway.poll_timeout, limit=_SMALL
        )
        if not isinstance(reply, Answer):
            return KeyCheck(None, line.reader.clean(reply.reason))
        payload = decode(reply)
        if complaint := find_complaint(payload, reply.status):
            refused = complaint.failure is Failure.UNAUTHORISED or 200 <= reply.status < 300
            return KeyCheck(False if refused else None, line.reader.detail(reply, complaint))
        models = payload.get("data") if isinstance(payload, dict) else None
        if not isinstance(models, list):
            return KeyCheck(None, "the answer is not a list of models")
        return KeyCheck(works=True, detail=f"{len(models)} models")

    async def _pictures(self, path: str, body: Mapping[str, Any] | Payload, count: int) -> Outcome:
        """Make the submission and read its answer."""
        line = self._line
        reply = await line.destination.ask(
            "POST", path, body=body, timeout=line.gateway.submit_timeout, limit=_WITH_PICTURES
        )
        if isinstance(reply, Answer) and len(reply.body) > _READ_AT_ONCE:
            return await asyncio.to_thread(line.reader.pictures, reply, count)
        return line.reader.pictures(reply, count)
