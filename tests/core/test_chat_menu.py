"""What the admins of a group settle for it: `/chat`."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from bot.core.buttons import press
from bot.core.chat_menu import ChatMenu
from bot.core.rights import Rights
from bot.core.talk import Verb
from bot.domain.jobs import Job
from bot.domain.problems import Key, Problem
from bot.domain.request import Handle
from bot.domain.settings import ChatSettings, Drawers, PersonSettings, Pressers
from bot.ports.chat import ChatUnavailable, HandleGone, Parcel, Sent, Status
from bot.providers.catalogue import load
from tests.core.speaking import TEXTS, FixedClock, Memory, Speaker, button, every, labels

CATALOGUE = load(None)


class Group:
    """Implements `bot.ports.chat.Chat` for a place where nothing is drawn; it knows its admins."""

    def __init__(self) -> None:
        self.admins = {"ann"}
        self.away = False
        self.shown: list[tuple[Job, Status]] = []

    async def is_admin(self, chat: str, person: str) -> bool:
        if self.away:
            raise ChatUnavailable("away")
        return chat == "group" and person in self.admins

    async def show(self, job: Job, status: Status) -> str | None:
        self.shown.append((job, status))
        return None

    async def deliver(self, parcel: Parcel) -> AsyncGenerator[Sent, None]:
        for picture in parcel.pictures:
            yield Sent("wall", "group", ((picture.id, "message"),))

    async def fetch(self, handle: Handle) -> AsyncGenerator[bytes, None]:
        raise HandleGone(handle.ref)
        yield b""

    async def remove(self, chat: str, messages: Sequence[str]) -> None:
        pass

    async def forget(self, person: str) -> None:
        pass


@pytest.fixture
def group() -> Group:
    return Group()


@pytest.fixture
def ann(group: Group) -> Speaker:
    memory = Memory()
    menu = ChatMenu(memory, Rights({"wall": group}), CATALOGUE, TEXTS, FixedClock())
    return Speaker(lambda: menu, memory, chat="group")


async def test_chat_tells_every_present_value_and_has_a_button_for_each(ann: Speaker) -> None:
    menu = await ann.say("/chat")
    for line in (
        "Who may draw: everyone",
        "Who may press buttons: anyone",
        "Language: everyone's own",
        "Model: Automatic",
        "Pictures a day: no limit",
        "Cover pictures: off",
    ):
        assert line in menu.text
    assert len(every(menu)) == 6


@pytest.mark.parametrize(
    ("setting", "choice", "settled"),
    [
        ("Who may draw", "admins only", ChatSettings(drawers=Drawers.ADMINS)),
        ("Who may press", "who asked", ChatSettings(pressers=Pressers.REQUESTER)),
        ("Model", "dall-e-3", ChatSettings(model="dall-e-3")),
        ("Pictures a day", "100", ChatSettings(pictures_per_day=100)),
    ],
)
async def test_a_choice_is_kept_for_the_group_and_the_menu_shows_it(
    ann: Speaker, setting: str, choice: str, settled: ChatSettings
) -> None:
    choices = await ann.press(button(await ann.say("/chat"), setting))
    menu = await ann.press(button(choices, choice))
    assert ann.memory.chats == {("wall", "group"): settled}
    assert choice in menu.text
    assert ann.memory.persons == {}


async def test_covering_is_switched_at_once(ann: Speaker) -> None:
    menu = await ann.press(button(await ann.say("/chat"), "Cover pictures"))
    assert ann.chat_settled == ChatSettings(spoiler=True)
    await ann.press(button(menu, "Cover pictures"))
    assert ann.chat_settled == ChatSettings()


async def test_the_menu_goes_on_in_the_language_that_was_chosen(ann: Speaker) -> None:
    menu = await ann.press(press(Verb.CHAT, "language", "zh-CN"))
    assert menu.locale == "zh-CN"
    assert "语言：简体中文" in menu.text
    menu = await ann.press(press(Verb.CHAT, "language", ""))
    assert menu.locale == "en"


async def test_without_a_language_of_the_group_its_admin_is_spoken_to_in_their_own(ann: Speaker) -> None:
    ann.memory.persons["wall", "ann"] = PersonSettings(locale="zh-CN")
    menu = await ann.press(press(Verb.CHAT, "language", "en"))
    assert menu.locale == "en"
    menu = await ann.press(press(Verb.CHAT, "language", ""))
    assert menu.locale == "zh-CN"


async def test_a_limit_is_taken_back(ann: Speaker) -> None:
    await ann.press(press(Verb.CHAT, "limit", "10"))
    await ann.press(button(await ann.press(press(Verb.CHAT, "limit")), "no limit"))
    assert ann.chat_settled.pictures_per_day is None


async def test_any_limit_can_be_written_and_is_shown_among_the_choices(ann: Speaker) -> None:
    menu = await ann.say("/chat limit 35")
    assert ann.chat_settled.pictures_per_day == 35
    assert "Pictures a day: 35" in menu.text
    choices = await ann.press(press(Verb.CHAT, "limit"))
    assert labels(choices) == ["no limit", "10", "20", "✓ 35", "50", "100", "200", "« Back"]


@pytest.mark.parametrize("limit", ["", "0", "-5", "many", "3.5", "1000001", "9" * 500, "10 20", "²"])
async def test_what_is_no_limit_is_answered_with_the_choices(ann: Speaker, limit: str) -> None:
    menu = await ann.say(f"/chat limit {limit}")
    assert "✓ no limit" in labels(menu)
    assert "/chat limit 35" in menu.text
    assert ann.memory.chats == {}


async def test_only_admins_settle_by_words_and_by_buttons(ann: Speaker) -> None:
    switch = button(await ann.say("/chat"), "Cover pictures")
    ben = ann.as_(person="ben")
    for answer in (
        await ben.hear("/chat"),
        await ben.hear("/chat limit 35"),
        await ben.pressed(switch),
        await ben.pressed(press(Verb.CHAT)),
    ):
        assert isinstance(answer, Problem)
        assert answer.key is Key.ADMINS_SETTLE
    assert ann.memory.chats == {}


async def test_an_admin_who_ceased_to_be_one_cannot_go_on(ann: Speaker, group: Group) -> None:
    switch = button(await ann.say("/chat"), "Cover pictures")
    group.admins.clear()
    assert isinstance(await ann.pressed(switch), Problem)
    assert ann.memory.chats == {}


async def test_nothing_is_settled_while_the_platform_cannot_say_who_is_admin(
    ann: Speaker, group: Group
) -> None:
    group.away = True
    with pytest.raises(ChatUnavailable):
        await ann.pressed(press(Verb.CHAT, "spoiler", "on"))
    assert ann.memory.chats == {}


async def test_a_private_chat_has_no_settings_of_a_group(ann: Speaker) -> None:
    alone = ann.as_(chat=None)
    for answer in (await alone.hear("/chat"), await alone.pressed(press(Verb.CHAT, "spoiler", "on"))):
        assert isinstance(answer, Problem)
        assert answer.key is Key.GROUPS_ONLY
    assert ann.memory.chats == {}


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("limit", "35"), ("limit", "0"), ("drawers", "nobody"), ("model", "x"), ("count", "2")],
)
async def test_a_forged_press_changes_nothing(ann: Speaker, words: tuple[str, ...]) -> None:
    answer = await ann.pressed(press(Verb.CHAT, *words))
    assert isinstance(answer, Problem)
    assert answer.key is Key.BUTTON_UNKNOWN
    assert ann.memory.chats == {}
