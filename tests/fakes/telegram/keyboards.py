"""The rules of inline keyboards and of forced replies."""

from typing import Any, Final
from urllib.parse import urlsplit

from tests.fakes.telegram.arguments import Arguments
from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.users import Wire
from tests.fakes.telegram.world import World

MAX_BUTTONS: Final = 100
PLACEHOLDER: Final = range(1, 65)


def checked_markup(world: World, chat: Chat, args: Arguments) -> Wire | None:
    """The call's reply_markup; None for an empty inline keyboard. Raises Refusal 400 for a bad button.

    A row without buttons and a placeholder of the wrong length, which the real server mends in silence,
    count as violations.
    """
    markup: Wire | None = args.get("reply_markup")
    if markup is None:
        return None
    if "inline_keyboard" not in markup:
        _check_other(world, chat, markup)
        return markup
    rows = markup["inline_keyboard"]
    if not all(rows):
        world.violations.append("reply_markup: a row without buttons")
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _check_button(button)
    return markup if any(rows) else None


def _check_other(world: World, chat: Chat, markup: Wire) -> None:
    if chat.type == "channel":
        raise bad_request("inline keyboard expected")
    placeholder = markup.get("input_field_placeholder")
    if placeholder is not None and len(placeholder) not in PLACEHOLDER:
        world.violations.append("reply_markup: a placeholder has 1-64 characters")


def _check_button(button: dict[str, Any]) -> None:
    actions = [name for name in ("url", "callback_data") if name in button]
    if not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: text must be non-empty")
    if len(actions) != 1:
        raise bad_request(
            "can't parse inline keyboard button: text buttons are unallowed in the inline keyboard"
        )
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and (fault := _url_fault(button["url"])):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: {fault}")


def _url_fault(url: str) -> str | None:
    try:
        address = urlsplit(url)
    except ValueError:
        return "Wrong HTTP URL"
    if address.scheme not in {"http", "https", "tg"}:
        return "Unsupported URL protocol"
    named = address.netloc if address.scheme == "tg" else "." in (address.hostname or "")
    return None if named else f"Wrong {'tg' if address.scheme == 'tg' else 'HTTP'} URL"
