"""The status message of a job: when there is one, what it says, and how often it changes."""

import asyncio
from dataclasses import replace

import pytest

from bot.core.buttons import read_press
from bot.core.talk import Verb
from bot.domain.jobs import Job
from bot.domain.problems import Key, problem
from bot.domain.request import OutputForm
from bot.frontends.telegram import TelegramBot, TelegramChat
from bot.frontends.telegram.pacing import Manners
from bot.i18n.texts import FluentTexts
from bot.ports.chat import ChatGone, ChatUnavailable, Offers, Stage, Status
from tests.fakes.telegram import BotApi, Chat, User
from tests.telegram.studio import Studio

QUEUED = Status(Stage.QUEUED, place=2)
DRAWING = Status(Stage.DRAWING, model="max")
DONE = Status(Stage.DONE, pictures=1, seconds=4)
ALL_DONE = Status(Stage.DONE, pictures=3, seconds=9, offers=Offers(seed=True))
MODERATED = Status(Stage.FAILED, problem=problem(Key.MODERATED), returned=1)
BROKEN = Status(Stage.FAILED, problem=problem(Key.INTERNAL, job="job1"), returned=1)
CANCELLED = Status(Stage.CANCELLED, returned=1)


@pytest.fixture
def ada(botapi: BotApi) -> User:
    return botapi.user("Ada")


@pytest.fixture
def private(botapi: BotApi, ada: User) -> Chat:
    return botapi.private(ada)


@pytest.fixture
def group(botapi: BotApi, ada: User) -> Chat:
    return botapi.group("Foxes", members=[ada])


async def shown(chat: TelegramChat, job: Job, status: Status = DRAWING) -> Job:
    """The job with its status message."""
    return replace(job, status_message=await chat.show(job, status))


async def finished(studio: Studio, job: Job, pictures: int) -> Job:
    return replace(job, pictures=await studio.pictures(job, pictures))


async def seconds_until_told(chat: TelegramChat, job: Job, status: Status = DRAWING) -> float:
    with pytest.raises(ChatUnavailable) as early:
        await chat.show(job, status)
    return early.value.after


def methods(botapi: BotApi) -> list[str]:
    return [call.method for call in botapi.calls]


def offered(botapi: BotApi, chat: Chat) -> list[Verb]:
    """What the buttons of the bot's only message do."""
    (reply,) = botapi.replies(chat)
    found = [read_press(data) for data in reply.buttons.values()]
    return [press[0] for press in found if press]


# --- while the job is young ------------------------------------------------------------------------------


async def test_a_young_job_in_a_group_gets_one_reaction_and_nothing_else(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, group: Chat
) -> None:
    command = botapi.say(ada, group, "/draw a fox")
    job = studio.job(group, command, age=1)
    assert 28 < await seconds_until_told(chat, job, QUEUED) <= 29
    await seconds_until_told(chat, job)
    assert command.reactions == ("👀",)
    assert methods(botapi) == ["setMessageReaction"]


async def test_a_group_without_reactions_is_left_in_peace_for_a_while(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, group: Chat
) -> None:
    botapi.forbid_reactions(group)
    for _ in range(2):
        job = studio.job(group, botapi.say(ada, group, "/draw a fox"), age=1)
        assert 28 < await seconds_until_told(chat, job) <= 29
    assert methods(botapi) == ["setMessageReaction"]


async def test_reactions_are_tried_again_after_a_while(
    botapi: BotApi, bot: TelegramBot, studio: Studio, texts: FluentTexts, ada: User, group: Chat
) -> None:
    chat = TelegramChat(bot, studio.media, texts, manners=Manners(reactions_after=0))
    command = botapi.say(ada, group, "/draw a fox")
    botapi.forbid_reactions(group)
    await seconds_until_told(chat, studio.job(group, command, age=1))
    botapi.forbid_reactions(group, allowed=["👀"])
    await seconds_until_told(chat, studio.job(group, command, age=1))
    assert command.reactions == ("👀",)


async def test_a_deleted_command_does_not_keep_the_next_from_its_reaction(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, group: Chat
) -> None:
    deleted, command = (botapi.say(ada, group, "/draw a fox") for _ in range(2))
    botapi.delete(deleted)
    await seconds_until_told(chat, studio.job(group, deleted, age=1))
    await seconds_until_told(chat, studio.job(group, command, age=1))
    assert command.reactions == ("👀",)


