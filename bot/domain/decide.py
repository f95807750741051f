"""What to do next: pure decisions over what is known. No clock, no waiting, no effects.

`decide_job` looks at a job and names the next thing to do. `decide_call` takes what a gateway said about
a call and names the call's move. Both can be asked again after a crash and answer the same.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, assert_never

from bot.domain.catalogue import Gateway, Route
from bot.domain.configured import Count, Row, Seconds
from bot.domain.ids import Micros, Millis
from bot.domain.jobs import Call, CallState, Job, JobState
from bot.domain.outcome import Accepted, Done, Failure, Inline, Link, Outcome, Rejected, Running, Unclear
from bot.domain.problems import Key, Problem, problem


class Policy(Row):
    """How patient we are.

    `deadline` is when a job that no gateway took is given back; one that was taken is watched for
    `late_watch` longer. A submission that failed at the gateway is made again at most `submit_attempts`
    times, a finished picture is fetched `fetch_attempts` times and offered to the chat for `deliver_for`.
    A gateway may not know its own new task for `missing_grace`. Waits between attempts double from
    `backoff` to `backoff_limit`.

    A job waits up to `switch_after` for a gateway that asks to wait before it takes another route. A route
    that fails is left alone for `breaker_pause`, doubling up to `breaker_pause_limit`; one without money or
    the wanted model for `money_pause`, one with a wrong key for `key_pause`; then a single call probes it.

    A task whose gateway calls us is looked at only every `callback_look`, as a safety net.

    `cancel_submitted` is what cancelling does to a job that a gateway charges for already: it is finished,
    delivered and counted, or the person's pictures are returned and the operator bears the cost.
    """

    deadline: Seconds = timedelta(minutes=15)
    late_watch: Seconds = timedelta(hours=2)
    submit_attempts: Count = 5
    fetch_attempts: Count = 5
    missing_grace: Seconds = timedelta(seconds=30)
    deliver_for: Seconds = timedelta(hours=24)
    backoff: Seconds = timedelta(seconds=1)
    backoff_limit: Seconds = timedelta(seconds=30)
    switch_after: Seconds = timedelta(seconds=5)
    breaker_pause: Seconds = timedelta(seconds=10)
    breaker_pause_limit: Seconds = timedelta(minutes=5)
    money_pause: Seconds = timedelta(minutes=10)
    key_pause: Seconds = timedelta(minutes=30)
    callback_look: Seconds = timedelta(seconds=60)
    cancel_submitted: Literal["finish", "return"] = "finish"

    def wait(self, attempts: int) -> timedelta:
        """The pause after the given number of failed attempts (at least one)."""
        doublings: int = 2 ** min(max(attempts, 1) - 1, 16)
        return min(self.backoff * doublings, self.backoff_limit)


# --- calls ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move:
    """The call goes to `to`, due at `due_at` (None: at once). Other fields at None keep what is stored.

    `failed` counts a failure of the gateway; `elsewhere` and `missing_since`, see `Call`, are what they are
    after the move.
    """

    to: CallState
    due_at: Millis | None = None
    ref: str | None = None
    links: tuple[str, ...] | None = None
    charged: Micros | None = None
    problem: Problem | None = None
    failed: bool = False
    elsewhere: bool = False
    missing_since: Millis | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Pictures came inside the answer and exist nowhere else: keep all of it before anything else."""

    pictures: tuple[Link | Inline, ...]
    charged: Micros | None = None


CallStep = Move | Keep


@dataclass(frozen=True, slots=True)
class Around:
    """What a call is made in: its job, where, how patient we are, and how long to the next look at a task."""

    job: Job
    gateway: Gateway
    route: Route
    policy: Policy
    next_look: timedelta


