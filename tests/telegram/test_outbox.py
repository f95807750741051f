"""Messages with buttons, and questions."""

import pytest

from bot.core.talk import Button, Door
from bot.domain.jobs import Address
from bot.frontends.telegram import TelegramBot
from bot.frontends.telegram.flood import Urgency
from bot.frontends.telegram.outbox import Outbox
from tests.fakes.telegram import BotApi, Chat

BUTTONS = ((Button("Again", "a|job1"), Button("Delete", "d|job1")), (Button("Help", "h|"),))


@pytest.fixture
def private(botapi: BotApi) -> Chat:
    return botapi.private(botapi.user("Ada"))


@pytest.fixture
def address(private: Chat) -> Address:
    return Address("telegram", str(private.id))


async def test_buttons_stand_row_by_row_and_hold_their_press(
    botapi: BotApi, bot: TelegramBot, private: Chat, address: Address
) -> None:
    await Outbox(bot).text(address, "Here", BUTTONS)
    (message,) = botapi.replies(private)
    assert message.buttons == {"Again": "a|job1", "Delete": "d|job1", "Help": "h|"}
    assert [len(row) for row in message.keyboard] == [2, 1]


async def test_a_door_leads_into_the_private_chat(
    botapi: BotApi, bot: TelegramBot, private: Chat, address: Address
) -> None:
    await bot.get_me()
    await Outbox(bot).text(address, "Not here", ((Door("Open", "settings"),),))
    ((door,),) = botapi.replies(private)[0].keyboard
    assert (door.text, door.url) == ("Open", "https://t.me/drawbridge_test_bot?start=settings")


async def test_a_question_opens_the_input_field_of_who_was_asked(
    botapi: BotApi, bot: TelegramBot, address: Address
) -> None:
    await Outbox(bot).text(address, "What shall I change?", asks=True)
    await Outbox(bot).text(address, "Which one?", BUTTONS, asks=True)
    forced, chosen = (call.parameters["reply_markup"] for call in botapi.calls)
    assert forced == {"force_reply": True, "selective": True}
    assert "inline_keyboard" in chosen


async def test_an_edit_gives_and_takes_buttons(
    botapi: BotApi, bot: TelegramBot, private: Chat, address: Address
) -> None:
    outbox = Outbox(bot)
    sent = str((await outbox.text(address, "one")).message_id)
    await outbox.edit(address, sent, "two", Urgency.WAIT, BUTTONS)
    (message,) = botapi.replies(private)
    assert message.buttons
    await outbox.edit(address, sent, "three", Urgency.WAIT)
    assert (message.text, message.buttons) == ("three", {})
