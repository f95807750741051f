"""The door through which a bench in another process drives the server."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import aiohttp
import pytest
from telegram import Bot
from telegram.error import RetryAfter

from tests.fakes.library import keyboard, png, refused
from tests.fakes.telegram import BotApi

Ask: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


@pytest.fixture
async def ask(api: BotApi) -> AsyncIterator[Ask]:
    async with aiohttp.ClientSession() as http:

        async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
            async with http.post(f"{api.url}/_control/{path}", json=body) as answer:
                answer.raise_for_status()
                known: dict[str, Any] = await answer.json()
                return known

        yield post


async def _stats(api: BotApi) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{api.url}/_control/stats") as answer:
        known: dict[str, Any] = await answer.json()
        return known


def _encoded(width: int) -> str:
    return base64.b64encode(png(width, 20)).decode()


async def test_basic_groups_and_forums_are_made_through_the_door(api: BotApi, bot: Bot, ask: Ask) -> None:
    ann = (await ask("user", {"name": "Ann"}))["user"]
    basic = (await ask("group", {"title": "Small", "members": [ann], "basic": True}))["chat"]
    forum = (await ask("group", {"title": "Large", "members": [ann], "forum": True}))["chat"]
    assert (await bot.get_chat(basic)).type == "group"
    assert (await bot.get_chat(forum)).is_forum


async def test_photos_and_albums_come_through_the_door(api: BotApi, bot: Bot, ask: Ask) -> None:
    ann = await ask("user", {"name": "Ann"})
    sent = await ask("send_photo", {**ann, "data": _encoded(100), "caption": "/edit it"})
    assert (sent["caption"], sent["file"]["width"]) == ("/edit it", 100)
    again = {**ann, "data": _encoded(100), "reply_to": sent["message_id"]}
    assert (await ask("send_photo", again))["reply_to_message"]["message_id"] == sent["message_id"]
    album = {**ann, "items": [_encoded(30), _encoded(31)], "caption": "/edit both", "caption_on": 1}
    told = (await ask("send_album", album))["messages"]
    assert [message.get("caption") for message in told] == [None, "/edit both"]
    assert len(await bot.get_updates()) == 4


async def test_flood_control_is_switched_through_the_door(api: BotApi, bot: Bot, ask: Ask) -> None:
    chat = (await ask("user", {"name": "Ann"}))["chat"]
    await ask("limit", {"limits": {"chat_burst": 1}})
    await bot.send_message(chat, "one")
    with pytest.raises(RetryAfter):
        await bot.send_message(chat, "two")
    await ask("limit", {"limits": None})
    await bot.send_message(chat, "two")


async def test_calls_are_counted_by_method_and_kind_of_chat(api: BotApi, bot: Bot, ask: Ask) -> None:
    ann = await ask("user", {"name": "Ann"})
    group = (await ask("group", {"title": "Friends", "members": [ann["user"]], "basic": True}))["chat"]
    channel = api.channel("Foxes daily", [api.world.users[ann["user"]]])
    sent = await bot.send_photo(group, png(), reply_markup=keyboard("again"))
    press = {"user": ann["user"], "chat": group, "message_id": sent.message_id, "data": "again"}
    query = (await ask("press", press))["query"]
    assert (await _stats(api))["unanswered"] == 1
    await bot.answer_callback_query(query)
    await bot.send_message(ann["chat"], "private")
    await bot.send_message(channel.id, "post")
    await refused(bot.send_message(4711, "to nobody"))
    stats = await _stats(api)
    assert stats["calls_by_place"] == {
        "group": {"sendPhoto": {"200": 1}, "answerCallbackQuery": {"200": 1}},
        "private": {"sendMessage": {"200": 1}},
        "channel": {"sendMessage": {"200": 1}},
        "elsewhere": {"getMe": {"200": 1}, "sendMessage": {"400": 1}},
    }
    assert stats["calls"]["sendMessage"] == {"200": 2, "400": 1}
    assert stats["unanswered"] == 0
