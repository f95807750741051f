"""What a person settles: the menu of `/settings`, and `/lang`."""

import pytest

from bot.core.buttons import press
from bot.core.person_menu import PersonMenu
from bot.core.talk import Answer, Door, Verb
from bot.domain.catalogue import Catalogue
from bot.domain.geometry import Aspect
from bot.domain.ledger import Plan
from bot.domain.problems import Key, Problem
from bot.domain.request import OutputForm
from bot.domain.settings import ChatSettings, PersonSettings
from bot.providers.catalogue import load
from tests.core.speaking import TEXTS, FixedClock, Memory, Speaker, button, every, labels

CATALOGUE = load(None)


def named(*names: str) -> Catalogue:
    """A catalogue with models of these names."""
    pattern = CATALOGUE.routes[0]
    routes = [
        pattern.model_copy(update={"model": f"m{at}", "name": name, "aliases": ()})
        for at, name in enumerate(names)
    ]
    return Catalogue(gateways=CATALOGUE.gateways, routes=tuple(routes))


def speaker(catalogue: Catalogue = CATALOGUE, most: int = 4, language: str = "en") -> Speaker:
    memory = Memory()
    plan = Plan(pictures_per_job=most)
    menu = PersonMenu(memory, catalogue, plan, TEXTS, FixedClock())
    return Speaker(lambda: menu, memory, language=language)


@pytest.fixture
def ann() -> Speaker:
    return speaker()


async def test_settings_tells_every_present_value_and_has_a_button_for_each(ann: Speaker) -> None:
    menu = await ann.say("/settings")
    for line in (
        "Language: Automatic",
        "Model: Automatic",
        "Shape: Automatic",
        "Pictures: 1",
        "Sent as: photo",
    ):
        assert line in menu.text
    assert "Watermark: off" in menu.text
    assert "Embellish prompts: on" in menu.text
    assert len(every(menu)) == 7


@pytest.mark.parametrize(
    ("setting", "choice", "settled"),
    [
        ("Language", "简体中文", PersonSettings(locale="zh-CN")),
        ("Model", "dall-e-3", PersonSettings(model="dall-e-3")),
        ("Shape", "16:9", PersonSettings(aspect=Aspect(16, 9))),
        ("Pictures", "3", PersonSettings(count=3)),
        ("Sent as", "file", PersonSettings(output=OutputForm.FILE)),
    ],
)
async def test_a_choice_is_kept_and_the_menu_shows_it(
    ann: Speaker, setting: str, choice: str, settled: PersonSettings
) -> None:
    choices = await ann.press(button(await ann.say("/settings"), setting))
    answer = await ann.pressed(button(choices, choice))
    assert ann.settled == settled
    assert isinstance(answer, Answer)
    assert answer.update
    assert answer.note in answer.update.text
    assert choice in answer.note


async def test_the_present_choice_is_marked_and_there_is_a_way_back(ann: Speaker) -> None:
    menu = await ann.say("/settings")
    choices = await ann.press(button(menu, "Shape"))
    assert [label for label in labels(choices) if "✓" in label] == ["✓ Automatic"]
    await ann.press(button(choices, "2:3"))
    choices = await ann.press(button(menu, "Shape"))
    assert [label for label in labels(choices) if "✓" in label] == ["✓ 2:3"]
    assert await ann.press(button(choices, "Back")) == await ann.say("/settings")


async def test_automatic_takes_a_choice_back(ann: Speaker) -> None:
    choices = await ann.press(press(Verb.SETTINGS, "aspect"))
    await ann.press(button(choices, "2:3"))
    await ann.press(button(choices, "Automatic"))
    assert ann.settled == PersonSettings()


async def test_watermark_and_embellishing_are_switched_at_once(ann: Speaker) -> None:
    menu = await ann.press(button(await ann.say("/settings"), "Watermark"))
    assert "Watermark: on" in menu.text
    menu = await ann.press(button(menu, "Embellish"))
    assert ann.settled == PersonSettings(watermark=True, prompt_extension=False)
    await ann.press(button(menu, "Watermark"))
    assert ann.settled == PersonSettings(prompt_extension=False)


