"""When to look at a task next."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pace import Schedule, foretell, learn

DURATIONS: dict[str, Callable[[random.Random], float]] = {
    "even": lambda dice: dice.uniform(10, 40),
    "long tail": lambda dice: dice.lognormvariate(3, 0.4),
    "after a while": lambda dice: 8 + dice.expovariate(1 / 6),
    "two kinds": lambda dice: dice.choice([dice.gauss(8, 1), dice.gauss(25, 2)]),
}


def looks_and_delay(schedule: Schedule, duration: float) -> tuple[int, float]:
    elapsed, looks = 0.0, 0
    while elapsed < duration:
        elapsed += schedule.next(elapsed).total_seconds()
        looks += 1
    return looks, elapsed - duration


@pytest.mark.parametrize("kind", DURATIONS)
def test_once_fifty_tasks_were_seen_there_are_fewer_looks_than_a_beat_of_five_seconds_makes(
    kind: str,
) -> None:
    dice = random.Random(7)
    schedule = learn([DURATIONS[kind](dice) for _ in range(50)], 5, 5)
    tasks = [DURATIONS[kind](dice) for _ in range(2000)]
    learned = sum(looks_and_delay(schedule, task)[0] for task in tasks)
    beaten = sum(looks_and_delay(Schedule((), 5), task)[0] for task in tasks)
    assert learned < beaten


@pytest.mark.parametrize("kind", ["after a while", "two kinds"])
def test_what_ends_in_clusters_is_found_sooner_than_a_beat_with_as_many_looks_would(kind: str) -> None:
    dice = random.Random(7)
    schedule = learn([DURATIONS[kind](dice) for _ in range(50)], 5, 5)
    tasks = [DURATIONS[kind](dice) for _ in range(2000)]
    learned = sum(looks_and_delay(schedule, task)[1] for task in tasks)
    beaten = sum(looks_and_delay(Schedule((), 5), task)[1] for task in tasks)
    assert learned < 0.85 * beaten


def test_before_enough_was_seen_the_gateways_own_pace_is_kept() -> None:
    schedule = learn([3.0] * 19, first=4, beat=6)
    assert schedule.next(0).total_seconds() == 4
    assert schedule.next(4).total_seconds() == 6


def test_tasks_of_one_duration_are_looked_at_once() -> None:
    schedule = learn([12.0] * 50, 5, 5)
    looks, delay = looks_and_delay(schedule, 12.0)
    assert looks == 1
    assert delay == pytest.approx(0.1)


@given(st.lists(st.floats(0.01, 3600), max_size=120), st.floats(0, 7200))
def test_there_is_always_a_next_look_and_it_lies_ahead(durations: list[float], elapsed: float) -> None:
    wait = learn(durations, 5, 5).next(elapsed).total_seconds()
    assert 0 < wait <= 3700


@given(st.lists(st.floats(0.01, 3600), min_size=20, max_size=120))
def test_the_looks_of_a_schedule_come_one_after_the_other(durations: list[float]) -> None:
    looks = learn(durations, 5, 5).looks
    assert list(looks) == sorted(looks)
    assert looks[-1] >= max(durations) - 1e-9 or len(durations) > 48


def test_progress_that_is_told_means_fewer_looks_than_five_seconds_and_less_delay_than_two() -> None:
    dice = random.Random(7)
    tasks = [dice.lognormvariate(3, 0.6) for _ in range(2000)]
    schedule = learn([dice.lognormvariate(3, 0.6) for _ in range(50)], 5, 5)
    looks = delay = 0.0
    for task in tasks:
        elapsed = 0.0
        while elapsed < task:
            told = foretell(elapsed, int(100 * elapsed / task))
            elapsed += (told or schedule.next(elapsed)).total_seconds()
            looks += 1
        delay += elapsed - task
    beats = {beat: [looks_and_delay(Schedule((), beat), task) for task in tasks] for beat in (2, 5)}
    assert looks < sum(made for made, _ in beats[5])
    assert delay < sum(late for _, late in beats[2])


@given(st.floats(0, 1e5), st.none() | st.integers())
def test_no_progress_is_too_strange(elapsed: float, progress: int | None) -> None:
    told = foretell(elapsed, progress)
    assert told is None or told.total_seconds() > 0
