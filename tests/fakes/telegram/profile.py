"""The methods about the bot itself: command menus, descriptions, the webhook."""

import json
import re
from typing import Any, Final
from urllib.parse import urlsplit

from tests.fakes.telegram.arguments import Arguments
from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.updates import Webhook
from tests.fakes.telegram.users import Wire
from tests.fakes.telegram.world import World

MAX_COMMANDS: Final = 100
COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE: Final = re.compile(r"|[a-z]{2}")
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
DESCRIPTION_LIMITS: Final = {"description": 512, "short_description": 120}
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def menu_key(scope: dict[str, Any] | None, language_code: str) -> str:
    """Commands are kept per scope and language; no scope means the default one."""
    return json.dumps([scope or {"type": "default"}, language_code], sort_keys=True)


def set_my_commands(world: World, args: Arguments) -> bool:
    commands = args["commands"]
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.fullmatch(command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_menu(world, args)] = commands
    world.changed.ring()
    return True


def get_my_commands(world: World, args: Arguments) -> list[Wire]:
    return world.commands.get(_menu(world, args), [])


def delete_my_commands(world: World, args: Arguments) -> bool:
    world.commands.pop(_menu(world, args), None)
    return True


def set_my_description(world: World, args: Arguments) -> bool:
    return _describe(world, args, "description")


def set_my_short_description(world: World, args: Arguments) -> bool:
    return _describe(world, args, "short_description")


def set_webhook(world: World, args: Arguments) -> bool:
    secret = args.get("secret_token")
    if secret is not None and not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if args["url"]:
        _check_webhook_url(args["url"])
    if args.get("max_connections", 40) not in range(1, 101):
        raise bad_request("max_connections must be from 1 to 100")
    _switch(world, args, Webhook(args["url"], secret, args.get("max_connections", 40)))
    return True


def delete_webhook(world: World, args: Arguments) -> bool:
    _switch(world, args, Webhook())
    return True


def get_webhook_info(world: World, _args: Arguments) -> Wire:
    webhook = world.updates.webhook
    info: Wire = {
        "url": webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates),
        "max_connections": webhook.max_connections,
    }
    if world.updates.allowed:
        info["allowed_updates"] = world.updates.allowed
    if webhook.last_error is not None:
        info["last_error_date"], info["last_error_message"] = webhook.last_error
    return info


def _switch(world: World, args: Arguments, webhook: Webhook) -> None:
    updates = world.updates
    updates.allow(args.get("allowed_updates"))
    if args.get("drop_pending_updates"):
        updates.drop()
    updates.webhook = webhook
    updates.bell.ring()


def _check_webhook_url(url: str) -> None:
    """HTTPS on a documented port; plain HTTP on loopback, as a local Bot API server allows."""
    address = urlsplit(url)
    if address.scheme == "http" and address.hostname in LOOPBACK:
        return
    if address.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if address.port not in {None, 443, 80, 88, 8443}:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def _describe(world: World, args: Arguments, kind: str) -> bool:
    text = args.get(kind, "")
    if len(text) > DESCRIPTION_LIMITS[kind]:
        raise bad_request("BOT_DESCRIPTION_INVALID")
    world.descriptions[kind, _language(args)] = text
    return True


def _menu(world: World, args: Arguments) -> str:
    scope = args.get("scope")
    if scope is not None and "chat_id" in scope:
        world.chat(scope["chat_id"])
    return menu_key(scope, _language(args))


def _language(args: Arguments) -> str:
    language: str = args.get("language_code", "")
    if not LANGUAGE.fullmatch(language):
        raise bad_request("BOT_LANG_CODE_INVALID")
    return language
