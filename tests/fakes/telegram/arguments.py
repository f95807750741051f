"""Checks what a request carries against the table of methods, and turns it into typed values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fakes.telegram.body import Body, Upload
from tests.fakes.telegram.errors import Refusal, bad_request
from tests.fakes.telegram.methods import METHODS, OBJECTS, UNIONS, Field

MISSING: Final = {
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
}


@dataclass(slots=True)
class Arguments:
    """The checked parameters of one call, and the file parts that came with it."""

    values: dict[str, Any]
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)


def check(method: str, body: Body) -> tuple[Arguments, list[str]]:
    """The call's arguments, and the violations a real server would silently tolerate.

    Raises Refusal 400 when a required parameter is missing or one has the wrong type.
    """
    reader = _Reader(method, body.uploads)
    values = reader.fields(METHODS[method], {**body.fields, **_own_parts(method, body)}, method)
    reader.report_unused_parts()
    return Arguments(values, body.uploads), reader.violations


def _own_parts(method: str, body: Body) -> dict[str, Upload]:
    return {name: part for name, part in body.uploads.items() if name in METHODS[method]}


class _Reader:
    def __init__(self, method: str, uploads: Mapping[str, Upload]) -> None:
        self.violations: list[str] = []
        self._method = method
        self._uploads = uploads
        self._used_parts: set[str] = set()

    def report_unused_parts(self) -> None:
        self.violations += [
            f"{self._method}: file part {name!r} is not referred to"
            for name in self._uploads
            if name not in self._used_parts
        ]

    def fields(self, table: Mapping[str, Field], raw: Mapping[str, object], where: str) -> dict[str, Any]:
        self.violations += [f"{where}: unknown parameter {name!r}" for name in raw if name not in table]
        for item in table.values():
            if item.required and raw.get(item.name) is None:
                raise bad_request(MISSING.get(item.name, f"{item.name} is empty"))
        return {
            name: self._value(item.type, raw[name], name)
            for name, item in table.items()
            if raw.get(name) is not None
        }

    def _value(self, kind: str, raw: object, name: str) -> Any:
        match kind:
            case "int":
                return _integer(raw, name)
            case "bool":
                return _boolean(raw, name)
            case "str":
                return self._text(raw, name)
            case "chat":
                return _chat(raw, name)
            case "file":
                return self._file(raw, name)
            case _ if kind.startswith("["):
                return self._list(kind[1:-1], raw, name)
            case _ if kind.startswith("="):
                return raw
            case _:
                return self._object(kind, raw, name)

    def _text(self, raw: object, name: str) -> str:
        if not isinstance(raw, str):
            raise _wrong_type(name, "String")
        if raw.startswith("attach://"):
            self._used_parts.add(raw.removeprefix("attach://"))
        return raw

    def _file(self, raw: object, name: str) -> Upload | str:
        if isinstance(raw, Upload):
            self._used_parts.add(name)
            return raw
        return self._text(raw, name)

    def _list(self, kind: str, raw: object, name: str) -> list[Any]:
        items = _parsed(raw, name)
        if not isinstance(items, list):
            raise _wrong_type(name, "Array")
        return [self._value(kind, item, name) for item in items]

    def _object(self, kind: str, raw: object, name: str) -> dict[str, Any]:
        value = _parsed(raw, name)
        if not isinstance(value, dict):
            raise bad_request(f"object expected as {name}")
        for member in UNIONS.get(kind, (kind,)):
            if _fits(OBJECTS[member], value):
                return self.fields(OBJECTS[member], value, f"{self._method}.{name}")
        raise bad_request(f"can't parse {name}: not a {kind}")


def _fits(table: Mapping[str, Field], value: Mapping[str, object]) -> bool:
    return all(
        item.name in value and (not item.type.startswith("=") or value[item.name] == item.type[1:])
        for item in table.values()
        if item.required
    )


def _parsed(raw: object, name: str) -> object:
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        raise bad_request(f"can't parse {name} JSON object") from None


def _integer(raw: object, name: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise _wrong_type(name, "Integer")
    try:
        return int(raw)
    except ValueError:
        raise _wrong_type(name, "Integer") from None


def _boolean(raw: object, name: str) -> bool:
    match raw:
        case bool():
            return raw
        case str() if raw.lower() in {"true", "false", "1", "0"}:
            return raw.lower() in {"true", "1"}
        case _:
            raise _wrong_type(name, "Boolean")


def _chat(raw: object, name: str) -> int | str:
    if isinstance(raw, str) and raw.startswith("@"):
        return raw
    try:
        return _integer(raw, name)
    except Refusal:
        raise bad_request("chat not found") from None


def _wrong_type(name: str, kind: str) -> Refusal:
    return bad_request(f'parameter "{name}" must be of type {kind}')
