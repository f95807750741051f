"""How the gateways are: circuit breakers that open on failures and close after a successful probe.

A breaker belongs to a gateway (it cannot be reached, the key or the money is at an end) or to one route (a
model fails or is not offered). While one is open, its routes get no calls; when its time is over one call
may pass as a probe, and only its success closes the breaker.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.domain.catalogue import Route
from bot.domain.decide import Policy
from bot.domain.ids import Millis
from bot.domain.outcome import Failure
from bot.ports.clock import Clock
from bot.ports.store import Condition

log = structlog.get_logger()

_WINDOW = 20
_LEAST = 5
_RATE = 0.5
_MISSES = 3

_OF_THE_GATEWAY = frozenset({Failure.UNREACHABLE, Failure.UNAUTHORISED, Failure.OUT_OF_MONEY})
_OF_THE_ROUTE = frozenset({Failure.UPSTREAM, Failure.TIMED_OUT, Failure.MODEL_UNAVAILABLE})
NEEDS_OPERATOR = frozenset({Failure.UNAUTHORISED, Failure.OUT_OF_MONEY, Failure.MODEL_UNAVAILABLE})
"""What does not pass by itself; a single such answer opens the breaker."""


@dataclass(slots=True)
class Breaker:
    """Closed, open until a moment, or open with a probe under way."""

    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=_WINDOW))
    misses: int = 0
    openings: int = 0
    open_until: Millis | None = None
    probing: bool = False
    why: Failure | None = None

    def admits(self, now: Millis) -> bool:
        return self.open_until is None or (now >= self.open_until and not self.probing)


class Health:
    """All breakers, by scope: a gateway's id or a route's key. `untold` collects what changed since somebody
    last looked, to be written down.
    """

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}
        self._news = asyncio.Event()
        self.untold: list[Condition] = []

    def admits(self, route: Route) -> bool:
        """Whether a call may be made now: nothing is open, or a probe is due."""
        now = self._clock.now()
        return all(self._of(scope).admits(now) for scope in _scopes(route))

    def enter(self, route: Route) -> None:
        """A call is being made: where a breaker is open it is the probe, and no other follows it."""
        for scope in _scopes(route):
            breaker = self._of(scope)
            breaker.probing = breaker.open_until is not None

    def leave(self, route: Route) -> None:
        """The call ended without telling anything about the gateway: another may probe."""
        for scope in _scopes(route):
            self._of(scope).probing = False
        self._tell()

    def reopens(self, route: Route) -> Millis | None:
        """When a call may be made again at the earliest; None when nothing is open."""
        moments = [self._of(scope).open_until for scope in _scopes(route)]
        return max((moment for moment in moments if moment is not None), default=None)

    def why(self, route: Route) -> Failure | None:
        """Why the route is closed to calls; None when nothing is open."""
        open_ = (self._of(scope) for scope in _scopes(route))
        return next((breaker.why for breaker in open_ if breaker.open_until is not None), None)

    def heard(self, route: Route, failure: Failure | None) -> None:
        """What a submission came to: None for an acceptance, else why it was refused.

        Failures that tell nothing about the gateway's health (content, bad requests, rate limits) show that
        it is there, and count as well.
        """
        gateway, own = _scopes(route)
        probing = self._of(gateway).probing or self._of(own).probing
        self._judge(gateway, own, failure)
        if probing:
            self._tell()

    def _judge(self, gateway: str, own: str, failure: Failure | None) -> None:
        if failure in _OF_THE_GATEWAY:
            self._failed(gateway, failure)
            self._of(own).probing = False
        elif failure in _OF_THE_ROUTE:
            self._succeeded(gateway)
            self._failed(own, failure)
        else:
            self._succeeded(gateway)
            self._succeeded(own)

    def conditions(self) -> Mapping[str, Condition]:
        """The breakers that are open, by scope."""
        return {
            scope: Condition(scope, breaker.why, breaker.open_until)
            for scope, breaker in self._breakers.items()
            if breaker.open_until is not None
        }

    def restore(self, conditions: Iterable[Condition]) -> None:
        """Continue with what was known before a restart."""
        for condition in conditions:
            breaker = self._of(condition.scope)
            breaker.open_until, breaker.why = condition.until, condition.why
            breaker.openings = 1

    async def wait_for_news(self, seconds: float) -> None:
        """Wait until some breaker changed or a probe ended, or the time is over."""
        news = self._news
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await news.wait()

    def _tell(self, condition: Condition | None = None) -> None:
        if condition:
            self.untold.append(condition)
        self._news.set()
        self._news = asyncio.Event()

    def _of(self, scope: str) -> Breaker:
        return self._breakers.setdefault(scope, Breaker())

    def _succeeded(self, scope: str) -> None:
        breaker = self._of(scope)
        breaker.recent.append(True)
        breaker.misses = 0
        breaker.probing = False
        if breaker.open_until is not None:
            breaker.open_until, breaker.why, breaker.openings = None, None, 0
            breaker.recent.clear()
            log.info("breaker closed", scope=scope)
            self._tell(Condition(scope, None, None))

    def _failed(self, scope: str, failure: Failure | None) -> None:
        breaker = self._of(scope)
        breaker.recent.append(False)
        breaker.misses += failure is Failure.UNREACHABLE
        was_open = breaker.open_until is not None
        probe_failed = breaker.probing and was_open
        breaker.probing = False
        if was_open and not probe_failed:
            return  # one of those that were under way when it opened
        if probe_failed or failure in NEEDS_OPERATOR or self._trips(breaker):
            self._open(scope, breaker, failure)

    def _trips(self, breaker: Breaker) -> bool:
        failures = breaker.recent.count(False)
        return breaker.misses >= _MISSES or (
            len(breaker.recent) >= _LEAST and failures >= _RATE * len(breaker.recent)
        )

    def _open(self, scope: str, breaker: Breaker, failure: Failure | None) -> None:
        breaker.openings += 1
        pause = self._pause(failure, breaker.openings)
        breaker.open_until = Millis(self._clock.now() + pause // timedelta(milliseconds=1))
        breaker.why = failure
        log.warning("breaker open", scope=scope, why=failure and failure.value, seconds=pause.total_seconds())
        self._tell(Condition(scope, failure, breaker.open_until))

    def _pause(self, failure: Failure | None, openings: int) -> timedelta:
        """Each reason has its own: failures pass by themselves, keys and money wait for the operator."""
        policy = self._policy
        match failure:
            case Failure.UNAUTHORISED:
                return policy.key_pause
            case Failure.OUT_OF_MONEY | Failure.MODEL_UNAVAILABLE:
                return policy.money_pause
            case _:
                doublings: int = 2 ** min(openings - 1, 16)
                return min(policy.breaker_pause * doublings, policy.breaker_pause_limit)


def _scopes(route: Route) -> tuple[str, str]:
    return route.gateway, route.key
