"""Loading the catalogue: the shipped rows, overridden and completed by the operator's own file.

The operator's file is TOML. `[gateways.NAME]` changes keys of a shipped gateway or adds one; `[[routes]]`
changes the route with the same gateway and model or adds one, and `enabled = false` switches one off. `wire`
tables are merged key by key. Other tables of the file belong to others and are ignored here.
"""

import difflib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.domain.catalogue import Catalogue, Gateway, Route
from bot.domain.configured import Row
from bot.domain.ids import GatewayId
from bot.providers.access import web_address
from bot.providers.registry import DIALECTS

_SHIPPED: Final = "catalog.toml"
_OURS: Final = ("gateways", "routes")
_OTHERS: Final = ("media", "plans", "policy", "routing")

_R = TypeVar("_R", bound=Row)


class CatalogueError(Exception):
    """The catalogue cannot be used. The text has one line per mistake: file, row, key, what is wrong."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A row as it was written; `label` says where, for example `drawbridge.toml: routes[2] a/b`."""

    label: str
    keys: Mapping[str, Any]

    def under(self, other: "_Draft") -> "_Draft":
        """This row with the keys of `other` laid over it."""
        wire = _table(self.keys.get("wire")) | _table(other.keys.get("wire"))
        return _Draft(other.label, {**self.keys, **other.keys, **({"wire": wire} if wire else {})})


@dataclass(slots=True)
class _Drafts:
    """All rows of all files, merged but not yet checked, and the mistakes found so far."""

    gateways: dict[str, _Draft] = field(default_factory=dict)
    routes: dict[str, _Draft] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def add_file(self, name: str, text: str) -> None:
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.mistakes.append(f"{name}: not TOML: {error}")
            return
        for key in tables.keys() - {*_OURS, *_OTHERS}:
            self.mistakes.append(f"{name}: {key}: {_unknown(key, [*_OURS, *_OTHERS])}")
        self._add_gateways(name, tables.get("gateways", {}))
        self._add_routes(name, tables.get("routes", []))

    def _add_gateways(self, file: str, rows: object) -> None:
        if not isinstance(rows, dict):
            self.mistakes.append(f"{file}: gateways: must be tables, written [gateways.NAME]")
            return
        for id_, keys in rows.items():
            label = f"{file}: gateways.{id_}"
            if not isinstance(keys, dict):
                self.mistakes.append(f"{label}: must be a table, written [gateways.{id_}]")
                continue
            if "id" in keys:
                self.mistakes.append(f"{label}: id: is the table's name and not written again")
            draft = _Draft(label, {"title": id_, **keys, "id": id_})
            old = self.gateways.get(id_)
            self.gateways[id_] = old.under(_Draft(label, keys)) if old else draft

    def _add_routes(self, file: str, rows: object) -> None:
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.mistakes.append(f"{file}: routes: must be tables, each written under [[routes]]")
            return
        seen: set[str] = set()
        for index, keys in enumerate(rows):
            key = f"{keys.get('gateway', '?')}/{keys.get('model', '?')}"
            draft = _Draft(f"{file}: routes[{index}] {key}", keys)
            if key in seen:
                self.mistakes.append(f"{draft.label}: stands twice in this file")
            seen.add(key)
            old = self.routes.get(key)
            self.routes[key] = old.under(draft) if old else draft


