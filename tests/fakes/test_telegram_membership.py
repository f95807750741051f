"""Who belongs where and may do what: the bot added, muted, removed; administrators; a group's upgrade."""

import pytest
from telegram import (
    Bot,
    ChatMemberAdministrator,
    ChatMemberRestricted,
    InputMediaDocument,
    InputMediaPhoto,
    Update,
)
from telegram.error import ChatMigrated, Forbidden

from tests.fakes.library import keyboard, library_bot, png, refused
from tests.fakes.telegram import BotApi, Chat, User


@pytest.fixture
def group(api: BotApi, ann: User) -> Chat:
    return api.group("Friends", members=[ann])


async def test_a_restricted_bot_is_told_and_sends_only_what_it_still_may(
    api: BotApi, bot: Bot, ann: User, group: Chat
) -> None:
    status = await bot.send_message(group.id, "drawing")
    api.restrict_bot(group, by=ann, photos=False)
    assert await refused(bot.send_photo(group.id, png())) == "not enough rights to send photos to the chat"
    assert "send photos" in await refused(bot.send_media_group(group.id, [InputMediaPhoto(png())] * 2))
    edit = bot.edit_message_media(InputMediaPhoto(png()), group.id, status.message_id)
    assert "send photos" in await refused(edit)
    await bot.send_document(group.id, png(), filename="fox.png")
    [update] = await bot.get_updates()
    assert update.my_chat_member is not None
    now = update.my_chat_member.new_chat_member
    assert isinstance(now, ChatMemberRestricted)
    assert (now.can_send_messages, now.can_send_photos, now.can_send_documents) == (True, False, True)


async def test_a_muted_bot_may_neither_write_nor_react(api: BotApi, bot: Bot, ann: User, group: Chat) -> None:
    said = api.say(ann, group, "/draw a fox")
    api.restrict_bot(group, by=ann, messages=False, photos=False, documents=False)
    refusal = await refused(bot.send_message(group.id, "no"))
    assert refusal == "not enough rights to send text messages to the chat"
    refusal = await refused(bot.send_document(group.id, png()))
    assert refusal == "not enough rights to send documents to the chat"
    await refused(bot.set_message_reaction(group.id, said.id, "👀"), Forbidden)
    member = await bot.get_chat_member(group.id, bot.id)
    assert member.status == "restricted"
    api.unrestrict_bot(group, by=ann)
    await bot.send_message(group.id, "yes")


async def test_what_a_group_forbids_everyone_binds_the_bot_unless_it_is_an_administrator(
    api: BotApi, bot: Bot, group: Chat
) -> None:
    api.permit(group, photos=False)
    assert await bot.get_updates() == ()
    assert "send photos" in await refused(bot.send_photo(group.id, png()))
    permissions = (await bot.get_chat(group.id)).permissions
    assert permissions is not None
    assert (permissions.can_send_messages, permissions.can_send_photos) == (True, False)
    api.promote(group, api.world.bot)
    await bot.send_photo(group.id, png())


async def test_administrators_come_and_go_with_their_rights(
    api: BotApi, bot: Bot, ann: User, group: Chat
) -> None:
    bob = api.user("Bob")
    api.promote(group, bob, rights=["can_restrict_members"], anonymous=True)
    assert {admin.user.id for admin in await bot.get_chat_administrators(group.id)} == {ann.id, bob.id}
    member = await bot.get_chat_member(group.id, bob.id)
    assert isinstance(member, ChatMemberAdministrator)
    assert (member.can_restrict_members, member.can_delete_messages) == (True, False)
    assert member.is_anonymous
    api.demote(group, bob)
    assert (await bot.get_chat_member(group.id, bob.id)).status == "member"
    assert (await bot.get_chat_member(group.id, api.user("Eve").id)).status == "left"
    with pytest.raises(ValueError, match="can_fly"):
        api.promote(group, bob, rights=["can_fly"])


async def test_the_bot_hears_of_other_members_only_as_an_administrator_that_asked(
    api: BotApi, bot: Bot, group: Chat
) -> None:
    bob = api.user("Bob")
    await bot.get_updates(allowed_updates=Update.ALL_TYPES)
    api.promote(group, bob)
    api.promote(group, api.world.bot)
    api.demote(group, bob)
    own, others = await bot.get_updates()
    assert own.my_chat_member is not None
    assert own.my_chat_member.new_chat_member.status == "administrator"
    assert others.chat_member is not None
    assert others.chat_member.old_chat_member.status == "administrator"


async def test_an_administrators_right_decides_whether_others_messages_can_be_deleted(
    api: BotApi, bot: Bot, ann: User, group: Chat
) -> None:
    said = api.say(ann, group, "rude")
    assert await refused(bot.delete_message(group.id, said.id)) == "message can't be deleted"
    api.promote(group, api.world.bot, rights=["can_pin_messages"])
    assert await refused(bot.delete_message(group.id, said.id)) == "message can't be deleted"
    api.promote(group, api.world.bot)
    await bot.delete_message(group.id, said.id)
    assert api.deleted(group) == [said]


