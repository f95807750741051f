"""Reading requests strictly, and spoiling answers on the wire."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from aiohttp import BodyPartReader, web
from pydantic import BaseModel, ValidationError

from bot.sandbox.faults import Fault, FaultName
from bot.sandbox.refusals import Cut, Kind, Refusal

Body = TypeVar("Body", bound=BaseModel)

BODY_WITH_IMAGES: Final = 64 * 1024 * 1024
"""Bytes a body may have where images come inside it."""

PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1><hr>nginx</body></html>"
_LOOK_AGAIN = 0.02  # seconds between looks at whether the client is still there


async def read_body(request: web.Request, limit: int) -> bytes:
    """The raw body; Refusal when it has more than `limit` bytes."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > limit:
            raise Refusal(Kind.TOO_LARGE, f"request body too large, limit is {limit} bytes")
    return bytes(body)


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form: its texts by name, its files in order with the names of their fields."""

    fields: dict[str, str]
    files: list[tuple[str, bytes]]


async def read_form(request: web.Request, limit: int) -> Form:
    """The form in the body; Refusal when it is none or has more than `limit` bytes."""
    if request.content_type != "multipart/form-data":
        raise Refusal(Kind.BAD_REQUEST, "the body must be multipart/form-data")
    form, room = Form({}, []), limit
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or not part.name:
                raise Refusal(Kind.BAD_REQUEST, "every part of the form needs a name of its own")
            data = await _read_part(part, room)
            room -= len(data)
            if part.filename is not None:
                form.files.append((part.name, data))
            elif part.name in form.fields:
                raise Refusal(Kind.BAD_REQUEST, f"the field {part.name} stands there twice")
            else:
                form.fields[part.name] = data.decode("utf-8")
    except (ValueError, AssertionError) as error:
        raise Refusal(Kind.BAD_REQUEST, "the body is no valid form") from error
    return form


async def _read_part(part: BodyPartReader, room: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        data += chunk
        if len(data) > room:
            raise Refusal(Kind.TOO_LARGE, "request body too large")
    return bytes(data)


def peek_prompt(raw: bytes) -> str:
    """The prompt of a body that need not be valid, for matching faults; empty when there is none."""
    try:
        prompt = json.loads(raw)["prompt"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return prompt if isinstance(prompt, str) else ""


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in the body; Refusal when it is anything else."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refusal(Kind.BAD_REQUEST, "request body is not valid JSON") from error
    if not isinstance(body, dict):
        raise Refusal(Kind.BAD_REQUEST, "request body must be a JSON object")
    return body


def parse_as(model: type[Body], body: dict[str, Any]) -> Body:
    """`body` as `model`; Refusal naming the first wrong field."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refusal(Kind.BAD_REQUEST, f"invalid field {where}: {first['msg']}") from error


async def spoil(
    request: web.Request, fault: Fault | None, response: web.StreamResponse
) -> web.StreamResponse:
    """The answer as the fault of the answer leaves it."""
    match fault.fault if fault else None:
        case FaultName.DROP_AFTER:
            raise Cut
        case FaultName.TRUNCATED_JSON if isinstance(response, web.Response):
            response.body = _half(response.body)
        case FaultName.HTML_200:
            return web.Response(text=PAGE.format(title="Welcome"), content_type="text/html")
        case FaultName.SLOW if fault:
            await asyncio.sleep(fault.args.seconds)
        case FaultName.NEVER:
            await until_client_leaves(request)
            raise Cut
    return response


async def until_client_leaves(request: web.Request) -> None:
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - no event exists
        await asyncio.sleep(_LOOK_AGAIN)


def abort(request: web.Request) -> None:
    """Cut the connection for real: the client sees a reset, not an end."""
    if request.transport is not None:
        request.transport.abort()


def _half(body: object) -> bytes:
    return body[: max(1, len(body) // 2)] if isinstance(body, bytes) else b"{"
