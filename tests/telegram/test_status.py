"""The status message of a job."""

from dataclasses import replace

import pytest

from bot.domain.jobs import Job
from bot.domain.problems import Key, problem
from bot.frontends.telegram import TelegramChat
from bot.ports.chat import ChatGone, ChatUnavailable, Stage, Status
from tests.fakes.telegram import BotApi
from tests.telegram.studio import Studio

DRAWING = Status(Stage.DRAWING, model="max")
DONE = Status(Stage.DONE, pictures=1, seconds=4)
FAILED = Status(Stage.FAILED, problem=problem(Key.MODERATED), returned=1)


async def shown(chat: TelegramChat, job: Job, status: Status = DRAWING) -> Job:
    """The job with its status message."""
    return replace(job, status_message=await chat.show(job, status))


async def test_the_first_status_answers_the_command(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    person = botapi.user("Ada")
    command = botapi.say(person, botapi.private(person), "/draw a fox")
    message = await chat.show(studio.job(command.chat, command), Status(Stage.QUEUED, place=2))
    (reply,) = botapi.replies(command.chat)
    assert message == str(reply.id)
    assert reply.reply_to is command
    assert reply.text == "In the queue, place 2 …"


async def test_the_status_appears_in_the_topic_of_the_command(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    person = botapi.user("Ada")
    forum = botapi.group("Foxes", members=[person], forum=True)
    topic = botapi.topic(forum, "Drawings")
    await chat.show(studio.job(forum, topic=topic), DRAWING)
    assert botapi.replies(forum)[0].thread_id == topic.id


async def test_the_status_appears_without_topic_and_command_when_they_are_gone(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    person = botapi.user("Ada")
    forum = botapi.group("Foxes", members=[person], forum=True)
    topic = botapi.topic(forum, "Drawings")
    command = botapi.say(person, forum, "/draw a fox", topic=topic)
    botapi.delete(command)
    botapi.delete_topic(forum, topic)
    await chat.show(studio.job(forum, command, topic=topic), DRAWING)
    (reply,) = botapi.replies(forum)
    assert (reply.thread_id, reply.reply_to) == (None, None)


async def test_the_status_becomes_the_companion_of_the_result(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    private = botapi.private(botapi.user("Ada"))
    job = await shown(chat, studio.job(private))
    assert await chat.show(job, DONE) == job.status_message
    (reply,) = botapi.replies(private)
    assert reply.text == "Done in 4 s."


async def test_changes_that_come_too_soon_are_asked_to_wait_and_the_last_word_is_not(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    private = botapi.private(botapi.user("Ada"))
    job = await shown(chat, studio.job(private), Status(Stage.QUEUED, place=1))
    with pytest.raises(ChatUnavailable) as early:
        await chat.show(job, DRAWING)
    assert 2 < early.value.after <= 3
    await chat.show(job, FAILED)
    assert len(botapi.calls_of("editMessageText")) == 1


@pytest.mark.parametrize("stage", [Stage.FETCHING, Stage.SENDING])
async def test_a_stage_that_hardly_lasts_is_not_told_at_once(
    botapi: BotApi, chat: TelegramChat, restarted: TelegramChat, studio: Studio, stage: Stage
) -> None:
    job = await shown(chat, studio.job(botapi.private(botapi.user("Ada"))))
    with pytest.raises(ChatUnavailable) as early:
        await restarted.show(job, Status(stage))
    assert 4 < early.value.after <= 5
    assert botapi.calls_of("editMessageText") == []


async def test_a_status_of_before_a_restart_is_edited_at_once(
    botapi: BotApi, chat: TelegramChat, restarted: TelegramChat, studio: Studio
) -> None:
    private = botapi.private(botapi.user("Ada"))
    job = await shown(chat, studio.job(private), Status(Stage.QUEUED, place=1))
    await restarted.show(job, DRAWING)
    assert botapi.replies(private)[0].text.startswith("Drawing")


async def test_saying_the_same_again_is_fine(botapi: BotApi, chat: TelegramChat, studio: Studio) -> None:
    job = await shown(chat, studio.job(botapi.private(botapi.user("Ada"))))
    await chat.show(job, DONE)
    assert await chat.show(job, DONE) == job.status_message
    assert [call.status for call in botapi.calls_of("editMessageText")] == [200, 400]


@pytest.mark.parametrize("status", [DONE, DRAWING])
async def test_a_deleted_status_message_does_not_come_back_when_all_goes_well(
    botapi: BotApi, chat: TelegramChat, restarted: TelegramChat, studio: Studio, status: Status
) -> None:
    private = botapi.private(botapi.user("Ada"))
    job = await shown(chat, studio.job(private))
    botapi.delete(botapi.replies(private)[0])
    assert await restarted.show(job, status) == job.status_message
    assert botapi.replies(private) == []


async def test_a_failure_is_told_anew_when_the_status_message_was_deleted(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    private = botapi.private(botapi.user("Ada"))
    job = await shown(chat, studio.job(private))
    botapi.delete(botapi.replies(private)[0])
    message = await chat.show(job, FAILED)
    (reply,) = botapi.replies(private)
    assert message == str(reply.id) != job.status_message


async def test_nothing_is_said_beside_a_result_that_never_had_a_status(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    assert await chat.show(studio.job(botapi.private(botapi.user("Ada"))), DONE) is None
    assert botapi.calls == []


async def test_a_limited_change_fails_at_once_and_the_last_word_waits(
    botapi: BotApi, chat: TelegramChat, restarted: TelegramChat, studio: Studio
) -> None:
    private = botapi.private(botapi.user("Ada"))
    job = await shown(chat, studio.job(private))
    botapi.fail("editMessageText", 429, "Too Many Requests: retry after 1", {"retry_after": 1})
    with pytest.raises(ChatUnavailable) as limited:
        await restarted.show(job, DRAWING)
    assert limited.value.after == 1
    await restarted.show(job, DONE)
    (reply,) = botapi.replies(private)
    assert reply.text == "Done in 4 s."


async def test_a_blocked_bot_finds_the_chat_gone(botapi: BotApi, chat: TelegramChat, studio: Studio) -> None:
    person = botapi.user("Ada")
    job = studio.job(botapi.private(person))
    botapi.block(person)
    with pytest.raises(ChatGone):
        await chat.show(job, DRAWING)


async def test_an_unknown_chat_is_gone(botapi: BotApi, chat: TelegramChat, studio: Studio) -> None:
    job = studio.job(botapi.private(botapi.user("Ada")))
    with pytest.raises(ChatGone):
        await chat.show(replace(job, address=replace(job.address, chat="424242")), DRAWING)


async def test_a_failing_platform_is_unavailable_and_no_cause_tells_the_token(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    job = studio.job(botapi.private(botapi.user("Ada")))
    botapi.bad_gateway("sendMessage")
    with pytest.raises(ChatUnavailable) as away:
        await chat.show(job, DRAWING)
    assert away.value.__cause__ is None
    assert away.value.__suppress_context__
    botapi.cut("sendMessage", "before")
    with pytest.raises(ChatUnavailable):
        await chat.show(job, DRAWING)


async def test_a_group_that_became_a_supergroup_is_answered_in_its_new_home(
    botapi: BotApi, chat: TelegramChat, studio: Studio
) -> None:
    person = botapi.user("Ada")
    old, new = botapi.group("Foxes", members=[person]), botapi.group("Foxes", members=[person])
    moved = {"migrate_to_chat_id": new.id}
    botapi.fail("sendMessage", 400, "Bad Request: group chat was upgraded", moved, chat=old, times=None)
    await chat.show(studio.job(old), DRAWING)
    await chat.show(studio.job(old), DRAWING)
    assert len(botapi.replies(new)) == 2
    assert len(botapi.calls_of("sendMessage", old)) == 1