async def test_a_group_the_bot_was_never_in_is_unknown_until_somebody_adds_it(
    api: BotApi, bot: Bot, ann: User
) -> None:
    group = api.group("Strangers", members=[ann], with_bot=False)
    api.say(ann, group, "/draw unheard")
    assert await refused(bot.send_message(group.id, "x")) == "chat not found"
    api.add_bot(group, by=ann)
    added, greeted = await bot.get_updates()
    assert added.my_chat_member is not None
    assert added.my_chat_member.old_chat_member.status == "left"
    assert greeted.message is not None
    assert [member.id for member in greeted.message.new_chat_members] == [bot.id]
    await bot.send_message(group.id, "hello")


async def test_a_removed_bot_hears_nothing_more_and_may_be_added_again(
    api: BotApi, bot: Bot, ann: User, group: Chat
) -> None:
    api.remove_bot(group, by=ann)
    api.say(ann, group, "/draw unheard")
    refusal = await refused(bot.send_message(group.id, "x"), Forbidden)
    assert refusal == "forbidden: bot was kicked from the supergroup chat"
    [update] = await bot.get_updates()
    assert update.my_chat_member is not None
    api.add_bot(group, by=ann)
    await bot.send_message(group.id, "x")


async def test_an_upgraded_group_goes_on_under_a_new_number(api: BotApi, bot: Bot, ann: User) -> None:
    group = api.group("Friends", members=[ann], basic=True, bot_is_admin=True)
    sent = await bot.send_message(group.id, "one")
    assert sent.chat.type == "group"
    new = api.upgrade(group)
    leaving, arriving = [update.message for update in await bot.get_updates()]
    assert leaving is not None
    assert (leaving.chat.id, leaving.migrate_to_chat_id) == (group.id, new.id)
    assert arriving is not None
    assert (arriving.chat.id, arriving.migrate_from_chat_id) == (new.id, group.id)
    assert (arriving.message_id, arriving.chat.type) == (1, "supergroup")
    assert (await bot.send_message(new.id, "two")).message_id == 2
    assert (await bot.get_chat_member(new.id, bot.id)).status == "administrator"


async def test_every_call_to_the_old_number_names_the_new_one(api: BotApi, bot: Bot, ann: User) -> None:
    group = api.group("Friends", members=[ann], basic=True)
    sent = await bot.send_message(group.id, "one", reply_markup=keyboard("again"))
    new = api.upgrade(group)
    calls = [
        bot.send_message(group.id, "x"),
        bot.send_media_group(group.id, [InputMediaDocument(png())] * 2),
        bot.edit_message_text("x", group.id, sent.message_id),
        bot.delete_message(group.id, sent.message_id),
        bot.send_chat_action(group.id, "typing"),
        bot.get_chat(group.id),
    ]
    for call in calls:
        with pytest.raises(ChatMigrated) as caught:
            await call
        assert caught.value.new_chat_id == new.id
    assert api.calls_of("sendMessage")[-1].error == (
        "Bad Request: group chat was upgraded to a supergroup chat"
    )
    with pytest.raises(ValueError, match="supergroup now"):
        api.say(ann, group, "anyone here?")


async def test_basic_groups_lack_what_only_supergroups_have(api: BotApi, bot: Bot, ann: User) -> None:
    group = api.group("Friends", members=[ann], basic=True)
    first = api.say(ann, group, "look")
    api.say(ann, group, "there", reply_to=first)
    _, update = await bot.get_updates()
    assert update.message is not None
    assert update.message.message_thread_id is None
    with pytest.raises(ValueError, match="supergroups only"):
        api.restrict_bot(group, by=ann)
    with pytest.raises(ValueError, match="forum"):
        api.group("Topics", basic=True, forum=True)
    with pytest.raises(ValueError, match="cannot be upgraded"):
        api.upgrade(api.group("Super", members=[ann]))


async def test_service_messages_pass_privacy_mode_and_the_bot_says_whether_it_reads_all() -> None:
    async with BotApi.serve(privacy=True) as api, library_bot(api) as bot:
        ann = api.user("Ann")
        group = api.group("Strangers", members=[ann], with_bot=False)
        api.add_bot(group, by=ann)
        api.say(ann, group, "chatter")
        api.promote(group, api.world.bot)
        api.say(ann, group, "heard now")
        updates = await bot.get_updates()
        assert (await bot.get_me()).can_read_all_group_messages is False
    messages = [update.message.text for update in updates if update.message]
    assert messages == [None, "heard now"]