def load(operator_file: Path | None) -> Catalogue:
    """The shipped catalogue with the operator's file, if any, laid over it, checked as a whole.

    Raises CatalogueError with every mistake there is.
    """
    drafts = _Drafts()
    drafts.add_file(_SHIPPED, resources.files("bot.providers").joinpath(_SHIPPED).read_text("utf-8"))
    if operator_file:
        drafts.add_file(operator_file.name, _read(operator_file))
    mistakes = drafts.mistakes
    gateways = _checked(Gateway, drafts.gateways, mistakes)
    for id_, gateway in gateways.items():
        mistakes += (f"{drafts.gateways[id_].label}: {line}" for line in _gateway_mistakes(gateway))
    routes = _checked(Route, drafts.routes, mistakes)
    for key, route in routes.items():
        label = drafts.routes[key].label
        if route.gateway not in drafts.gateways:
            mistakes.append(f"{label}: gateway: {_unknown(route.gateway, drafts.gateways)}")
        elif route.gateway in gateways:
            mistakes += (f"{label}: {line}" for line in _route_mistakes(gateways[route.gateway], route))
    mistakes += _ambiguities(drafts, routes)
    if mistakes:
        raise CatalogueError(mistakes)
    return Catalogue(
        gateways={GatewayId(id_): gateway for id_, gateway in gateways.items()}, routes=tuple(routes.values())
    )


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise CatalogueError([f"{file}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{file.name}: not UTF-8 text (at byte {error.start})"]) from error


def _checked(row: type[_R], drafts: Mapping[str, _Draft], mistakes: list[str]) -> dict[str, _R]:
    """The rows that are right; what is wrong with the others goes into `mistakes`."""
    good: dict[str, _R] = {}
    for key, draft in drafts.items():
        try:
            good[key] = row.model_validate(draft.keys)
        except ValidationError as error:
            mistakes += (f"{draft.label}: {line}" for line in _lines(error, row.model_fields))
    return good


def _gateway_mistakes(gateway: Gateway) -> Iterator[str]:
    for key, address in (("base_url", gateway.base_url), ("files_base_url", gateway.files_base_url)):
        try:
            if address is not None:
                web_address(address)
        except ValueError as error:
            yield f"{key}: {error}"
    dialect = DIALECTS.get(gateway.dialect)
    if dialect is None:
        yield f"dialect: {_unknown(gateway.dialect, DIALECTS)}"
        return
    try:
        dialect.wire_of(gateway)
    except ValidationError as error:
        yield from _lines(error, dialect.wire.model_fields, "wire")


def _route_mistakes(gateway: Gateway, route: Route) -> Iterator[str]:
    dialect = DIALECTS.get(gateway.dialect)
    if dialect is None:
        return
    try:
        dialect.wire_of(gateway)
    except ValidationError:
        return  # said of the gateway already
    try:
        wire = dialect.wire_of(gateway, route)
    except ValidationError as error:
        yield from _lines(error, dialect.wire.model_fields, "wire")
        return
    yield from dialect.complaints(gateway, route, wire)


def _ambiguities(drafts: _Drafts, routes: Mapping[str, Route]) -> Iterator[str]:
    """A word people type must mean one model."""
    owners: dict[str, str] = {}
    for route in routes.values():
        owners.setdefault(route.name.casefold(), route.name)
    for key, route in routes.items():
        for alias in route.aliases:
            owner = owners.setdefault(alias.casefold(), route.name)
            if owner != route.name:
                yield f"{drafts.routes[key].label}: aliases: {alias!r} already means {owner}"


def _lines(error: ValidationError, known: Iterable[str], *prefix: str) -> Iterator[str]:
    for details in error.errors(include_url=False):
        place = ".".join(map(str, (*prefix, *details["loc"])))
        yield f"{place}: {_explain(details, known)}" if place else _explain(details, known)


def _explain(details: ErrorDetails, known: Iterable[str]) -> str:
    given = json.dumps(details["input"], ensure_ascii=False, default=str)[:60]
    match details["type"]:
        case "extra_forbidden":
            return _unknown(str(details["loc"][-1]), known)
        case "missing":
            return "is missing"
        case "dataclass_type":
            return f'{given} is not a size, which looks like "1024x768"'
        case "value_error":
            return details["msg"].removeprefix("Value error, ")
        case _:
            return f"{given}: {details['msg'][:1].lower()}{details['msg'][1:]}"


def _unknown(given: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    nearest = f", did you mean {close[0]!r}?" if close else f"; there are {', '.join(names)}"
    return f"{given!r} is not known{nearest}"


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
