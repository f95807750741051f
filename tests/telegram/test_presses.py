"""Buttons that people press: each is answered, whatever comes of it."""

import asyncio

import pytest
import structlog
from telegram import InputFile

from bot.core.talk import Answer, Button, Incoming, Press, Reply
from bot.domain.jobs import Address
from bot.frontends.telegram import TelegramBot
from bot.frontends.telegram.outbox import Outbox
from bot.i18n.texts import FluentTexts
from tests.fakes.telegram import BotApi, CallbackQuery, Chat, Message, User
from tests.telegram.listening import Ear, receiving
from tests.telegram.studio import png

BUTTONS = ((Button("Again", "a|job1"), Button("More", "m|job1|4")),)
LATE = "Bad Request: query is too old and response timeout expired or query ID is invalid"


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada", language_code="de")


@pytest.fixture
def private(botapi: BotApi, ada: User) -> Chat:
    return botapi.private(ada)


async def posted(bot: TelegramBot, chat: Chat, text: str = "Here", thread: int | None = None) -> Message:
    """A message of the bot with buttons."""
    address = Address("telegram", str(chat.id), None if thread is None else str(thread))
    sent = await Outbox(bot).text(address, text, BUTTONS)
    return chat.history[sent.message_id]


async def answered(botapi: BotApi, *queries: CallbackQuery) -> None:
    await botapi.wait_for(lambda: all(query.answer is not None for query in queries))


# --- what is heard of them -----------------------------------------------------------------------------


