"""`/forgetme`: asked twice, then thorough; the numbers stay as long as they count."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.buttons import press
from bot.core.forgetting import Forgetting
from bot.core.talk import Button, Door, Verb
from bot.domain.ids import Millis
from bot.domain.problems import Key
from bot.domain.settings import PersonSettings
from bot.ports.chat import ChatUnavailable
from bot.ports.clock import SystemClock
from tests.core.showing import answering, drawn, said, until
from tests.core.test_editing import photo
from tests.house import House, open_house

YES, NO = press(Verb.FORGET, "yes"), press(Verb.FORGET, "no")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, gateways=("evolink",)) as opened:
        yield opened


def files(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "media").rglob("*"))


class Later:
    """A clock that is ahead."""

    def __init__(self, days: int) -> None:
        self._ahead = timedelta(days=days) // timedelta(milliseconds=1)

    def now(self) -> Millis:
        return Millis(SystemClock().now() + self._ahead)


async def tidied(house: House, days: int) -> None:
    """The background pass, so many days from now."""
    parts = house.parts
    clock = Later(days)
    await Forgetting(parts.store, parts.archive, parts.media, parts.chats, parts.texts, clock).tidy()


# --- asked ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("settings", "prompts", "pictures", "images you sent me", "numbers", "32 days", "undone")),
        ("zh-hans", ("设置", "提示词", "图片", "你发给我的", "数字", "32 天", "无法撤销")),
    ],
)
async def test_what_goes_and_what_stays_is_said_before_anything_is_deleted(
    house: House, tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    await drawn(house)
    reply = await house.hear("/forgetme", language=language)
    assert reply
    assert [word for word in words if word not in reply.text] == []
    [[yes], [no]] = reply.buttons
    assert isinstance(yes, Button)
    assert isinstance(no, Button)
    assert (yes.press, no.press) == (YES, NO)
    assert files(tmp_path) == 1


async def test_in_a_group_it_leads_into_the_private_chat(house: House) -> None:
    reply = await house.hear("/forgetme", chat="group")
    assert reply
    [[door]] = reply.buttons
    assert isinstance(door, Door)
    inside = await house.hear(f"/start {door.start}")
    assert inside
    assert "Shall I forget you?" in inside.text


# --- no ---------------------------------------------------------------------------------------------


async def test_no_keeps_everything(house: House, tmp_path: Path) -> None:
    await drawn(house)
    answer = await house.press(NO)
    assert answer.update
    assert (answer.update.text, answer.update.buttons) == ("All right, everything stays as it was.", ())
    assert files(tmp_path) == 1
    assert "a fox" in (await house.say("/history") or "")


@pytest.mark.parametrize(
    ("held", "chat"), [(YES, "group"), (NO, "group"), ("z", None), ("z|", None), ("z|YES", None)]
)
async def test_what_was_not_asked_in_private_is_not_done(
    house: House, tmp_path: Path, held: str, chat: str | None
) -> None:
    await drawn(house)
    answer = await house.press(held, chat=chat)
    assert (answer.note, answer.alert, answer.update) == (said(Key.BUTTON_UNKNOWN), True, None)
    assert files(tmp_path) == 1


async def test_one_picture_under_way_and_nothing_is_forgotten_yet(house: House, tmp_path: Path) -> None:
    await drawn(house, "/draw an owl")
    house.wall.refusals.append(ChatUnavailable("away", after=600))
    await house.say("/draw a fox")
    await until(lambda: not house.wall.refusals)
    answer = await house.press(YES)
    assert answer.alert
    assert house.wall.forgotten == []
    assert "still have a request under way" in answer.note
    assert files(tmp_path) == 2
    assert "an owl" in (await house.say("/history") or "")


# --- yes --------------------------------------------------------------------------------------------


async def test_yes_deletes_pictures_images_settings_and_history(house: House, tmp_path: Path) -> None:
    await house.parts.people.keep_person("wall", "ann", PersonSettings(locale="zh-CN"), SystemClock().now())
    job = await drawn(house, "/draw a fox --n 2")
    await drawn(house, "/edit make it night", images=[photo()])
    await house.hear("", images=[photo()])  # and a question of ours is open
    assert files(tmp_path) == 4
    answer = await house.press(YES)
    assert answer.update
    assert (answer.update.text, answer.update.buttons) == ("好了，关于你的一切都删掉了。", ())
    assert files(tmp_path) == 0
    known = await house.parts.people.recall("wall", "ann", "ann")
    assert (known.person, known.ask) == (PersonSettings(), None)
    assert "There is nothing yet" in (await house.say("/history") or "")
    assert await house.say("/resend") == said(Key.NOTHING_SHOWN)
    for verb in (Verb.RESEND, Verb.AS_FILE, Verb.DELETE, Verb.AGAIN):
        assert (await house.press(press(verb, job.id))).note == said(Key.JOB_GONE)


async def test_what_the_chat_itself_keeps_is_forgotten_last_and_only_of_this_person(
    house: House, tmp_path: Path
) -> None:
    await drawn(house)
    await drawn(house, "/draw an owl", person="ben")
    await house.press(NO)
    assert house.wall.forgotten == []
    house.wall.refusals.append(ChatUnavailable("away"))
    away = await house.press(YES)
    assert (away.note, away.alert, away.update) == (said(Key.CHAT_BUSY), True, None)
    assert files(tmp_path) == 1  # Ben's
    assert (await house.press(YES)).update  # the rest, when the chat is back
    assert house.wall.forgotten == ["ann", "ann"]
    assert "an owl" in (await house.say("/history", person="ben") or "")


async def test_what_was_used_still_counts_and_yes_may_be_pressed_again(house: House) -> None:
    await drawn(house, "/draw a fox --n 2")
    for _ in range(2):
        answer = await house.press(YES)
        assert answer.update
        assert answer.update.text == "Done. Whatever I knew about you is gone."
        assert await house.used() == 2


async def test_whoever_was_never_known_is_forgotten_just_as_well(house: House) -> None:
    answer = await house.press(YES)
    assert answer.update
    assert answer.update.text == "Done. Whatever I knew about you is gone."


async def test_what_others_made_of_ones_pictures_is_theirs(house: House, tmp_path: Path) -> None:
    await drawn(house, "/draw a fox", chat="group")
    edit = await drawn(house, "make it night", chat="group", person="ben", replied=answering(1))
    assert files(tmp_path) == 3  # the fox, Ben's copy of it, and what became of that
    await house.press(YES)
    assert files(tmp_path) == 2
    for key in (edit.pictures[0].media_key, edit.references[0].media_key):
        async with house.parts.media.open(key) as path:
            assert path.is_file()
    assert "make it night" in (await house.say("/history", person="ben") or "")


async def test_a_file_that_is_gone_already_keeps_nobody_from_being_forgotten(
    house: House, tmp_path: Path
) -> None:
    job = await drawn(house, "/draw a fox --n 2")
    await house.parts.media.delete(job.pictures[0].media_key)
    assert (await house.press(YES)).update
    assert files(tmp_path) == 0


async def test_the_name_goes_when_the_numbers_do_not_count_any_more(house: House) -> None:
    await drawn(house)
    await house.press(YES)
    await tidied(house, days=31)
    assert await house.parts.store.account("wall", "ann")
    await tidied(house, days=33)
    assert await house.parts.store.account("wall", "ann") is None
    await tidied(house, days=34)


async def test_whoever_comes_back_or_was_never_to_be_forgotten_keeps_the_name(house: House) -> None:
    await drawn(house)
    await drawn(house, person="ben")
    await house.press(YES)
    await drawn(house, "/draw an owl")
    await tidied(house, days=33)
    for person in ("ann", "ben"):
        assert await house.parts.store.account("wall", person)
