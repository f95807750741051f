"""What can be drawn with: gateways, their models, limits and prices. Data, checked once at start.

The rows come from a TOML file (see `bot/providers/catalog.toml`) and the operator's own additions.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from bot.domain.configured import Count, Row, Seconds
from bot.domain.geometry import Size, SizeRange
from bot.domain.ids import GatewayId, Micros
from bot.domain.request import MAX_SEED, Kind


class PromptUnit(StrEnum):
    """How a gateway counts the length of a prompt."""

    CHARACTERS = "characters"
    TOKENS = "tokens"


class PriceList(StrEnum):
    """Who made the software that serves a gateway's price list, and so its address and form."""

    NEW_API = "new-api"
    EVOLINK = "evolink"


def _read_size(value: object) -> object:
    if isinstance(value, str):
        return Size.parse(value) or value
    return value


class Range(Row):
    """A `SizeRange` as it is written in the file."""

    min_side: Count
    max_side: Count
    step: Count = 16
    min_area: Annotated[int, Field(ge=1)] = 1
    max_area: Annotated[int, Field(ge=1)] = 2**31

    @property
    def sizes(self) -> SizeRange:
        return SizeRange(self.min_side, self.max_side, self.step, self.min_area, self.max_area)


CatalogueSize = Annotated[Size, BeforeValidator(_read_size), PlainSerializer(str)]


class Gateway(Row):
    """A service that draws for money. Durations are seconds in the file.

    `concurrency` is how many of our submissions it may work on at once. `retry_statuses` are the HTTP
    statuses after which a submission was certainly neither accepted nor paid and may be made again.
    `first_look` and `look_every` pace the questions to a task gateway. With `callbacks` it takes an address
    at which to tell that a task has ended. With `replays` a submission that is made again under the same call
    id is answered like the first, and paid once. `link_life` is how long the link of a result answers; None
    where the vendor does not say it. `files_base_url` is where it takes images that are handed in, if it has
    a place of its own for them; `price_list` the form of its public price list, if it has one.
    """

    id: GatewayId
    title: str
    dialect: str
    base_url: str
    console_url: str | None = None
    keyless: bool = False
    concurrency: int = Field(default=2, ge=1, le=10_000)
    submit_timeout: Seconds = timedelta(seconds=300)
    poll_timeout: Seconds = timedelta(seconds=30)
    fetch_timeout: Seconds = timedelta(seconds=60)
    first_look: Seconds = timedelta(seconds=5)
    look_every: Seconds = timedelta(seconds=5)
    retry_statuses: frozenset[int] = frozenset({429, 500, 503})
    callbacks: bool = False
    replays: bool = False
    link_life: Seconds | None = None
    files_base_url: str | None = None
    price_list: PriceList | None = None
    wire: Mapping[str, Any] = Field(default_factory=dict)


class Route(Row):
    """A gateway and one of its models, with limits and price.

    `model` is the name on the wire, `name` the one people use, the same at every gateway that offers
    the model. `max_n` is how many pictures one call may return. A limit of None means: not taken.
    `size_range` offers free sizes beside or instead of `sizes`; with `size_for_one` a size may be asked for
    only when a call returns a single picture. `references` is how many images may be handed in, `mask`
    whether a mask may come with them.
    `raw` tells that a prompt can be drawn as it is: the gateway never rewrites it, or can be told not to.
    Without `default_size` and `sizes` the gateway chooses the size and none may be asked for.
    """

    gateway: GatewayId
    model: str
    name: str
    aliases: tuple[str, ...] = ()
    enabled: bool = True
    kinds: frozenset[Kind] = frozenset({Kind.DRAW})
    sizes: tuple[CatalogueSize, ...] = ()
    default_size: CatalogueSize | None = None
    size_range: Range | None = None
    size_for_one: bool = False
    references: int = Field(default=0, ge=0, le=16)
    mask: bool = False
    max_n: int = Field(default=1, ge=1, le=10)
    prompt_limit: int = Field(default=2000, ge=1)
    prompt_unit: PromptUnit = PromptUnit.CHARACTERS
    negative_limit: int | None = Field(default=None, ge=1)
    seed: bool = False
    raw: bool = False
    max_seed: int = Field(default=MAX_SEED, ge=1)
    price: Micros | None = Field(default=None, ge=0)
    priced_on: date | None = None
    wire: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _default_is_offered(self) -> Self:
        if self.sizes and self.default_size not in self.sizes:
            raise ValueError(f"default_size {self.default_size} is not one of sizes")
        if self.default_size and not self.sizes:
            raise ValueError("default_size is set but sizes is empty")
        return self

    @model_validator(mode="after")
    def _edits_what_is_given(self) -> Self:
        if (Kind.EDIT in self.kinds) != (self.references > 0):
            raise ValueError(
                "references (how many images) belongs to kinds with edit, and the other way round"
            )
        return self

    @model_validator(mode="after")
    def _price_is_dated(self) -> Self:
        if self.price is not None and self.priced_on is None:
            raise ValueError("price needs priced_on, the day it was read")
        return self

    @property
    def key(self) -> str:
        """The row's name in logs and messages: `gateway/model`."""
        return f"{self.gateway}/{self.model}"

    def is_called(self, name: str) -> bool:
        """Whether a person means this model by `name`: its name, an alias or `gateway/model`."""
        wanted = name.casefold()
        return wanted in {self.name.casefold(), self.key.casefold(), *(a.casefold() for a in self.aliases)}


class Catalogue(Row):
    """All gateways and routes, or those that are switched on."""

    gateways: Mapping[GatewayId, Gateway]
    routes: tuple[Route, ...]

    @model_validator(mode="after")
    def _rows_fit_together(self) -> Self:
        seen: set[str] = set()
        for route in self.routes:
            if route.gateway not in self.gateways:
                raise ValueError(f"route {route.key}: no gateway is called {route.gateway!r}")
            if route.key in seen:
                raise ValueError(f"route {route.key} stands twice")
            seen.add(route.key)
        return self

    @model_validator(mode="after")
    def _a_word_means_one_model(self) -> Self:
        meant: dict[str, str] = {}
        for route in self.routes:
            for word in (route.name, *route.aliases):
                model = meant.setdefault(word.casefold(), route.name)
                if model != route.name:
                    raise ValueError(f"route {route.key}: {word!r} means both {model} and {route.name}")
        return self

    def only(self, gateways: frozenset[GatewayId]) -> "Catalogue":
        """What remains when just these gateways, and the enabled ones of their models, are switched on."""
        return Catalogue(
            gateways={id_: row for id_, row in self.gateways.items() if id_ in gateways},
            routes=tuple(r for r in self.routes if r.gateway in gateways and r.enabled),
        )

    def route(self, key: str) -> Route | None:
        return next((route for route in self.routes if route.key == key), None)

    def model_names(self) -> tuple[str, ...]:
        """The names people use, each once, in the order of the rows."""
        return tuple(dict.fromkeys(route.name for route in self.routes))
