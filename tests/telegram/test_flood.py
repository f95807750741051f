"""Keeping within Telegram's flood limits."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from telegram import InputMediaPhoto
from telegram.error import RetryAfter

from bot.frontends.telegram import TelegramBot, open_bot
from bot.frontends.telegram.flood import FloodControl, Rates, Urgency
from tests.fakes.telegram import BotApi, Chat, FloodLimits
from tests.fakes.telegram.api import TEST_TOKEN
from tests.telegram.studio import png

PAUSE = {"retry_after": 1}
TOO_MANY = "Too Many Requests: retry after 1"

Opener = Callable[[Rates], AbstractAsyncContextManager[TelegramBot]]


@pytest.fixture
def bot_with(botapi: BotApi) -> Opener:
    """A bot that keeps to these rates by itself."""
    return lambda rates: open_bot(TEST_TOKEN, botapi.url, rates=rates)


@pytest.fixture
async def paced(bot_with: Opener) -> AsyncIterator[TelegramBot]:
    """A bot that keeps to 20 messages a second, and in a group to 20 a minute."""
    async with bot_with(Rates(20, None, 20)) as bot:
        yield bot


def private(botapi: BotApi, name: str = "Ada") -> Chat:
    return botapi.private(botapi.user(name))


async def seconds(work: Awaitable[object]) -> float:
    started = time.monotonic()
    await work
    return time.monotonic() - started


# --- what Telegram refuses -------------------------------------------------------------------------------


async def test_only_the_limited_chat_waits(botapi: BotApi, bot: TelegramBot) -> None:
    busy, calm = private(botapi), private(botapi, "Bob")
    botapi.fail("sendMessage", 429, TOO_MANY, PAUSE, chat=busy)
    async with asyncio.TaskGroup() as group:
        limited = group.create_task(bot.send_message(busy.id, "one"))
        await botapi.wait_for(lambda: botapi.calls_of("sendMessage", busy))
        await bot.send_message(calm.id, "two")
        assert not limited.done()
    assert [reply.text for reply in botapi.replies(busy)] == ["one"]


async def test_a_limited_chat_gets_its_messages_in_order_and_without_new_refusals(
    botapi: BotApi, bot: TelegramBot
) -> None:
    chat = private(botapi)
    botapi.limit(FloodLimits(chat_per_second=1, chat_burst=1))
    await bot.send_message(chat.id, "0")
    async with asyncio.TaskGroup() as group:
        group.create_task(bot.send_message(chat.id, "1"))
        await botapi.wait_for(lambda: botapi.counts()["sendMessage", 429])
        await asyncio.sleep(0.05)
        group.create_task(bot.send_message(chat.id, "2"))
    assert [reply.text for reply in botapi.replies(chat)] == ["0", "1", "2"]
    assert len(botapi.calls_of("sendMessage")) <= 5


async def test_a_refused_message_goes_before_those_that_waited_behind_it(
    botapi: BotApi, bot_with: Opener
) -> None:
    chat = private(botapi)
    async with bot_with(Rates(None, 10, None)) as bot, asyncio.TaskGroup() as tasks:
        tasks.create_task(bot.send_message(chat.id, "0"))
        await botapi.wait_for(lambda: botapi.replies(chat))
        botapi.fail("sendMessage", 429, "Too Many Requests", {"retry_after": 0.1}, chat=chat)
        for number in range(1, 6):
            tasks.create_task(bot.send_message(chat.id, str(number)))
    texts = [reply.text for reply in botapi.replies(chat)]
    assert sorted(texts[:3]) == ["0", "1", "2"]
    assert texts[3:] == ["3", "4", "5"]
    assert botapi.counts()["sendMessage", 429] == 1


async def test_a_limited_message_is_tried_a_bounded_number_of_times(botapi: BotApi, bot: TelegramBot) -> None:
    chat = private(botapi)
    botapi.fail("sendMessage", 429, "Too Many Requests", {"retry_after": 0.01}, times=None)
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "never")
    assert len(botapi.calls_of("sendMessage")) == 5


async def test_a_call_that_may_be_skipped_is_not_made_in_a_waiting_chat(
    botapi: BotApi, bot: TelegramBot
) -> None:
    chat = private(botapi)
    botapi.fail("sendMessage", 429, TOO_MANY, PAUSE)
    async with asyncio.TaskGroup() as group:
        group.create_task(bot.send_message(chat.id, "one"))
        await botapi.wait_for(lambda: botapi.calls_of("sendMessage"))
        await asyncio.sleep(0.05)
        with pytest.raises(RetryAfter):
            await bot.edit_message_text("two", chat.id, 2, rate_limit_args=Urgency.SKIP)
    assert botapi.calls_of("editMessageText") == []


async def test_a_pause_that_is_too_long_is_told_and_not_asked_for_again(
    botapi: BotApi, bot: TelegramBot
) -> None:
    chat = private(botapi)
    botapi.fail("sendMessage", 429, "Too Many Requests: retry after 900", {"retry_after": 900})
    for _ in range(2):
        with pytest.raises(RetryAfter):
            await bot.send_message(chat.id, "much later")
    assert len(botapi.calls_of("sendMessage")) == 1


# --- what is kept without being refused ------------------------------------------------------------------


async def test_the_overall_rate_is_kept_over_all_chats(botapi: BotApi, paced: TelegramBot) -> None:
    chats = [private(botapi, f"person {number}") for number in range(12)]
    took = await seconds(asyncio.gather(*(paced.send_message(chat.id, "hello") for chat in chats)))
    assert took >= (12 - 2) / 20


async def test_everybody_is_served_in_turn_without_a_single_refusal(botapi: BotApi, bot_with: Opener) -> None:
    botapi.limit(FloodLimits(overall_per_second=100))
    chats = [private(botapi, f"person {number}") for number in range(60)]
    async with bot_with(Rates(overall=100)) as bot:
        await asyncio.gather(*(bot.send_message(chat.id, "hello") for chat in chats))
    assert [call.chat_id for call in botapi.calls] == [chat.id for chat in chats]
    assert {call.status for call in botapi.calls} == {200}


async def test_a_busy_group_does_not_keep_a_person_waiting(botapi: BotApi, bot_with: Opener) -> None:
    group, person = botapi.group("Foxes", members=[botapi.user("Ada")]), private(botapi, "Bob")
    async with bot_with(Rates(20, None, None)) as bot, asyncio.TaskGroup() as tasks:
        talk = [tasks.create_task(bot.send_message(group.id, str(number))) for number in range(20)]
        await asyncio.sleep(0.01)
        await bot.send_message(person.id, "an answer")
        assert sum(task.done() for task in talk) < 6


async def test_a_chat_gets_a_few_messages_at_once_and_then_one_after_the_other_in_order(
    botapi: BotApi, bot_with: Opener
) -> None:
    chat = private(botapi)
    botapi.limit(FloodLimits(chat_per_second=10, chat_burst=3))
    async with bot_with(Rates(None, 10, None)) as bot:
        await bot.send_message(chat.id, "0")
        took = await seconds(asyncio.gather(*(bot.send_message(chat.id, str(n)) for n in range(1, 7))))
    assert took >= 0.4
    assert [reply.text for reply in botapi.replies(chat)] == [str(number) for number in range(7)]
    assert {call.status for call in botapi.calls} == {200}


async def test_a_chat_that_waits_its_turn_does_not_hold_up_others(botapi: BotApi, bot_with: Opener) -> None:
    busy, calm = private(botapi), private(botapi, "Bob")
    async with bot_with(Rates(None, 1, None)) as bot, asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(bot.send_message(busy.id, str(n))) for n in range(4)]
        await asyncio.sleep(0.01)
        assert await seconds(bot.send_message(calm.id, "at once")) < 0.5
        assert not all(task.done() for task in waiting)


async def test_a_group_gets_no_more_than_its_minute_has_room_for(botapi: BotApi, bot_with: Opener) -> None:
    group = botapi.group("Foxes", members=[botapi.user("Ada")])
    async with bot_with(Rates(None, None, 20)) as bot:
        for number in range(20):
            await bot.send_message(group.id, str(number))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await bot.send_message(group.id, "too much")
        await bot.send_message(private(botapi).id, "elsewhere")
    assert len(botapi.replies(group)) == 20


async def test_a_group_keeps_room_for_what_matters(botapi: BotApi, paced: TelegramBot) -> None:
    group = botapi.group("Foxes", members=[botapi.user("Ada")])
    sent = [await paced.send_message(group.id, str(number)) for number in range(11)]
    with pytest.raises(RetryAfter):
        await paced.edit_message_text("x", group.id, sent[0].message_id, rate_limit_args=Urgency.SKIP)
    await paced.edit_message_text("y", group.id, sent[0].message_id)
    assert botapi.replies(group)[0].text == "y"


async def test_an_album_counts_as_its_items_and_what_follows_waits(botapi: BotApi, bot_with: Opener) -> None:
    chat = private(botapi)
    botapi.limit(FloodLimits(chat_per_second=20, chat_burst=3))
    async with bot_with(Rates(None, 20, None)) as bot:
        await bot.send_media_group(chat.id, [InputMediaPhoto(png((8, 8))) for _ in range(10)])
        assert await seconds(bot.send_message(chat.id, "a companion")) >= 8 / 20 - 0.1
    assert {call.status for call in botapi.calls} == {200}


async def test_what_is_no_message_is_not_counted(botapi: BotApi, bot_with: Opener) -> None:
    group = botapi.group("Foxes", members=[botapi.user("Ada")])
    async with bot_with(Rates(1, 1, 1)) as bot:
        sent = await bot.send_message(group.id, "the only one")
        calls = [bot.send_chat_action(group.id, "typing") for _ in range(5)]
        calls += [bot.set_message_reaction(group.id, sent.message_id, "👀") for _ in range(5)]
        assert await seconds(asyncio.gather(*calls)) < 0.5
        await bot.delete_message(group.id, sent.message_id)


async def test_a_server_without_limits_is_not_spared(botapi: BotApi, bot: TelegramBot) -> None:
    group = botapi.group("Foxes", members=[botapi.user("Ada")])
    assert await seconds(asyncio.gather(*(bot.send_message(group.id, str(n)) for n in range(50)))) < 1


@pytest.mark.parametrize(("overall", "paid"), [(30, None), (31, True), (None, None)])
async def test_more_than_thirty_a_second_are_sent_as_paid_broadcasts(
    botapi: BotApi, bot_with: Opener, overall: float | None, paid: bool | None
) -> None:
    chat = private(botapi)
    async with bot_with(Rates(overall, None, None)) as bot:
        sent = await bot.send_message(chat.id, "one")
        await bot.send_photo(chat.id, png((8, 8)))
        await bot.send_media_group(chat.id, [InputMediaPhoto(png((8, 8))) for _ in range(2)])
        await bot.edit_message_text("two", chat.id, sent.message_id)
    flags = [call.parameters.get("allow_paid_broadcast") for call in botapi.calls]
    assert flags == [paid, paid, paid, None]
    assert botapi.violations == []


async def test_chats_that_are_quiet_again_are_forgotten() -> None:
    limiter = FloodControl(Rates(None, 1000, None))

    async def call() -> bool:
        return True

    for chat in range(5000):
        await limiter.process_request(call, (), {}, "sendMessage", {"chat_id": chat}, None)
    assert len(limiter._lanes) <= 1100
