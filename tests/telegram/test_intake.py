"""Receiving messages and answering them."""

import asyncio
import logging

import pytest
import structlog

from bot.core.talk import Incoming
from bot.frontends.telegram import TelegramBot, TelegramIntake, TelegramKeyRefused, open_bot
from bot.frontends.telegram.replies import pieces
from bot.i18n.texts import FluentTexts
from tests.fakes.telegram import BotApi
from tests.fakes.telegram.api import TEST_TOKEN
from tests.fakes.telegram.chats import User
from tests.telegram.listening import Ear, echo, nothing, receiving


async def test_a_command_is_answered_below_it_without_preview(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada", language_code="zh-hans")
    private = botapi.private(person)
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        command = botapi.say(person, private, "/models")
        reply = await botapi.wait_for_text(private, "You said /models")
    assert reply.reply_to is command
    (call,) = botapi.calls_of("sendMessage")
    assert call.parameters["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in call.parameters
    (heard,) = ear.heard
    assert heard.event_key == f"telegram:123456:{private.id}:{command.id}"
    assert (heard.person, heard.language, heard.private) == (str(person.id), "zh-hans", True)
    assert heard.bot_name == "drawbridge_test_bot"


async def test_a_command_in_a_topic_is_answered_in_the_topic(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    forum = botapi.group("Foxes", members=[person], forum=True)
    topic = botapi.topic(forum, "Drawings")
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        botapi.say(person, forum, "/help", topic=topic)
        reply = await botapi.wait_for_text(forum, "You said")
    assert reply.thread_id == topic.id
    assert ear.heard[0].address.thread == str(topic.id)
    assert not ear.heard[0].private


async def test_a_reply_outside_topics_names_no_thread(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    group = botapi.group("Foxes", members=[person])
    first = botapi.say(person, group, "hello")
    ear = Ear(nothing)
    async with receiving(bot, ear, texts):
        botapi.say(person, group, "/draw a fox", reply_to=first)
        await ear.hears(2)
    assert ear.heard[1].address.thread is None


async def test_what_waited_for_the_start_is_heard(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    botapi.say(person, botapi.private(person), "/draw a fox")
    ear = Ear(nothing)
    async with receiving(bot, ear, texts):
        await ear.hears()


async def test_other_bots_are_not_heard(botapi: BotApi, bot: TelegramBot, texts: FluentTexts) -> None:
    person, other = botapi.user("Ada"), User(77, "Other", is_bot=True)
    group = botapi.group("Foxes", members=[person, other])
    ear = Ear(nothing)
    async with receiving(bot, ear, texts):
        botapi.say(other, group, "/draw a fox")
        botapi.say(person, group, "/draw a hare")
        await ear.hears()
    assert [heard.text for heard in ear.heard] == ["/draw a hare"]


async def test_an_anonymous_administrator_speaks_as_the_group(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    group = botapi.group("Foxes", members=[person])
    anonymous = {
        "message_id": 900,
        "date": 1,
        "chat": group.wire(),
        "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"},
        "sender_chat": group.wire(),
        "text": "/draw a fox",
    }
    ear = Ear(nothing)
    async with receiving(bot, ear, texts):
        botapi.world.updates.push("message", anonymous)
        botapi.world.updates.push("message", anonymous | {"message_id": 901, "is_automatic_forward": True})
        botapi.say(person, group, "/help")
        await ear.hears(2)
    assert [heard.person for heard in ear.heard] == [str(group.id), str(person.id)]


async def test_what_one_person_says_is_heard_in_order(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    for number in range(20):
        botapi.say(person, private, f"/draw {number}")
    finished: list[str] = []

    async def slow(incoming: Incoming) -> None:
        await asyncio.sleep(0.01 if incoming.text == "/draw 0" else 0)
        finished.append(incoming.text)

    ear = Ear(slow)
    async with receiving(bot, ear, texts):
        await ear.hears(20)
    assert finished == [f"/draw {number}" for number in range(20)]


async def test_nothing_is_confirmed_before_it_was_heard(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    release = asyncio.Event()

    async def hold(_incoming: Incoming) -> None:
        await release.wait()

    ear = Ear(hold)
    async with receiving(bot, ear, texts):
        botapi.say(person, botapi.private(person), "/draw a fox")
        await ear.hears()
        await asyncio.sleep(0.05)
        assert len(botapi.world.updates) == 1
        release.set()
        async with asyncio.timeout(5):
            while botapi.world.updates:  # noqa: ASYNC110 - confirming happens in the server, unannounced
                await asyncio.sleep(0.01)


async def test_a_stop_lets_finish_what_is_heard_and_confirms_it(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    started = asyncio.Event()

    async def slow(_incoming: Incoming) -> str:
        started.set()
        await asyncio.sleep(0.1)
        return "late but there"

    async with receiving(bot, Ear(slow), texts):
        botapi.say(person, private, "/quota")
        await started.wait()
    assert [reply.text for reply in botapi.replies(private)] == ["late but there"]
    assert len(botapi.world.updates) == 0


async def test_a_repeated_update_is_heard_once(botapi: BotApi, bot: TelegramBot, texts: FluentTexts) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        command = botapi.say(person, private, "/help")
        await botapi.wait_for_text(private, "/help")
        botapi.repeat(command)
        botapi.say(person, private, "/quota")
        await botapi.wait_for_text(private, "/quota")
    assert [heard.text for heard in ear.heard] == ["/help", "/quota"]


async def test_a_bug_is_admitted_and_the_next_message_is_heard(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    async def stumble(incoming: Incoming) -> str | None:
        if incoming.text == "/draw":
            raise ZeroDivisionError
        return "fine"

    person = botapi.user("Ada", language_code="zh")
    private = botapi.private(person)
    async with receiving(bot, Ear(stumble), texts):
        command = botapi.say(person, private, "/draw")
        botapi.say(person, private, "/help")
        await botapi.wait_for_text(private, "fine")
        await botapi.wait_for_text(private, f"telegram:123456:{private.id}:{command.id}")


async def test_a_reply_survives_a_bad_gateway(botapi: BotApi, bot: TelegramBot, texts: FluentTexts) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    botapi.bad_gateway("sendMessage")
    async with receiving(bot, Ear(echo), texts):
        botapi.say(person, private, "/help")
        await botapi.wait_for_text(private, "/help")
    assert len(botapi.replies(private)) == 1


async def test_receiving_survives_errors_of_telegram(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    ear = Ear(nothing)
    async with receiving(bot, ear, texts):
        await botapi.wait_for(lambda: botapi.calls_of("getUpdates"))
        botapi.bad_gateway("getUpdates")
        botapi.say(person, private, "/draw a fox")
        await ear.hears()
        botapi.say(person, private, "/draw a hare")
        await ear.hears(2)


async def test_a_second_poller_is_told_in_clear_words(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    botapi.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    with structlog.testing.capture_logs() as logs:
        async with receiving(bot, Ear(nothing), texts):
            await botapi.wait_for(lambda: botapi.counts()["getUpdates", 409])
            await asyncio.sleep(0.05)
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
        "another program receives this bot's messages: only one may, for each token"
    ]


async def test_a_webhook_left_behind_does_not_keep_us_from_polling(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    await bot.set_webhook("https://example.org/hook")
    person = botapi.user("Ada")
    botapi.say(person, botapi.private(person), "/draw a fox")
    ear = Ear(nothing)
    async with receiving(bot, ear, texts):
        await ear.hears()


async def test_a_wrong_token_is_the_operators_to_mend(botapi: BotApi, texts: FluentTexts) -> None:
    async with open_bot("999:WRONG", botapi.url) as bot:
        with pytest.raises(TelegramKeyRefused) as refused:
            await TelegramIntake(bot, Ear(nothing), texts).start()
    assert "WRONG" not in str(refused.value)
    assert refused.value.__suppress_context__


async def test_a_start_without_network_goes_on_trying(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    botapi.cut("getMe", "before")
    async with receiving(bot, Ear(echo), texts):
        botapi.say(person, private, "/help")
        await botapi.wait_for_text(private, "/help")


async def test_the_menu_is_there_in_each_language(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    async with receiving(bot, Ear(nothing), texts):
        pass
    menus = {
        "default": PRIVATE_COMMANDS,
        "all_private_chats": PRIVATE_COMMANDS,
        "all_group_chats": GROUP_COMMANDS,
        "all_chat_administrators": ADMIN_COMMANDS,
    }
    for scope, commands in menus.items():
        for code in ("", "zh"):
            assert tuple(botapi.menu({"type": scope}, code)) == commands
    assert botapi.menu()["draw"] == texts.say("en", "menu-draw")
    assert botapi.menu(language_code="zh")["draw"] == texts.say("zh-CN", "menu-draw")


async def test_no_menu_is_no_reason_not_to_start(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    botapi.fail("setMyCommands", 400, "Bad Request: BOT_COMMAND_INVALID")
    async with receiving(bot, Ear(echo), texts):
        botapi.say(person, private, "/help")
        await botapi.wait_for_text(private, "/help")


async def test_who_floods_us_is_not_answered_for_ever(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    botapi.delay("sendMessage", 0.05)
    for number in range(50):
        botapi.say(person, private, f"/help {number}")
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        await ear.hears(50)
    assert len(botapi.replies(private)) == 20


async def test_the_token_reaches_no_log(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, caplog: pytest.LogCaptureFixture
) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for method in ("getMe", "sendMessage"):
        botapi.cut(method, "before")
    with structlog.testing.capture_logs() as logs:
        async with receiving(bot, Ear(echo), texts):
            botapi.say(person, private, "/help")
            await botapi.wait_for_text(private, "/help")
    assert logs
    assert TEST_TOKEN not in f"{logs} {caplog.text}"


def test_a_long_text_is_cut_at_line_ends() -> None:
    assert pieces("one\ntwo\nthree", 8) == ["one\ntwo", "three"]
    assert pieces("abcdef", 4) == ["abcd", "ef"]
    assert pieces("short", 4096) == ["short"]
