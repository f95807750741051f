"""Updates come to the bot's webhook as the platform delivers them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import Conflict

from tests.fakes.library import refused
from tests.fakes.telegram import BotApi, Chat, User


async def test_a_webhook_gets_updates_with_its_secret_until_it_takes_them(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    heard: list[tuple[str | None, int]] = []
    taken = asyncio.Event()

    async def hook(request: web.Request) -> web.Response:
        update = await request.json()
        heard.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), update["update_id"]))
        if len(heard) == 1:
            return web.Response(status=500)
        taken.set()
        return web.Response()

    async with _serving(hook) as url:
        await bot.set_webhook(url, secret_token="s3cret")
        assert "webhook is active" in await refused(bot.get_updates(), Conflict)
        api.say(ann, chat, "hello")
        await asyncio.wait_for(taken.wait(), 2)
        info = await bot.get_webhook_info()
        await bot.delete_webhook()
    assert heard[0] == heard[1]
    assert heard[0][0] == "s3cret"
    assert info.last_error_message is not None
    assert "https url must be provided" in await refused(bot.set_webhook("http://bot.example/"))


@pytest.mark.parametrize(("connections", "expected"), [(1, 1), (3, 3), (40, 5)])
async def test_as_many_updates_are_delivered_at_once_as_the_bot_has_connections_for(
    api: BotApi, bot: Bot, ann: User, chat: Chat, connections: int, expected: int
) -> None:
    heard: list[int] = []
    open_now, most = 0, 0

    async def hook(request: web.Request) -> web.Response:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        heard.append((await request.json())["update_id"])
        await asyncio.sleep(0.03)
        open_now -= 1
        return web.Response(status=204)

    for number in range(5):
        api.say(ann, chat, f"number {number}")
    async with _serving(hook) as url:
        await bot.set_webhook(url, max_connections=connections)
        await api.wait_for(lambda: not api.world.updates)
        await bot.delete_webhook()
    assert most == expected
    assert len(heard) == len(set(heard)) == 5
    assert connections > 1 or heard == sorted(heard)


async def test_one_update_that_is_never_taken_does_not_hold_up_the_others(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    tries: dict[str, int] = {}
    enough = asyncio.Event()

    async def hook(request: web.Request) -> web.Response:
        text = (await request.json())["message"]["text"]
        tries[text] = tries.get(text, 0) + 1
        if tries == {"poison": 3, "fine": 1}:
            enough.set()
        return web.Response(status=302 if text == "poison" else 200, headers={"Location": "/hook"})

    async with _serving(hook) as url:
        await bot.set_webhook(url)
        api.say(ann, chat, "poison")
        api.say(ann, chat, "fine")
        await asyncio.wait_for(enough.wait(), 5)
        info = await bot.get_webhook_info()
        await bot.delete_webhook()
    assert info.pending_update_count == 1
    assert info.last_error_message == "Wrong response from the webhook: 302 Found"


async def test_what_the_webhook_did_not_take_is_polled_after_switching(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    await bot.set_webhook("http://127.0.0.1:9/nobody")
    said = api.say(ann, chat, "hello")
    await api.wait_for(lambda: api.world.updates.webhook.last_error)
    await bot.delete_webhook()
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.message_id == said.id
    await bot.set_webhook("http://127.0.0.1:9/nobody", drop_pending_updates=True)
    assert (await bot.get_webhook_info()).pending_update_count == 0
    await bot.delete_webhook()


@contextlib.asynccontextmanager
async def _serving(hook: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()