@pytest.mark.parametrize("error", [429, 500])
async def test_a_reaction_that_does_not_work_out_is_no_trouble(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, group: Chat, error: int
) -> None:
    botapi.fail("setMessageReaction", error, "Too Many Requests", {"retry_after": 1})
    job = studio.job(group, botapi.say(ada, group, "/draw a fox"), age=1)
    assert 28 < await seconds_until_told(chat, job) <= 29


async def test_a_group_reads_of_a_job_that_takes_half_a_minute(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, group: Chat
) -> None:
    command = botapi.say(ada, group, "/draw a fox")
    message = await chat.show(studio.job(group, command, age=30), DRAWING)
    (reply,) = botapi.replies(group)
    assert (message, reply.reply_to) == (str(reply.id), command)
    assert methods(botapi) == ["sendMessage"]


@pytest.mark.parametrize("status", [QUEUED, DRAWING, Status(Stage.PAUSED), Status(Stage.LATE)])
async def test_a_young_job_in_a_private_chat_shows_only_an_upload(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat, status: Status
) -> None:
    assert 4.4 < await seconds_until_told(chat, studio.job(private, age=1), status) <= 4.5
    (call,) = botapi.calls
    assert (call.method, call.parameters["action"]) == ("sendChatAction", "upload_photo")


