"""Taking messages away, and knowing who administers a chat."""

import pytest

from bot.frontends.telegram import TelegramBot, TelegramChat
from bot.ports.chat import ChatUnavailable
from tests.fakes.telegram import BotApi, Chat, Message, User


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada")


@pytest.fixture
def group(botapi: BotApi, ada: User) -> Chat:
    return botapi.group("Foxes", members=[ada])


async def post(botapi: BotApi, bot: TelegramBot, chat: Chat, count: int) -> list[Message]:
    for number in range(count):
        await bot.send_message(chat.id, str(number))
    return botapi.replies(chat)


def ids(*messages: Message) -> list[str]:
    return [str(message.id) for message in messages]


# --- taking messages away --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "calls"),
    [(1, ["deleteMessage"]), (3, ["deleteMessages"]), (101, ["deleteMessages", "deleteMessage"])],
)
async def test_messages_are_taken_away_in_as_few_calls_as_possible(
    botapi: BotApi, bot: TelegramBot, chat: TelegramChat, group: Chat, count: int, calls: list[str]
) -> None:
    await chat.remove(str(group.id), ids(*await post(botapi, bot, group, count)))
    assert botapi.replies(group) == []
    assert [call.method for call in botapi.calls if call.method != "sendMessage"] == calls


@pytest.mark.parametrize("count", [1, 2])
async def test_messages_that_are_gone_are_passed_over(
    botapi: BotApi, bot: TelegramBot, chat: TelegramChat, group: Chat, count: int
) -> None:
    messages = ids(*await post(botapi, bot, group, count))
    for _ in range(2):
        await chat.remove(str(group.id), messages)
    assert botapi.replies(group) == []


async def test_a_message_that_is_too_old_does_not_keep_the_others(
    botapi: BotApi, bot: TelegramBot, chat: TelegramChat, group: Chat
) -> None:
    messages = await post(botapi, bot, group, 3)
    botapi.age(messages[1], hours=49)
    await chat.remove(str(group.id), ids(*messages))
    assert botapi.replies(group) == [messages[1]]


async def test_nothing_is_taken_away_from_a_chat_that_is_gone_or_moved(
    botapi: BotApi, bot: TelegramBot, chat: TelegramChat, ada: User, group: Chat
) -> None:
    messages = ids(*await post(botapi, bot, group, 2))
    botapi.remove_bot(group, ada)
    await chat.remove(str(group.id), messages)
    old = botapi.group("Foxes", members=[ada], basic=True)
    messages = ids(*await post(botapi, bot, old, 1))
    new = botapi.upgrade(old)
    await chat.remove(str(old.id), messages)
    assert botapi.calls_of("deleteMessage", new) == []


async def test_messages_stay_until_telegram_answers(
    botapi: BotApi, bot: TelegramBot, chat: TelegramChat, group: Chat
) -> None:
    messages = ids(*await post(botapi, bot, group, 1))
    botapi.bad_gateway("deleteMessage")
    with pytest.raises(ChatUnavailable):
        await chat.remove(str(group.id), messages)
    botapi.fail("deleteMessage", 429, "Too Many Requests: retry after 7", {"retry_after": 7})
    with pytest.raises(ChatUnavailable) as limited:
        await chat.remove(str(group.id), messages)
    assert limited.value.after == 7
    await chat.remove(str(group.id), messages)
    assert botapi.replies(group) == []


# --- who administers a chat ------------------------------------------------------------------------------


async def test_creators_and_administrators_are_admins_and_members_are_not(
    botapi: BotApi, chat: TelegramChat, ada: User
) -> None:
    bob, eve = botapi.user("Bob"), botapi.user("Eve")
    group = botapi.group("Foxes", members=[ada, bob, eve])
    botapi.promote(group, bob)
    found = [await chat.is_admin(str(group.id), str(person.id)) for person in (ada, bob, eve)]
    assert found == [True, True, False]


async def test_who_speaks_in_the_name_of_the_chat_is_an_admin(
    botapi: BotApi, chat: TelegramChat, group: Chat
) -> None:
    assert await chat.is_admin(str(group.id), str(group.id))
    assert botapi.calls == []


async def test_admins_are_found_in_the_new_home_of_a_group(
    botapi: BotApi, chat: TelegramChat, ada: User
) -> None:
    old = botapi.group("Foxes", members=[ada], basic=True)
    botapi.upgrade(old)
    assert await chat.is_admin(str(old.id), str(ada.id))


async def test_nobody_is_an_admin_where_the_bot_sees_nothing(
    botapi: BotApi, chat: TelegramChat, ada: User, group: Chat
) -> None:
    assert not await chat.is_admin("-1009", str(ada.id))
    assert not await chat.is_admin(str(group.id), "4711")
    for code, words in ((400, "Bad Request: user not found"), (403, "Forbidden: bot was kicked")):
        botapi.fail("getChatMember", code, words)
        assert not await chat.is_admin(str(group.id), str(ada.id))


async def test_an_admin_is_not_taken_for_a_member_because_telegram_does_not_answer(
    botapi: BotApi, chat: TelegramChat, ada: User, group: Chat
) -> None:
    botapi.bad_gateway("getChatMember")
    with pytest.raises(ChatUnavailable):
        await chat.is_admin(str(group.id), str(ada.id))
