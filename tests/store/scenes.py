"""Jobs brought as far as a test needs them, through the store's own methods."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.domain.decide import Move
from bot.domain.ids import CallId, GatewayId, Micros, Millis, PictureId
from bot.domain.jobs import Address, Call, CallState, Job, JobState, Picture
from bot.domain.ledger import Plan
from bot.domain.request import ImageRequest, Kind
from bot.ports.chat import Sent
from bot.ports.store import Opened, Order, Store

NOW = Millis(1_750_000_000_000)
"""2025-06-15 15:06:40 UTC."""

AMPLE = Plan(pictures_per_day=1_000_000, in_flight=1_000_000, per_minute=1_000_000, pictures_per_job=10)


GROUP = "-100200300"
SHANGHAI = ZoneInfo("Asia/Shanghai")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def after(milliseconds: int) -> Millis:
    return Millis(NOW + milliseconds)


def at(zone: tzinfo, month: int, day: int, hour: int = 0, minute: int = 0) -> Millis:
    """A local time in 2025."""
    return Millis(int(datetime(2025, month, day, hour, minute, tzinfo=zone).timestamp()) * 1000)


def order(
    number: int = 1,
    *,
    person: str = "ann",
    count: int = 1,
    prompt: str = "a fox",
    chat: str = GROUP,
    shared: bool = False,
    chat_limit: int | None = None,
) -> Order:
    return Order(
        event_key=f"telegram:{number}",
        platform="telegram",
        person=person,
        address=Address("telegram", chat, "7", str(number)),
        locale="en",
        request=ImageRequest(Kind.DRAW, prompt, count=count),
        price=Micros(40_001),
        deadline=timedelta(minutes=15),
        shared=shared,
        chat_limit=chat_limit,
    )


async def accepted(
    store: Store,
    number: int = 1,
    *,
    person: str = "ann",
    count: int = 1,
    now: Millis | None = None,
    zone: tzinfo = UTC,
) -> Job:
    at = after(number) if now is None else now
    opened = await store.accept(order(number, person=person, count=count), AMPLE, at, zone)
    assert isinstance(opened, Opened)
    return opened.job


def planned(job: Job, calls: int = 1) -> list[Call]:
    """Calls that share the job's pictures evenly."""
    share = job.request.count // calls
    return [
        Call(
            id=CallId(f"{job.id}-{ordinal}"),
            job_id=job.id,
            ordinal=ordinal,
            gateway=GatewayId("painter"),
            route="painter/brush",
            offset=ordinal * share,
            count=share,
            seed=7,
            size="1024x1024",
            state=CallState.PLANNED,
            cost=Micros(40_001 * share),
        )
        for ordinal in range(calls)
    ]


async def working(
    store: Store, number: int = 1, *, person: str = "ann", count: int = 1, calls: int = 1
) -> Job:
    job = await accepted(store, number, person=person, count=count)
    assert await store.begin(job, planned(job, calls), NOW)
    return await loaded(store, job)


async def moved(store: Store, call: Call, *states: CallState) -> Call:
    """A call brought through these states."""
    for state in states:
        present = await store.move_call(call, Move(state), NOW)
        assert present is not None
        call = present
    return call


async def submitting(store: Store, call: Call) -> Call:
    return await moved(store, call, CallState.SUBMITTING)


def pictures_of(call: Call) -> list[Picture]:
    return [
        Picture(
            id=PictureId(f"{call.id}-{n}"),
            job_id=call.job_id,
            call_id=call.id,
            ordinal=call.offset + n,
            media_key=f"{call.job_id}/{call.offset + n:02d}",
            width=1024,
            height=768,
            bytes=5_000_000_000,
            mime="image/png",
        )
        for n in range(call.count)
    ]


async def delivering(store: Store, number: int = 1, *, person: str = "ann", count: int = 1) -> Job:
    job = await working(store, number, person=person, count=count)
    call = await submitting(store, job.calls[0])
    assert await store.keep(call, pictures_of(call), Micros(1), NOW)
    return await loaded(store, job)


async def deliver(
    store: Store,
    pictures: Sequence[Picture],
    message: str = "55",
    *,
    chat: str = GROUP,
    now: Millis = NOW,
) -> None:
    """Note that pictures arrived in one message."""
    await store.note_delivery(sent(pictures, message, chat), now)


def sent(pictures: Sequence[Picture], message: str, chat: str = GROUP) -> Sent:
    return Sent("telegram", chat, tuple((picture.id, message) for picture in pictures))


async def done(
    store: Store, number: int = 1, *, person: str = "ann", count: int = 1, chat: str = GROUP
) -> Job:
    """A job whose pictures are all in the message `m<number>`."""
    job = await delivering(store, number, person=person, count=count)
    await deliver(store, job.pictures, f"m{number}", chat=chat, now=after(number))
    assert await store.close(job, JobState.DONE, None, after(number))
    await store.note_told(job.id, after(number))
    return await loaded(store, job)


async def loaded(store: Store, job: Job) -> Job:
    found = await store.load(job.id)
    assert found is not None
    return found
