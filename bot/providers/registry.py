"""The dialects by the name the catalogue uses. A new dialect is a file and a line here."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.domain.catalogue import Catalogue, Gateway, Route
from bot.domain.ids import GatewayId
from bot.ports.gateway import ImageGateway
from bot.ports.media import MediaStore
from bot.providers import evolink, openai_images, qwen_image_2512, realmrouter
from bot.providers.access import Access
from bot.providers.answers import AnswerReader
from bot.providers.evolink_wire import EvoLinkWire
from bot.providers.http import Destination, open_destination
from bot.providers.line import Line
from bot.providers.wire import Wire


class _Speaker(Protocol):
    """The constructor that all dialects share."""

    def __call__(self, line: Line[Any]) -> ImageGateway: ...


class _Complaints(Protocol):
    def __call__(self, gateway: Gateway, route: Route, wire: Any) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """A wire dialect: the class that speaks it, the shape of its wire tables, which rows it cannot keep."""

    speaker: _Speaker
    wire: type[Wire]
    complaints: _Complaints

    def wire_of(self, gateway: Gateway, route: Route | None = None) -> Wire:
        """The wire table of a gateway, or of one of its routes, which overrides it key by key.

        Raises pydantic's ValidationError for a table that is not of this dialect.
        """
        return self.wire.model_validate({**gateway.wire, **(route.wire if route else {})})


DIALECTS: Final[Mapping[str, Dialect]] = {
    "openai-images": Dialect(
        openai_images.OpenAIImages, openai_images.OpenAIImagesWire, openai_images.complaints
    ),
    "realmrouter": Dialect(realmrouter.RealmRouter, realmrouter.RealmRouterWire, realmrouter.complaints),
    "qwen-image-2512": Dialect(
        qwen_image_2512.QwenImage2512, qwen_image_2512.QwenImage2512Wire, qwen_image_2512.complaints
    ),
    "evolink": Dialect(evolink.EvoLink, EvoLinkWire, evolink.complaints),
}


@asynccontextmanager
async def open_gateway(
    gateway: Gateway, routes: Iterable[Route], access: Access, media: MediaStore | None = None
) -> AsyncIterator[ImageGateway]:
    """One gateway, connected until the block ends; nothing is asked of it yet.

    `media` is where the images of an edit are read from; without it there is no editing. Raises ValueError
    for an address, key or proxy that cannot be one; the text names the gateway.
    """
    dialect = DIALECTS[gateway.dialect]
    async with AsyncExitStack() as stack:
        try:
            base_url, files_url = access.base_of(gateway), access.files_of(gateway)
            destination = await _enter(stack, base_url, access)
            files = await _enter(stack, files_url, access) if files_url else None
        except ValueError as error:
            raise ValueError(f"{gateway.id}: {error}") from error
        yield dialect.speaker(
            Line(
                gateway,
                dialect.wire_of(gateway),
                {route.key: dialect.wire_of(gateway, route) for route in routes},
                destination,
                AnswerReader(base_url, gateway.retry_statuses, access.key),
                media,
                files,
            )
        )


async def _enter(stack: AsyncExitStack, url: str, access: Access) -> Destination:
    return await stack.enter_async_context(open_destination(url, access.key, access.proxy))


@asynccontextmanager
async def open_gateways(
    catalogue: Catalogue, access: Mapping[GatewayId, Access], media: MediaStore | None = None
) -> AsyncIterator[dict[GatewayId, ImageGateway]]:
    """All gateways of a catalogue, see `open_gateway`. Those missing in `access` are used without a key."""
    async with AsyncExitStack() as stack:
        gateways: dict[GatewayId, ImageGateway] = {}
        for id_, gateway in catalogue.gateways.items():
            routes = [route for route in catalogue.routes if route.gateway == id_]
            opened = open_gateway(gateway, routes, access.get(id_, Access()), media)
            gateways[id_] = await stack.enter_async_context(opened)
        yield gateways
