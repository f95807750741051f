"""The methods and objects this server knows, as the Bot API documents them (edition 10.1).

One line per method: ``name:type`` for an optional parameter, ``name!:type`` for a required one; types are
``int``, ``str``, ``bool``, ``chat`` (a number, or text for a public name), ``file`` (an uploaded part, or
text: a file id or ``attach://part``), ``=word`` (exactly this word), ``[type]`` (a list), or an object below.

A documented parameter that is missing here is not imitated: using it counts as a violation, so that a test
cannot pass because the server ignored what the bot asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: str
    required: bool


def _fields(line: str) -> Mapping[str, Field]:
    fields = {}
    for item in line.split():
        name, _, kind = item.partition(":")
        fields[name.rstrip("!")] = Field(name.rstrip("!"), kind, required=name.endswith("!"))
    return fields


_SEND: Final = (
    "chat_id!:chat message_thread_id:int disable_notification:bool protect_content:bool"
    " allow_paid_broadcast:bool reply_parameters:ReplyParameters"
)
_MARKUP: Final = "reply_markup:ReplyMarkup"
_TEXT: Final = "parse_mode:str entities:[MessageEntity] link_preview_options:LinkPreviewOptions"
_CAPTION: Final = "caption:str parse_mode:str caption_entities:[MessageEntity]"
_EDIT: Final = "chat_id:chat message_id:int reply_markup:InlineKeyboardMarkup"
_COMMANDS: Final = "scope:BotCommandScope language_code:str"
_MEDIA: Final = f"media!:str {_CAPTION}"

METHODS: Final[Mapping[str, Mapping[str, Field]]] = {
    name: _fields(line)
    for name, line in {
        "getMe": "",
        "getUpdates": "offset:int limit:int timeout:int allowed_updates:[str]",
        "setWebhook": "url!:str ip_address:str max_connections:int allowed_updates:[str]"
        " drop_pending_updates:bool secret_token:str",
        "deleteWebhook": "drop_pending_updates:bool",
        "getWebhookInfo": "",
        "sendMessage": f"{_SEND} text!:str {_TEXT} {_MARKUP}",
        "sendPhoto": f"{_SEND} photo!:file {_CAPTION} has_spoiler:bool {_MARKUP}",
        "sendDocument": f"{_SEND} document!:file {_CAPTION} disable_content_type_detection:bool {_MARKUP}",
        "sendMediaGroup": f"{_SEND} media!:[InputMedia]",
        "sendChatAction": "chat_id!:chat message_thread_id:int action!:str",
        "editMessageText": f"{_EDIT} text:str {_TEXT}",
        "editMessageCaption": f"{_EDIT} {_CAPTION}",
        "editMessageMedia": f"{_EDIT} media!:InputMedia",
        "editMessageReplyMarkup": _EDIT,
        "deleteMessage": "chat_id!:chat message_id!:int",
        "deleteMessages": "chat_id!:chat message_ids!:[int]",
        "setMessageReaction": "chat_id!:chat message_id!:int reaction:[ReactionType] is_big:bool",
        "answerCallbackQuery": "callback_query_id!:str text:str show_alert:bool url:str cache_time:int",
        "setMyCommands": f"commands!:[BotCommand] {_COMMANDS}",
        "getMyCommands": _COMMANDS,
        "deleteMyCommands": _COMMANDS,
        "setMyDescription": "description:str language_code:str",
        "setMyShortDescription": "short_description:str language_code:str",
        "getChat": "chat_id!:chat",
        "getChatMember": "chat_id!:chat user_id!:int",
        "getChatAdministrators": "chat_id!:chat return_bots:bool",
        "getFile": "file_id!:str",
    }.items()
}

OBJECTS: Final[Mapping[str, Mapping[str, Field]]] = {
    name: _fields(line)
    for name, line in {
        "ReplyParameters": "message_id!:int chat_id:chat allow_sending_without_reply:bool",
        "MessageEntity": "type!:str offset!:int length!:int url:str language:str custom_emoji_id:str",
        "LinkPreviewOptions": "is_disabled:bool url:str",
        "InlineKeyboardMarkup": "inline_keyboard!:[[InlineKeyboardButton]]",
        "InlineKeyboardButton": "text!:str url:str callback_data:str",
        "ReplyKeyboardRemove": "remove_keyboard!:bool selective:bool",
        "ForceReply": "force_reply!:bool input_field_placeholder:str selective:bool",
        "InputMediaPhoto": f"type!:=photo {_MEDIA} has_spoiler:bool",
        "InputMediaDocument": f"type!:=document {_MEDIA} disable_content_type_detection:bool",
        "BotCommand": "command!:str description!:str",
        "BotCommandScopeDefault": "type!:=default",
        "BotCommandScopeAllPrivateChats": "type!:=all_private_chats",
        "BotCommandScopeAllGroupChats": "type!:=all_group_chats",
        "BotCommandScopeAllChatAdministrators": "type!:=all_chat_administrators",
        "BotCommandScopeChat": "type!:=chat chat_id!:chat",
        "BotCommandScopeChatAdministrators": "type!:=chat_administrators chat_id!:chat",
        "BotCommandScopeChatMember": "type!:=chat_member chat_id!:chat user_id!:int",
        "ReactionTypeEmoji": "type!:=emoji emoji!:str",
        "ReactionTypeCustomEmoji": "type!:=custom_emoji custom_emoji_id!:str",
    }.items()
}

UNIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "ReplyMarkup": ("InlineKeyboardMarkup", "ReplyKeyboardRemove", "ForceReply"),
    "InputMedia": ("InputMediaPhoto", "InputMediaDocument"),
    "BotCommandScope": tuple(name for name in OBJECTS if name.startswith("BotCommandScope")),
    "ReactionType": ("ReactionTypeEmoji", "ReactionTypeCustomEmoji"),
}
