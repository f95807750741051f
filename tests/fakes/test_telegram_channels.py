"""Chats that speak: anonymous administrators, channels, people who speak as a channel."""

import pytest
from telegram import Bot, ForceReply, MessageOriginChannel
from telegram.error import Forbidden

from tests.fakes.library import keyboard, png, refused
from tests.fakes.telegram import BotApi, User


async def test_an_anonymous_administrator_speaks_as_the_group(api: BotApi, bot: Bot, ann: User) -> None:
    bob = api.user("Bob")
    group = api.group("Friends", members=[ann, bob])
    said = api.say(ann, group, "/draw a fox", anonymous=True)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.from_user is not None
    assert (update.message.from_user.id, update.message.from_user.is_bot) == (1087968824, True)
    assert update.message.sender_chat == update.message.chat
    assert said.sender is ann
    with pytest.raises(ValueError, match="may not speak as Friends"):
        api.say(bob, group, "me too", anonymous=True)


async def test_a_person_may_speak_in_a_group_as_their_channel(api: BotApi, bot: Bot, ann: User) -> None:
    channel = api.channel("Foxes daily", [ann])
    group = api.group("Friends", members=[ann])
    api.send_photo(ann, group, png(100, 80), caption="/edit it", as_channel=channel)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.from_user is not None
    assert update.message.from_user.username == "Channel_Bot"
    assert update.message.sender_chat is not None
    assert update.message.sender_chat.id == channel.id
    with pytest.raises(ValueError, match="may not speak as Foxes daily"):
        api.say(api.user("Bob"), group, "hi", as_channel=channel)
    with pytest.raises(ValueError, match="nobody speaks as"):
        api.say(ann, group, "hi", as_channel=api.group("Other", members=[ann]))


async def test_what_is_said_in_a_channel_is_a_post_without_a_person(api: BotApi, bot: Bot, ann: User) -> None:
    channel = api.channel("Foxes daily", [ann])
    api.say(ann, channel, "/draw a fox")
    api.send_photo(ann, channel, png(100, 80))
    posts = [update.channel_post for update in await bot.get_updates()]
    for post in posts:
        assert post is not None
        assert post.from_user is None
        assert post.sender_chat == post.chat
        assert post.chat.type == "channel"
    with pytest.raises(ValueError, match="may not speak"):
        api.say(api.user("Bob"), channel, "hi")


async def test_the_bot_works_in_a_channel_that_it_administers(api: BotApi, bot: Bot, ann: User) -> None:
    channel = api.channel("Foxes daily", [ann])
    asked = api.say(ann, channel, "/draw a fox")
    sent = await bot.send_photo(channel.id, png(), caption="a fox", reply_markup=keyboard("again"))
    assert sent.from_user is None
    assert [photo.caption for photo in api.photos(channel)] == ["a fox"]
    await bot.edit_message_caption(channel.id, sent.message_id, caption="a red fox")
    await bot.edit_message_text("/draw a red fox", channel.id, asked.id)
    await bot.set_message_reaction(channel.id, asked.id, "👀")
    assert asked.reactions == ("👀",)
    await bot.delete_message(channel.id, asked.id)
    refusal = await refused(bot.send_message(channel.id, "x", reply_markup=ForceReply()))
    assert refusal == "inline keyboard expected"
    api.promote(channel, api.world.bot, rights=["can_delete_messages"])
    refusal = await refused(bot.send_message(channel.id, "x"))
    assert refusal == "need administrator rights in the channel chat"
    api.remove_bot(channel, by=ann)
    assert "kicked from the channel chat" in await refused(bot.send_message(channel.id, "x"), Forbidden)


async def test_posts_of_a_linked_channel_appear_in_its_group(api: BotApi, bot: Bot, ann: User) -> None:
    channel, group = api.channel("Foxes daily", [ann]), api.group("Friends", members=[ann])
    api.link(channel, group)
    post = api.send_photo(ann, channel, png(100, 80), caption="/edit it")
    first, second = await bot.get_updates()
    assert first.channel_post is not None
    forwarded = second.message
    assert forwarded is not None
    assert forwarded.is_automatic_forward
    assert forwarded.from_user is not None
    assert (forwarded.chat.id, forwarded.from_user.id) == (group.id, 777000)
    assert forwarded.sender_chat is not None
    assert forwarded.sender_chat.id == channel.id
    assert isinstance(forwarded.forward_origin, MessageOriginChannel)
    assert forwarded.forward_origin.message_id == post.id
    assert forwarded.photo == first.channel_post.photo
    assert (await bot.get_chat(channel.id)).linked_chat_id == group.id
    await bot.send_message(channel.id, "our own")
    assert [message.text for message in api.messages(group)] == ["", "our own"]
