"""What goes wrong on request, and the server in a process of its own."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from telegram import (
    Bot,
    InputMediaPhoto,
)
from telegram.error import (
    InvalidToken,
    NetworkError,
    RetryAfter,
)

from tests.fakes.library import keyboard, library_bot, png
from tests.fakes.telegram import BotApi, Chat, FloodLimits, User
from tests.fakes.telegram.api import TEST_TOKEN

ROOT = Path(__file__).parents[2]


async def test_flood_control_tells_when_to_come_back(api: BotApi, bot: Bot, chat: Chat, ann: User) -> None:
    api.limit(FloodLimits(chat_burst=2, group_per_minute=4))
    group = api.group("Friends", members=[ann])
    await bot.send_message(chat.id, "one")
    sent = await bot.send_message(chat.id, "two")
    with pytest.raises(RetryAfter) as caught:
        await bot.edit_message_text("three", chat.id, sent.message_id)
    assert caught.value.retry_after == timedelta(seconds=1)
    await bot.send_media_group(group.id, [InputMediaPhoto(png()) for _ in range(4)])
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(group.id, "five")
    assert caught.value.retry_after == timedelta(seconds=15)
    await bot.send_chat_action(chat.id, "typing")
    api.limit(None)
    await bot.send_message(group.id, "five")


async def test_all_chats_together_may_send_only_so_much(api: BotApi, bot: Bot) -> None:
    api.limit(FloodLimits(overall_per_second=3))
    chats = [api.private(api.user(f"Person {n}")) for n in range(6)]
    outcomes = await asyncio.gather(
        *(bot.send_message(chat.id, "x") for chat in chats), return_exceptions=True
    )
    assert sum(isinstance(outcome, RetryAfter) for outcome in outcomes) == 3


async def test_planned_errors_come_as_often_and_where_planned(api: BotApi, bot: Bot, chat: Chat) -> None:
    other = api.private(api.user("Bob"))
    api.fail("sendMessage", 429, "Too Many Requests: retry after 7", {"retry_after": 7}, chat=chat)
    api.bad_gateway("sendPhoto")
    await bot.send_message(other.id, "x")
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "x")
    await bot.send_message(chat.id, "x")
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_photo(chat.id, png())
    api.fail("*", 500, "Internal Server Error", times=None)
    with pytest.raises(NetworkError):
        await bot.get_me()
    api.heal()
    await bot.get_me()
    assert api.counts()["getMe", 500] == 1


async def test_a_cut_connection_leaves_the_message_only_when_cut_after(
    api: BotApi, bot: Bot, chat: Chat
) -> None:
    api.cut("sendMessage", "before")
    with pytest.raises(NetworkError):
        await bot.send_message(chat.id, "never")
    api.cut("sendMessage", "after")
    with pytest.raises(NetworkError):
        await bot.send_message(chat.id, "unseen")
    assert [message.text for message in api.messages(chat)] == ["unseen"]
    assert [call.error for call in api.calls_of("sendMessage")] == ["connection cut", "connection cut"]


async def test_a_delayed_method_still_takes_effect(api: BotApi, bot: Bot, chat: Chat) -> None:
    api.delay("sendMessage", 0.1, times=1)
    await bot.send_message(chat.id, "slow")
    assert api.calls_of("sendMessage")[0].took >= 0.1


async def test_a_broken_download_is_a_failed_download(api: BotApi, bot: Bot, ann: User, chat: Chat) -> None:
    photo = api.send_photo(ann, chat, png(200, 100))
    assert photo.file is not None
    file = await bot.get_file(photo.file.file_id)
    api.cut("download", "before")
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    assert len(await file.download_as_bytearray()) == photo.file.size


async def test_a_bot_killed_in_the_middle_of_an_upload_posts_nothing(api: BotApi, chat: Chat) -> None:
    host, _, port = api.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /bot{TEST_TOKEN}/sendPhoto?chat_id={chat.id} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n\r\nPNG'.encode()
    )
    await writer.drain()
    await api.wait_for(lambda: api.calls)
    writer.close()
    await api.wait_for(lambda: api.calls[0].error)
    assert (api.calls[0].error, api.messages(chat)) == ("the bot hung up", [])


async def test_a_wrong_token_and_an_unknown_method_are_refused(api: BotApi) -> None:
    with pytest.raises(InvalidToken):
        async with library_bot(api, "1:WRONG"):
            pass
    async with aiohttp.ClientSession() as http, http.post(f"{api.url}/bot{TEST_TOKEN}/sendSticker") as answer:
        assert answer.status == 404
        assert await answer.json() == {"ok": False, "error_code": 404, "description": "Not Found"}
    assert api.violations == ["sendSticker: unknown method"]


async def test_waiting_in_vain_says_what_the_bot_did_instead(api: BotApi, bot: Bot, chat: Chat) -> None:
    await bot.send_message(chat.id, "something else")
    with pytest.raises(TimeoutError, match="something else"):
        await api.wait_for_text(chat, "a fox", timeout=0.05)
    assert (await api.wait_for_text(chat, "else")).chat is chat


async def test_a_server_in_its_own_process_is_driven_over_http() -> None:
    command = [sys.executable, "-m", "tests.fakes.telegram", "--port", "0", "--drop-uploads"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
        await _drive(url)
    finally:
        process.terminate()
        assert await process.wait() == 0


async def _drive(url: str) -> None:
    bot = Bot(TEST_TOKEN, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot")
    async with aiohttp.ClientSession() as http, bot:

        async def ask(path: str, body: dict[str, object]) -> dict[str, int]:
            async with http.post(f"{url}/_control/{path}", json=body) as answer:
                known: dict[str, int] = await answer.json()
                return known

        person = await ask("user", {"name": "Ann"})
        said = await ask("say", {**person, "text": "/draw a fox"})
        [update] = await bot.get_updates()
        assert update.message is not None
        assert update.message.message_id == said["message_id"]
        await bot.send_photo(person["chat"], png(30, 20), reply_markup=keyboard("again"))
        async with http.get(f"{url}/_control/wait", params={"photos": 1, "seconds": 5}) as answer:
            assert (await answer.json())["calls"]["sendPhoto"] == {"200": 1}
        async with http.get(f"{url}/_control/messages", params={"chat": person["chat"]}) as answer:
            _, photo = (await answer.json())["messages"]
        assert (photo["file"]["width"], photo["file"]["height"]) == (30, 20)
        await ask("press", {**person, "message_id": photo["message_id"], "data": "again"})
        await ask("fault", {"method": "getMe", "kind": "fail", "error_code": 500, "description": "Oops"})
        with pytest.raises(NetworkError):
            await bot.get_me()
        async with http.get(f"{url}/_control/wait", params={"photos": 2, "seconds": 0.05}) as answer:
            assert answer.status == 504
