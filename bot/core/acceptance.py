"""Accepting a request: check it against the models, hold the pictures, hand the job on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta, tzinfo

import structlog

from bot.core.routing import Router
from bot.domain.decide import Policy
from bot.domain.ids import JobId, Micros
from bot.domain.jobs import Address
from bot.domain.ledger import Plan, renewal
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import ImageRequest
from bot.ports.chat import Allowance
from bot.ports.clock import Clock
from bot.ports.store import Opened, Order, Repeated, Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wish:
    """A request with who makes it, where to answer and in which language.

    `shared`: the chat is one of several people, who may use `chat_limit` pictures a day together.
    """

    event_key: str
    platform: str
    person: str
    address: Address
    locale: str
    request: ImageRequest
    shared: bool = False
    chat_limit: int | None = None


class Acceptance:
    """Turns wishes into jobs. `dispatch` is told of every new job."""

    def __init__(
        self,
        store: Store,
        router: Router,
        plan: Plan,
        policy: Policy,
        zone: tzinfo,
        clock: Clock,
        dispatch: Callable[[JobId], None],
    ) -> None:
        self.plan = plan
        self._store = store
        self._router = router
        self._policy = policy
        self._zone = zone
        self._clock = clock
        self._dispatch = dispatch
        self._open = True

    def close(self) -> None:
        """Take nothing more: the service is stopping."""
        self._open = False

    async def accept(self, wish: Wish) -> Problem | None:
        """Open a job, or say why not; then nothing was held. Idempotent on the wish's event key.

        Raises StoreBusy.
        """
        if not self._open:
            return problem(Key.STOPPING)
        fits = self._router.fits(wish.request)
        if isinstance(fits, Problem):
            log.info("request refused", why=fits.key.value, platform=wish.platform)
            return fits
        order = Order(
            event_key=wish.event_key,
            platform=wish.platform,
            person=wish.person,
            address=wish.address,
            locale=wish.locale,
            request=wish.request,
            price=fits[0].route.price or Micros(0),
            deadline=self._policy.deadline,
            shared=wish.shared,
            chat_limit=wish.chat_limit,
        )
        answer = await self._store.accept(order, self.plan, self._clock.now(), self._zone)
        match answer:
            case Opened(job=job):
                log.info("job accepted", job=job.id, platform=wish.platform, pictures=wish.request.count)
                self._dispatch(job.id)
            case Repeated(job_id=job_id):
                log.info("event repeated", job=job_id)
            case Problem():
                log.info("request refused", why=answer.key.value, platform=wish.platform)
                return answer
        return None

    async def allowance(self, platform: str, person: str) -> Allowance:
        """What a person may use and is using."""
        usage = await self._store.usage(platform, person, self._clock.now(), self._zone)
        return Allowance(self.plan, usage)

    def renewal(self) -> tuple[int, int]:
        """Hours and minutes until the day's pictures are renewed."""
        minutes = max(1, -(-renewal(self._clock.now(), self._zone) // timedelta(minutes=1)))
        return minutes // 60, minutes % 60
