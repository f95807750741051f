"""Delivers updates to the webhook the bot has set, in order, repeating each until it is taken."""

import asyncio
import time
from typing import Final

import aiohttp

from tests.fakes.telegram.chats import Wire
from tests.fakes.telegram.updates import Updates, Webhook

REPEAT_AFTER: Final = 0.05  # seconds; the real server waits longer each time, tests cannot
ANSWER_WITHIN: Final = aiohttp.ClientTimeout(total=10)


async def deliver_for_ever(updates: Updates) -> None:
    """Runs until cancelled."""
    async with aiohttp.ClientSession(timeout=ANSWER_WITHIN) as session:
        while True:
            update = await updates.first()
            webhook = updates.webhook
            error = await _post(session, webhook, update)
            if error is None:
                updates.delivered(update)
            else:
                webhook.last_error = (int(time.time()), error)
                await asyncio.sleep(REPEAT_AFTER)


async def _post(session: aiohttp.ClientSession, webhook: Webhook, update: Wire) -> str | None:
    """Why the update was not taken; None when it was."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
    try:
        async with session.post(webhook.url, json=update, headers=headers) as answer:
            return None if answer.ok else f"Wrong response from the webhook: {answer.status} {answer.reason}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"Connection failed: {error}"
