"""Which route a call takes: the cheapest healthy one that can do exactly what was asked."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.core.health import NEEDS_OPERATOR, Health
from bot.domain.catalogue import Catalogue, Route
from bot.domain.configured import Row
from bot.domain.decide import explain
from bot.domain.fitting import Fit, candidates
from bot.domain.ids import Millis
from bot.domain.jobs import Job
from bot.domain.outcome import Failure
from bot.domain.problems import Problem
from bot.domain.request import ImageRequest
from bot.ports.clock import Clock

log = structlog.get_logger()


class Preferences(Row):
    """The operator's wishes: gateways (`dieyuyun`) or routes (`crazyrouter/qwen-image-max`).

    `prefer` comes before price, in its order; `forbid` is never taken.
    """

    prefer: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()

    def forbids(self, route: Route) -> bool:
        return bool({route.gateway, route.key} & set(self.forbid))

    def rank(self, route: Route) -> int:
        """The place in `prefer`, and after all of them for the rest."""
        places = [place for place, name in enumerate(self.prefer) if name in {route.gateway, route.key}]
        return min(places, default=len(self.prefer))


class Router:
    """Chooses among routes by the operator's preference, health and price.

    `catalogue` is what may be chosen from; calls that were made on routes forbidden since go on.
    """

    def __init__(self, catalogue: Catalogue, preferences: Preferences, health: Health, clock: Clock) -> None:
        allowed = tuple(route for route in catalogue.routes if not preferences.forbids(route))
        self.catalogue = catalogue.model_copy(update={"routes": allowed})
        self._preferences = preferences
        self._health = health
        self._clock = clock

    def fits(self, request: ImageRequest) -> tuple[Fit, ...] | Problem:
        """All routes that can do exactly this, the one to try first in front; or why none can."""
        fits = candidates(request, self.catalogue)
        if isinstance(fits, Problem):
            return fits
        return tuple(sorted(fits, key=lambda fit: self._preferences.rank(fit.route)))

    def choose(self, job: Job, tried: frozenset[str]) -> Fit | Problem | None:
        """The route for (a part of) a job, given the routes that were tried for it already.

        The first healthy one; when none is healthy the one that is to be probed first, where the job waits.
        Nobody waits for an operator to mend a key or to pay: a route that needs that is passed over until it
        is probed. None when no route is left, a Problem when none can do it at all.
        """
        fits = self.fits(job.request)
        if isinstance(fits, Problem):
            return fits
        left = [fit for fit in fits if fit.route.key not in tried and not self._needs_operator(fit)]
        if not left:
            return None if tried else self._why_none(fits)
        healthy = [fit for fit in left if self._health.admits(fit.route)]
        chosen = healthy[0] if healthy else min(left, key=self._reopens)
        self._explain(job, fits, tried, chosen)
        return chosen

    def has_better(self, job: Job, tried: frozenset[str]) -> bool:
        """Whether some healthy route is left that was not tried."""
        fits = self.fits(job.request)
        return not isinstance(fits, Problem) and any(
            fit.route.key not in tried and self._health.admits(fit.route) for fit in fits
        )

    def _needs_operator(self, fit: Fit) -> bool:
        return not self._health.admits(fit.route) and self._health.why(fit.route) in NEEDS_OPERATOR

    def _why_none(self, fits: Sequence[Fit]) -> Problem:
        route = fits[0].route
        failure = self._health.why(route) or Failure.UNREACHABLE
        return explain(failure, self.catalogue.gateways[route.gateway], route)

    def _reopens(self, fit: Fit) -> Millis:
        return self._health.reopens(fit.route) or Millis(0)

    def _explain(self, job: Job, fits: Sequence[Fit], tried: frozenset[str], chosen: Fit) -> None:
        """One line for the operator: why this route, and why not those before it."""
        skipped = []
        for fit in fits:
            if fit.route.key == chosen.route.key:
                break
            skipped.append(f"{fit.route.key}: {self._why_not(fit.route, tried)}")
        log.info(
            "route chosen",
            job=job.id,
            route=chosen.route.key,
            price=chosen.route.price,
            skipped="; ".join(skipped) or None,
        )

    def _why_not(self, route: Route, tried: frozenset[str]) -> str:
        if route.key in tried:
            return "tried"
        reopens = self._health.reopens(route)
        if reopens is None:
            return "dearer"
        wait = timedelta(milliseconds=max(0, reopens - self._clock.now()))
        return f"unhealthy for {wait.total_seconds():.0f} s"
