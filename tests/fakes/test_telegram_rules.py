"""The Bot API's rules for sending and editing, seen through the real library."""

import hashlib
import json
import random

import aiohttp
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    ForceReply,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import Forbidden, NetworkError

from tests.fakes.library import keyboard, library_bot, png, refused
from tests.fakes.telegram import BotApi, Chat, User
from tests.fakes.telegram.api import TEST_TOKEN


async def test_texts_are_parsed_trimmed_and_limited(bot: Bot, chat: Chat) -> None:
    sent = await bot.send_message(chat.id, " 🦊 <b>bold &amp; <i>both</i></b>\n", parse_mode="HTML")
    assert sent.text == "🦊 bold & both"
    assert [(entity.type, entity.offset, entity.length) for entity in sent.entities] == [
        ("bold", 3, 11),
        ("italic", 10, 4),
    ]
    assert (
        len((await bot.send_message(chat.id, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")).text or "")
        == 4096
    )
    assert await refused(bot.send_message(chat.id, "x" * 4097)) == "message is too long"
    assert await refused(bot.send_message(chat.id, " \n")) == "message text is empty"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<div>no</div>", 'Unsupported start tag "div" at byte offset 0'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_broken_html_is_refused(bot: Bot, chat: Chat, text: str, complaint: str) -> None:
    refusal = await refused(bot.send_message(chat.id, text, parse_mode="HTML"))
    assert refusal == f"can't parse entities: {complaint}".casefold()


async def test_a_photo_is_measured_hashed_and_can_be_downloaded_and_sent_again(
    api: BotApi, bot: Bot, chat: Chat
) -> None:
    data = png(120, 50)
    sent = await bot.send_photo(chat.id, data, caption="<i>fox</i>", parse_mode="HTML", filename="fox.png")
    [photo] = api.photos(chat)
    assert (photo.kind, photo.width, photo.height, photo.filename) == ("photo", 120, 50, "fox.png")
    assert photo.file.sha256 == hashlib.sha256(data).hexdigest()
    file = await bot.get_file(sent.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == data
    await bot.send_photo(chat.id, sent.photo[-1].file_id)
    assert len(api.photos(chat)) == 2


async def test_photo_limits_are_those_of_the_documentation(bot: Bot, chat: Chat) -> None:
    noise = random.Random(1).randbytes(10 * 1024 * 1024 + 1)
    assert await refused(bot.send_photo(chat.id, b"not an image")) == "image_process_failed"
    assert await refused(bot.send_photo(chat.id, png(9990, 11))) == "photo_invalid_dimensions"
    assert await refused(bot.send_photo(chat.id, png(21, 1))) == "photo_invalid_dimensions"
    assert "too big for a photo" in await refused(bot.send_photo(chat.id, noise))
    assert await refused(bot.send_photo(chat.id, png(), caption="x" * 1025)) == "message caption is too long"
    assert (await bot.send_document(chat.id, noise, filename="noise.bin")).document is not None


async def test_more_than_50_mb_is_not_read(bot: Bot, chat: Chat) -> None:
    enormous = bytes(50 * 1024 * 1024 + 1)
    assert "too large" in await refused(bot.send_document(chat.id, enormous), NetworkError)


async def test_an_album_has_two_to_ten_items_of_one_kind(api: BotApi, bot: Bot, chat: Chat) -> None:
    photos = [InputMediaPhoto(png(10 + n, 5), caption=f"number {n}") for n in range(3)]
    sent = await bot.send_media_group(chat.id, photos)
    assert len({message.media_group_id for message in sent}) == 1
    assert [(photo.width, photo.caption) for photo in api.photos(chat)] == [
        (10, "number 0"),
        (11, "number 1"),
        (12, "number 2"),
    ]
    mixed: list[InputMediaPhoto | InputMediaDocument] = [InputMediaPhoto(png()), InputMediaDocument(png())]
    assert "can't be mixed" in await refused(bot.send_media_group(chat.id, mixed))
    assert "2-10" in await refused(bot.send_media_group(chat.id, photos[:1]))
    assert "2-10" in await refused(bot.send_media_group(chat.id, photos * 4))


async def test_dropped_uploads_keep_their_measures_only(ann: User) -> None:
    async with BotApi.serve(keep_uploads=False) as api, library_bot(api) as bot:
        chat = api.private(api.user("Ann"))
        data = png(64, 32)
        sent = await bot.send_document(chat.id, data, filename="fox.png")
        [photo] = api.photos(chat)
        assert (photo.kind, photo.width, photo.height, photo.file.size) == ("document", 64, 32, len(data))
        assert photo.file.data is None
        assert sent.document is not None
        assert "temporarily unavailable" in await refused(bot.get_file(sent.document.file_id))


@pytest.mark.parametrize("data", ["", "x" * 65, "é" * 33])
async def test_callback_data_is_1_to_64_bytes(bot: Bot, chat: Chat, data: str) -> None:
    assert await refused(bot.send_message(chat.id, "x", reply_markup=keyboard(data))) == "button_data_invalid"


async def test_a_reply_to_a_missing_message_is_refused_unless_allowed(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    asked = api.say(ann, chat, "/draw")
    reply = await bot.send_message(
        chat.id, "yes?", reply_parameters=ReplyParameters(asked.id), reply_markup=ForceReply()
    )
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.message_id == asked.id
    api.delete(asked)
    refusal = await refused(bot.send_message(chat.id, "yes?", reply_parameters=ReplyParameters(asked.id)))
    assert refusal == "message to be replied not found"
    lenient = ReplyParameters(asked.id, allow_sending_without_reply=True)
    assert (await bot.send_message(chat.id, "yes?", reply_parameters=lenient)).reply_to_message is None


async def test_a_chat_the_bot_may_not_write_to_is_refused(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    group = api.group("Friends", members=[ann])
    stranger = api.user("Bob")
    assert await refused(bot.send_message(stranger.id, "hi")) == "chat not found"
    api.block(ann)
    refusal = await refused(bot.send_message(chat.id, "hi"), Forbidden)
    assert refusal == "forbidden: bot was blocked by the user"
    api.remove_bot(group, by=ann)
    assert "kicked" in await refused(bot.send_message(group.id, "hi"), Forbidden)
    blocked, removed = await bot.get_updates()
    assert blocked.my_chat_member is not None
    assert removed.my_chat_member is not None
    assert removed.my_chat_member.new_chat_member.status == "kicked"
    api.unblock(ann)
    await bot.send_message(chat.id, "hi again")


async def test_edits_change_the_message_and_an_unchanged_one_is_refused(
    api: BotApi, bot: Bot, chat: Chat
) -> None:
    sent = await bot.send_message(chat.id, "waiting", reply_markup=keyboard("cancel"))
    await bot.edit_message_text("drawing", chat.id, sent.message_id)
    [message] = api.messages(chat)
    assert (message.text, message.buttons) == ("drawing", {})
    assert "not modified" in await refused(bot.edit_message_text("drawing", chat.id, sent.message_id))
    await bot.edit_message_reply_markup(chat.id, sent.message_id, reply_markup=keyboard("again"))
    assert message.buttons == {"Again": "again"}
    assert "no caption" in await refused(bot.edit_message_caption(chat.id, sent.message_id, caption="x"))
    await bot.edit_message_media(InputMediaPhoto(png(50, 40), caption="fox"), chat.id, sent.message_id)
    await bot.edit_message_caption(chat.id, sent.message_id, caption="a fox")
    [photo] = api.photos(chat)
    assert (photo.width, photo.caption) == (50, "a fox")
    assert "no text" in await refused(bot.edit_message_text("x", chat.id, sent.message_id))


async def test_a_deleted_or_foreign_message_cannot_be_edited(
    api: BotApi, bot: Bot, ann: User, chat: Chat
) -> None:
    sent = await bot.send_message(chat.id, "waiting")
    await bot.delete_message(chat.id, sent.message_id)
    assert [message.text for message in api.deleted(chat)] == ["waiting"]
    assert await refused(bot.edit_message_text("x", chat.id, sent.message_id)) == "message to edit not found"
    assert await refused(bot.delete_message(chat.id, sent.message_id)) == "message to delete not found"
    said = api.say(ann, chat, "hello")
    assert await refused(bot.edit_message_text("x", chat.id, said.id)) == "message can't be edited"


async def test_only_one_allowed_reaction_is_taken(api: BotApi, bot: Bot, ann: User, chat: Chat) -> None:
    said = api.say(ann, chat, "/draw")
    await bot.set_message_reaction(chat.id, said.id, "👀")
    assert said.reactions == ("👀",)
    assert await refused(bot.set_message_reaction(chat.id, said.id, "✅")) == "reaction_invalid"
    assert await refused(bot.set_message_reaction(chat.id, said.id, ["👀", "🎉"])) == "reactions_too_many"


async def test_menus_are_kept_per_scope_and_language(api: BotApi, bot: Bot, chat: Chat) -> None:
    await bot.set_my_commands([BotCommand("draw", "Draw")])
    await bot.set_my_commands([("draw", "画图")], language_code="zh")
    await bot.set_my_commands([("draw", "Here")], scope=BotCommandScopeChat(chat.id))
    assert api.menu() == {"draw": "Draw"}
    assert api.menu(language_code="zh") == {"draw": "画图"}
    assert api.menu({"type": "chat", "chat_id": chat.id}) == {"draw": "Here"}
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    assert await refused(bot.set_my_commands([("Draw", "Draw")])) == "bot_command_invalid"
    await bot.set_my_description("Draws.")
    await bot.set_my_short_description("Draws.")
    assert (await bot.get_me()).username == "drawbridge_test_bot"


async def test_json_and_forms_are_read_and_unknown_parameters_are_violations(api: BotApi, chat: Chat) -> None:
    url = f"{api.url}/bot{TEST_TOKEN}/sendMessage"
    form = {
        "chat_id": str(chat.id),
        "text": "form",
        "link_preview_options": json.dumps({"is_disabled": True}),
    }
    body = {"chat_id": chat.id, "text": "json", "txet": "x", "link_preview_options": {"colour": "red"}}
    async with aiohttp.ClientSession() as http:
        async with http.post(url, data=form) as answer:
            assert (await answer.json())["ok"]
        assert api.violations == []
        async with http.post(url, json=body) as answer:
            assert (await answer.json())["ok"]
    assert [message.text for message in api.messages(chat)] == ["form", "json"]
    assert api.violations == [
        "sendMessage: unknown parameter 'txet'",
        "sendMessage.link_preview_options: unknown parameter 'colour'",
    ]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"text": "x"}, "chat_id is empty"),
        ({"chat_id": 1001}, "message text is empty"),
        ({"chat_id": "one", "text": "x"}, "chat not found"),
        (
            {"chat_id": 1001, "text": "x", "message_thread_id": "a"},
            'parameter "message_thread_id" must be of type Integer',
        ),
        ({"chat_id": 1001, "text": "x", "reply_markup": "{"}, "can't parse reply_markup JSON object"),
        (
            {"chat_id": 1001, "text": "x", "reply_markup": {"keys": []}},
            "can't parse reply_markup: not a ReplyMarkup",
        ),
        (
            {"chat_id": 1001, "text": "x", "protect_content": "maybe"},
            'parameter "protect_content" must be of type Boolean',
        ),
    ],
)
async def test_missing_and_mistyped_parameters_are_refused(
    api: BotApi, chat: Chat, body: dict[str, object], complaint: str
) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{api.url}/bot{TEST_TOKEN}/sendMessage", json=body) as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["description"] == f"Bad Request: {complaint}"


async def test_the_library_breaks_no_rule(api: BotApi, bot: Bot, chat: Chat) -> None:
    await bot.send_message(
        chat.id,
        "x",
        disable_notification=True,
        protect_content=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_markup=keyboard("x"),
    )
    await bot.send_photo(chat.id, png(), has_spoiler=True)
    await bot.send_document(chat.id, png(), filename="a.png", disable_content_type_detection=True)
    await bot.send_media_group(chat.id, [InputMediaDocument(png(), filename=f"{n}.png") for n in range(2)])
    assert api.violations == []
