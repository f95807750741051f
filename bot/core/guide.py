"""What can be done here and with what: `/start`, `/help`, `/models`, `/quota`."""

from collections.abc import Mapping, Sequence

from bot.core.acceptance import Acceptance
from bot.core.buttons import in_rows, press
from bot.core.talk import (
    Answer,
    Button,
    CommandHandler,
    Event,
    Incoming,
    Press,
    PressHandler,
    Reply,
    Turn,
    Verb,
)
from bot.domain.catalogue import Catalogue, Route
from bot.domain.command import Command
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import Kind
from bot.ports.chat import Allowance
from bot.ports.texts import Texts

TOPICS = ("drawing", "editing", "options", "pictures", "settings", "groups", "quota")
"""What `/help` is divided into, in the order of its buttons."""


class Guide:
    """Tells people what they can do, and what they have left."""

    def __init__(self, catalogue: Catalogue, acceptance: Acceptance, texts: Texts) -> None:
        self._catalogue = catalogue
        self._acceptance = acceptance
        self._texts = texts

    @property
    def commands(self) -> Mapping[str, CommandHandler]:
        return {"start": self._start, "help": self._help, "models": self._models, "quota": self._quota}

    @property
    def presses(self) -> Mapping[Verb, PressHandler]:
        return {Verb.HELP: self._pressed}

    # --- what can be done ---------------------------------------------------------------------------

    async def _start(self, turn: Turn[Incoming], _command: Command) -> Reply:
        def button(key: str, verb: Verb) -> Button:
            return Button(self._texts.say(turn.locale, key), press(verb))

        example, help_ = button("start-example", Verb.EXAMPLE), button("start-help", Verb.HELP)
        if not turn.event.private:
            text = self._texts.say(turn.locale, "start-group", bot=turn.event.bot_name)
            return Reply(text, turn.locale, buttons=((example, help_),))
        settings = button("start-settings", Verb.SETTINGS)
        return Reply(
            self._texts.say(turn.locale, "start"), turn.locale, buttons=((example,), (help_, settings))
        )

    async def _help(self, turn: Turn[Incoming], command: Command) -> Reply:
        topic = self._topic_called(command.text.strip().casefold(), turn)
        return self._page(turn, topic) if topic else self._overview(turn)

    async def _pressed(self, turn: Turn[Press], words: tuple[str, ...]) -> Answer | Problem:
        match words:
            case ():
                return Answer(update=self._overview(turn))
            case (topic,) if topic in TOPICS:
                return Answer(update=self._page(turn, topic))
            case _:
                return problem(Key.BUTTON_UNKNOWN)

    def _overview(self, turn: Turn[Event]) -> Reply:
        buttons = [
            Button(self._texts.say(turn.locale, f"topic-{topic}"), press(Verb.HELP, topic))
            for topic in TOPICS
        ]
        return Reply(self._texts.say(turn.locale, "help"), turn.locale, buttons=in_rows(buttons, 2))

    def _page(self, turn: Turn[Event], topic: str) -> Reply:
        title = self._texts.say(turn.locale, f"topic-{topic}")
        back = Button(self._texts.say(turn.locale, "help-back"), press(Verb.HELP))
        return Reply(f"{title}\n\n{self._told(turn, topic)}", turn.locale, buttons=((back,),))

    def _told(self, turn: Turn[Event], topic: str) -> str:
        most = self._acceptance.plan.pictures_per_job
        return self._texts.say(turn.locale, f"help-{topic}", most=most, bot=turn.event.bot_name)

    def _topic_called(self, word: str, turn: Turn[Event]) -> str | None:
        """The topic with a word in its name, in any language, that begins so; else the first to speak of a
        command or an option of that name.
        """
        word = word.lstrip("/-")
        if not word:
            return None
        say, locales = self._texts.say, self._texts.locales
        for topic in TOPICS:
            names = [topic, *(say(locale, f"topic-{topic}").casefold() for locale in locales)]
            if any(part.startswith(word) for name in names for part in name.split()):
                return topic
        marked = (f"/{word}", f"--{word}")
        return next((topic for topic in TOPICS if any(m in self._told(turn, topic) for m in marked)), None)

    # --- what there is ------------------------------------------------------------------------------

    async def _models(self, turn: Turn[Incoming], _command: Command) -> Reply | Problem:
        if not self._catalogue.routes:
            return problem(Key.NO_GATEWAY)
        models: dict[str, list[Route]] = {}
        for route in self._catalogue.routes:
            models.setdefault(route.name, []).append(route)
        lines = [self._model_line(name, routes, turn.locale) for name, routes in models.items()]
        return Reply("\n".join([self._texts.say(turn.locale, "models-title"), *lines]), turn.locale)

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

    # --- what is left -------------------------------------------------------------------------------

    async def _quota(self, turn: Turn[Incoming], _command: Command) -> Reply:
        event, locale, say = turn.event, turn.locale, self._texts.say
        allowance = await self._acceptance.allowance(event.platform, event.person)
        plan, running = allowance.plan, allowance.usage.in_flight
        left, limit = allowance.left_today, plan.pictures_per_day
        hours, minutes = self._acceptance.renewal()
        lines = [
            say(locale, "quota-today", left=left, limit=limit, hours=hours, minutes=minutes),
            self._month(allowance, locale),
            say(locale, "quota-running", running=running, most=plan.in_flight),
        ]
        if turn.chat.pictures_per_day and not event.private:
            lines.append(say(locale, "quota-group", limit=turn.chat.pictures_per_day))
        return Reply("\n".join(lines), locale)

    def _month(self, allowance: Allowance, locale: str) -> str:
        limit, used = allowance.plan.pictures_per_month, allowance.usage.month
        if limit is None:
            return self._texts.say(locale, "quota-month-used", pictures=used)
        return self._texts.say(locale, "quota-month", left=max(0, limit - used), limit=limit)


def _sizes(route: Route) -> list[str]:
    """The sizes on offer; a free choice is told by its bounds."""
    free = route.size_range
    bounds = [f"{free.min_side}x{free.min_side} – {free.max_side}x{free.max_side}"] if free else []
    return [str(size) for size in route.sizes] + bounds
