"""Live prices against those of the catalogue. Nothing is ever changed by what is found here: it is shown.

Two public price lists are known, by the software that serves them. Neither needs a key:

    new-api     `/api/pricing`, and `/v1/models` with a key, which tells whether a model is still there
    EvoLink     `/web/api/models/pricing`
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.domain.catalogue import Catalogue, Gateway, PriceList, Route
from bot.domain.ids import GatewayId, Micros
from bot.providers.access import Access
from bot.providers.answers import decode, items, member
from bot.providers.http import Answer, open_destination
from bot.providers.tasks import amount

_PATIENCE: Final = timedelta(seconds=20)
_LIMIT: Final = 16 * 1024 * 1024
_MICROS: Final = 1_000_000


class Finding(StrEnum):
    """What a live price list says about a route."""

    SAME = "same"
    CHANGED = "changed"
    VANISHED = "vanished"
    """The gateway no longer lists the model."""
    UNKNOWN = "unknown"
    """There is no price of a picture to compare with."""
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class PriceFinding:
    """One route's price in the catalogue and live, in micro-dollars for a picture; None: not known.

    `why` is one line for the operator where there is more to say.
    """

    route: str
    finding: Finding
    catalogue: Micros | None
    live: Micros | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Unread:
    """Why a list could not be had."""

    why: str


@dataclass(frozen=True, slots=True)
class _Live:
    """A gateway's lists: prices by model (None: not priced by the picture) and the models that are there.

    `models` of None means that nothing is known about vanished ones.
    """

    prices: Mapping[str, Micros | None]
    models: frozenset[str] | None


async def compare(
    catalogue: Catalogue, access: Mapping[GatewayId, Access] | None = None
) -> Sequence[PriceFinding]:
    """What has become of the catalogue's prices, one finding for each enabled route, in their order.

    Asks every gateway that has a price list, once; free of charge.
    """
    access = access or {}
    listed = [gateway for gateway in catalogue.gateways.values() if gateway.price_list]
    lives = await asyncio.gather(*(_read(row, access.get(row.id, Access())) for row in listed))
    found = {row.id: live for row, live in zip(listed, lives, strict=True)}
    return [_compared(route, found.get(route.gateway)) for route in catalogue.routes if route.enabled]


def _compared(route: Route, live: _Live | _Unread | None) -> PriceFinding:
    if live is None:
        return PriceFinding(route.key, Finding.UNKNOWN, route.price, why="no public price list")
    if isinstance(live, _Unread):
        return PriceFinding(route.key, Finding.UNREACHABLE, route.price, why=live.why)
    if live.models is not None and route.model not in live.models:
        return PriceFinding(route.key, Finding.VANISHED, route.price, why="no longer listed")
    price = live.prices.get(route.model)
    if price is None:
        why = "not billed by the picture" if route.model in live.prices else "not in the price list"
        return PriceFinding(route.key, Finding.UNKNOWN, route.price, why=why)
    finding = Finding.SAME if price == route.price else Finding.CHANGED
    return PriceFinding(route.key, finding, route.price, price)


async def _read(gateway: Gateway, access: Access) -> _Live | _Unread:
    try:
        base_url = access.base_of(gateway)
        match gateway.price_list:
            case PriceList.EVOLINK:
                return _evolink(await _ask(base_url, "web/api/models/pricing", access))
            case _:
                return await _new_api(base_url, access)
    except ValueError as error:  # an address, key or proxy that cannot be one
        return _Unread(str(error))


async def _ask(base_url: str, path: str, access: Access, key: str | None = None) -> object | _Unread:
    """A list as JSON. The key is sent only where it is needed."""
    async with open_destination(base_url, key, access.proxy) as destination:
        reply = await destination.ask("GET", path, timeout=_PATIENCE, limit=_LIMIT)
    if not isinstance(reply, Answer):
        return _Unread(reply.reason)
    payload = decode(reply)
    if reply.status != 200 or not isinstance(member(payload, "data"), list):
        return _Unread(f"HTTP {reply.status}, no list")
    return payload


# --- new-api --------------------------------------------------------------------------------------------


async def _new_api(base_url: str, access: Access) -> _Live | _Unread:
    """The price list lies at the root of the host, beside the `v1` of the base address."""
    prices, models = await asyncio.gather(
        _ask(base_url.removesuffix("/v1"), "api/pricing", access),
        _ask(base_url, "models", access, access.key) if access.key else _nothing(),
    )
    if isinstance(prices, _Unread):
        return prices
    ratio = amount(member(member(prices, "group_ratio"), "default"))
    rows = {str(member(row, "model_name")): _by_picture(row, ratio) for row in items(member(prices, "data"))}
    return _Live(rows, _names(models))


async def _nothing() -> _Unread:
    return _Unread("without a key nobody tells the models")


def _by_picture(row: object, ratio: float | None) -> Micros | None:
    """The price of a picture; None for a row that bills tokens or by a rule of its own."""
    price = amount(member(row, "model_price"))
    if member(row, "quota_type") != 1 or member(row, "billing_mode") == "tiered_expr":
        return None
    return None if price is None or ratio is None else Micros(round(price * ratio * _MICROS))


def _names(models: object | _Unread) -> frozenset[str] | None:
    names = frozenset(str(member(row, "id")) for row in items(member(models, "data")))
    return names or None


# --- EvoLink --------------------------------------------------------------------------------------------

_NOTE: Final = re.compile(r"^\s*\$(\d+(?:\.\d+)?) per (?:image|request)\b")
_BY_PICTURE: Final = frozenset({"per_image", "per_call", "per_request"})


def _evolink(payload: object | _Unread) -> _Live | _Unread:
    """One row for each way of being charged; a model's price is known when all of its rows agree."""
    if isinstance(payload, _Unread):
        return payload
    rows: dict[str, set[Micros | None]] = {}
    for row in items(member(payload, "data")):
        rows.setdefault(str(member(row, "model_name")), set()).add(_row_price(row))
    prices = {model: next(iter(found)) if len(found) == 1 else None for model, found in rows.items()}
    return _Live(prices, frozenset(prices) or None)


def _row_price(row: object) -> Micros | None:
    """The vendor's own client trusts the note before the fields, for its unit is the corrected one."""
    note = member(row, "routing_note")
    if isinstance(note, str) and note:
        said = _NOTE.search(note)
        return Micros(round(float(said[1]) * _MICROS)) if said else None
    low, high = (amount(member(member(row, "price_range"), key)) for key in ("min_usd", "max_usd"))
    if member(row, "billing_rule") not in _BY_PICTURE or low is None or low != high:
        return None
    return Micros(round(low * _MICROS))
