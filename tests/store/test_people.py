"""What people and chats settled, the questions that are open, and chats that change their number."""

import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.geometry import Aspect
from bot.domain.ids import PictureId
from bot.domain.jobs import Address, JobState
from bot.domain.problems import Key, Problem
from bot.domain.request import Handle, OutputForm
from bot.domain.settings import Ask, ChatSettings, Drawers, PersonSettings, Pressers
from bot.ports.people import Acquaintance, People
from bot.ports.store import Opened, Store
from bot.store import rows
from tests.store.engines import Engine
from tests.store.scenes import AMPLE, GROUP, NOW, accepted, after, done, loaded, order

SUPER = "-1009000"
PERSON = PersonSettings(
    locale="zh-CN",
    model="max",
    aspect=Aspect(16, 9),
    count=4,
    output=OutputForm.FILE,
    watermark=True,
    prompt_extension=False,
)
CHAT = ChatSettings(Drawers.ADMINS, Pressers.REQUESTER, "en", "max", spoiler=True, pictures_per_day=30)
ASK = Ask(NOW, "make it 夜 🌙", (Handle("file-1"), Handle(picture=PictureId("p"))))


async def person(people: People, name: str = "ann") -> PersonSettings:
    return (await people.recall("telegram", name, GROUP)).person


async def chat(people: People, number: str = GROUP) -> ChatSettings:
    return (await people.recall("telegram", "ann", number)).chat


async def ask(people: People, name: str = "ann", number: str = GROUP) -> Ask | None:
    return (await people.recall("telegram", name, number)).ask


# --- settings ------------------------------------------------------------------------------------------


async def test_a_stranger_has_the_usual_settings(people: People) -> None:
    assert await people.recall("telegram", "ann", GROUP) == Acquaintance()


async def test_what_was_settled_and_asked_is_recalled_together(people: People) -> None:
    await people.keep_person("telegram", "ann", PERSON, NOW)
    await people.keep_chat("telegram", GROUP, CHAT, NOW)
    await people.keep_ask("telegram", GROUP, "ann", ASK)
    assert await people.recall("telegram", "ann", GROUP) == Acquaintance(PERSON, CHAT, ASK)
    assert await people.recall("telegram", "ben", "elsewhere") == Acquaintance()
    assert await people.recall("discord", "ann", GROUP) == Acquaintance()


async def test_new_settings_take_the_place_of_the_former_ones(people: People) -> None:
    for settings in (PERSON, PersonSettings(count=2)):
        await people.keep_person("telegram", "ann", settings, NOW)
    for rules in (CHAT, ChatSettings(spoiler=True)):
        await people.keep_chat("telegram", GROUP, rules, NOW)
    assert await people.recall("telegram", "ann", GROUP) == Acquaintance(
        PersonSettings(count=2), ChatSettings(spoiler=True)
    )


async def test_settings_and_jobs_belong_to_one_account(engine: Engine) -> None:
    await engine.people.keep_person("telegram", "ann", PERSON, NOW)
    job = await accepted(engine.store)
    assert await engine.store.account("telegram", "ann") == job.account_id
    await engine.people.keep_person("telegram", "ann", PersonSettings(), NOW)
    assert len(await engine.execute("SELECT id FROM accounts")) == 1


async def test_a_chat_that_drew_and_then_settled_is_one_chat(engine: Engine) -> None:
    await engine.store.accept(order(shared=True), AMPLE, NOW, UTC)
    await engine.people.keep_chat("telegram", GROUP, CHAT, NOW)
    await engine.store.accept(order(2, shared=True), AMPLE, NOW, UTC)
    assert await chat(engine.people) == CHAT
    assert len(await engine.execute("SELECT id FROM chats")) == 1


async def test_a_private_chat_leaves_no_row(engine: Engine) -> None:
    await accepted(engine.store)
    assert await engine.execute("SELECT id FROM chats") == []


