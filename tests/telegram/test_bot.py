"""The connection to a Bot API server."""

from bot.frontends.telegram import check_token, open_bot
from tests.fakes.telegram import BotApi
from tests.fakes.telegram.api import TEST_TOKEN


async def test_a_working_token_names_its_bot(botapi: BotApi) -> None:
    async with open_bot(TEST_TOKEN, f"{botapi.url}/") as bot:
        check = await check_token(bot)
    assert check.works is True
    assert check.detail == "@drawbridge_test_bot"


async def test_a_wrong_token_does_not_work(botapi: BotApi) -> None:
    async with open_bot("123:WRONG", botapi.url) as bot:
        check = await check_token(bot)
    assert check.works is False
    assert "WRONG" not in check.detail


async def test_without_an_answer_nothing_is_known_about_the_token(botapi: BotApi) -> None:
    botapi.bad_gateway("getMe")
    async with open_bot(TEST_TOKEN, botapi.url) as bot:
        check = await check_token(bot)
    assert check.works is None
    assert TEST_TOKEN not in check.detail


async def test_a_proxy_is_used_for_telegram_alone(botapi: BotApi) -> None:
    async with open_bot(TEST_TOKEN, "http://telegram.invalid", proxy=botapi.url) as bot:
        assert (await check_token(bot)).works


async def test_a_broken_proxy_does_not_tell_the_token(botapi: BotApi) -> None:
    async with open_bot(TEST_TOKEN, "https://telegram.invalid", proxy=botapi.url) as bot:
        check = await check_token(bot)
    assert check.works is None
    assert TEST_TOKEN not in check.detail