async def test_a_switch_that_is_pressed_twice_in_one_message_changes_once(ann: Speaker) -> None:
    switch = button(await ann.say("/settings"), "Watermark")
    await ann.press(switch)
    await ann.press(switch)
    assert ann.settled.watermark


async def test_choices_do_not_disturb_each_other(ann: Speaker) -> None:
    await ann.press(press(Verb.SETTINGS, "aspect", "1:1"))
    await ann.press(press(Verb.SETTINGS, "count", "2"))
    await ann.press(press(Verb.SETTINGS, "output", "file"))
    assert ann.settled == PersonSettings(aspect=Aspect(1, 1), count=2, output=OutputForm.FILE)


async def test_the_count_goes_as_far_as_the_plan() -> None:
    ann = speaker(most=2)
    choices = await ann.press(press(Verb.SETTINGS, "count"))
    assert labels(choices)[:-1] == ["✓ 1", "2"]
    assert isinstance(await ann.pressed(press(Verb.SETTINGS, "count", "3")), Problem)
    await ann.memory.keep_person("wall", "ann", PersonSettings(count=10), FixedClock().now())
    assert "Pictures: 2" in (await ann.say("/settings")).text


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("",),
        ("model", "nonsense"),
        ("model", "dall-e-3"),
        ("aspect", "0:0"),
        ("count", "99"),
        ("count", "-1"),
        ("output", "PHOTO"),
        ("watermark", "maybe"),
        ("language", "xx"),
        ("nonsense", "on"),
        ("watermark", "on", "more"),
    ],
)
async def test_a_forged_press_changes_nothing(ann: Speaker, words: tuple[str, ...]) -> None:
    answer = await ann.pressed(press(Verb.SETTINGS, *words))
    assert isinstance(answer, Problem)
    assert answer.key is Key.BUTTON_UNKNOWN
    assert ann.memory.persons == {}


# --- models -----------------------------------------------------------------------------------------


async def test_every_model_of_the_catalogue_can_be_chosen(ann: Speaker) -> None:
    choices = await ann.press(press(Verb.SETTINGS, "model"))
    assert labels(choices)[1:-1] == list(CATALOGUE.model_names())
    for one, name in zip(every(choices)[1:-1], CATALOGUE.model_names(), strict=True):
        assert not isinstance(one, Door)
        await ann.press(one)
        assert ann.settled.model == name


@pytest.mark.parametrize("name", ["a" * 40, "画" * 40, "a|b|c", "auto", "x" * 300])
async def test_a_model_of_any_name_can_be_chosen(name: str) -> None:
    ann = speaker(named("first", name))
    choices = await ann.press(press(Verb.SETTINGS, "model"))
    await ann.press(button(choices, name))
    assert ann.settled.model == name


async def test_a_button_means_the_model_it_showed_after_the_catalogue_has_changed() -> None:
    ann = speaker(named("one", "two"))
    two = button(await ann.press(press(Verb.SETTINGS, "model")), "two")
    later = PersonMenu(ann.memory, named("zero", "one", "two"), Plan(), TEXTS, FixedClock())
    await ann.as_(topic=lambda: later).press(two)
    assert ann.settled.model == "two"


async def test_a_model_that_is_gone_is_shown_as_automatic_and_cannot_be_chosen() -> None:
    ann = speaker(named("one", "two"))
    two = button(await ann.press(press(Verb.SETTINGS, "model")), "two")
    await ann.press(two)
    gone = PersonMenu(ann.memory, named("one"), Plan(), TEXTS, FixedClock())
    bereft = ann.as_(topic=lambda: gone)
    assert "Model: Automatic" in (await bereft.say("/settings")).text
    assert "✓ Automatic" in labels(await bereft.press(press(Verb.SETTINGS, "model")))
    assert isinstance(await bereft.pressed(two), Problem)