def decide_call(call: Call, outcome: Outcome, now: Millis, around: Around) -> CallStep:
    """The move of a call in `submitting` or `waiting` after the gateway said `outcome`.

    An answer that tells nothing leaves a submission unclear, but only means to ask again about a task.
    """
    match outcome:
        case Accepted(ref=ref):
            return Move(CallState.WAITING, ref=ref, due_at=later(now, around.next_look))
        case Done(results=results, charged=charged):
            return _after_done(results, charged, around.gateway)
        case Running() | Unclear() if call.state is CallState.WAITING:
            return _after_running(now, around)
        case Running() | Unclear():
            return Move(CallState.UNCLEAR, problem=problem(Key.ANSWER_LOST, gateway=around.gateway.title))
        case Rejected() if call.state is CallState.WAITING:
            return _after_failed_look(call, outcome, now, around)
        case Rejected():
            return _after_refusal(call, outcome, now, around)
        case _:
            assert_never(outcome)


def explain(failure: Failure, gateway: Gateway, route: Route) -> Problem:
    """What a person is told about a gateway's refusal."""
    match failure:
        case Failure.MODERATED_INPUT | Failure.MODERATED_OUTPUT:
            return problem(Key.MODERATED)
        case Failure.BAD_REQUEST | Failure.NOT_FOUND:
            return problem(Key.GATEWAY_REFUSED, gateway=gateway.title)
        case Failure.UNAUTHORISED:
            return problem(Key.GATEWAY_UNAUTHORISED, gateway=gateway.title)
        case Failure.OUT_OF_MONEY:
            return problem(Key.GATEWAY_OUT_OF_MONEY, gateway=gateway.title)
        case Failure.MODEL_UNAVAILABLE:
            return problem(Key.MODEL_UNAVAILABLE, gateway=gateway.title, model=route.name)
        case Failure.RATE_LIMITED | Failure.UNREACHABLE:
            return problem(Key.GATEWAY_BUSY, gateway=gateway.title)
        case Failure.UPSTREAM | Failure.TIMED_OUT:
            return problem(Key.GATEWAY_FAILED, gateway=gateway.title)
        case _:
            assert_never(failure)


