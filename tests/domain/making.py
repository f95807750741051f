"""Jobs and what belongs to them, with everything filled in that a test does not care about."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bot.domain.catalogue import Catalogue, Gateway, Route
from bot.domain.geometry import Size
from bot.domain.ids import AccountId, CallId, GatewayId, JobId, Micros, Millis, PictureId
from bot.domain.jobs import Address, Call, CallState, Job, JobState, Picture
from bot.domain.request import ImageRequest, Kind

CREATED = Millis(1_700_000_000_000)
DEADLINE = Millis(CREATED + 15 * 60_000)


def a_gateway(name: str = "north", **changes: Any) -> Gateway:
    row = Gateway(
        id=GatewayId(name),
        title=name.title(),
        dialect="any",
        base_url="http://127.0.0.1/",
        first_look=timedelta(seconds=4),
        look_every=timedelta(seconds=6),
    )
    return row.model_copy(update=changes)


def a_route(gateway: str = "north", model: str = "fox-1", **changes: Any) -> Route:
    """Squares, wide and tall pictures, four at once, at 2 cents each."""
    fields: dict[str, Any] = {
        "gateway": GatewayId(gateway),
        "model": model,
        "name": model,
        "sizes": (Size(1024, 1024), Size(1536, 1024), Size(1024, 1536)),
        "default_size": Size(1024, 1024),
        "max_n": 4,
        "prompt_limit": 100,
        "price": Micros(20_000),
        "priced_on": date(2025, 1, 1),
    }
    return Route(**{**fields, **changes})


def a_catalogue(*routes: Route) -> Catalogue:
    gateways = {route.gateway: a_gateway(route.gateway) for route in routes}
    return Catalogue(gateways=gateways, routes=routes)


def a_request(**changes: Any) -> ImageRequest:
    return replace(ImageRequest(kind=Kind.DRAW, prompt="a fox"), **changes)


def a_job(state: JobState = JobState.WORKING, **changes: Any) -> Job:
    job = Job(
        id=JobId("job"),
        account_id=AccountId("ann"),
        person="ann",
        address=Address("playground", "here"),
        locale="en",
        request=a_request(),
        state=state,
        version=1,
        created_at=CREATED,
        deadline_at=DEADLINE,
    )
    return replace(job, **changes)


def a_call(state: CallState = CallState.PLANNED, **changes: Any) -> Call:
    call = Call(
        id=CallId("call"),
        job_id=JobId("job"),
        ordinal=0,
        gateway=GatewayId("north"),
        route="north/fox-1",
        offset=0,
        count=1,
        seed=None,
        size="1024x1024",
        state=state,
    )
    return replace(call, **changes)


def a_picture(ordinal: int = 0, *, delivered: bool = False) -> Picture:
    return Picture(
        id=PictureId(f"picture-{ordinal}"),
        job_id=JobId("job"),
        call_id=CallId("call"),
        ordinal=ordinal,
        media_key=f"job/{ordinal:02d}",
        width=1024,
        height=1024,
        bytes=1000,
        mime="image/png",
        delivered=delivered,
    )
