"""How long the routes take, and so when to look at a task."""

from collections import deque
from datetime import timedelta

from bot.domain.catalogue import Gateway, Route
from bot.domain.pace import Schedule, learn
from bot.ports.store import Routes

_REMEMBERED = 200
_STRIDE = 0.618  # the golden ratio: its multiples fill the space between 0 and 1 evenly


class _Pace:
    """One route's durations and the schedule made of them, made anew when a tenth of them is new."""

    def __init__(self, durations: list[float], gateway: Gateway) -> None:
        self._durations = deque(durations, maxlen=_REMEMBERED)
        self._gateway = gateway
        self._new = 0
        self._share = 0.0
        self.schedule = self._learn()

    def add(self, running: float, ended: float) -> None:
        self._share = (self._share + _STRIDE) % 1
        self._durations.append(running + (ended - running) * self._share)
        self._new += 1
        if self._new * 10 >= len(self._durations):
            self._new = 0
            self.schedule = self._learn()

    def _learn(self) -> Schedule:
        first, beat = self._gateway.first_look, self._gateway.look_every
        return learn(self._durations, first.total_seconds(), beat.total_seconds())


class Pacing:
    """Knows all routes' paces; each is read from the database when it is first needed."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._paces: dict[str, _Pace] = {}

    async def open(self, gateway: Gateway, route: Route) -> None:
        """Learn from the past before the first task of a route is looked at."""
        if route.key not in self._paces:
            latest = await self._routes.durations(route.key, _REMEMBERED)
            self._paces.setdefault(route.key, _Pace(list(reversed(latest)), gateway))

    def next_look(self, route: Route, elapsed: float) -> timedelta:
        """How long to wait with the next look at a task that was accepted `elapsed` seconds ago."""
        return self._paces[route.key].schedule.next(elapsed)

    def took(self, route: Route, running: float, ended: float) -> None:
        """A task of this route was running after `running` seconds and had ended after `ended`, or before.

        It is remembered as somewhere in between. Were the moment of the look itself remembered, the looks
        would soon learn from nothing but themselves, and come later and later.
        """
        self._paces[route.key].add(running, ended)
