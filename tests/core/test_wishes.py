"""What people wish for by command, by reply and by button, through the real core to the gateway."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.core.buttons import press
from bot.core.talk import Replied, Verb
from bot.domain.geometry import Aspect
from bot.domain.ids import JobId, Millis
from bot.domain.jobs import Job
from bot.domain.problems import Key, problem
from bot.domain.request import Handle, Kind, OutputForm
from bot.domain.settings import Ask, ChatSettings, Drawers, PersonSettings, Pressers
from tests.core.test_editing import Studio, photo
from tests.house import House, open_house, with_plan

NOW = Millis(1)


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.fixture
async def house(tmp_path: Path, studio: Studio) -> AsyncIterator[House]:
    async with open_house(
        tmp_path, gateways=("evolink", "qwen-image-2512"), sandbox=studio.sandbox()
    ) as opened:
        yield opened


async def job_of(house: House, number: int) -> Job:
    """The so-and-so-many-th job that was shown."""
    job = await house.parts.store.load(list(house.wall.statuses)[number - 1])
    assert job
    return job


def answering(message: int) -> Replied:
    return Replied(f"message {message}", ours=True)


# --- editing ----------------------------------------------------------------------------------------


async def test_an_edit_without_an_image_asks_for_one_and_remembers_the_words(house: House) -> None:
    reply = await house.hear("/edit make it night --n 2")
    assert reply
    assert reply.asks
    assert "Which image" in reply.text
    assert await house.hear("", images=[photo()]) is None
    await house.wall.ended(1)
    job = await job_of(house, 1)
    assert (job.request.kind, job.request.prompt, job.request.count) == (Kind.EDIT, "make it night", 2)


async def test_words_that_cannot_be_meant_are_refused_before_an_image_is_asked_for(house: House) -> None:
    reply = await house.hear("/edit make it night --n 99")
    assert reply
    assert reply.refused
    assert "99" in reply.text


async def test_an_image_without_words_is_asked_about_and_the_next_words_change_it(house: House) -> None:
    reply = await house.hear("", images=[photo()])
    assert reply
    assert reply.asks
    assert "What shall I change?" in reply.text
    assert await house.say("make it night") is None
    await house.wall.ended(1)
    assert (await job_of(house, 1)).request.prompt == "make it night"
    assert "/draw" in (await house.say("and now?") or "")  # the question is answered: this is not an edit


async def test_a_remembered_image_serves_the_command_too(house: House) -> None:
    await house.hear("", images=[photo()])
    assert await house.say("/edit make it night") is None
    await house.wall.ended(1)
    assert (await job_of(house, 1)).request.kind is Kind.EDIT


async def test_a_question_of_ours_outlives_a_restart(tmp_path: Path, studio: Studio) -> None:
    async with open_house(tmp_path, gateways=("evolink",), sandbox=studio.sandbox()) as house:
        await house.hear("/edit make it night")
    async with open_house(tmp_path, gateways=("evolink",), sandbox=studio.sandbox()) as house:
        assert await house.hear("", images=[photo()], event="later") is None
        await house.wall.ended(1)


async def test_an_old_question_is_asked_no_more(house: House) -> None:
    await house.parts.people.keep_ask("wall", "ann", "ann", Ask(NOW, words="make it night"))
    reply = await house.hear("", images=[photo()])
    assert reply
    assert reply.asks


async def test_an_image_with_words_is_an_edit_in_a_private_chat_and_nothing_in_a_group(house: House) -> None:
    assert await house.hear("make it night", images=[photo()]) is None
    assert await house.hear("make it night", images=[photo()], chat="group") is None
    await house.wall.ended(1)
    assert len(house.wall.statuses) == 1


async def test_a_reply_in_words_goes_on_from_the_kept_picture_and_edits_form_a_tree(
    house: House, studio: Studio
) -> None:
    await house.say("/draw a fox", chat="group")
    await house.wall.ended(1)
    drawn = (await job_of(house, 1)).pictures[0]
    for number, words in enumerate(("make it night", "make it snow"), 2):
        assert await house.hear(words, chat="group", person="ben", replied=answering(1)) is None
        await house.wall.ended(number)
        job = await job_of(house, number)
        assert (job.request.kind, job.request.prompt) == (Kind.EDIT, words)
        assert job.request.references == (Handle("", drawn.id),)
    given = Image.open(io.BytesIO(studio.drawings[-1].images[0]))
    assert given.size == (drawn.width, drawn.height)
    assert await house.hear("even more", chat="group", replied=answering(3)) is None
    await house.wall.ended(4)
    last = await job_of(house, 4)
    assert last.request.references[0].picture == (await job_of(house, 3)).pictures[0].id


async def test_an_image_sent_in_reply_to_a_picture_is_used_together_with_it(
    house: House, studio: Studio
) -> None:
    await house.say("/draw a fox")
    await house.wall.ended(1)
    await house.hear("put this hat on it", images=[photo()], replied=answering(1))
    await house.wall.ended(2)
    assert len(studio.drawings[-1].images) == 2


async def test_a_picture_whose_file_is_gone_is_fetched_from_the_platform(house: House) -> None:
    await house.say("/draw a fox")
    await house.wall.ended(1)
    await house.parts.media.delete((await job_of(house, 1)).pictures[0].media_key)
    house.wall.images["kept by the platform"] = photo()
    replied = replace(answering(1), images=(Handle("kept by the platform"),))
    await house.hear("make it night", replied=replied)
    await house.wall.ended(2)
    assert len(house.wall.pictures) == 2


async def test_in_a_group_only_replies_to_us_are_heard(house: House) -> None:
    await house.hear("/edit make it night", chat="group")
    assert await house.hear("", images=[photo()], chat="group") is None
    assert await house.hear("good morning", chat="group", replied=Replied("7", ours=False)) is None
    assert house.wall.statuses == {}
    assert await house.hear("", images=[photo()], chat="group", replied=Replied("8", ours=True)) is None
    await house.wall.ended(1)


async def test_what_is_no_image_is_refused_and_never_drawn(house: House) -> None:
    animated = problem(Key.REFERENCE_ANIMATED, number=1)
    reply = await house.hear("/edit make it night", replied=Replied("7", unusable=animated))
    assert reply
    assert "animated" in reply.text
    assert "Use /edit" in (await house.say("/draw a fox", images=[photo()]) or "")
    assert house.wall.statuses == {}


# --- settings ---------------------------------------------------------------------------------------


async def test_what_a_person_settled_holds_where_nothing_else_is_said(house: House) -> None:
    settings = PersonSettings(
        model="qwen-image-2512", aspect=Aspect(16, 9), count=2, output=OutputForm.FILE, prompt_extension=False
    )
    await house.parts.people.keep_person("wall", "ann", settings, NOW)
    await house.say("/draw a fox")
    await house.say("/draw a fox --n 1 --ar 1:1 --photo")
    await house.wall.ended(2)
    first, second = (await job_of(house, 1)).request, (await job_of(house, 2)).request
    assert (first.model, first.aspect, first.count, first.output) == (
        "qwen-image-2512",
        Aspect(16, 9),
        2,
        OutputForm.FILE,
    )
    assert not first.prompt_extension
    assert (second.count, second.aspect, second.output) == (1, Aspect(1, 1), OutputForm.PHOTO)


async def test_a_settled_model_that_cannot_edit_or_is_gone_does_not_stand_in_the_way(house: House) -> None:
    for model in ("qwen-image-2512", "gone"):
        settings = PersonSettings(model=model, aspect=Aspect(16, 9))
        await house.parts.people.keep_person("wall", "ann", settings, NOW)
        assert await house.say("/edit make it night", images=[photo()]) is None
    await house.wall.ended(2)


async def test_a_groups_settings_hold_in_the_group(house: House) -> None:
    settings = ChatSettings(model="qwen-image-2512", spoiler=True, locale="zh-CN", pictures_per_day=1)
    await house.parts.people.keep_chat("wall", "group", settings, NOW)
    assert await house.say("/draw a fox", chat="group") is None
    await house.wall.ended(1)
    job = await job_of(house, 1)
    assert (job.request.model, job.request.spoiler, job.locale) == ("qwen-image-2512", True, "zh-CN")
    assert "1" in (await house.say("/draw a fox", chat="group", person="ben") or "")
    assert await house.say("/draw a fox", person="ben") is None  # the group's limit is the group's


async def test_where_only_admins_draw_others_are_told(house: House) -> None:
    house.wall.admins.add(("group", "ada"))
    settings = ChatSettings(drawers=Drawers.ADMINS)
    await house.parts.people.keep_chat("wall", "group", settings, NOW)
    reply = await house.hear("/draw a fox", chat="group")
    assert reply
    assert reply.refused
    assert (await house.hear("/edit it", chat="group", person="ben") or reply).refused
    assert await house.say("/draw a fox", chat="group", person="ada") is None


# --- buttons ----------------------------------------------------------------------------------------


async def test_again_asks_for_the_same_and_a_new_seed_for_another_picture(house: House) -> None:
    await house.say("/draw a fox --model 2512 --seed 7")
    await house.wall.ended(1)
    first = await job_of(house, 1)
    answer = await house.press(press(Verb.AGAIN, first.id))
    assert answer.note
    assert not answer.alert
    await house.press(press(Verb.NEW_SEED, first.id))
    await house.wall.ended(3)
    again, other = (await job_of(house, 2)).request, (await job_of(house, 3)).request
    assert again == first.request
    assert other == replace(first.request, seed=other.seed)
    assert other.seed not in {None, 7}


async def test_more_of_the_same_come_with_seeds_of_their_own(house: House) -> None:
    await house.say("/draw a fox --model 2512 --seed 7")
    await house.wall.ended(1)
    first = await job_of(house, 1)
    await house.press(press(Verb.MORE, first.id, 4))
    await house.wall.ended(2)
    assert (await job_of(house, 2)).request == replace(first.request, count=4, seed=None)


async def test_edit_this_asks_what_to_change_in_that_very_picture(house: House) -> None:
    await house.say("/draw a fox --n 2")
    await house.wall.ended(1)
    first = await job_of(house, 1)
    answer = await house.press(press(Verb.EDIT, first.id, 1))
    assert answer.reply
    assert answer.reply.asks
    await house.say("make it night")
    await house.wall.ended(2)
    assert (await job_of(house, 2)).request.references == (Handle("", first.pictures[1].id),)


async def test_the_example_is_drawn_in_the_language_of_who_presses(house: House) -> None:
    await house.press(press(Verb.EXAMPLE), language="zh-hans")
    await house.wall.ended(1)
    assert "狐狸" in (await job_of(house, 1)).request.prompt


async def test_buttons_work_after_a_restart_and_on_ones_own_quota(tmp_path: Path, studio: Studio) -> None:
    async with open_house(tmp_path, sandbox=studio.sandbox()) as house:
        await house.say("/draw a fox", chat="group")
        await house.wall.ended(1)
        first = await job_of(house, 1)
    async with open_house(tmp_path, sandbox=studio.sandbox(), plan=with_plan(pictures_per_day=1)) as house:
        await house.press(press(Verb.AGAIN, first.id), person="ben", chat="group")
        await house.wall.ended(1)
        assert await house.used("ben") == 1
        refused = await house.press(press(Verb.AGAIN, first.id), person="ann", chat="group")
    assert refused.alert
    assert "limit is 1" in refused.note


async def test_a_chat_may_keep_buttons_for_who_asked(house: House) -> None:
    settings = ChatSettings(pressers=Pressers.REQUESTER)
    await house.parts.people.keep_chat("wall", "group", settings, NOW)
    await house.say("/draw a fox", chat="group")
    await house.wall.ended(1)
    first = await job_of(house, 1)
    assert (await house.press(press(Verb.AGAIN, first.id), person="ben", chat="group")).alert
    assert not (await house.press(press(Verb.AGAIN, first.id), chat="group")).alert


@pytest.mark.parametrize(
    "held",
    [
        "",
        "a",
        "a|",
        "a|nowhere",
        "?|x",
        "m|{job}",
        "m|{job}|0",
        "m|{job}|99",
        "m|{job}|²",
        "e|{job}|9",
        "|||",
    ],
)
async def test_a_forged_button_does_nothing_but_say_so(house: House, held: str) -> None:
    await house.say("/draw a fox")
    await house.wall.ended(1)
    answer = await house.press(held.format(job=next(iter(house.wall.statuses))))
    assert answer.alert
    assert answer.note
    assert len(house.wall.statuses) == 1


async def test_another_persons_job_from_another_chat_is_not_there_for_anybody_else(house: House) -> None:
    await house.say("/draw a fox")
    await house.wall.ended(1)
    job = JobId(next(iter(house.wall.statuses)))
    for chat in (None, "group"):
        stranger = await house.press(press(Verb.AGAIN, job), person="ben", chat=chat)
        assert stranger == await house.press(press(Verb.AGAIN, "nowhere"), person="ben", chat=chat)
    assert len(house.wall.statuses) == 1


async def test_a_repeated_press_opens_no_second_job(house: House) -> None:
    await house.say("/draw a fox")
    await house.wall.ended(1)
    job = JobId(next(iter(house.wall.statuses)))
    house.said = 100
    await house.press(press(Verb.AGAIN, job))
    house.said = 100
    await house.press(press(Verb.AGAIN, job))
    await house.wall.ended(2)
    assert await house.used() == 2


async def test_waiting_for_words_costs_nothing(house: House) -> None:
    await house.hear("", images=[photo()])
    assert await house.used() == 0
