"""Deleting and reacting: whose, how many, how late, and never counted by flood control."""

import pytest
from telegram import Bot, InputMediaPhoto

from tests.fakes.library import keyboard, png, refused
from tests.fakes.telegram import BotApi, Chat, FloodLimits, User


async def test_several_messages_are_deleted_and_missing_ones_skipped(
    api: BotApi, bot: Bot, chat: Chat
) -> None:
    sent = [(await bot.send_message(chat.id, str(number))).message_id for number in range(3)]
    await bot.delete_message(chat.id, sent[0])
    await bot.delete_messages(chat.id, [*sent[:2], 4711])
    assert [message.text for message in api.messages(chat)] == ["2"]
    assert "not specified" in await refused(bot.delete_messages(chat.id, []))
    assert "too many" in await refused(bot.delete_messages(chat.id, list(range(1, 102))))


async def test_one_foreign_message_keeps_the_others_too(api: BotApi, bot: Bot, ann: User) -> None:
    group = api.group("Friends", members=[ann])
    said = api.say(ann, group, "mine")
    sent = await bot.send_message(group.id, "its own")
    refusal = await refused(bot.delete_messages(group.id, [sent.message_id, said.id]))
    assert refusal == "message can't be deleted"
    assert len(api.messages(group)) == 2


@pytest.mark.parametrize(
    ("shared", "complaint"),
    [(False, "message can't be deleted for everyone"), (True, "message can't be deleted")],
)
async def test_after_two_days_not_even_its_own_message_can_be_deleted(
    api: BotApi, bot: Bot, ann: User, chat: Chat, shared: bool, complaint: str
) -> None:
    place = api.group("Friends", members=[ann]) if shared else chat
    sent = await bot.send_message(place.id, "old")
    api.age(api.replies(place)[0], hours=47.9)
    api.age(api.replies(place)[0], hours=0.2)
    assert await refused(bot.delete_message(place.id, sent.message_id)) == complaint
    await bot.edit_message_text("still mine", place.id, sent.message_id)


async def test_a_group_allows_all_some_or_no_reactions(api: BotApi, bot: Bot, ann: User) -> None:
    group = api.group("Friends", members=[ann])
    said = api.say(ann, group, "/draw")
    await bot.set_message_reaction(group.id, said.id, "👀")
    api.forbid_reactions(group, allowed=["👍"])
    assert await refused(bot.set_message_reaction(group.id, said.id, "👀")) == "reaction_invalid"
    await bot.set_message_reaction(group.id, said.id, "👍")
    api.forbid_reactions(group)
    assert await refused(bot.set_message_reaction(group.id, said.id, "👍")) == "reaction_invalid"
    assert (await bot.get_chat(group.id)).available_reactions == ()
    await bot.set_message_reaction(group.id, said.id, None)
    assert said.reactions == ()


async def test_a_reaction_to_an_album_item_belongs_to_the_first(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    gone, first, last = api.send_album(ann, chat, [png(), png(), png()])
    api.delete(gone)
    await bot.set_message_reaction(chat.id, last.id, "👀")
    assert (first.reactions, last.reactions) == (("👀",), ())


async def test_actions_reactions_answers_and_deletions_are_free_of_flood_control(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    sent = await bot.send_message(chat.id, "x", reply_markup=keyboard("again"))
    queries = [api.press(ann, api.replies(chat)[0], "again") for _ in range(3)]
    said = [api.say(ann, chat, "hello") for _ in range(4)]
    api.limit(FloodLimits(chat_burst=1, overall_per_second=1))
    await bot.send_message(chat.id, "the only one")
    for query in queries:
        await bot.send_chat_action(chat.id, "upload_photo")
        await bot.answer_callback_query(query.id)
        await bot.set_message_reaction(chat.id, said[0].id, "👀")
    await bot.delete_message(chat.id, sent.message_id)
    await bot.delete_messages(chat.id, [message.id for message in said])
    assert {call.status for call in api.calls} == {200}


async def test_an_album_takes_no_keyboard(api: BotApi, bot: Bot, chat: Chat) -> None:
    album = [InputMediaPhoto(png()), InputMediaPhoto(png())]
    markup = {"reply_markup": keyboard("again").to_json()}
    await bot.send_media_group(chat.id, album, api_kwargs=markup)
    assert api.violations == ["sendMediaGroup: unknown parameter 'reply_markup'"]
