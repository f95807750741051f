"""What can be done and what is left: `/start`, `/help`, `/models`, `/quota`."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from bot.core.acceptance import Acceptance
from bot.core.buttons import press
from bot.core.conversation import COMMANDS
from bot.core.guide import TOPICS, Guide
from bot.core.health import Health
from bot.core.routing import Preferences, Router
from bot.core.talk import Door, Verb
from bot.domain.catalogue import Catalogue
from bot.domain.decide import Policy
from bot.domain.ids import JobId
from bot.domain.ledger import Plan
from bot.domain.problems import Key, Problem
from bot.domain.settings import ChatSettings, PersonSettings
from bot.providers.catalogue import load
from bot.store.database import open_database
from bot.store.jobs import JobStore
from tests.core.speaking import TEXTS, FixedClock, Speaker, button, every, labels
from tests.store.scenes import AMPLE, order

CATALOGUE = load(None)
CHINESE = PersonSettings(locale="zh-CN")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with open_database(tmp_path / "test.sqlite") as database:
        yield JobStore(database)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def guide(store: JobStore, clock: FixedClock, plan: Plan, catalogue: Catalogue = CATALOGUE) -> Speaker:
    def dispatch(_job: JobId) -> None: ...

    policy = Policy()
    router = Router(catalogue, Preferences(), Health(policy, clock), clock)
    topic = Guide(catalogue, Acceptance(store, router, plan, policy, UTC, clock, dispatch), TEXTS)
    return Speaker(lambda: topic)


@pytest.fixture
def ann(store: JobStore, clock: FixedClock) -> Speaker:
    return guide(store, clock, Plan(pictures_per_day=50))


@pytest.fixture
def asked(store: JobStore, clock: FixedClock) -> Callable[[int], Awaitable[None]]:
    """Ann has asked for so many pictures today."""

    async def ask(count: int) -> None:
        wish = replace(order(count=count), platform="wall")
        await store.accept(wish, AMPLE, clock.now(), UTC)

    return ask


# --- /start -----------------------------------------------------------------------------------------


async def test_start_shows_in_one_message_what_can_be_done_with_an_example_to_press(ann: Speaker) -> None:
    reply = await ann.say("/start")
    assert "/draw a fox in the snow" in reply.text
    assert "/edit make it night" in reply.text
    assert button(reply, "Draw a fox in the snow").press == press(Verb.EXAMPLE)
    assert button(reply, "Settings").press == press(Verb.SETTINGS)
    assert (await ann.press(button(reply, "Help"))) == await ann.say("/help")


async def test_start_in_a_group_is_shorter_and_names_us(ann: Speaker) -> None:
    alone, among = await ann.say("/start"), await ann.as_(chat="group").say("/start")
    assert len(among.text) < len(alone.text)
    assert "/draw@drawbridge_bot" in among.text
    assert labels(among) == [button(alone, "fox").label, button(alone, "Help").label]


# --- /help ------------------------------------------------------------------------------------------


async def test_help_is_an_overview_from_which_every_topic_and_the_way_back_can_be_pressed(
    ann: Speaker,
) -> None:
    overview = await ann.say("/help")
    assert len(every(overview)) == len(TOPICS)
    seen = set()
    for one in every(overview):
        assert not isinstance(one, Door)
        page = await ann.press(one)
        assert page.text.startswith(one.label)
        seen.add(page.text)
        (back,) = every(page)
        assert not isinstance(back, Door)
        assert await ann.press(back) == overview
    assert len(seen) == len(TOPICS)


@pytest.mark.parametrize(
    ("word", "topic"),
    [
        ("editing", "editing"),
        ("Edit", "editing"),
        ("/edit", "editing"),
        ("draw", "drawing"),
        ("options", "options"),
        ("--seed", "options"),
        ("photo", "options"),
        ("pictures", "pictures"),
        ("buttons", "pictures"),
        ("history", "pictures"),
        ("/resend", "pictures"),
        ("languages", "settings"),
        ("groups", "groups"),
        ("chat", "groups"),
        ("privacy", "quota"),
        ("cancel", "quota"),
        ("改图", "editing"),
        ("群组", "groups"),
        ("额度", "quota"),
        ("语言", "settings"),
    ],
)
async def test_help_with_a_word_shows_its_topic(ann: Speaker, word: str, topic: str) -> None:
    assert await ann.say(f"/help {word}") == await ann.press(press(Verb.HELP, topic))


@pytest.mark.parametrize("word", ["", "--", "/", "xyzzy", "{ $bot }", "x" * 4000])
async def test_help_with_a_word_that_is_no_topic_is_the_overview(ann: Speaker, word: str) -> None:
    assert await ann.say(f"/help {word}") == await ann.say("/help")


@pytest.mark.parametrize("words", [("nonsense",), ("",), ("editing", "more")])
async def test_a_forged_press_is_refused(ann: Speaker, words: tuple[str, ...]) -> None:
    answer = await ann.pressed(press(Verb.HELP, *words))
    assert isinstance(answer, Problem)
    assert answer.key is Key.BUTTON_UNKNOWN


@pytest.mark.parametrize("settings", [PersonSettings(), CHINESE])
async def test_the_topics_of_help_name_every_command(ann: Speaker, settings: PersonSettings) -> None:
    ann.memory.persons["wall", "ann"] = settings
    pages = [(await ann.press(press(Verb.HELP, topic))).text for topic in TOPICS]
    told = set(re.findall(r"(?<![\w/])/([a-z]+)", "\n".join(pages)))
    assert {*COMMANDS} - {"start", "help"} <= told <= {*COMMANDS}


async def test_help_tells_how_many_pictures_the_plan_allows(store: JobStore, clock: FixedClock) -> None:
    ann = guide(store, clock, Plan(pictures_per_job=2))
    assert "--n 2" in (await ann.say("/help options")).text


# --- /models ----------------------------------------------------------------------------------------


async def test_models_tells_each_model_once_with_what_it_can(ann: Speaker) -> None:
    reply = await ann.say("/models")
    for name in CATALOGUE.model_names():
        assert len(re.findall(rf"--model {re.escape(name)}(?![\w.-])", reply.text)) == 1


async def test_without_a_gateway_there_are_no_models(store: JobStore, clock: FixedClock) -> None:
    ann = guide(store, clock, Plan(), Catalogue(gateways={}, routes=()))
    answer = await ann.hear("/models")
    assert isinstance(answer, Problem)
    assert answer.key is Key.NO_GATEWAY


# --- /quota -----------------------------------------------------------------------------------------


async def test_quota_tells_what_is_left_of_the_day_and_when_it_starts_afresh(
    ann: Speaker, asked: Callable[[int], Awaitable[None]]
) -> None:
    await asked(3)
    text = (await ann.say("/quota")).text
    assert "Today: 47 of 50 pictures left. The quota starts afresh in 1 h 47 min." in text
    assert "Under way: 1 of at most 3 requests." in text


async def test_quota_without_a_limit_for_the_month_tells_what_was_used(
    ann: Speaker, asked: Callable[[int], Awaitable[None]]
) -> None:
    await asked(3)
    assert "This month: 3 pictures so far, without a limit." in (await ann.say("/quota")).text


async def test_quota_tells_what_is_left_of_the_month(
    store: JobStore, clock: FixedClock, asked: Callable[[int], Awaitable[None]]
) -> None:
    ann = guide(store, clock, Plan(pictures_per_month=100))
    await asked(3)
    assert (
        "This month: 97 of 100 pictures left. They start afresh on the 1st." in (await ann.say("/quota")).text
    )


async def test_quota_in_a_group_tells_the_limit_of_the_group(ann: Speaker) -> None:
    ann.memory.chats["wall", "group"] = ChatSettings(pictures_per_day=20)
    group = ann.as_(chat="group")
    assert "All of this group together: 20 pictures a day." in (await group.say("/quota")).text
    assert "group" not in (await ann.say("/quota")).text
    assert "group" not in (await ann.as_(chat="another").say("/quota")).text
