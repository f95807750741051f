"""What a person says, and what is answered: one vocabulary of commands for every platform.

A frontend turns its event into `Incoming` and sends back the `Reply`. An accepted `/draw` has no reply:
the job speaks for itself through its status message.
"""

import difflib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.acceptance import Acceptance, Wish
from bot.core.cancellation import Cancellation
from bot.domain.catalogue import Catalogue, Route
from bot.domain.command import Command, read_command, read_request
from bot.domain.jobs import Address
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import Handle, Kind
from bot.ports.store import StoreBusy
from bot.ports.texts import Texts

COMMANDS = ("draw", "edit", "models", "quota", "cancel", "help", "start")
"""The commands there are, in the order of the menus."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text that somebody sent us.

    `event_key` is the platform's own id of this event. `language` is the platform's tag of the person's
    language. In a `private` chat everything is meant for us, elsewhere only commands are. `images` came with
    the text, in their order.
    """

    event_key: str
    platform: str
    person: str
    address: Address
    language: str | None
    text: str
    private: bool
    bot_name: str
    images: tuple[Handle, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A text to send back, in a language. `refused` tells that what was asked is not done."""

    text: str
    locale: str
    refused: bool = False


class Conversation:
    """Answers commands."""

    def __init__(
        self, catalogue: Catalogue, acceptance: Acceptance, cancellation: Cancellation, texts: Texts
    ) -> None:
        self._catalogue = catalogue
        self._acceptance = acceptance
        self._cancellation = cancellation
        self._texts = texts
        self._answers: Mapping[str, Callable[[Incoming, Command, str], Awaitable[str | Problem | None]]] = {
            "start": self._start,
            "help": self._help,
            "draw": self._draw,
            "edit": self._edit,
            "models": self._models,
            "quota": self._quota,
            "cancel": self._cancel,
        }

    async def hear(self, incoming: Incoming) -> Reply | None:
        """Do what was said. None when nothing is to be answered."""
        locale = self._texts.choose(incoming.language)
        try:
            answer = await self._answer(incoming, locale)
        except StoreBusy:
            answer = problem(Key.STORE_BUSY)
        if isinstance(answer, Problem):
            return Reply(self._texts.explain(locale, answer), locale, refused=True)
        return Reply(answer, locale) if answer else None

    async def _answer(self, incoming: Incoming, locale: str) -> str | Problem | None:
        command = read_command(incoming.text)
        if command is None:
            return self._texts.say(locale, "hint-draw") if incoming.private else None
        if command.addressee and command.addressee.casefold() != incoming.bot_name.casefold():
            return None
        answer = self._answers.get(command.name)
        if answer:
            return await answer(incoming, command, locale)
        if not (incoming.private or command.addressee):
            return None  # a command of some other bot in a group
        close = difflib.get_close_matches(command.name, COMMANDS, n=1)
        return problem(
            Key.COMMAND_UNKNOWN, given=f"/{command.name}"[:40], nearest=f"/{close[0]}" if close else ""
        )

    async def _start(self, _incoming: Incoming, _command: Command, locale: str) -> str:
        return self._texts.say(locale, "start")

    async def _help(self, _incoming: Incoming, _command: Command, locale: str) -> str:
        return self._texts.say(locale, "help")

    async def _draw(self, incoming: Incoming, command: Command, locale: str) -> Problem | None:
        if incoming.images:  # a drawing never takes an image silently away, nor turns into an edit
            return problem(Key.REFERENCES_TOO_MANY, given=len(incoming.images), limit=0)
        return await self._ask_for(incoming, command, locale, Kind.DRAW)

    async def _edit(self, incoming: Incoming, command: Command, locale: str) -> Problem | None:
        if not incoming.images:
            return problem(Key.EDIT_NEEDS_IMAGE)
        return await self._ask_for(incoming, command, locale, Kind.EDIT)

    async def _ask_for(self, incoming: Incoming, command: Command, locale: str, kind: Kind) -> Problem | None:
        request = read_request(command.text, self._acceptance.plan.pictures_per_job, kind)
        if isinstance(request, Problem):
            return request
        request = replace(request, references=incoming.images)
        wish = Wish(incoming.event_key, incoming.platform, incoming.person, incoming.address, locale, request)
        return await self._acceptance.accept(wish)

    async def _models(self, _incoming: Incoming, _command: Command, locale: str) -> str | Problem:
        if not self._catalogue.routes:
            return problem(Key.NO_GATEWAY)
        models: dict[str, list[Route]] = {}
        for route in self._catalogue.routes:
            models.setdefault(route.name, []).append(route)
        lines = [self._model_line(name, routes, locale) for name, routes in models.items()]
        return "\n".join([self._texts.say(locale, "models-title"), *lines])

    def _model_line(self, name: str, routes: Sequence[Route], locale: str) -> str:
        """What can be had of a model at some gateway or other."""
        longest = max(routes, key=lambda route: route.prompt_limit)
        kinds = {kind for route in routes for kind in route.kinds}
        return self._texts.say(
            locale,
            "models-row",
            name=name,
            short=next((alias for route in routes for alias in route.aliases), ""),
            sizes=", ".join(dict.fromkeys(size for route in routes for size in _sizes(route))),
            limit=longest.prompt_limit,
            unit=longest.prompt_unit.value,
            negative="yes" if any(route.negative_limit for route in routes) else "no",
            seed="yes" if any(route.seed for route in routes) else "no",
            draws="yes" if Kind.DRAW in kinds else "no",
            images=max(route.references for route in routes),
        )

    async def _quota(self, incoming: Incoming, _command: Command, locale: str) -> str:
        allowance = await self._acceptance.allowance(incoming.platform, incoming.person)
        hours, minutes = self._acceptance.renewal()
        return self._texts.say(
            locale,
            "quota",
            left=allowance.left_today,
            limit=allowance.plan.pictures_per_day,
            running=allowance.usage.in_flight,
            most=allowance.plan.in_flight,
            hours=hours,
            minutes=minutes,
        )

    async def _cancel(self, incoming: Incoming, _command: Command, locale: str) -> str:
        result = await self._cancellation.cancel_all(incoming.platform, incoming.person)
        if not result.cancelled and not result.too_late:
            return self._texts.say(locale, "cancel-nothing")
        return self._texts.say(
            locale, "cancel-done", jobs=result.cancelled, pictures=result.returned, running=result.too_late
        )


def _sizes(route: Route) -> list[str]:
    """The sizes on offer; a free choice is told by its bounds."""
    free = route.size_range
    bounds = [f"{free.min_side}x{free.min_side} – {free.max_side}x{free.max_side}"] if free else []
    return [str(size) for size in route.sizes] + bounds
