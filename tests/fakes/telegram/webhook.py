"""Delivers updates to the webhook the bot has set, many at a time, repeating each until it is taken."""

import asyncio
import time
from typing import Final

import aiohttp

from tests.fakes.telegram.updates import Webhook
from tests.fakes.telegram.users import Wire
from tests.fakes.telegram.world import World

REPEAT_AFTER: Final = 0.05  # seconds; the real server waits longer each time, tests cannot
ANSWER_WITHIN: Final = aiohttp.ClientTimeout(total=10)


async def deliver_for_ever(world: World) -> None:
    """Runs until cancelled. With one connection the updates keep their order, with more they may not."""
    async with aiohttp.ClientSession(timeout=ANSWER_WITHIN) as session, asyncio.TaskGroup() as deliveries:
        while True:
            update = await world.updates.next()
            deliveries.create_task(_deliver(session, world, update), name="telegram fake: one update")


async def _deliver(session: aiohttp.ClientSession, world: World, update: Wire) -> None:
    """Tries once. After a failure the connection stays taken for a while."""
    webhook = world.updates.webhook
    error = await _post(session, webhook, update)
    if error is not None:
        webhook.last_error = (int(time.time()), error)
        world.changed.ring()
        await asyncio.sleep(REPEAT_AFTER)
    world.updates.landed(update, taken=error is None)
    world.changed.ring()


async def _post(session: aiohttp.ClientSession, webhook: Webhook, update: Wire) -> str | None:
    """Why the update was not taken; None when it was."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
    try:
        async with session.post(webhook.url, json=update, headers=headers, allow_redirects=False) as answer:
            taken = answer.status // 100 == 2
            return None if taken else f"Wrong response from the webhook: {answer.status} {answer.reason}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"Connection failed: {error}"