def later(now: Millis, wait: timedelta) -> Millis:
    return Millis(now + wait // timedelta(milliseconds=1))


def _after_done(results: tuple[Link | Inline, ...], charged: Micros | None, gateway: Gateway) -> CallStep:
    if any(isinstance(result, Inline) for result in results):
        return Keep(results, charged)
    links = tuple(result.url for result in results if isinstance(result, Link))
    if links:
        return Move(CallState.FETCHING, links=links, charged=charged)
    # The gateway says it is done and shows nothing: whether it charged is its secret.
    return Move(CallState.UNCLEAR, problem=problem(Key.RESULT_LOST, gateway=gateway.title), charged=charged)


def _after_running(now: Millis, around: Around) -> Move:
    job = around.job
    if now >= later(job.deadline_at, around.policy.late_watch):
        minutes = (now - job.created_at) // 60_000
        return Move(CallState.UNCLEAR, problem=problem(Key.TOOK_TOO_LONG, minutes=minutes))
    return Move(CallState.WAITING, due_at=later(now, around.next_look))


_PASSING = frozenset({Failure.RATE_LIMITED, Failure.UNREACHABLE, Failure.UPSTREAM, Failure.TIMED_OUT})
_OUTAGE = frozenset({Failure.RATE_LIMITED, Failure.UNREACHABLE})
# What another gateway may well take. A refusal for content is none of these: the content stays the same.
_ELSEWHERE = frozenset(
    {
        Failure.UNAUTHORISED,
        Failure.OUT_OF_MONEY,
        Failure.MODEL_UNAVAILABLE,
        Failure.BAD_REQUEST,
        Failure.NOT_FOUND,
    }
)


def _after_failed_look(call: Call, outcome: Rejected, now: Millis, around: Around) -> Move:
    """Asking about a task failed, or the task did. `again` tells them apart: ask again, the task lives."""
    if outcome.failure is Failure.NOT_FOUND:
        return _after_missing(call, now, around)
    if not outcome.again:
        why = explain(outcome.failure, around.gateway, around.route)
        return Move(CallState.REJECTED, problem=why, elsewhere=outcome.fresh)
    move = _after_running(now, around)
    if move.to is CallState.WAITING and outcome.retry_after:
        wait = min(outcome.retry_after, around.policy.deadline)
        return Move(CallState.WAITING, due_at=later(now, wait))
    return move


def _after_missing(call: Call, now: Millis, around: Around) -> Move:
    """One answer of that kind may be a hiccup; a paid task is given up only when they go on."""
    since = call.missing_since or now
    if now >= later(since, around.policy.missing_grace):
        return Move(CallState.UNCLEAR, problem=problem(Key.RESULT_LOST, gateway=around.gateway.title))
    return replace(_after_running(now, around), missing_since=since)


def _after_refusal(call: Call, outcome: Rejected, now: Millis, around: Around) -> Move:
    """No capacity is no failure: wait the turn. A gateway that fails is tried a few times."""
    policy = around.policy
    failed = outcome.failure not in _OUTAGE
    hopeless = failed and call.failures + 1 >= policy.submit_attempts
    if hopeless or not outcome.again or outcome.failure not in _PASSING:
        why = explain(outcome.failure, around.gateway, around.route)
        elsewhere = outcome.failure in _ELSEWHERE or (outcome.again and outcome.failure in _PASSING)
        return Move(CallState.REJECTED, problem=why, elsewhere=elsewhere)
    asked = min(outcome.retry_after or timedelta(0), policy.deadline)  # a gateway may name any time it likes
    wait = max(asked, policy.wait(call.attempts))
    return Move(CallState.PLANNED, due_at=later(now, wait), failed=failed)


# --- jobs ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begin:
    """Choose a route and plan the calls."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """Fetch the images that were handed in and bring them into shape."""


@dataclass(frozen=True, slots=True)
class Work:
    """Bring these calls forward, or let other routes take over."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Abandon:
    """These calls were not made in time and never will be."""

    calls: tuple[Call, ...]
    problem: Problem


@dataclass(frozen=True, slots=True)
class Deliver:
    """Send the pictures that have not arrived yet."""


@dataclass(frozen=True, slots=True)
class Close:
    """The job ends; its hold is settled to what was delivered."""

    state: JobState
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to do."""


JobStep = Prepare | Begin | Work | Abandon | Deliver | Close | Finished


def decide_job(job: Job, now: Millis) -> JobStep:
    """The next thing to do for a job."""
    match job.state:
        case JobState.ACCEPTED:
            return _decide_accepted(job, now)
        case JobState.WORKING:
            return _decide_working(job, now)
        case JobState.DELIVERING:
            return Deliver() if job.undelivered else Close(JobState.DONE)
        case _:
            return Finished()


def _overdue(job: Job, now: Millis) -> Problem:
    return problem(Key.TOOK_TOO_LONG, minutes=max(1, (now - job.created_at) // 60_000))


def _decide_accepted(job: Job, now: Millis) -> JobStep:
    if now >= job.deadline_at:
        return Close(JobState.EXPIRED, _overdue(job, now))
    return Prepare() if len(job.references) < len(job.request.references) else Begin()


def _decide_working(job: Job, now: Millis) -> JobStep:
    unmade = tuple(call for call in job.open_calls if call.state is CallState.PLANNED)
    if unmade and now >= job.deadline_at:
        return Abandon(unmade, _overdue(job, now))
    unsettled = tuple(call for call in job.calls if call in job.open_calls or call.elsewhere)
    if unsettled:
        return Work(unsettled)
    problems = [call.problem for call in job.last_calls if call.problem]
    reasons = [why for why in problems if why.key is not Key.TOOK_TOO_LONG]
    if problems and not reasons:
        return Close(JobState.EXPIRED, problems[0])
    return Close(JobState.FAILED, reasons[0] if reasons else problem(Key.INTERNAL, job=job.id))
