"""Reads a request's parameters from the address, a JSON body, a form, or a multipart body."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aiohttp import BodyPartReader, web

from tests.fakes.telegram.errors import Refusal, bad_request

if TYPE_CHECKING:
    from aiohttp.multipart import MultipartReader

MAX_UPLOAD: Final = 50 * 1024 * 1024
READ_AT_ONCE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    data: bytes = field(repr=False)
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Body:
    """Parameters as they came (text from forms, any JSON value from JSON), and the file parts by name."""

    fields: dict[str, Any]
    uploads: dict[str, Upload] = field(default_factory=dict)


async def read_body(request: web.Request) -> Body:
    """Raises Refusal 400 for a body that cannot be read, 413 beyond 50 MB of files."""
    query: dict[str, Any] = dict(request.query)
    match request.content_type:
        case "application/json":
            return Body(query | await _json(request))
        case "multipart/form-data":
            form = await _multipart(request)
            return Body(query | form.fields, form.uploads)
        case _:
            return Body(query | dict(await request.post()))


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        value = await request.json()
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad_request("object expected as request")
    return value


async def _multipart(request: web.Request) -> Body:
    try:
        return await _parts(await request.multipart())
    except ValueError:
        raise bad_request("can't parse multipart body") from None


async def _parts(reader: "MultipartReader") -> Body:
    form = Body({})
    room = MAX_UPLOAD
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise bad_request("can't parse multipart body")
        data = await _part_bytes(part, room)
        room -= len(data)
        if part.filename is None:
            form.fields[part.name] = _text(data)
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            form.uploads[part.name] = Upload(data, part.filename, kind)
    return form


async def _part_bytes(part: BodyPartReader, room: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(READ_AT_ONCE):
        data += chunk
        if len(data) > room:
            raise Refusal(413, "Request Entity Too Large")
    return bytes(data)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
