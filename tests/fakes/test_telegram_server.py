"""What people do reaches the real library, and what it does shows in the chats."""

import asyncio

import pytest
from telegram import (
    Bot,
    ReplyParameters,
    Update,
)
from telegram.error import (
    Conflict,
)
from telegram.ext import CallbackQueryHandler, CommandHandler, ContextTypes

from tests.fakes.library import keyboard, library_bot, png, refused, running
from tests.fakes.telegram import BotApi, Chat, User


async def test_an_application_answers_a_command_over_long_polling(api: BotApi, ann: User, chat: Chat) -> None:
    async def draw(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_photo(png(40, 30), caption="a fox", do_quote=True)

    async with running(api, CommandHandler("draw", draw)):
        asked = api.say(ann, chat, "/draw a fox")
        [photo] = await api.wait_for_photos(chat)
    assert (photo.width, photo.height, photo.caption) == (40, 30, "a fox")
    assert photo.reply_to is asked
    assert api.violations == []


async def test_a_pressed_button_reaches_the_bot_and_is_answered_once(
    api: BotApi, ann: User, chat: Chat
) -> None:
    async def pressed(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer("on it")

    async with running(api, CallbackQueryHandler(pressed)) as application:
        sent = await application.bot.send_message(chat.id, "done", reply_markup=keyboard("again:7"))
        query = api.press(ann, chat.history[sent.message_id], "again:7")
        answer = await api.wait_for(lambda: query.answer)
        assert answer["text"] == "on it"
        late = await refused(application.bot.answer_callback_query(query.id))
    assert late.startswith("query is too old")


async def test_a_late_callback_answer_is_refused(api: BotApi, bot: Bot, ann: User, chat: Chat) -> None:
    sent = await bot.send_message(chat.id, "done", reply_markup=keyboard("a"))
    query = api.press(ann, chat.history[sent.message_id], "a")
    api.expire(query)
    assert (await refused(bot.answer_callback_query(query.id))).startswith("query is too old")
    with pytest.raises(ValueError, match="no button"):
        api.press(ann, chat.history[sent.message_id], "b")


async def test_commands_are_marked_with_offsets_in_utf_16(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    api.say(ann, chat, "🦊 /draw@drawbridge_test_bot it")
    [update] = await bot.get_updates()
    assert update.message is not None
    [entity] = update.message.entities
    assert (entity.type, entity.offset) == ("bot_command", 3)
    assert update.message.parse_entity(entity) == "/draw@drawbridge_test_bot"


async def test_updates_rise_stay_until_confirmed_and_can_be_repeated(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    first = api.say(ann, chat, "one")
    api.say(ann, chat, "two")
    before = await bot.get_updates()
    assert [update.update_id for update in await bot.get_updates()] == [update.update_id for update in before]
    assert before[0].update_id < before[1].update_id
    assert await bot.get_updates(offset=before[1].update_id + 1) == ()
    api.repeat(first)
    [again] = await bot.get_updates(offset=before[1].update_id + 1)
    assert again.update_id == before[0].update_id


async def test_a_poll_waits_for_news_and_returns_empty_in_its_time(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=5))
    await api.wait_for(lambda: api.calls_of("getUpdates"))
    api.say(ann, chat, "hello")
    [update] = await asyncio.wait_for(waiting, 2)
    assert await bot.get_updates(offset=update.update_id + 1, timeout=0) == ()


async def test_a_second_poller_ends_the_first_with_a_conflict(api: BotApi, bot: Bot) -> None:
    async with library_bot(api) as other:
        first = asyncio.create_task(bot.get_updates(timeout=5))
        await api.wait_for(lambda: api.calls_of("getUpdates"))
        second = asyncio.create_task(other.get_updates(timeout=1))
        assert "terminated by other getupdates" in await refused(first, Conflict)
        api.say(api.user("Bob"), api.private(api.user("Bob")), "hi")
        assert len(await second) == 1


async def test_only_asked_kinds_of_updates_are_queued(api: BotApi, bot: Bot, ann: User, chat: Chat) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    api.say(ann, chat, "unheard")
    assert await bot.get_updates() == ()
    await bot.get_updates(allowed_updates=[])
    api.say(ann, chat, "heard")
    assert len(await bot.get_updates()) == 1


async def test_messages_stay_in_their_topic(api: BotApi, bot: Bot, ann: User) -> None:
    forum = api.group("Friends", members=[ann], forum=True)
    topic = api.topic(forum, "Foxes")
    asked = api.say(ann, forum, "/draw", topic=topic)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert (update.message.message_thread_id, update.message.is_topic_message) == (topic.id, True)
    await bot.send_photo(forum.id, png(), message_thread_id=topic.id)
    inherited = await bot.send_message(forum.id, "reply", reply_parameters=ReplyParameters(asked.id))
    assert inherited.message_thread_id == topic.id
    assert [photo.thread_id for photo in api.photos(forum)] == [topic.id]
    api.delete_topic(forum, topic)
    refusal = await refused(bot.send_message(forum.id, "late", message_thread_id=topic.id))
    assert refusal == "message thread not found"


async def test_the_general_topic_takes_actions_by_number_but_messages_only_without(
    api: BotApi, bot: Bot, ann: User
) -> None:
    forum = api.group("Friends", members=[ann], forum=True)
    await bot.send_chat_action(forum.id, "upload_photo", message_thread_id=1)
    assert await refused(bot.send_message(forum.id, "x", message_thread_id=1)) == "message thread not found"
    assert (await bot.send_message(forum.id, "x")).message_thread_id is None


async def test_a_reply_thread_outside_topics_is_numbered_but_no_topic(
    api: BotApi, bot: Bot, ann: User
) -> None:
    group = api.group("Friends", members=[ann])
    first = api.say(ann, group, "look")
    api.say(ann, group, "/draw", reply_to=first)
    _, update = await bot.get_updates()
    assert update.message is not None
    assert (update.message.message_thread_id, update.message.is_topic_message) == (first.id, None)
    assert (
        await refused(bot.send_message(group.id, "x", message_thread_id=first.id))
        == "message thread not found"
    )


async def test_privacy_mode_hides_what_is_not_meant_for_the_bot() -> None:
    async with BotApi.serve(privacy=True) as api, library_bot(api) as bot:
        ann = api.user("Ann")
        group = api.group("Friends", members=[ann])
        for text in ("chatter", "/draw@other_bot it", "/draw it", "/draw@drawbridge_test_bot it"):
            api.say(ann, group, text)
        await bot.send_message(group.id, "here")
        api.say(ann, group, "/draw now I spoke last")
        api.say(ann, group, "and a reply", reply_to=api.replies(group)[-1])
        texts = [update.message.text for update in await bot.get_updates() if update.message]
    assert texts == ["/draw@drawbridge_test_bot it", "/draw now I spoke last", "and a reply"]


async def test_members_are_known_with_their_rights(api: BotApi, bot: Bot, ann: User) -> None:
    bob = api.user("Bob")
    group = api.group("Friends", members=[ann, bob], bot_is_admin=True)
    assert (await bot.get_chat_member(group.id, ann.id)).status == "creator"
    assert (await bot.get_chat_member(group.id, bob.id)).status == "member"
    assert (await bot.get_chat_member(group.id, bot.id)).status == "administrator"
    leading = await bot.get_chat_administrators(group.id)
    assert {member.user.first_name for member in leading} == {"Ann", "Drawbridge"}
    assert (await bot.get_chat(group.id)).title == "Friends"
    said = api.say(bob, group, "rude")
    assert await bot.delete_message(group.id, said.id)


async def test_an_album_from_a_person_arrives_as_separate_updates(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    api.send_photo(ann, chat, png(300, 200), caption="/edit make it night", media_group_id="77")
    api.send_photo(ann, chat, png(310, 200), media_group_id="77")
    api.send_document(ann, chat, png(), filename="fox.png", mime_type="image/png")
    first, second, third = [update.message for update in await bot.get_updates()]
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.caption_entities[0].type == "bot_command"
    assert first.media_group_id == second.media_group_id == "77"
    assert [size.width for size in first.photo] == [90, 300]
    assert third.document is not None
    assert third.document.mime_type == "image/png"
