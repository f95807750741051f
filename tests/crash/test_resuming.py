"""One kill, aimed: what becomes of a job at each place where it can be torn off."""

import pytest

from bot.domain.problems import Key, problem
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from tests.crash.town import Town, Wish
from tests.crash.verdict import Verdict

GATEWAY_TITLES = {"plus": "Crazyrouter", "2.0": "Crazyrouter", "2512": "qwen-image-2512.org"}


async def _kill_and_go_on(town: Town) -> Verdict:
    """Kill, start again, and wait until everything is over."""
    await town.service.kill()
    await town.until_quiet()
    await town.service.start()
    await town.until_all_is_told()
    verdict = Verdict(town)
    verdict.check()
    return verdict


async def test_jobs_go_on_in_the_same_chat_topic_and_language(slow_town: Town) -> None:
    town = slow_town
    ann, li = town.person("en"), town.person("zh-hans")
    foxes, kites = town.topics
    places = [(ann, None), (li, None), (ann, foxes), (li, foxes), (li, kites)]
    wishes = [town.ask(user, "2512", topic=topic) for user, topic in places]
    await town.service.start()
    await town.until(lambda: all(_calls_in(town, wish, "waiting") for wish in wishes))
    verdict = await _kill_and_go_on(town)
    assert [len(case.pictures) for case in verdict.cases] == [1] * len(places)
    assert [case.books.job["locale"] for case in verdict.cases] == ["en", "zh-CN", "en", "zh-CN", "zh-CN"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
async def test_a_submission_torn_off_is_not_repeated_but_told_and_returned(
    slow_town: Town, language: str
) -> None:
    town = slow_town
    wish = town.ask(town.person(language), "plus")
    await town.service.start()
    await town.until(lambda: town.accepted(wish) == 1)
    verdict = await _kill_and_go_on(town)
    (case,) = verdict.cases
    assert town.accepted(wish) == 1
    assert case.books.state == "failed"
    assert case.books.closings[0]["returned"] == 1
    lost = problem(Key.ANSWER_LOST, gateway=GATEWAY_TITLES["plus"])
    assert FluentTexts(locales_folder()).explain(wish.locale, lost) in case.statuses[-1].text


async def test_a_task_the_gateway_took_is_watched_to_its_end(slow_town: Town) -> None:
    town = slow_town
    wish = town.ask(town.person("en"), "2512", 3)
    await town.service.start()
    await town.until(lambda: len(_calls_in(town, wish, "waiting")) == 3)
    verdict = await _kill_and_go_on(town)
    assert town.accepted(wish) == 3
    assert verdict.lost_answers == 0
    assert len(verdict.cases[0].pictures) == 3


async def test_pictures_kept_before_a_kill_arrive_after_it(town: Town) -> None:
    wish = town.ask(town.person("en"), "2.0", 3)
    town.api.cut("sendMediaGroup", "before", times=None)
    await town.service.start()
    await town.until(lambda: _state(town, wish) == "delivering")
    await town.service.kill()
    await town.until_quiet()
    town.api.heal()
    await town.service.start()
    await town.until_all_is_told()
    Verdict(town).check()
    assert town.accepted(wish) == 1


async def test_an_album_torn_off_in_the_sending_comes_at_most_twice(town: Town) -> None:
    wish = town.ask(town.person("en"), "2.0", 3)
    town.api.cut("sendMediaGroup", "after", times=None)  # taken, but nobody hears of it
    await town.service.start()
    await town.until(lambda: len(town.api.photos(wish.chat)) == 3)
    await town.service.kill()
    await town.until_quiet()
    town.api.heal()
    await town.service.start()
    await town.until_all_is_told()
    verdict = Verdict(town)
    verdict.check()
    assert verdict.repetitions == 3


async def test_an_update_that_comes_again_after_a_restart_opens_no_second_job(town: Town) -> None:
    wish = town.ask(town.person("en"), "2512")
    await town.service.start()
    await town.until_all_is_told()
    await town.service.kill()
    await town.service.start()
    await town.until_listening()
    town.api.repeat(wish.message)
    second = town.ask(wish.user, "2512")
    await town.until_all_is_told()
    Verdict(town).check()
    assert town.books().rows == 2
    assert (town.accepted(wish), town.accepted(second)) == (1, 1)
    assert "event repeated" in town.service.log


def _calls_in(town: Town, wish: Wish, state: str) -> list[object]:
    books = town.books().jobs.get(wish.place)
    return list(books.calls_in(state)) if books else []


def _state(town: Town, wish: Wish) -> str | None:
    books = town.books().jobs.get(wish.place)
    return books.state if books else None
