"""Quota and money."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import AccountId, EntryId, JobId, Micros, Millis
from bot.domain.ledger import (
    ChatId,
    Entry,
    EntryKind,
    Plan,
    Usage,
    close,
    day_of,
    exceeds,
    exceeds_chat,
    moment,
    month_of,
    renewal,
)
from bot.domain.problems import Argument, Key

NOW = Millis(1_700_000_000_000)
BERLIN = ZoneInfo("Europe/Berlin")
PLAN = Plan(pictures_per_day=10, in_flight=2, per_minute=3)


def hold(pictures: int = 4, micros: int = 80_000, number: int = 0) -> Entry:
    return Entry(
        id=EntryId(f"hold-{number}"),
        account_id=AccountId("ann"),
        job_id=JobId(f"job-{number}"),
        kind=EntryKind.HOLD,
        day=19_000,
        created_at=NOW,
        held=pictures,
        held_micros=Micros(micros),
    )


def at(text: str, zone: tzinfo = BERLIN) -> Millis:
    return Millis(round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000))


# --- holds and their closings --------------------------------------------------------------------------

pictures = st.integers(1, 10)
micros = st.integers(0, 10_000_000)


@st.composite
def closings(draw: st.DrawFn) -> tuple[Entry, int]:
    opened = hold(draw(pictures), draw(micros))
    return opened, draw(st.integers(0, opened.held))


@given(closings())
def test_a_closing_divides_the_hold_without_a_remainder(case: tuple[Entry, int]) -> None:
    opened, delivered = case
    entry = close(opened, delivered, EntryId("end"), NOW)
    assert entry.settled == delivered
    assert entry.settled + entry.returned == opened.held
    assert entry.settled_micros + entry.returned_micros == opened.held_micros
    assert min(entry.settled, entry.returned, entry.settled_micros, entry.returned_micros) >= 0


@given(closings())
def test_a_person_never_pays_more_than_the_share_of_what_arrived(case: tuple[Entry, int]) -> None:
    opened, delivered = case
    entry = close(opened, delivered, EntryId("end"), NOW)
    due = opened.held_micros * delivered
    assert due - opened.held < entry.settled_micros * opened.held <= due


def test_what_all_arrived_costs_all_and_nothing_costs_nothing() -> None:
    assert close(hold(3, 100), 3, EntryId("end"), NOW).settled_micros == 100
    assert close(hold(3, 100), 0, EntryId("end"), NOW).returned_micros == 100
    assert close(hold(3, 100), 2, EntryId("end"), NOW).settled_micros == 66


def test_a_closing_names_its_hold_and_counts_on_the_day_and_for_the_chat_of_the_hold() -> None:
    opened = replace(hold(), chat_id=ChatId("group"))
    later = Millis(NOW + 3 * 86_400_000)
    assert close(opened, 0, EntryId("end"), later) == Entry(
        id=EntryId("end"),
        account_id=opened.account_id,
        job_id=opened.job_id,
        kind=EntryKind.RELEASE,
        day=opened.day,
        created_at=later,
        returned=4,
        returned_micros=Micros(80_000),
        closes=opened.id,
        chat_id=ChatId("group"),
    )
    assert close(opened, 1, EntryId("end"), later).kind is EntryKind.SETTLE


@pytest.mark.parametrize("delivered", [-1, 5])
def test_more_than_was_held_or_less_than_nothing_cannot_be_settled(delivered: int) -> None:
    with pytest.raises(ValueError, match="cannot settle"):
        close(hold(4), delivered, EntryId("end"), NOW)


def test_what_is_no_hold_cannot_be_closed() -> None:
    closed = close(hold(), 1, EntryId("end"), NOW)
    with pytest.raises(ValueError, match="settle"):
        close(closed, 0, EntryId("second"), NOW)


def used(entries: Iterable[Entry]) -> int:
    """Pictures that count against a window: held and not returned. The store says the same in SQL."""
    return sum(entry.held - entry.returned for entry in entries)


@given(st.data())
def test_used_is_what_runs_and_what_arrived_after_any_holds_and_closings(data: st.DataObject) -> None:
    ledger: list[Entry] = []
    running: list[Entry] = []
    arrived = 0
    for number in range(data.draw(st.integers(0, 12))):
        chosen = data.draw(st.integers(0, len(running)))  # a running job ends, or another begins
        if chosen < len(running):
            opened = running.pop(chosen)
            delivered = data.draw(st.integers(0, opened.held))
            ledger.append(close(opened, delivered, EntryId(f"end-{number}"), NOW))
            arrived += delivered
        else:
            opened = hold(data.draw(pictures), data.draw(micros), number)
            ledger.append(opened)
            running.append(opened)
        assert used(ledger) == arrived + sum(entry.held for entry in running) >= 0


# --- days ----------------------------------------------------------------------------------------------


def test_the_day_is_the_local_one() -> None:
    late = at("2025-06-01T23:30")
    assert day_of(late, BERLIN) == day_of(late, UTC) == day_of(Millis(late + 1_800_000), BERLIN) - 1
    assert day_of(Millis(0), UTC) == 0
    assert day_of(Millis(-1), UTC) == -1


@pytest.mark.parametrize(
    ("now", "zone", "left"),
    [
        ("2025-06-01T23:30", "Europe/Berlin", timedelta(minutes=30)),
        ("2025-06-01T00:00", "Europe/Berlin", timedelta(hours=24)),
        ("2025-03-30T00:30", "Europe/Berlin", timedelta(hours=22, minutes=30)),  # a day of 23 hours
        ("2025-10-26T00:30", "Europe/Berlin", timedelta(hours=24, minutes=30)),  # a day of 25 hours
        ("2025-04-24T23:30", "Africa/Cairo", timedelta(minutes=30)),  # the clock jumps at that very midnight
        ("2025-10-30T22:30", "Africa/Cairo", timedelta(hours=2, minutes=30)),  # its last hour comes twice
        ("2025-06-01T12:00", "Asia/Kathmandu", timedelta(hours=12)),
    ],
)
def test_the_quota_renews_at_local_midnight_also_when_the_clock_jumps(
    now: str, zone: str, left: timedelta
) -> None:
    assert renewal(at(now, ZoneInfo(zone)), ZoneInfo(zone)) == left


@given(
    st.integers(at("2015-01-01", UTC), at("2035-01-01", UTC)).map(Millis),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/Havana", "Africa/Cairo", "America/Sao_Paulo", "Australia/Lord_Howe"]
    ).map(ZoneInfo),
)
def test_the_next_day_begins_exactly_at_the_renewal(now: Millis, zone: ZoneInfo) -> None:
    begins = Millis(now + renewal(now, zone) // timedelta(milliseconds=1))
    assert begins > now
    assert day_of(begins, zone) == day_of(now, zone) + 1
    assert day_of(Millis(begins - 1), zone) == day_of(now, zone)


@given(st.integers(0, 4_000_000_000_000).map(Millis))
def test_a_moment_loses_no_millisecond(now: Millis) -> None:
    assert (moment(now) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) == now


@given(
    st.integers(at("2015-01-01", UTC), at("2035-01-01", UTC)).map(Millis),
    st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/Los_Angeles"]).map(ZoneInfo),
)
def test_every_moment_is_on_a_day_of_its_month_and_months_follow_each_other(
    now: Millis, zone: ZoneInfo
) -> None:
    month = month_of(now, zone)
    assert day_of(now, zone) in month
    first, last = (datetime.fromordinal(719_163 + day) for day in (month.start, month.stop - 1))
    assert (first.day, first.month, first.year) == (1, last.month, last.year)
    assert (last + timedelta(days=1)).day == 1
    local = moment(now).astimezone(zone)
    assert (first.month, first.year) == (local.month, local.year)


# --- limits --------------------------------------------------------------------------------------------

FREE = Usage(today=0, in_flight=0, last_minute=0)


def refusal(usage: Usage, wanted: int, now: Millis = NOW) -> tuple[Key, dict[str, Argument]] | None:
    why = exceeds(PLAN, usage, wanted, now, BERLIN)
    return (why.key, dict(why.args)) if why else None


def test_the_last_picture_of_the_day_may_still_be_had() -> None:
    assert refusal(replace(FREE, today=6), 4) is None


def test_a_used_up_day_tells_what_is_left_and_when_it_renews() -> None:
    left_alone = {"limit": 10, "left": 3, "wanted": 4, "hours": 1, "minutes": 30}
    assert refusal(replace(FREE, today=7), 4, at("2025-06-01T22:30")) == (Key.QUOTA_DAY, left_alone)


def test_the_renewal_is_rounded_up_so_that_nobody_comes_too_early() -> None:
    usage = replace(FREE, today=10)
    almost = Millis(at("2025-06-02T00:00") - 1)
    answer = refusal(usage, 1, almost)
    assert answer is not None
    assert (answer[1]["hours"], answer[1]["minutes"]) == (0, 1)
    answer = refusal(usage, 1, at("2025-10-26T00:30"))
    assert answer is not None
    assert (answer[1]["hours"], answer[1]["minutes"]) == (24, 30)


def test_a_limit_lowered_below_what_was_used_leaves_nothing_and_not_less() -> None:
    answer = refusal(replace(FREE, today=50), 1)
    assert answer is not None
    assert answer[1]["left"] == 0


def test_one_job_too_many_at_once_is_refused() -> None:
    assert refusal(replace(FREE, in_flight=1), 1) is None
    assert refusal(replace(FREE, in_flight=2), 1) == (Key.QUOTA_IN_FLIGHT, {"limit": 2})


@pytest.mark.parametrize(("ago", "seconds"), [(0, 60), (1, 60), (59_000, 1), (59_999, 1), (30_500, 30)])
def test_too_many_jobs_in_a_minute_are_told_when_the_oldest_is_a_minute_old(ago: int, seconds: int) -> None:
    usage = replace(FREE, last_minute=3, oldest_in_minute=Millis(NOW - ago))
    assert refusal(usage, 1) == (Key.QUOTA_MINUTE, {"limit": 3, "seconds": seconds})
    assert refusal(replace(usage, last_minute=2), 1) is None


MONTHLY = PLAN.model_copy(update={"pictures_per_month": 20})


def test_the_last_picture_of_the_month_may_still_be_had() -> None:
    assert exceeds(MONTHLY, replace(FREE, month=16), 4, NOW, BERLIN) is None
    assert exceeds(PLAN, replace(FREE, month=1_000_000), 4, NOW, BERLIN) is None


@pytest.mark.parametrize(
    ("now", "days"), [("2025-06-01T00:00", 30), ("2025-06-30T23:59", 1), ("2024-02-01T12:00", 29)]
)
def test_a_used_up_month_tells_what_is_left_and_in_how_many_days_the_next_begins(now: str, days: int) -> None:
    why = exceeds(MONTHLY, replace(FREE, month=17), 4, at(now), BERLIN)
    assert why
    assert why.key is Key.QUOTA_MONTH
    assert why.args == {"limit": 20, "left": 3, "wanted": 4, "days": days}


def test_of_a_used_up_day_and_month_the_month_is_told() -> None:
    why = exceeds(MONTHLY, replace(FREE, today=10, month=25), 1, NOW, BERLIN)
    assert why
    assert (why.key, why.args["left"]) == (Key.QUOTA_MONTH, 0)


def test_a_chat_has_a_day_of_its_own() -> None:
    now = at("2025-06-01T22:30")
    assert exceeds_chat(None, 1_000, 4, now, BERLIN) is None
    assert exceeds_chat(10, 6, 4, now, BERLIN) is None
    why = exceeds_chat(10, 7, 4, now, BERLIN)
    assert why
    assert why.key is Key.QUOTA_CHAT
    assert why.args == {"limit": 10, "left": 3, "wanted": 4, "hours": 1, "minutes": 30}


@given(
    st.builds(Usage, st.integers(0, 20), st.integers(0, 4), st.integers(0, 6), st.just(NOW)),
    st.integers(1, 10),
)
def test_whatever_fits_keeps_every_limit_of_the_plan(usage: Usage, wanted: int) -> None:
    fits = exceeds(PLAN, usage, wanted, NOW, BERLIN) is None
    after = (usage.today + wanted <= 10, usage.in_flight + 1 <= 2, usage.last_minute + 1 <= 3)
    assert fits == all(after)