async def test_a_press_tells_who_pressed_what_under_which_message(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    group = botapi.group("Foxes", members=[ada], forum=True)
    topic = botapi.topic(group, "Drawings")
    message = await posted(bot, group, thread=topic.id)
    ear = Ear()
    async with receiving(bot, ear, texts):
        query = botapi.press(ada, message, "m|job1|4")
        await answered(botapi, query)
    assert ear.pressed == [
        Press(
            event_key=f"telegram:123456:press:{query.id}",
            platform="telegram",
            person=str(ada.id),
            address=Address("telegram", str(group.id), str(topic.id), str(message.id)),
            language="de",
            private=False,
            bot_name="drawbridge_test_bot",
            press="m|job1|4",
        )
    ]


async def test_a_button_under_a_message_that_is_not_shown_any_more_is_heard(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    message = await posted(bot, private)
    ear = Ear()
    async with receiving(bot, ear, texts):
        await answered(botapi, botapi.press(ada, message, "a|job1", old=True))
    assert ear.pressed[0].address == Address("telegram", str(private.id), None, str(message.id))


async def test_a_button_that_is_below_no_message_is_only_answered(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    query = CallbackQuery("7", ada, await posted(bot, private), "a|job1")
    botapi.world.queries[query.id] = query
    inline = query.wire() | {"inline_message_id": "x"}
    del inline["message"]
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.world.updates.push("callback_query", inline)
        await answered(botapi, query)
    assert ear.pressed == []


async def test_a_finger_that_comes_down_twice_meant_it_once(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    ben = botapi.user("Ben")
    group = botapi.group("Foxes", members=[ada, ben])
    message = await posted(bot, group)
    ear = Ear()
    async with receiving(bot, ear, texts):
        twice = [botapi.press(ada, message, "a|job1") for _ in range(2)]
        other = botapi.press(ada, message, "m|job1|4")
        others = botapi.press(ben, message, "a|job1")
        await answered(botapi, *twice, other, others)
    heard = sorted((press.person, press.press) for press in ear.pressed)
    assert heard == sorted([(str(ada.id), "a|job1"), (str(ada.id), "m|job1|4"), (str(ben.id), "a|job1")])


async def test_words_after_a_press_are_heard_after_it(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    order: list[str] = []

    async def slow(press: Press) -> Answer:
        await asyncio.sleep(0.05)
        order.append(press.press)
        return Answer()

    async def quick(incoming: Incoming) -> None:
        order.append(incoming.text)

    message = await posted(bot, private)
    ear = Ear(quick, slow)
    async with receiving(bot, ear, texts):
        botapi.press(ada, message, "a|job1")
        botapi.say(ada, private, "make it night")
        await ear.hears()
    assert order == ["a|job1", "make it night"]


# --- what is answered ----------------------------------------------------------------------------------


async def test_a_press_is_answered_first_and_then_the_message_changed_and_a_reply_sent(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    async def change(_press: Press) -> Answer:
        update = Reply("Changed", "en", buttons=((Button("Back", "p"),),))
        return Answer("Done", alert=True, reply=Reply("And this", "en"), update=update)

    message = await posted(bot, private)
    async with receiving(bot, Ear(pressing=change), texts):
        query = botapi.press(ada, message, "a|job1")
        reply = await botapi.wait_for_text(private, "And this")
    assert query.answer is not None
    assert (query.answer["text"], query.answer["show_alert"]) == ("Done", True)
    assert (message.text, message.buttons) == ("Changed", {"Back": "p"})
    assert reply.reply_to is message
    methods = [call.method for call in botapi.calls]
    assert methods.index("answerCallbackQuery") < methods.index("editMessageText")


async def test_a_press_without_words_is_answered_in_silence(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    message = await posted(bot, private)
    async with receiving(bot, Ear(), texts):
        query = botapi.press(ada, message, "a|job1")
        await answered(botapi, query)
    assert query.answer == {"callback_query_id": query.id}


async def test_a_note_is_cut_to_what_is_shown(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    async def at_length(_press: Press) -> Answer:
        return Answer("x" * 300)

    message = await posted(bot, private)
    async with receiving(bot, Ear(pressing=at_length), texts):
        query = botapi.press(ada, message, "a|job1")
        await answered(botapi, query)
    assert query.answer is not None
    assert query.answer["text"] == "x" * 200


async def test_a_bug_is_admitted_in_the_language_of_who_pressed(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, private: Chat
) -> None:
    async def stumble(_press: Press) -> Answer:
        raise ZeroDivisionError

    person = botapi.user("Wei", language_code="zh-hans")
    message = await posted(bot, botapi.private(person))
    async with receiving(bot, Ear(pressing=stumble), texts):
        query = botapi.press(person, message, "a|job1")
        await answered(botapi, query)
    assert query.answer is not None
    assert query.answer["show_alert"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in query.answer["text"])


async def test_a_press_that_is_too_old_to_be_answered_still_does_what_it_says(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    async def reply(_press: Press) -> Answer:
        return Answer("Done", reply=Reply("Here it is", "en"))

    botapi.expire(botapi.press(ada, await posted(bot, private), "a|job1"))
    with structlog.testing.capture_logs() as logs:
        async with receiving(bot, Ear(pressing=reply), texts):
            await botapi.wait_for_text(private, "Here it is")
    assert [call.error for call in botapi.calls_of("answerCallbackQuery")] == [LATE]
    assert {entry["log_level"] for entry in logs} == {"info"}


async def test_a_press_is_answered_after_a_bad_gateway(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    message = await posted(bot, private)
    botapi.bad_gateway("answerCallbackQuery")
    async with receiving(bot, Ear(), texts):
        await answered(botapi, botapi.press(ada, message, "a|job1"))


async def test_a_question_after_a_press_in_a_channel_is_asked_without_an_input_field(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    async def ask(_press: Press) -> Answer:
        return Answer(reply=Reply("What shall I change?", "en", asks=True))

    channel = botapi.channel("Foxes", [ada])
    message = await posted(bot, channel)
    async with receiving(bot, Ear(pressing=ask), texts):
        botapi.press(ada, message, "a|job1")
        await botapi.wait_for_text(channel, "What shall I change?")


# --- messages that cannot be changed -------------------------------------------------------------------


async def updated(botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, message: Message) -> str:
    """Presses a button whose answer changes the message; returns the highest level of what was logged."""

    async def change(_press: Press) -> Answer:
        return Answer(update=Reply("Here", "en", buttons=BUTTONS))

    with structlog.testing.capture_logs() as logs:
        async with receiving(bot, Ear(pressing=change), texts):
            query = botapi.press(ada, message, "a|job1")
            await answered(botapi, query)
            await botapi.wait_for(lambda: botapi.calls_of("editMessageText"))
    levels: set[str] = {entry["log_level"] for entry in logs}
    return max(levels, key=["debug", "info", "warning", "error"].index)


async def test_a_change_that_changes_nothing_is_fine(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    message = await posted(bot, private)
    assert await updated(botapi, bot, texts, ada, message) == "info"
    assert message.edited_at is None


async def test_a_message_that_is_gone_is_not_missed(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    message = await posted(bot, private)
    botapi.delete(message)
    assert await updated(botapi, bot, texts, ada, message) == "info"
    assert botapi.replies(private) == []


async def test_a_picture_keeps_its_caption(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    address = Address("telegram", str(private.id))
    sent = await Outbox(bot).photo(address, InputFile(png((400, 300))), "A fox", buttons=BUTTONS)
    message = private.history[sent.message_id]
    assert await updated(botapi, bot, texts, ada, message) == "info"
    assert message.caption == "A fox"
