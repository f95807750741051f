"""EvoLink's upload service: where private images wait for the gateway to fetch them.

The vendor documents `POST /api/v1/files/upload/stream` (a form with `file`) and `DELETE /api/v1/files/{id}`
on a host of its own; files live for 72 hours, at most 100 of 100 MB; a file of the same name is replaced.
Its refusals have codes of five digits and may come with HTTP 200.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import quote

import structlog

from bot.domain.ids import CallId
from bot.domain.outcome import Failure, Rejected
from bot.providers.answers import PASSING, decode, link, member
from bot.providers.complaints import find_complaint
from bot.providers.evolink_wire import EvoLinkWire
from bot.providers.http import Answer, Part, Payload
from bot.providers.images import Handed
from bot.providers.line import Line
from bot.providers.tasks import TASK_LIMIT, heard, ref_of

log = structlog.get_logger()

_PATIENCE: Final = timedelta(seconds=5)
"""For tidying up: the pictures are more important."""

_ROOM: Final = timedelta(seconds=15)

_REFUSALS: Final[Mapping[int, Failure]] = {
    40001: Failure.BAD_REQUEST,  # too large
    40002: Failure.BAD_REQUEST,  # of a wrong type
    40003: Failure.RATE_LIMITED,  # no room until older files are gone
    40004: Failure.BAD_REQUEST,  # an address that cannot be fetched
    50001: Failure.UPSTREAM,  # its storage failed
}
_AGAIN: Final = PASSING | {Failure.UPSTREAM}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file at the service: the address for the gateway, and the id to delete it by (empty: unknown)."""

    url: str
    id: str = ""


class EvoLinkFiles:
    """The upload service of one gateway."""

    def __init__(self, line: Line[EvoLinkWire], secret: str | None) -> None:
        """`secret` makes the names of files unguessable; the gateway's key will do."""
        self._line = line
        self._secret = (secret or "").encode()

    async def leave(self, call_id: CallId, images: tuple[Handed, ...]) -> tuple[Upload, ...] | Rejected:
        """Upload the images of a call; or why not. Nothing is paid for, so a failure may be tried again.

        The same images of the same call get the same names.
        """
        uploads = await asyncio.gather(
            *(self._leave(self._name(call_id, number, image), image) for number, image in enumerate(images))
        )
        if lost := next((upload for upload in uploads if isinstance(upload, Rejected)), None):
            return lost
        return tuple(upload for upload in uploads if isinstance(upload, Upload))

    async def forget(self, uploads: tuple[Upload, ...]) -> None:
        """Delete files that nobody needs any more. What fails is left to expire."""
        await asyncio.gather(*(self._forget(upload) for upload in uploads if upload.id))

    def _name(self, call_id: CallId, number: int, image: Handed) -> str:
        digest = hmac.new(self._secret, f"{call_id}/{number}".encode(), hashlib.sha256).hexdigest()
        return f"{digest[:40]}.{image.ending}"

    async def _leave(self, name: str, image: Handed) -> Upload | Rejected:
        line, wire = self._line, self._line.wire
        if line.files is None:
            return Rejected(Failure.BAD_REQUEST, detail="no address of an upload service is configured")
        part = Part("file", name, image.mime, image.data)
        form = await asyncio.to_thread(Payload.form, {wire.upload_name_field: name}, [part])
        reply = await line.files.ask(
            "POST", wire.upload_path, body=form, timeout=line.gateway.submit_timeout, limit=TASK_LIMIT
        )
        answer = heard(reply)
        return answer if isinstance(answer, Rejected) else self._read(answer)

    def _read(self, answer: Answer) -> Upload | Rejected:
        payload = decode(answer)
        if refusal := self._refusal(answer, payload):
            return refusal
        data = member(payload, "data")
        address = link(member(data, "file_url"), self._line.reader.base_url)
        if address is None:
            return Rejected(Failure.UPSTREAM, again=True, detail="an upload was answered without an address")
        return Upload(address.url, ref_of(member(data, "file_id")))

    def _refusal(self, answer: Answer, payload: object) -> Rejected | None:
        complaint = find_complaint(payload, answer.status)
        if complaint is None:
            return None
        reader, code = self._line.reader, member(payload, "code")
        failure = complaint.failure
        if isinstance(code, int | str) and str(code).isdecimal():
            failure = _REFUSALS.get(int(code), failure)
        refusal = reader.rejected(answer, complaint, again=failure in _AGAIN)
        detail = f"upload: {refusal.detail}"
        if failure is Failure.RATE_LIMITED and refusal.retry_after is None:
            # Room comes only when other tasks end or old files expire: asking every second helps nobody.
            refusal = replace(refusal, retry_after=_ROOM)
        return replace(refusal, failure=failure, detail=detail)

    async def _forget(self, upload: Upload) -> None:
        if self._line.files is None:
            return
        path = f"{self._line.wire.files_path}/{quote(upload.id, safe='')}"
        reply = await self._line.files.ask("DELETE", path, timeout=_PATIENCE, limit=TASK_LIMIT)
        if not isinstance(reply, Answer) or reply.status >= 300:
            log.info("an uploaded image was not deleted and will expire", gateway=self._line.gateway.id)
