"""Being called by Telegram instead of asking it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest
import structlog
from aiohttp import web

from bot.core.talk import Incoming
from bot.frontends.telegram import TelegramBot, TelegramIntake, TelegramWebhookRefused, Webhook
from bot.i18n.texts import FluentTexts
from tests.fakes.telegram import BotApi, Chat, User
from tests.fakes.telegram.api import TEST_TOKEN
from tests.telegram.listening import GRACE, Ear, echo, receiving
from tests.telegram.studio import png

SECRET = "s3cret-and-long_enough"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
PNG = png((400, 300))


@dataclass
class Site:
    """A web server that shows the routes of an intake for as long as it is open."""

    port: int
    _socket: socket.socket = field(repr=False)

    @property
    def webhook(self) -> Webhook:
        return Webhook(f"http://127.0.0.1:{self.port}/", SECRET)

    @asynccontextmanager
    async def receiving(
        self, bot: TelegramBot, ear: Ear, texts: FluentTexts, grace: timedelta = GRACE
    ) -> AsyncIterator[TelegramIntake]:
        """The intake stops before the server, as in the service."""
        intake = TelegramIntake(bot, ear, texts, self.webhook, grace)
        app = web.Application()
        app.add_routes(intake.routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, self._socket).start()
        try:
            await intake.start()
            yield intake
        finally:
            await intake.stop()
            await runner.cleanup()

    async def call(self, body: bytes, secret: str | None = SECRET) -> int:
        """Call as Telegram does, or as somebody else; returns the status."""
        headers = {} if secret is None else {HEADER: secret}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.webhook.url, data=body, headers=headers) as answer,
        ):
            return answer.status


@pytest.fixture
def site() -> Site:
    opened = socket.create_server(("127.0.0.1", 0))
    return Site(opened.getsockname()[1], opened)


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada")


@pytest.fixture
def private(botapi: BotApi, ada: User) -> Chat:
    return botapi.private(ada)


# --- what Telegram brings ------------------------------------------------------------------------------


async def test_what_is_said_is_heard_and_answered_by_webhook(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, ada: User, private: Chat
) -> None:
    async with site.receiving(bot, Ear(echo), texts):
        botapi.say(ada, private, "/help")
        await botapi.wait_for_text(private, "You said /help")
    assert botapi.calls_of("getUpdates") == []
    (call,) = botapi.calls_of("setWebhook")
    assert call.parameters["url"] == f"http://127.0.0.1:{site.port}/telegram/webhook"
    assert call.parameters["secret_token"] == SECRET
    assert call.parameters["max_connections"] == 40
    assert sorted(call.parameters["allowed_updates"]) == [
        "callback_query",
        "channel_post",
        "message",
        "my_chat_member",
    ]


async def test_nothing_is_confirmed_before_it_was_heard(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, ada: User, private: Chat
) -> None:
    release = asyncio.Event()

    async def hold(_incoming: Incoming) -> None:
        await release.wait()

    ear = Ear(hold)
    async with site.receiving(bot, ear, texts):
        botapi.say(ada, private, "/draw a fox")
        await ear.hears()
        await asyncio.sleep(0.05)
        assert len(botapi.world.updates) == 1
        release.set()
        await botapi.wait_for(lambda: not botapi.world.updates)


async def test_an_album_whose_items_come_side_by_side_is_heard_once(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, ada: User, private: Chat
) -> None:
    ear = Ear()
    async with site.receiving(bot, ear, texts):
        album = botapi.send_album(ada, private, [PNG] * 10, caption="swap them", caption_on=4)
        await botapi.wait_for(lambda: not botapi.world.updates)
    (heard,) = ear.heard
    assert [image.ref for image in heard.images] == [item.file.file_id for item in album if item.file]
    assert heard.address.message == str(album[4].id)


async def test_a_repeated_update_is_heard_once(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, ada: User, private: Chat
) -> None:
    ear = Ear(echo)
    async with site.receiving(bot, ear, texts):
        command = botapi.say(ada, private, "/help")
        await botapi.wait_for_text(private, "/help")
        botapi.repeat(command)
        botapi.say(ada, private, "/quota")
        await botapi.wait_for_text(private, "/quota")
    assert [heard.text for heard in ear.heard] == ["/help", "/quota"]


async def test_a_bug_does_not_make_telegram_repeat_an_update_for_ever(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, ada: User, private: Chat
) -> None:
    async def stumble(_incoming: Incoming) -> None:
        raise ZeroDivisionError

    ear = Ear(stumble)
    async with site.receiving(bot, ear, texts):
        botapi.say(ada, private, "/help")
        await botapi.wait_for(lambda: not botapi.world.updates)
    assert len(ear.heard) == 1


# --- who else may call ---------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "s\u00e9cret"])
async def test_who_does_not_know_the_secret_is_turned_away(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, secret: str | None
) -> None:
    ear = Ear()
    somebody = {"id": 5, "is_bot": False, "first_name": "Ada"}
    message = {"message_id": 1, "date": 1, "text": "/help", "chat": {"id": 5, "type": "private"}}
    update = json.dumps({"update_id": 1, "message": message | {"from": somebody}}).encode()
    async with site.receiving(bot, ear, texts):
        assert await site.call(update, secret) == 403
        assert await site.call(update) == 200
    assert len(ear.heard) == 1


async def test_who_does_not_know_the_secret_is_not_listened_to(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site
) -> None:
    async with site.receiving(bot, Ear(), texts):
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(b"POST /telegram/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n{")
        async with asyncio.timeout(2):
            assert await reader.readline() == b"HTTP/1.1 403 Forbidden\r\n"
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"7", b"null"])
async def test_what_is_no_json_object_is_refused(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, body: bytes
) -> None:
    async with site.receiving(bot, Ear(), texts):
        assert await site.call(body) == 400


@pytest.mark.parametrize("update", [{}, {"update_id": 7, "message": 5}, {"update_id": 7, "message": {}}])
async def test_an_update_that_nobody_understands_is_not_asked_for_again(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, update: dict[str, object]
) -> None:
    async with site.receiving(bot, Ear(), texts):
        assert await site.call(json.dumps(update).encode()) == 200


async def test_without_a_webhook_there_is_nothing_to_call(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    assert TelegramIntake(bot, Ear(), texts).routes() == []


# --- starting and stopping -----------------------------------------------------------------------------


async def test_an_address_that_telegram_does_not_call_is_the_operators_to_mend(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    webhook = Webhook("http://bot.example/", SECRET)
    with pytest.raises(TelegramWebhookRefused, match="https url must be provided") as refused:
        await TelegramIntake(bot, Ear(), texts, webhook).start()
    assert refused.value.__suppress_context__
    assert TEST_TOKEN not in str(refused.value)


async def test_a_start_without_network_goes_on_trying(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, ada: User, private: Chat
) -> None:
    botapi.bad_gateway("setWebhook")
    botapi.delay("setMyCommands", 0.02)
    async with site.receiving(bot, Ear(echo), texts):
        assert await site.call(b'{"update_id": 1}') == 503  # we do not know yet who we are
        botapi.say(ada, private, "/help")
        await botapi.wait_for_text(private, "/help")


async def test_after_a_stop_telegram_keeps_what_is_said_for_the_next_start(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat, site: Site
) -> None:
    async with site.receiving(bot, Ear(), texts) as intake:
        await intake.stop()
        assert (await bot.get_webhook_info()).url == site.webhook.url
        botapi.say(ada, private, "/help")
        await botapi.wait_for(lambda: botapi.world.updates.webhook.last_error)
        assert botapi.world.updates.webhook.last_error is not None
        assert "503" in botapi.world.updates.webhook.last_error[1]
    ear = Ear()
    async with receiving(bot, ear, texts):  # the operator went over to polling
        await ear.hears()
    assert ear.heard[0].text == "/help"


async def test_a_stop_answers_what_was_received(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, ada: User, private: Chat
) -> None:
    started = asyncio.Event()

    async def slow(_incoming: Incoming) -> str:
        started.set()
        await asyncio.sleep(0.1)
        return "late but there"

    async with site.receiving(bot, Ear(slow), texts):
        botapi.say(ada, private, "/quota")
        await started.wait()
    assert [reply.text for reply in botapi.replies(private)] == ["late but there"]
    assert len(botapi.world.updates) == 0


async def test_what_a_stop_could_not_wait_for_is_not_confirmed(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, site: Site, ada: User, private: Chat
) -> None:
    async def hang(_incoming: Incoming) -> None:
        await asyncio.Event().wait()

    ear = Ear(hang)
    with structlog.testing.capture_logs() as logs:
        async with site.receiving(bot, ear, texts, grace=timedelta(milliseconds=10)):
            botapi.say(ada, private, "/draw a fox")
            await ear.hears()
    assert "telegram intake torn" in [entry["event"] for entry in logs]
    await botapi.wait_for(lambda: botapi.world.updates.webhook.last_error)
    assert len(botapi.world.updates) == 1
