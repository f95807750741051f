"""Receiving messages and answering them."""

import asyncio
import logging
from datetime import timedelta

import pytest
import structlog

from bot.core.talk import Button, Incoming, Replied, Reply
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
        await ear.hears()
    assert ear.heard[0].address.thread is None


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
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.say(person, group, "/draw a fox", anonymous=True)
        botapi.say(person, group, "/draw a hare")
        await ear.hears(2)
    assert [heard.person for heard in ear.heard] == [str(group.id), str(person.id)]
    assert [heard.for_chat for heard in ear.heard] == [True, False]


async def test_a_member_who_speaks_as_their_channel_does_not_speak_for_the_group(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    group, channel = botapi.group("Foxes", members=[person]), botapi.channel("Hares", [person])
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.say(person, group, "/draw a fox", as_channel=channel)
        await ear.hears()
    assert (ear.heard[0].person, ear.heard[0].for_chat) == (str(channel.id), False)
    assert ear.heard[0].address.chat == str(group.id)


async def test_a_channel_asks_in_its_own_name_and_once(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    channel, group = botapi.channel("Foxes", [person]), botapi.group("Fox talk", members=[person])
    botapi.link(channel, group)
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        post = botapi.say(person, channel, "/draw a fox")
        reply = await botapi.wait_for_text(channel, "You said")
        botapi.say(person, group, "/help")  # comes after the post was forwarded into the group
        await ear.hears(2)
    assert reply.reply_to is post
    first, second = ear.heard
    assert (first.person, first.for_chat, first.private) == (str(channel.id), True, False)
    assert second.text == "/help"


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
        asked = len(botapi.calls_of("getUpdates"))
        await botapi.wait_for(lambda: len(botapi.calls_of("getUpdates")) > asked)
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


async def test_what_a_stop_could_not_wait_for_is_heard_by_the_next_start(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    async def hang(_incoming: Incoming) -> None:
        await asyncio.Event().wait()

    person = botapi.user("Ada")
    ear = Ear(hang)
    async with receiving(bot, ear, texts, grace=timedelta(milliseconds=10)):
        botapi.say(person, botapi.private(person), "/draw a fox")
        await ear.hears()
    ear = Ear()
    async with receiving(bot, ear, texts):
        await ear.hears()
    assert ear.heard[0].text == "/draw a fox"


async def test_who_is_heard_slowly_keeps_nobody_waiting(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    release = asyncio.Event()

    async def hold(incoming: Incoming) -> str:
        if incoming.text == "/slow":
            await release.wait()
        return f"You said {incoming.text}"

    ada, ben = botapi.user("Ada"), botapi.user("Ben")
    group = botapi.group("Foxes", members=[ada, ben])
    ear = Ear(hold)
    async with receiving(bot, ear, texts):
        botapi.say(ada, group, "/slow")
        await ear.hears()
        botapi.say(ada, group, "/after")
        botapi.say(ben, group, "/quick")
        await botapi.wait_for_text(group, "/quick")
        assert [heard.text for heard in ear.heard] == ["/slow", "/quick"]
        assert len(botapi.calls_of("getUpdates")) < 10
        release.set()
        await botapi.wait_for_text(group, "/after")


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


async def test_in_a_group_only_commands_and_replies_to_us_are_heard(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    ada, ben = botapi.user("Ada"), botapi.user("Ben")
    group = botapi.group("Foxes", members=[ada, ben])
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        chat = botapi.say(ada, group, "a fox, please")
        botapi.say(ben, group, "make it night", reply_to=chat)
        botapi.say(ada, group, "\uff0fhelp")
        ours = await botapi.wait_for_text(group, "You said")
        botapi.say(ben, group, "make it night", reply_to=ours)
        await ear.hears(2)
    command, reply = ear.heard
    assert command.text == "\uff0fhelp"
    assert reply.text == "make it night"
    assert reply.replied == Replied(str(ours.id), ours=True)


async def test_strange_words_pass_untouched(botapi: BotApi, bot: TelegramBot, texts: FluentTexts) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    strange = ("\u202eslaef \U0001f98a\u200d\U0001f525 <b>&amp;</b> *_`[", "\u05d0\u200f" * 2048)
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        for text in strange:
            botapi.say(person, private, text)
        await ear.hears(2)
    assert tuple(heard.text for heard in ear.heard) == strange
    said = [reply.text for reply in botapi.replies(private)]
    assert "".join(said) == "".join(f"You said {text}" for text in strange)


async def test_a_long_answer_comes_in_pieces_with_its_buttons_at_the_end(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    async def at_length(_incoming: Incoming) -> Reply:
        return Reply("fox\n" * 1500, "en", buttons=((Button("Again", "a|job1"),),))

    person = botapi.user("Ada")
    private = botapi.private(person)
    async with receiving(bot, Ear(at_length), texts):
        botapi.say(person, private, "/help")
        await botapi.wait_for(lambda: len(botapi.replies(private)) == 2)
    first, second = botapi.replies(private)
    assert (first.buttons, second.buttons) == ({}, {"Again": "a|job1"})


async def test_a_question_opens_the_input_field_but_in_a_channel(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    async def ask(_incoming: Incoming) -> Reply:
        return Reply("What shall I change?", "en", asks=True)

    person = botapi.user("Ada")
    private, channel = botapi.private(person), botapi.channel("Foxes", [person])
    async with receiving(bot, Ear(ask), texts):
        for chat in (private, channel):
            botapi.say(person, chat, "/edit")
            await botapi.wait_for_text(chat, "What shall I change?")
    asked, told = botapi.calls_of("sendMessage")
    assert asked.parameters["reply_markup"] == {"force_reply": True, "selective": True}
    assert "reply_markup" not in told.parameters


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