async def written(engine: Engine, settings: Any) -> Acquaintance:
    """What is recalled when another version of this program wrote these settings of a person."""
    await engine.people.keep_person("telegram", "ann", PERSON, NOW)
    text = settings if isinstance(settings, str) else json.dumps(settings)
    quoted = text.replace("'", "''")
    await engine.execute(f"UPDATE accounts SET settings = '{quoted}'")  # noqa: S608 - a text of ours
    return await engine.people.recall("telegram", "ann", GROUP)


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        ({"count": 3, "mood": "dark"}, PersonSettings(count=3)),
        ({"count": 3, "output": "hologram"}, PersonSettings(count=3)),
        ({"count": "many", "aspect": {"width": 1}, "locale": "de"}, PersonSettings(locale="de")),
        ({"watermark": {}, "prompt_extension": False}, PersonSettings(prompt_extension=False)),
        ({}, PersonSettings()),
        ([1, 2], PersonSettings()),
        ("not JSON", PersonSettings()),
        ("", PersonSettings()),
    ],
    ids=str,
)
async def test_settings_that_are_not_understood_are_as_usual(
    engine: Engine, settings: Any, read: PersonSettings
) -> None:
    assert (await written(engine, settings)).person == read


async def test_rules_of_a_chat_that_are_not_understood_are_as_usual(engine: Engine) -> None:
    await engine.people.keep_chat("telegram", GROUP, CHAT, NOW)
    await engine.execute("""UPDATE chats SET settings = '{"drawers": "nobody", "spoiler": true}'""")
    assert await chat(engine.people) == ChatSettings(spoiler=True)


@given(
    settings=st.builds(
        PersonSettings,
        locale=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        model=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        aspect=st.none() | st.builds(Aspect, st.floats(0.01, 100), st.floats(0.01, 100)),
        count=st.integers(1, 10),
        output=st.sampled_from(OutputForm),
        watermark=st.booleans(),
        prompt_extension=st.booleans(),
    )
)
def test_any_settings_come_back_from_their_text(settings: PersonSettings) -> None:
    row: Any = {"person": rows.person_text(settings), "chat": None, "ask": None}
    assert rows.acquaintance_from(row) == Acquaintance(settings)


# --- questions -----------------------------------------------------------------------------------------


async def test_a_question_is_open_for_one_person_in_one_chat_until_it_is_answered(people: People) -> None:
    await people.keep_ask("telegram", GROUP, "ann", ASK)
    assert await ask(people, "ben") is None
    assert await ask(people, number="elsewhere") is None
    assert await ask(people) == ASK
    for _ in range(2):
        await people.keep_ask("telegram", GROUP, "ann", None)
        assert await ask(people) is None


async def test_the_last_question_is_the_one_that_is_open(people: People) -> None:
    newer = Ask(after(5), images=(Handle("other"),))
    for question in (ASK, newer):
        await people.keep_ask("telegram", GROUP, "ann", question)
    assert await ask(people) == newer


async def test_a_question_that_is_not_understood_is_not_open(engine: Engine) -> None:
    await engine.people.keep_ask("telegram", GROUP, "ann", ASK)
    for content in ('{"images": 7}', "broken", "[]"):
        await engine.execute(f"UPDATE asks SET content = '{content}'")  # noqa: S608 - a text of ours
        assert await ask(engine.people) is None


# --- chats that move -----------------------------------------------------------------------------------


async def drawn(store: Store, number: int, count: int, group: str, limit: int = 10) -> Opened | Problem:
    wish = order(number, count=count, chat=group, shared=True, chat_limit=limit)
    answer = await store.accept(wish, AMPLE, after(number), UTC)
    assert isinstance(answer, Opened | Problem)
    return answer


async def test_settings_and_the_days_pictures_go_with_a_chat(engine: Engine) -> None:
    await engine.people.keep_chat("telegram", GROUP, CHAT, NOW)
    await drawn(engine.store, 1, 6, GROUP)
    for _ in range(2):
        await engine.people.move_chat("telegram", GROUP, SUPER)
        assert await chat(engine.people, SUPER) == CHAT
        assert await chat(engine.people, GROUP) == ChatSettings()
    refused = await drawn(engine.store, 2, 5, SUPER)
    assert isinstance(refused, Problem)
    assert (refused.key, refused.args["left"]) == (Key.QUOTA_CHAT, 4)