async def test_a_model_that_is_gone_for_a_while_is_not_forgotten() -> None:
    ann = speaker(named("one", "two"))
    await ann.press(button(await ann.press(press(Verb.SETTINGS, "model")), "two"))
    gone = PersonMenu(ann.memory, named("one"), Plan(), TEXTS, FixedClock())
    await ann.as_(topic=lambda: gone).press(press(Verb.SETTINGS, "watermark", "on"))
    assert "Model: two" in (await ann.say("/settings")).text


async def test_a_house_without_models_has_settings_too() -> None:
    ann = speaker(Catalogue(gateways={}, routes=()))
    assert labels(await ann.press(press(Verb.SETTINGS, "model"))) == ["✓ Automatic", "« Back"]


# --- languages --------------------------------------------------------------------------------------


async def test_the_menu_goes_on_in_the_language_that_was_chosen(ann: Speaker) -> None:
    choices = await ann.press(press(Verb.SETTINGS, "language"))
    menu = await ann.press(button(choices, "简体中文"))
    assert menu.locale == "zh-CN"
    assert "语言：简体中文" in menu.text
    back = await ann.press(press(Verb.SETTINGS, "language", ""))
    assert back.locale == "en"


@pytest.mark.parametrize(
    "word", ["zh", "ZH", "zh-cn", "zh_CN", "zh-Hans", "中文", "简体中文", "Chinese", "汉语", " zh  "]
)
async def test_lang_with_a_name_of_chinese_sets_chinese_and_says_so_in_it(ann: Speaker, word: str) -> None:
    reply = await ann.say(f"/lang {word}")
    assert ann.settled == PersonSettings(locale="zh-CN")
    assert reply.locale == "zh-CN"
    assert "中文" in reply.text


@pytest.mark.parametrize("word", ["en", "english", "English", "en-GB", "英文", "英语"])
async def test_lang_with_a_name_of_english_sets_english(word: str) -> None:
    ann = speaker(language="zh-hans")
    reply = await ann.say(f"/lang {word}")
    assert ann.settled.locale == "en"
    assert reply.locale == "en"
    assert "English" in reply.text


@pytest.mark.parametrize("word", ["auto", "Automatic", "自动"])
async def test_automatic_is_a_language_too(word: str) -> None:
    ann = speaker(language="zh-hans")
    await ann.say("/lang en")
    reply = await ann.say(f"/lang {word}")
    assert ann.settled.locale is None
    assert reply.locale == "zh-CN"


@pytest.mark.parametrize("word", ["pt-BR", "klingon", "-", "zhongguo", "e", "x" * 500])
async def test_a_language_that_is_not_there_is_refused_with_those_that_are(ann: Speaker, word: str) -> None:
    answer = await ann.hear(f"/lang {word}")
    assert isinstance(answer, Problem)
    assert answer.key is Key.LANGUAGE_UNKNOWN
    assert answer.args["languages"] == "English, 简体中文"
    assert len(str(answer.args["given"])) <= 40
    assert ann.memory.persons == {}


async def test_lang_alone_shows_the_languages(ann: Speaker) -> None:
    menu = await ann.say("/lang")
    assert labels(menu) == ["✓ Automatic", "English", "简体中文", "« Back"]


# --- groups -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "start"), [("/settings", "settings"), ("/lang", "lang")])
async def test_in_a_group_a_door_leads_into_the_private_chat(ann: Speaker, command: str, start: str) -> None:
    reply = await ann.as_(chat="group").say(command)
    (door,) = every(reply)
    assert isinstance(door, Door)
    assert door.start == start


async def test_a_press_in_a_group_is_about_the_settings_of_who_presses(ann: Speaker) -> None:
    await ann.as_(chat="group", person="ben").press(press(Verb.SETTINGS, "watermark", "on"))
    assert ann.memory.persons == {("wall", "ben"): PersonSettings(watermark=True)}


async def test_lang_in_a_group_with_a_language_of_its_own_tells_what_it_changes(ann: Speaker) -> None:
    ann.memory.chats["wall", "group"] = ChatSettings(locale="zh-CN")
    reply = await ann.as_(chat="group").say("/lang en")
    assert ann.settled.locale == "en"
    assert "except here" in reply.text