async def test_a_file_to_come_is_shown_as_the_upload_of_a_file(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    await seconds_until_told(chat, studio.job(private, output=OutputForm.FILE, age=1))
    assert botapi.calls[0].parameters["action"] == "upload_document"


async def test_the_upload_is_shown_again_before_it_fades_and_once_for_all_jobs_of_a_chat(
    botapi: BotApi, bot: TelegramBot, studio: Studio, texts: FluentTexts, private: Chat
) -> None:
    chat = TelegramChat(bot, studio.media, texts, manners=Manners(action_every=0.1))
    jobs = [studio.job(private, age=1) for _ in range(2)]
    for job in jobs:
        wait = await seconds_until_told(chat, job)
    assert methods(botapi) == ["sendChatAction"]
    await asyncio.sleep(wait)
    await seconds_until_told(chat, jobs[0])
    assert methods(botapi) == ["sendChatAction"] * 2


async def test_an_upload_that_cannot_be_shown_is_no_trouble(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    botapi.bad_gateway("sendChatAction")
    assert await seconds_until_told(chat, studio.job(private, age=1)) <= 4.5


async def test_the_last_wait_ends_when_the_status_message_is_due(
    chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    assert 0 < await seconds_until_told(chat, studio.job(private, age=9)) <= 1


async def test_a_restart_does_not_make_a_job_young_again(
    botapi: BotApi, chat: TelegramChat, restarted: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = studio.job(private, age=9.95)
    await asyncio.sleep(await seconds_until_told(chat, job) + 0.01)
    await restarted.show(job, DRAWING)
    assert len(botapi.replies(private)) == 1


# --- the status message ----------------------------------------------------------------------------------


async def test_the_first_status_answers_the_command_and_can_be_cancelled_while_queued(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, private: Chat
) -> None:
    command = botapi.say(ada, private, "/draw a fox")
    message = await chat.show(studio.job(private, command, age=10), QUEUED)
    (reply,) = botapi.replies(private)
    assert message == str(reply.id)
    assert reply.reply_to is command
    assert reply.text == "In the queue, place 2 …"
    assert offered(botapi, private) == [Verb.CANCEL]


async def test_what_is_being_drawn_is_not_offered_to_be_cancelled(
    botapi: BotApi, chat: TelegramChat, restarted: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = await shown(chat, studio.job(private), QUEUED)
    await restarted.show(job, DRAWING)
    assert offered(botapi, private) == []


async def test_the_status_appears_in_the_topic_of_the_command(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User
) -> None:
    forum = botapi.group("Foxes", members=[ada], forum=True)
    topic = botapi.topic(forum, "Drawings")
    await chat.show(studio.job(forum, topic=topic), DRAWING)
    assert botapi.replies(forum)[0].thread_id == topic.id


async def test_the_status_appears_without_topic_and_command_when_they_are_gone(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User
) -> None:
    forum = botapi.group("Foxes", members=[ada], forum=True)
    topic = botapi.topic(forum, "Drawings")
    command = botapi.say(ada, forum, "/draw a fox", topic=topic)
    botapi.delete(command)
    botapi.delete_topic(forum, topic)
    await chat.show(studio.job(forum, command, topic=topic), DRAWING)
    (reply,) = botapi.replies(forum)
    assert (reply.thread_id, reply.reply_to) == (None, None)


async def test_changes_that_come_too_soon_are_asked_to_wait_and_the_last_word_is_not(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = await shown(chat, studio.job(private), QUEUED)
    assert 2 < await seconds_until_told(chat, job) <= 3
    await chat.show(job, MODERATED)
    assert methods(botapi) == ["sendMessage", "editMessageText"]


async def test_a_group_sees_changes_less_often(chat: TelegramChat, studio: Studio, group: Chat) -> None:
    job = await shown(chat, studio.job(group), QUEUED)
    assert 9 < await seconds_until_told(chat, job) <= 10


@pytest.mark.parametrize("stage", [Stage.FETCHING, Stage.SENDING])
async def test_a_stage_that_hardly_lasts_is_not_told_at_once(
    botapi: BotApi,
    chat: TelegramChat,
    restarted: TelegramChat,
    studio: Studio,
    private: Chat,
    stage: Stage,
) -> None:
    job = await shown(chat, studio.job(private))
    assert 4 < await seconds_until_told(restarted, job, Status(stage)) <= 5
    await seconds_until_told(restarted, studio.job(private), Status(stage))
    assert methods(botapi) == ["sendMessage", "sendChatAction"]


async def test_a_status_of_before_a_restart_is_edited_at_once(
    botapi: BotApi, chat: TelegramChat, restarted: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = await shown(chat, studio.job(private), QUEUED)
    await restarted.show(job, DRAWING)
    assert botapi.replies(private)[0].text.startswith("Drawing")


async def test_saying_the_same_again_is_fine(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = await shown(chat, studio.job(private))
    await chat.show(job, MODERATED)
    assert await chat.show(job, MODERATED) == job.status_message
    assert [call.status for call in botapi.calls_of("editMessageText")] == [200, 400]


async def test_a_deleted_status_message_does_not_come_back_before_the_end(
    botapi: BotApi, chat: TelegramChat, restarted: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = await shown(chat, studio.job(private))
    botapi.delete(botapi.replies(private)[0])
    assert await restarted.show(job, QUEUED) == job.status_message
    assert botapi.replies(private) == []


async def test_a_limited_change_fails_at_once_and_the_last_word_waits(
    botapi: BotApi, chat: TelegramChat, restarted: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = await shown(chat, studio.job(private), QUEUED)
    botapi.fail("editMessageText", 429, "Too Many Requests: retry after 1", {"retry_after": 1})
    assert await seconds_until_told(restarted, job) == 1
    await restarted.show(job, CANCELLED)
    (reply,) = botapi.replies(private)
    assert reply.text.startswith("Cancelled.")


# --- the end ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [MODERATED, CANCELLED])
async def test_bad_news_of_a_young_job_comes_at_once_as_a_reply(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, group: Chat, status: Status
) -> None:
    command = botapi.say(ada, group, "/draw a fox")
    message = await chat.show(studio.job(group, command, age=1), status)
    (reply,) = botapi.replies(group)
    assert (message, reply.reply_to) == (str(reply.id), command)
    assert methods(botapi) == ["sendMessage"]


async def test_what_failed_by_no_fault_of_the_person_can_be_tried_again(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    await chat.show(await shown(chat, studio.job(private)), BROKEN)
    assert offered(botapi, private) == [Verb.AGAIN]


async def test_a_failure_is_told_anew_when_the_status_message_was_deleted(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = await shown(chat, studio.job(private))
    botapi.delete(botapi.replies(private)[0])
    message = await chat.show(job, MODERATED)
    (reply,) = botapi.replies(private)
    assert message == str(reply.id) != job.status_message


async def test_nothing_is_said_beside_a_single_picture(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    assert await chat.show(await finished(studio, studio.job(private), 1), DONE) is None
    assert methods(botapi) == []


async def test_the_status_message_makes_way_for_a_single_picture(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = await finished(studio, await shown(chat, studio.job(private)), 1)
    assert await chat.show(job, DONE) is None
    assert botapi.replies(private) == []
    assert await chat.show(job, DONE) is None


async def test_the_status_message_becomes_the_companion_of_an_album(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = await finished(studio, await shown(chat, studio.job(private, count=3)), 3)
    assert await chat.show(job, ALL_DONE) == job.status_message
    (reply,) = botapi.replies(private)
    assert reply.text == "Done in 9 s."
    assert [len(row) for row in reply.keyboard] == [2, 3, 2]


@pytest.mark.parametrize("deleted", [True, False])
async def test_an_album_without_a_status_message_gets_a_companion_below_the_command(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, group: Chat, deleted: bool
) -> None:
    command = botapi.say(ada, group, "/draw a fox")
    job = studio.job(group, command, count=3)
    if deleted:
        job = await shown(chat, job)
        botapi.delete(botapi.replies(group)[0])
    message = await chat.show(await finished(studio, job, 3), ALL_DONE)
    (reply,) = botapi.replies(group)
    assert (message, reply.reply_to) == (str(reply.id), command)
    assert reply.buttons


@pytest.mark.parametrize(("pictures", "on_companion"), [(1, False), (2, True)])
async def test_missing_pictures_are_told_and_no_button_is_there_twice(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat, pictures: int, on_companion: bool
) -> None:
    job = await finished(studio, studio.job(private, count=3), pictures)
    await chat.show(job, Status(Stage.DONE, pictures=pictures, returned=3 - pictures, seconds=9))
    (reply,) = botapi.replies(private)
    assert f"{pictures} of 3 pictures" in reply.text
    assert bool(reply.buttons) is on_companion


# --- trouble ---------------------------------------------------------------------------------------------


async def test_a_blocked_bot_finds_the_chat_gone(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, private: Chat
) -> None:
    botapi.block(ada)
    with pytest.raises(ChatGone):
        await chat.show(studio.job(private), DRAWING)


async def test_an_unknown_chat_is_gone(chat: TelegramChat, studio: Studio, private: Chat) -> None:
    job = studio.job(private)
    with pytest.raises(ChatGone):
        await chat.show(replace(job, address=replace(job.address, chat="424242")), DRAWING)


async def test_a_group_that_takes_no_words_is_gone_for_the_status(
    botapi: BotApi, chat: TelegramChat, studio: Studio, ada: User, group: Chat
) -> None:
    botapi.restrict_bot(group, ada, messages=False)
    with pytest.raises(ChatGone):
        await chat.show(studio.job(group), MODERATED)
    assert len(botapi.calls) == 1


async def test_a_failing_platform_is_unavailable_and_no_cause_tells_the_token(
    botapi: BotApi, chat: TelegramChat, studio: Studio, private: Chat
) -> None:
    job = studio.job(private)
    botapi.bad_gateway("sendMessage")
    with pytest.raises(ChatUnavailable) as away:
        await chat.show(job, DRAWING)
    assert away.value.__cause__ is None
    assert away.value.__suppress_context__
    botapi.cut("sendMessage", "before")
    with pytest.raises(ChatUnavailable):
        await chat.show(job, DRAWING)


async def test_a_group_that_became_a_supergroup_is_answered_in_its_new_home_and_told_of_once(
    botapi: BotApi, bot: TelegramBot, studio: Studio, texts: FluentTexts, ada: User
) -> None:
    told: list[tuple[int, int]] = []
    old = botapi.group("Foxes", members=[ada], basic=True)
    chat = TelegramChat(bot, studio.media, texts, moved=lambda *move: told.append(move))
    new = botapi.upgrade(old)
    await chat.show(studio.job(old), DRAWING)
    await chat.show(studio.job(old), DRAWING)
    assert len(botapi.replies(new)) == 2
    assert len(botapi.calls_of("sendMessage", old)) == 1
    assert told == [(old.id, new.id)]
