"""EvoLink's upload service: an address of its own, three ways to hand an image in, links for 72 hours."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.faults import OF_THE_ANSWER, Endpoint, FaultName
from bot.sandbox.imitation import Imitation
from bot.sandbox.memory import Shelf
from bot.sandbox.public import download
from bot.sandbox.references import BadImage, Flaw, Limits, Reference, look_at
from bot.sandbox.refusals import Kind, Refusal
from bot.sandbox.wire import parse_as, parse_object, read_body, read_form, spoil

if TYPE_CHECKING:
    from bot.sandbox.desk import Desk
    from bot.sandbox.memory import Memory

SERVICE: Final = "evolink-files"
_API = "/api/v1/files"
_LIFE = timedelta(hours=72)
_MOST = 100  # files at once
_MEGABYTES = 100
_LIMITS: Final = Limits(formats=frozenset({"JPEG", "PNG", "GIF", "WEBP"}), bytes=_MEGABYTES * 1024 * 1024)
_BODY = _LIMITS.bytes * 4 // 3 + 1024 * 1024  # base64 is longer than what it holds
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}", re.ASCII)
_DATA_URL = re.compile(r"data:[a-z0-9.+/-]{1,40};base64,", re.ASCII)
_ITEMS, _BYTES = "evolink/uploads", "evolink/uploaded"

_TOO_LARGE, _WRONG_TYPE, _QUOTA, _BAD_URL, _STORAGE = "40001", "40002", "40003", "40004", "50001"
_FLAWS: Final = {
    Flaw.TOO_LARGE: _TOO_LARGE,
    Flaw.WRONG_TYPE: _WRONG_TYPE,
    Flaw.WRONG_SIDES: _WRONG_TYPE,
    Flaw.UNREACHABLE: _BAD_URL,
}
_CODES: Final = {
    Kind.BAD_REQUEST: (400, 400),
    Kind.BAD_KEY: (401, 401),
    Kind.OUT_OF_MONEY: (402, 402),
    Kind.NO_SUCH_MODEL: (400, 400),
    Kind.NOT_FOUND: (404, 404),
    Kind.TOO_LARGE: (400, int(_TOO_LARGE)),
    Kind.MODERATED: (400, 400),
    Kind.RATE_LIMITED: (429, 429),
    Kind.UPSTREAM: (500, int(_STORAGE)),
    Kind.UNAVAILABLE: (503, 503),
}


class _Naming(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    upload_path: str = ""
    file_name: str = ""


class _Base64(_Naming):
    base64_data: str = Field(min_length=1)


class _Url(_Naming):
    file_url: str = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    id: str
    path: str
    """What follows `/files/` in its address."""
    size: int
    mime: str
    stored: float
    until: float


def find_upload(memory: Memory, address: str) -> bytes | None:
    """The file behind an address of this service, whatever host the address names."""
    _, found, path = address.partition(f"/{SERVICE}/files/")
    return memory.get(_BYTES, path) if found else None


class EvoLinkFiles(Imitation):
    """Shares the desk of the gateway, and with it keys, faults and counts."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._uploads = Shelf(desk.memory, _ITEMS, _Upload)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"{_API}/upload/base64", self._take_base64),
            web.post(f"{_API}/upload/stream", self._take_form),
            web.post(f"{_API}/upload/url", self._take_url),
            web.get(f"{_API}/list", self._list),
            web.get(f"{_API}/quota", self._quota),
            web.delete(_API + "/{id}", self._delete),
            web.get(f"{_API}/download/{{id}}", self._download),
            web.get("/files/{path:.+}", self._serve),
        ]

    def refuse(self, refusal: Refusal) -> web.Response:
        status, code = _CODES[refusal.kind]
        code = int(refusal.code) if refusal.code else code
        body = {"success": False, "code": code, "msg": refusal.message}
        return web.json_response(body, status=refusal.status or status)

    async def _take_base64(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        given = parse_as(_Base64, parse_object(await read_body(request, _BODY)))
        text = given.base64_data
        prefix = _DATA_URL.match(text)
        try:
            data = base64.b64decode(text[prefix.end() :] if prefix else text, validate=True)
        except binascii.Error as error:
            raise _refusal(_WRONG_TYPE, "base64_data is not base64") from error
        return await self._store(request, data, given)

    async def _take_form(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        form = await read_form(request, _BODY)
        given = parse_as(_Naming, {_SNAKE.get(name, name): text for name, text in form.fields.items()})
        if [name for name, _ in form.files] != ["file"]:
            raise Refusal(Kind.BAD_REQUEST, "the form must have one file, named file")
        return await self._store(request, form.files[0][1], given)

    async def _take_url(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        given = parse_as(_Url, parse_object(await read_body(request, self.desk.options.body_limit)))
        allowed = self.desk.options.allow_loopback
        try:
            data = await download(given.file_url, _LIMITS.bytes, allow_loopback=allowed)
        except BadImage as bad:
            raise _refusal(_FLAWS[bad.flaw], bad.message) from bad
        return await self._store(request, data, given)

    def _let_in(self, request: web.Request) -> None:
        self.desk.trip(Endpoint.UPLOAD)
        self.desk.check_key(request)
        if self.desk.take(Endpoint.UPLOAD, "", {FaultName.UPLOAD_QUOTA}):
            raise _refusal(_QUOTA, "file quota exceeded")

    async def _store(self, request: web.Request, data: bytes, naming: _Naming) -> web.StreamResponse:
        try:
            image = await look_at(data, _LIMITS)
        except BadImage as bad:
            raise _refusal(_FLAWS[bad.flaw], bad.message) from bad
        path = self._make_room(_path(naming, image))
        now = time.time()
        upload = _Upload(
            id=f"file_{secrets.token_hex(8)}",
            path=path,
            size=len(data),
            mime=f"image/{image.format.lower()}",
            stored=now,
            until=now + _LIFE.total_seconds(),
        )
        self._uploads.put(upload.id, upload, upload.until)
        self.desk.memory.put(_BYTES, path, data, upload.until)
        self.desk.tally.uploads += 1
        flaw = self.desk.take(Endpoint.UPLOAD, "", OF_THE_ANSWER)
        return await spoil(request, flaw, _said(_shown(upload, str(request.url.origin()))))

    def _make_room(self, path: str) -> str:
        """A file of the same name is replaced; Refusal when there are too many others."""
        known = self._uploads.values()
        same = [upload for upload in known if upload.path == path]
        if not same and len(known) >= _MOST:
            raise _refusal(_QUOTA, "file quota exceeded")
        for upload in same:
            self._uploads.drop(upload.id)
        return path

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.desk.check_key(request)
        origin = str(request.url.origin())
        newest = sorted(self._uploads.values(), key=lambda upload: upload.stored, reverse=True)
        return _said({"total": len(newest), "files": [_shown(upload, origin) for upload in newest]})

    async def _quota(self, request: web.Request) -> web.StreamResponse:
        self.desk.check_key(request)
        used = len(self._uploads.values())
        quota = {"used_files": used, "max_files": _MOST, "remain_files": _MOST - used}
        return _said({"user_group": "default", **quota})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        self.desk.check_key(request)
        upload = self._find(request)
        self._uploads.drop(upload.id)
        self.desk.memory.drop(_BYTES, upload.path)
        return _said({})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        return self._file(self._find(request).path)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        return self._file(request.match_info["path"])

    def _find(self, request: web.Request) -> _Upload:
        upload = self._uploads.get(request.match_info["id"])
        if upload is None:
            raise Refusal(Kind.NOT_FOUND, "no such file")
        return upload

    def _file(self, path: str) -> web.Response:
        data = self.desk.memory.get(_BYTES, path)
        if data is None:
            raise Refusal(Kind.NOT_FOUND, "no such file")
        mime = next((upload.mime for upload in self._uploads.values() if upload.path == path), "image/png")
        return web.Response(body=data, content_type=mime)


_SNAKE: Final = {"uploadPath": "upload_path", "fileName": "file_name"}


def _refusal(code: str, message: str) -> Refusal:
    kind = Kind.UPSTREAM if code == _STORAGE else Kind.BAD_REQUEST
    return Refusal(kind, message, code=code)


def _path(naming: _Naming, image: Reference) -> str:
    """Where the file goes; the same names give the same place, and the older file is gone."""
    folder = naming.upload_path.strip("/") or "images"
    name = naming.file_name or f"{secrets.token_urlsafe(18)}.{image.format.lower()}"
    for part in (*folder.split("/"), name):
        if not _NAME.fullmatch(part):
            raise Refusal(Kind.BAD_REQUEST, "upload_path and file_name may have letters, digits and . _ -")
    return f"{folder}/{name}"


def _shown(upload: _Upload, origin: str) -> dict[str, Any]:
    folder, _, name = upload.path.rpartition("/")
    return {
        "file_id": upload.id,
        "file_name": name,
        "original_name": name,
        "file_size": upload.size,
        "mime_type": upload.mime,
        "upload_path": folder,
        "file_url": f"{origin}/{SERVICE}/files/{upload.path}",
        "download_url": f"{origin}/{SERVICE}{_API}/download/{upload.id}",
        "upload_time": _moment(upload.stored),
        "expires_at": _moment(upload.until),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _said(data: dict[str, Any]) -> web.Response:
    return web.json_response({"success": True, "code": 200, "msg": "success", "data": data})
