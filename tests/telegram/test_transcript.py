"""A first quarter of an hour, in a private chat and in a group, as people see it: `docs/telegram.md`.

The stories are played through the whole service; what is in the document has to be what really happened.
WRITE_TRANSCRIPT=1 writes it anew.
"""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.domain.ledger import Plan
from bot.frontends.telegram import TelegramBot
from tests.fakes.telegram import BotApi, Chat, User
from tests.house import House, with_plan
from tests.telegram.service import running
from tests.telegram.story import FRAMES, Story

DOCUMENT = Path(__file__).parents[2] / "docs" / "telegram.md"
LANGUAGES = ("en", "zh-CN")
_PLAN: Plan = with_plan(pictures_per_day=50, pictures_per_month=500, in_flight=3, pictures_per_job=4)
_GATEWAYS = ("evolink", "qwen-image-2512", "crazyrouter")


class Say:
    """The words of the story in a language, and the labels of buttons."""

    def __init__(self, house: House, language: str) -> None:
        self._house = house
        self.language = language

    def __call__(self, english: str, chinese: str) -> str:
        return english if self.language == "en" else chinese

    def label(self, key: str, **args: int) -> str:
        return self._house.parts.texts.say(self.language, key, **args)


@pytest.fixture
async def house(botapi: BotApi, bot: TelegramBot, tmp_path: Path) -> AsyncIterator[House]:
    async with running(tmp_path, bot, gateways=_GATEWAYS, plan=_PLAN) as house:
        yield house


@pytest.fixture
def person(botapi: BotApi) -> Callable[[str, str], User]:
    def come(name: str, language: str) -> User:
        return botapi.user(name, language_code={"en": "en", "zh-CN": "zh-hans"}[language])

    return come


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_document_shows_a_first_quarter_of_an_hour_alone_as_it_is(
    botapi: BotApi, house: House, person: Callable[[str, str], User], language: str
) -> None:
    say = Say(house, language)
    ada = person(say("Ada", "小艾"), language)
    story = Story(botapi, botapi.private(ada), _idle(house), FRAMES[language])
    await _alone(story, ada, say)
    _compare(f"alone-{language}", story)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_document_shows_a_first_quarter_of_an_hour_in_a_group_as_it_is(
    botapi: BotApi, house: House, person: Callable[[str, str], User], language: str
) -> None:
    say = Say(house, language)
    ada, ben = person(say("Ada", "小艾"), language), person(say("Ben", "阿本"), language)
    group = botapi.group(say("Painters", "画友"), members=[ada, ben], with_bot=False)
    await _together(Story(botapi, group, _idle(house), FRAMES[language]), group, ada, ben, say)


def _idle(house: House) -> Callable[[], bool]:
    """Whether nothing is being drawn or sent."""
    return lambda: not house.core.dispatcher.running and not house.core.errands.running


async def _alone(story: Story, ada: User, say: Say) -> None:
    await story.says(ada, "/start")
    await story.presses(ada, say.label("start-example"))
    await story.says(ada, say("make it night", "改成夜晚"), reply_to=story.last)
    await story.says(ada, "/undo")
    await story.says(
        ada,
        say(
            "/draw a lighthouse at dusk, oil painting —ar 16：9 --n 2",
            "/draw 黄昏的灯塔，油画 —ar 16：9 --n 2",
        ),
    )
    await story.presses(ada, say.label("button-edit-number", number=2))
    await story.says(ada, say("add a small boat", "加一条小船"))
    await story.sends(ada)
    await story.says(ada, say("make it a watercolour", "改成水彩画"))
    await story.says(ada, say("/edit put a hat on the cat", "/edit 给猫戴顶帽子"))
    await story.sends(ada)
    await story.says(ada, say("/drow a fox", "/drow 一只狐狸"))
    await story.says(ada, say("/draw a fox --size 5x5", "/draw 一只狐狸 --size 5x5"))
    await story.says(ada, "/settings")
    await story.presses(ada, say.label("setting-aspect"))
    await story.presses(ada, "16:9")
    await story.says(ada, say("/draw a paper boat on a green river", "/draw 绿色河面上的纸船"))
    await story.presses(ada, say.label("button-file"))
    await story.presses(ada, say.label("button-delete"))
    await story.says(ada, "/history")
    await story.says(ada, "/quota")
    await story.says(ada, "/cancel")
    await story.says(ada, "/help")
    await story.presses(ada, say.label("topic-editing"))
    await story.says(ada, say("/lang 中文", "/lang english"))
    await story.says(ada, "/forgetme")


async def _together(story: Story, group: Chat, ada: User, ben: User, say: Say) -> None:
    name = "@drawbridge_test_bot"
    await story.happens(
        say("Ada adds the bot", "小艾把机器人拉进群"), lambda: story.botapi.add_bot(group, ada)
    )
    await story.says(ben, say("good morning everybody", "大家早上好"))
    await story.says(ada, say(f"/draw{name} a fox in the snow", f"/draw{name} 雪地里的狐狸"))
    await story.says(ben, say("make it night", "改成夜晚"), reply_to=story.last)
    await story.presses(ben, say.label("button-again"))
    await story.sends(ben, say("/edit make it a watercolour", "/edit 改成水彩画"))
    await story.says(ben, say("/draw three kites --n 3", "/draw 三只风筝 --n 3"))
    await story.says(ben, "/chat")
    await story.says(ada, "/chat")
    await story.presses(ada, say.label("setting-pressers"))
    await story.presses(ada, say.label("choice-requester"))
    await story.presses(ada, say.label("setting-limit"))
    await story.presses(ada, "10")
    await story.says(ada, say("/draw a harbour at noon", "/draw 正午的港口"))
    await story.presses(ben, say.label("button-again"))
    await story.says(ben, say("/draw four boats --n 4", "/draw 四条船 --n 4"))
    await story.says(ben, "/quota")
    await story.says(ben, "/settings")
    _compare(f"together-{say.language}", story)


def _compare(name: str, story: Story) -> None:
    """Between its marks the document says what happened."""
    begin, end = f"<!-- {name} -->\n```text\n", "\n```\n<!-- end -->"
    document = DOCUMENT.read_text("utf-8")
    before, _, rest = document.partition(begin)
    told, _, after = rest.partition(end)
    happened = "\n".join(story.lines)
    if os.environ.get("WRITE_TRANSCRIPT"):
        DOCUMENT.write_text(f"{before}{begin}{happened}{end}{after}", "utf-8")
    else:
        assert happened == told
