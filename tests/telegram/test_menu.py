"""The menus of commands beside the input field."""

import pytest
import structlog

from bot.core.conversation import ADMIN_COMMANDS, GROUP_COMMANDS, PRIVATE_COMMANDS
from bot.frontends.telegram import TelegramBot
from bot.frontends.telegram.menu import publish_menu
from bot.i18n.texts import FluentTexts
from tests.fakes.telegram import BotApi
from tests.telegram.listening import Ear, echo, receiving


@pytest.mark.parametrize(("code", "locale"), [("", "en"), ("zh", "zh-CN")])
@pytest.mark.parametrize(
    ("scope", "commands"),
    [
        ("default", PRIVATE_COMMANDS),
        ("all_private_chats", PRIVATE_COMMANDS),
        ("all_group_chats", GROUP_COMMANDS),
        ("all_chat_administrators", ADMIN_COMMANDS),
    ],
)
async def test_each_kind_of_chat_has_its_menu_in_each_language(
    botapi: BotApi,
    bot: TelegramBot,
    texts: FluentTexts,
    scope: str,
    commands: tuple[str, ...],
    code: str,
    locale: str,
) -> None:
    await publish_menu(bot, texts)
    expected = {command: texts.say(locale, f"menu-{command}") for command in commands}
    assert list(botapi.menu({"type": scope}, code).items()) == list(expected.items())


async def test_what_only_admins_may_is_not_shown_to_all(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    async with receiving(bot, Ear(), texts):
        pass
    assert "chat" in botapi.menu({"type": "all_chat_administrators"})
    assert "chat" not in botapi.menu({"type": "all_group_chats"})
    assert "forgetme" not in botapi.menu({"type": "all_group_chats"})
    assert len(botapi.calls_of("setMyCommands")) == 8


async def test_no_menu_is_no_reason_not_to_start(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts
) -> None:
    person = botapi.user("Ada")
    private = botapi.private(person)
    botapi.fail("setMyCommands", 400, "Bad Request: BOT_COMMAND_INVALID")
    with structlog.testing.capture_logs() as logs:
        async with receiving(bot, Ear(echo), texts):
            botapi.say(person, private, "/help")
            await botapi.wait_for_text(private, "/help")
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["telegram menu not set"]
