"""Groups that come, go, move, and do not let us speak."""

import asyncio

import pytest
import structlog

from bot.core.talk import Event, Incoming, Reply
from bot.domain.jobs import Address
from bot.frontends.telegram import TelegramBot
from bot.i18n.texts import FluentTexts
from bot.ports.store import StoreBusy
from tests.fakes.telegram import BotApi, Chat, User
from tests.telegram.listening import Ear, echo, receiving


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada", language_code="de")


@pytest.fixture
def private(botapi: BotApi, ada: User) -> Chat:
    return botapi.private(ada)


async def spoken_to(botapi: BotApi, ear: Ear, person: User) -> None:
    """Wait until all that happened before was heard."""
    heard = len(ear.heard)
    botapi.say(person, botapi.private(person), "/help")
    await ear.hears(heard + 1)


# --- coming --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basic", [False, True])
async def test_a_group_that_we_are_added_to_is_greeted_once(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, basic: bool
) -> None:
    group = botapi.group("Foxes", members=[ada], with_bot=False, basic=basic)
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.add_bot(group, ada)
        await botapi.wait_for_text(group, "Hello!")
        await spoken_to(botapi, ear, ada)
    (event,) = ear.greeted
    assert event.address == Address("telegram", str(group.id))
    assert (event.person, event.language, event.private) == (str(ada.id), "de", False)
    assert event.event_key.startswith(f"telegram:123456:joined:{group.id}:")
    assert len(botapi.replies(group)) == 1


async def test_a_channel_that_makes_us_an_admin_is_greeted(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    channel = botapi.channel("Foxes", [ada])
    ear = Ear()
    async with receiving(bot, ear, texts):
        botapi.remove_bot(channel, ada)
        botapi.promote(channel, botapi.world.bot)
        await botapi.wait_for_text(channel, "Hello!")


async def test_other_changes_are_noted_in_silence(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    group = botapi.group("Foxes", members=[ada])
    ear = Ear()
    with structlog.testing.capture_logs() as logs:
        async with receiving(bot, ear, texts):
            botapi.block(ada)
            botapi.unblock(ada)
            botapi.promote(group, botapi.world.bot)
            botapi.demote(group, botapi.world.bot)
            botapi.restrict_bot(group, ada, messages=False)
            botapi.unrestrict_bot(group, ada)
            botapi.remove_bot(group, ada)
            await spoken_to(botapi, ear, ada)
    assert ear.greeted == []
    assert botapi.replies(group) == botapi.replies(private) == []
    noted = [entry["now"] for entry in logs if entry["event"] == "telegram membership"]
    assert noted == ["kicked", "member", "administrator", "member", "restricted", "member", "kicked"]


async def test_a_greeting_that_fails_stops_nothing(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    async def busy(_event: Event) -> Reply | None:
        raise StoreBusy("for a test")

    ear = Ear(greeting=busy)
    async with receiving(bot, ear, texts):
        botapi.add_bot(botapi.group("Foxes", members=[ada], with_bot=False), ada)
        await spoken_to(botapi, ear, ada)
    assert len(ear.greeted) == 1


# --- moving --------------------------------------------------------------------------------------------


async def test_a_group_that_becomes_a_supergroup_is_known_by_its_new_number(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    old = botapi.group("Foxes", members=[ada], basic=True)
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        new = botapi.upgrade(old)
        botapi.say(ada, new, "/help")
        await botapi.wait_for_text(new, "/help")
    assert set(ear.moves) == {("telegram", str(old.id), str(new.id))}


async def test_a_move_is_told_again_when_it_could_not_be_noted(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    attempts: list[None] = []

    async def busy_at_first() -> None:
        attempts.append(None)
        if len(attempts) == 1:
            raise StoreBusy("for a test")

    group = botapi.group("Foxes", members=[ada])
    told = {"migrate_from_chat_id": -4}
    ear = Ear(moving=busy_at_first)
    async with receiving(bot, ear, texts):
        message = {"message_id": 1, "date": 1, "chat": group.wire(), "from": ada.wire()}
        botapi.world.updates.push("message", message | told)
        await ear.until(lambda: len(ear.moves) == 2)
    assert set(ear.moves) == {("telegram", "-4", str(group.id))}


async def test_a_move_that_an_answer_runs_into_is_told_and_the_answer_follows(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    old = botapi.group("Foxes", members=[ada], basic=True)
    new = botapi.group("Foxes", members=[ada])
    moved = {"migrate_to_chat_id": new.id}
    botapi.fail("sendMessage", 400, "Bad Request: group chat was upgraded to a supergroup chat", moved)
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        botapi.say(ada, old, "/help")
        await botapi.wait_for_text(new, "You said /help")
        await ear.until(lambda: bool(ear.moves))
    assert ear.moves == [("telegram", str(old.id), str(new.id))]


# --- where we may not speak ----------------------------------------------------------------------------


async def test_what_a_group_does_not_take_is_said_to_the_person_alone_and_once(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    group = botapi.group("Foxes", members=[ada])
    botapi.permit(group, messages=False)
    async with receiving(bot, Ear(echo), texts):
        botapi.say(ada, group, "/help")
        reply = await botapi.wait_for_text(private, "You said /help")
    assert reply.reply_to is None
    assert len(botapi.calls_of("sendMessage")) == 2


async def test_what_a_group_does_not_take_of_us_after_it_removed_us_is_said_in_private(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User, private: Chat
) -> None:
    group = botapi.group("Foxes", members=[ada])
    release = asyncio.Event()

    async def late(incoming: Incoming) -> str:
        await release.wait()
        return f"You said {incoming.text}"

    ear = Ear(late)
    async with receiving(bot, ear, texts):
        botapi.say(ada, group, "/help")
        await ear.hears()
        botapi.remove_bot(group, ada)
        release.set()
        await botapi.wait_for_text(private, "You said /help")


async def test_who_cannot_be_reached_at_all_is_left_in_peace(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    group = botapi.group("Foxes", members=[ada])
    botapi.permit(group, messages=False)
    botapi.block(ada)
    with structlog.testing.capture_logs() as logs:
        async with receiving(bot, Ear(echo), texts):
            botapi.say(ada, group, "/help")
            await botapi.wait_for(lambda: len(botapi.calls_of("sendMessage")) == 2)
    assert [call.status for call in botapi.calls_of("sendMessage")] == [400, 403]
    assert {entry["log_level"] for entry in logs} == {"info"}


async def test_an_anonymous_admin_is_not_sought_in_private(
    botapi: BotApi, bot: TelegramBot, texts: FluentTexts, ada: User
) -> None:
    group = botapi.group("Foxes", members=[ada])
    ear = Ear(echo)
    async with receiving(bot, ear, texts):
        botapi.fail("sendMessage", 400, "Bad Request: not enough rights to send text messages to the chat")
        botapi.say(ada, group, "/help", anonymous=True)
        await botapi.wait_for(lambda: botapi.counts()["sendMessage", 400])
    assert len(botapi.calls_of("sendMessage")) == 1