async def test_settings_made_under_the_new_number_stay_and_both_days_count(engine: Engine) -> None:
    await engine.people.keep_chat("telegram", GROUP, CHAT, NOW)
    await drawn(engine.store, 1, 3, GROUP)
    await engine.people.keep_chat("telegram", SUPER, ChatSettings(model="mini"), NOW)
    await drawn(engine.store, 2, 4, SUPER)
    await engine.people.move_chat("telegram", GROUP, SUPER)
    assert await chat(engine.people, SUPER) == ChatSettings(model="mini")
    refused = await drawn(engine.store, 3, 4, SUPER)
    assert isinstance(refused, Problem)
    assert refused.args["left"] == 3
    assert len(await engine.execute("SELECT id FROM chats")) == 1


async def test_a_chat_that_only_drew_under_its_new_number_keeps_the_old_settings(engine: Engine) -> None:
    await engine.people.keep_chat("telegram", GROUP, CHAT, NOW)
    await drawn(engine.store, 1, 3, SUPER)
    await engine.people.move_chat("telegram", GROUP, SUPER)
    assert await chat(engine.people, SUPER) == CHAT


async def test_what_a_job_returns_after_the_move_is_returned_to_the_chat(engine: Engine) -> None:
    first = await drawn(engine.store, 1, 6, GROUP)
    second = await drawn(engine.store, 2, 4, SUPER)
    await engine.people.move_chat("telegram", GROUP, SUPER)
    for opened in (first, second):
        assert isinstance(opened, Opened)
        assert await engine.store.cancel(opened.job.id, NOW)
    assert isinstance(await drawn(engine.store, 3, 10, SUPER), Opened)


async def test_open_questions_go_with_a_chat(people: People) -> None:
    newer = Ask(after(9), "newer")
    await people.keep_ask("telegram", GROUP, "ann", ASK)
    await people.keep_ask("telegram", GROUP, "ben", ASK)
    await people.keep_ask("telegram", SUPER, "ben", newer)
    await people.move_chat("telegram", GROUP, SUPER)
    assert (await ask(people, "ann", SUPER), await ask(people, "ben", SUPER)) == (ASK, newer)
    assert (await ask(people, "ann"), await ask(people, "ben")) == (None, None)


async def test_jobs_whose_end_is_not_told_yet_answer_under_the_new_number(engine: Engine) -> None:
    store = engine.store
    running, untold = await accepted(store, 1), await accepted(store, 2)
    elsewhere, told = await drawn(store, 3, 1, "-5"), await done(store, 4)
    await store.note_status_message(running.id, "77")
    await store.close(untold, JobState.FAILED, None, NOW)
    await engine.people.move_chat("telegram", GROUP, SUPER)
    for job in (running, untold):
        present = await loaded(store, job)
        assert present.address == Address("telegram", SUPER)  # messages have other numbers there
        assert present.status_message is None
    assert isinstance(elsewhere, Opened)
    for job in (elsewhere.job, told):
        assert (await loaded(store, job)).address == job.address


async def test_a_chat_that_moves_to_where_it_is_keeps_everything(engine: Engine) -> None:
    await engine.people.keep_chat("telegram", GROUP, CHAT, NOW)
    await engine.people.keep_ask("telegram", GROUP, "ann", ASK)
    await engine.people.move_chat("telegram", GROUP, GROUP)
    assert await engine.people.recall("telegram", "ann", GROUP) == Acquaintance(chat=CHAT, ask=ASK)


async def test_a_chat_nobody_knew_can_move(people: People) -> None:
    await people.move_chat("telegram", GROUP, SUPER)
    assert await chat(people, SUPER) == ChatSettings()
