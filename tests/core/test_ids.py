"""New identifiers."""

from concurrent.futures import ThreadPoolExecutor

from bot.core.ids import new_id
from bot.domain.ids import Millis

NOW = Millis(1_800_000_000_000)


def test_ids_made_later_sort_later_also_within_a_millisecond() -> None:
    made = [new_id(NOW) for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_a_clock_that_steps_back_makes_no_id_twice() -> None:
    made = [new_id(Millis(NOW - step)) for step in range(5_000)]
    assert len(set(made)) == len(made)


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: new_id(NOW), range(20_000)))
    assert len(set(made)) == len(made)


def test_an_id_is_short_and_easy_to_read_aloud() -> None:
    made = new_id(NOW)
    assert len(made) == 14
    assert not set(made) - set("0123456789abcdefghjkmnpqrstvwxyz")
