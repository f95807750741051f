"""The gateways of the sandbox: a new one is a file that imitates it and a line here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.sandbox.evolink import EvoLink
from bot.sandbox.evolink_files import SERVICE as EVOLINK_FILES
from bot.sandbox.evolink_files import EvoLinkFiles
from bot.sandbox.evolink_wire import GATEWAY as EVOLINK
from bot.sandbox.openai_images import OpenAIImages
from bot.sandbox.openai_rows import CRAZYROUTER, DIEYUYUN, OPENAI
from bot.sandbox.qwen_image_2512 import GATEWAY as QWEN_IMAGE_2512
from bot.sandbox.qwen_image_2512 import QwenImage2512
from bot.sandbox.realmrouter import GATEWAY as REALMROUTER
from bot.sandbox.realmrouter import RealmRouter

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.desk import Desk
    from bot.sandbox.imitation import Imitation


@dataclass(frozen=True, slots=True)
class Entry:
    gateway: str
    """The id, and the first part of every path."""
    base_path: str
    """What follows the id in the base address a client is configured with."""
    build: Callable[[Desk], Imitation]
    link_life: timedelta = timedelta(hours=1)
    """Of its result links; an hour where the vendor does not say it."""


REGISTRY: Final = (
    Entry(CRAZYROUTER.id, "/v1", partial(OpenAIImages, row=CRAZYROUTER)),
    Entry(DIEYUYUN.id, "/v1", partial(OpenAIImages, row=DIEYUYUN)),
    Entry(OPENAI.id, "/v1", partial(OpenAIImages, row=OPENAI)),
    Entry(QWEN_IMAGE_2512, "", QwenImage2512),
    Entry(REALMROUTER, "/v1", RealmRouter),
    Entry(EVOLINK, "", EvoLink, link_life=timedelta(hours=24)),
)


@dataclass(frozen=True, slots=True)
class Service:
    """What a gateway serves at an address of its own, with the same desk."""

    gateway: str
    path: str
    build: Callable[[Desk], Imitation]


SERVICES: Final = (Service(EVOLINK, EVOLINK_FILES, EvoLinkFiles),)
