"""Keeping within Telegram's flood limits."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable

import pytest
from telegram import InputMediaPhoto
from telegram.error import RetryAfter

from bot.frontends.telegram import TelegramBot, open_bot
from bot.frontends.telegram.flood import Urgency
from tests.fakes.telegram import BotApi, Chat, FloodLimits
from tests.fakes.telegram.api import TEST_TOKEN
from tests.telegram.studio import png

PAUSE = {"retry_after": 1}
TOO_MANY = "Too Many Requests: retry after 1"


@pytest.fixture
async def paced(botapi: BotApi) -> AsyncIterator[TelegramBot]:
    """A bot that keeps to 20 messages a second by itself."""
    async with open_bot(TEST_TOKEN, botapi.url, rate=20) as bot:
        yield bot


def private(botapi: BotApi, name: str = "Ada") -> Chat:
    return botapi.private(botapi.user(name))


async def seconds(work: Awaitable[object]) -> float:
    started = time.monotonic()
    await work
    return time.monotonic() - started


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
    assert [call.status for call in botapi.calls_of("sendMessage")] == [200, 429, 200, 200]


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


async def test_the_overall_rate_is_kept_over_all_chats(botapi: BotApi, paced: TelegramBot) -> None:
    chats = [private(botapi, f"person {number}") for number in range(12)]
    took = await seconds(asyncio.gather(*(paced.send_message(chat.id, "hello") for chat in chats)))
    assert took >= (12 - 2) / 20


async def test_an_album_counts_as_its_items(botapi: BotApi, paced: TelegramBot) -> None:
    chat = private(botapi)
    album = [InputMediaPhoto(png((8, 8))) for _ in range(10)]
    assert await seconds(paced.send_media_group(chat.id, album)) >= (10 - 2) / 20


async def test_a_group_keeps_room_for_what_matters(botapi: BotApi, paced: TelegramBot) -> None:
    group = botapi.group("Foxes", members=[botapi.user("Ada")])
    sent = [await paced.send_message(group.id, str(number)) for number in range(11)]
    with pytest.raises(RetryAfter):
        await paced.edit_message_text("x", group.id, sent[0].message_id, rate_limit_args=Urgency.SKIP)
    await paced.edit_message_text("y", group.id, sent[0].message_id)
    assert botapi.replies(group)[0].text == "y"


async def test_chat_actions_are_not_counted(botapi: BotApi, paced: TelegramBot) -> None:
    chat = private(botapi)
    assert (
        await seconds(asyncio.gather(*(paced.send_chat_action(chat.id, "typing") for _ in range(15)))) < 0.5
    )
