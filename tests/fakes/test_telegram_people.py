"""What people send besides plain texts, and what of it a bot in privacy mode gets."""

import pytest
from telegram import Bot, MessageOriginUser

from tests.fakes.library import library_bot, png, refused
from tests.fakes.telegram import BotApi, Chat, User


@pytest.mark.parametrize("documents", [False, True])
async def test_an_album_is_an_update_for_each_item_with_one_caption(
    api: BotApi, bot: Bot, ann: User, chat: Chat, documents: bool
) -> None:
    items = [png(30 + n, 20) for n in range(3)]
    sent = api.send_album(ann, chat, items, caption="/edit it", caption_on=1, documents=documents)
    messages = [update.message for update in await bot.get_updates() if update.message]
    assert [message.message_id for message in messages] == [message.id for message in sent]
    assert [message.caption for message in messages] == [None, "/edit it", None]
    assert len({message.media_group_id for message in messages}) == 1
    assert [bool(message.document) for message in messages] == [documents] * 3
    assert [message.file.width for message in sent if message.file] == [30, 31, 32]


async def test_two_albums_are_told_apart_and_one_item_is_none(api: BotApi, ann: User, chat: Chat) -> None:
    first, second = (api.send_album(ann, chat, [png(), png()]) for _ in range(2))
    assert first[0].media_group_id != second[0].media_group_id
    with pytest.raises(ValueError, match="no album of 1"):
        api.send_album(ann, chat, [png()])


async def test_in_privacy_mode_only_what_is_meant_for_the_bot_reaches_it() -> None:
    async with BotApi.serve(privacy=True) as api, library_bot(api) as bot:
        ann = api.user("Ann")
        group = api.group("Friends", members=[ann])
        await bot.send_photo(group.id, png())
        answer = api.replies(group)[0]
        album = [png(), png()]
        api.send_album(ann, group, album, caption="/edit@drawbridge_test_bot it", caption_on=1)
        api.send_album(ann, group, album, caption="just us")
        api.send_photo(ann, group, png(), reply_to=answer)
        api.send_album(ann, group, album, caption="like this", reply_to=answer)
        captions = [update.message.caption for update in await bot.get_updates() if update.message]
    assert captions == ["/edit@drawbridge_test_bot it", None, "like this", None]


async def test_a_reply_to_another_chat_shows_the_picture_there(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    group = api.group("Friends", members=[ann])
    there = api.send_photo(ann, group, png(300, 200), caption="look")
    api.say(ann, chat, "/edit make it night", reply_to=there)
    _, update = await bot.get_updates()
    assert update.message is not None
    assert update.message.reply_to_message is None
    shown = update.message.external_reply
    assert shown is not None
    assert [size.width for size in shown.photo or ()] == [90, 300]
    assert isinstance(shown.origin, MessageOriginUser)
    assert shown.origin.sender_user.id == ann.id
    assert shown.chat is not None
    assert (shown.chat.id, shown.message_id) == (group.id, there.id)


async def test_a_picture_from_a_private_chat_does_not_tell_its_place(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    group = api.group("Friends", members=[ann])
    api.say(ann, group, "this one", reply_to=api.send_photo(ann, chat, png(100, 80)))
    _, update = await bot.get_updates()
    assert update.message is not None
    assert update.message.external_reply is not None
    assert update.message.external_reply.photo
    assert update.message.external_reply.chat is None


async def test_films_are_no_still_images(api: BotApi, bot: Bot, ann: User, chat: Chat) -> None:
    api.send_film(ann, chat, caption="/edit it")
    api.send_film(ann, chat, kind="animation")
    video, animation = [update.message for update in await bot.get_updates()]
    assert video is not None
    assert video.video is not None
    assert video.video.mime_type == "video/mp4"
    assert not video.photo
    assert animation is not None
    assert animation.animation is not None
    assert animation.document is not None  # as documented, for old bots
    assert animation.document.file_id == animation.animation.file_id


async def test_a_file_over_20_mb_is_announced_but_not_handed_out(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    big = bytes(20 * 1024 * 1024 + 1)
    api.send_document(ann, chat, big, filename="big.png", mime_type="image/png")
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.document is not None
    assert update.message.document.file_size == len(big)
    assert await refused(bot.get_file(update.message.document.file_id)) == "file is too big"


async def test_a_deep_link_opens_the_private_chat_with_its_payload(api: BotApi, bot: Bot) -> None:
    bob = api.user("Bob")
    api.start(bob, "draw_fox")
    api.start(bob)
    updates = await bot.get_updates()
    assert [update.message.text for update in updates if update.message] == ["/start draw_fox", "/start"]
    await bot.send_message(bob.id, "hello")
    with pytest.raises(ValueError, match="no deep link"):
        api.start(bob, "a fox")
