"""Keyboards, pressed buttons and the answers to them."""

import pytest
from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, Message

from tests.fakes.library import keyboard, png, refused
from tests.fakes.telegram import BotApi, Button, Chat, User

START = "https://t.me/drawbridge_test_bot?start=fox"


def _labelled(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[button] for button in buttons])


async def test_buttons_can_be_pressed_under_texts_photos_and_documents(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    await bot.send_message(chat.id, "text", reply_markup=keyboard("text"))
    await bot.send_photo(chat.id, png(), reply_markup=keyboard("photo"))
    await bot.send_document(chat.id, png(), reply_markup=keyboard("document"))
    for message in api.replies(chat):
        api.press(ann, message, message.buttons["Again"])
    queries = [update.callback_query for update in await bot.get_updates()]
    assert [query.data for query in queries if query] == ["text", "photo", "document"]
    assert queries[1] is not None
    assert isinstance(queries[1].message, Message)
    assert queries[1].message.photo


async def test_a_keyboard_is_seen_row_by_row_and_an_address_cannot_be_pressed(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    again = InlineKeyboardButton("Again", callback_data="again:7")
    help_page = InlineKeyboardButton("Help", url="https://bot.example/help")
    await bot.send_message(chat.id, "done", reply_markup=InlineKeyboardMarkup([[again], [help_page, again]]))
    [message] = api.replies(chat)
    pressed, opened = Button("Again", data="again:7"), Button("Help", url="https://bot.example/help")
    assert message.keyboard == [[pressed], [opened, pressed]]
    assert message.buttons == {"Again": "again:7", "Help": ""}
    with pytest.raises(ValueError, match="no button"):
        api.press(ann, message, message.buttons["Help"])


async def test_an_old_message_comes_with_a_press_only_as_its_place(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    sent = await bot.send_message(chat.id, "done", reply_markup=keyboard("again"))
    api.press(ann, api.replies(chat)[0], "again", old=True)
    [update] = await bot.get_updates()
    assert update.callback_query is not None
    message = update.callback_query.message
    assert message is not None
    assert not message.is_accessible
    assert (message.chat.id, message.message_id) == (chat.id, sent.message_id)


async def test_presses_without_an_answer_are_listed(api: BotApi, bot: Bot, ann: User, chat: Chat) -> None:
    await bot.send_message(chat.id, "done", reply_markup=keyboard("again"))
    first, second = (api.press(ann, api.replies(chat)[0], "again") for _ in range(2))
    await bot.answer_callback_query(first.id, "x" * 200, show_alert=True)
    assert api.unanswered() == [second]
    assert await refused(bot.answer_callback_query(second.id, "x" * 201)) == "message_too_long"
    assert await refused(bot.answer_callback_query(second.id, url="https://bot.example")) == "url_invalid"
    await bot.answer_callback_query(second.id, url=START)
    assert api.unanswered() == []
    assert (await refused(bot.answer_callback_query(second.id))).startswith("query is too old")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("bot.example/help", "unsupported url protocol"),
        ("javascript:alert(1)", "unsupported url protocol"),
        ("http://localhost/help", "wrong http url"),
        ("https://[", "wrong http url"),
        ("tg:", "wrong tg url"),
    ],
)
async def test_a_button_opens_only_a_real_address(bot: Bot, chat: Chat, url: str, complaint: str) -> None:
    markup = _labelled(InlineKeyboardButton("Help", url=url))
    refusal = await refused(bot.send_message(chat.id, "x", reply_markup=markup))
    assert refusal == f"inline keyboard button url '{url}' is invalid: {complaint}"


async def test_addresses_of_the_platform_are_real_ones(bot: Bot, chat: Chat) -> None:
    links = [InlineKeyboardButton("Start", url=url) for url in (START, "tg://user?id=1001")]
    await bot.send_message(chat.id, "x", reply_markup=_labelled(*links))


async def test_a_keyboard_has_a_hundred_buttons_at_most(bot: Bot, chat: Chat) -> None:
    buttons = [InlineKeyboardButton(str(number), callback_data=str(number)) for number in range(101)]
    await bot.send_message(chat.id, "x", reply_markup=_labelled(*buttons[1:]))
    refusal = await refused(bot.send_message(chat.id, "x", reply_markup=_labelled(*buttons)))
    assert refusal == "reply markup is too long"


async def test_what_the_server_would_mend_in_silence_is_a_violation(
    api: BotApi, bot: Bot, chat: Chat
) -> None:
    await bot.send_message(chat.id, "x", reply_markup=InlineKeyboardMarkup([[]]))
    await bot.send_message(chat.id, "x", reply_markup=ForceReply(input_field_placeholder="x" * 65))
    assert api.violations == [
        "reply_markup: a row without buttons",
        "reply_markup: a placeholder has 1-64 characters",
    ]


async def test_a_forced_reply_stays_with_its_message(api: BotApi, bot: Bot, ann: User, chat: Chat) -> None:
    await bot.send_message(chat.id, "Which?", reply_markup=ForceReply(input_field_placeholder="a fox"))
    [asked] = api.replies(chat)
    assert asked.reply_markup == {"force_reply": True, "input_field_placeholder": "a fox"}
    api.say(ann, chat, "a fox", reply_to=asked)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.reply_to_message is not None
    assert update.message.reply_to_message.reply_markup is None
