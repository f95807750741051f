"""The rules of inline keyboards."""

from typing import Any

from tests.fakes.telegram.arguments import Arguments
from tests.fakes.telegram.chats import Wire
from tests.fakes.telegram.errors import bad_request


def checked_markup(args: Arguments) -> Wire | None:
    """The call's reply_markup; None for an empty inline keyboard. Raises Refusal 400 for a bad button."""
    markup: Wire | None = args.get("reply_markup")
    rows = (markup or {}).get("inline_keyboard")
    if rows is None:
        return markup
    for row in rows:
        for button in row:
            _check_button(button)
    return markup if any(rows) else None


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
    if "url" in button and not button["url"].startswith(("http://", "https://", "tg://")):
        raise bad_request("BUTTON_URL_INVALID")
