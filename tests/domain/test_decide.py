"""What is done next, for every state and everything a gateway can say."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from bot.domain.decide import (
    Abandon,
    Around,
    Begin,
    CallStep,
    Close,
    Deliver,
    Finished,
    Keep,
    Move,
    Policy,
    Prepare,
    Work,
    decide_call,
    decide_job,
    explain,
    later,
)
from bot.domain.ids import Micros, Millis
from bot.domain.jobs import CallState, JobState, Reference, check_move
from bot.domain.outcome import Accepted, Done, Failure, Inline, Link, Outcome, Rejected, Running, Unclear
from bot.domain.problems import Key, Problem, problem
from bot.domain.request import Handle, Kind
from tests.domain.making import CREATED, DEADLINE, a_call, a_gateway, a_job, a_picture, a_request, a_route

POLICY = Policy(
    deadline=timedelta(minutes=15),
    late_watch=timedelta(hours=1),
    submit_attempts=3,
    missing_grace=timedelta(seconds=30),
    backoff=timedelta(seconds=2),
    backoff_limit=timedelta(seconds=20),
)
NOW = Millis(CREATED + 60_000)
TOO_LATE = Millis(DEADLINE + 3_600_000)


def heard(outcome: Outcome, state: CallState, now: Millis = NOW, **call: Any) -> CallStep:
    """The step after an outcome; `call` changes what is known of the call."""
    known = {"attempts": 1, "submitted_at": CREATED, **call}
    around = Around(a_job(), a_gateway(), a_route(), POLICY, timedelta(seconds=6))
    return decide_call(a_call(state, **known), outcome, now, around)


def submitted(outcome: Outcome, **known: Any) -> CallStep:
    return heard(outcome, CallState.SUBMITTING, **known)


def looked(outcome: Outcome, now: Millis = NOW, **known: Any) -> CallStep:
    return heard(outcome, CallState.WAITING, now, **known)


def after(seconds: float) -> Millis:
    return Millis(NOW + round(seconds * 1000))


# --- what holds for everything -------------------------------------------------------------------------

EVERYTHING: list[Outcome] = [
    Accepted("task-1"),
    Running(),
    Done(()),
    Done((Link("http://x/1"),)),
    Done((Inline(b"1"),)),
    Unclear("lost"),
    *(
        Rejected(failure, again=again, retry_after=wait)
        for failure, again, wait in product(Failure, (False, True), (None, timedelta(seconds=90)))
    ),
]


@pytest.mark.parametrize("outcome", EVERYTHING, ids=repr)
@pytest.mark.parametrize("state", [CallState.SUBMITTING, CallState.WAITING])
@pytest.mark.parametrize("now", [NOW, DEADLINE, TOO_LATE])
def test_whatever_a_gateway_says_and_whenever_the_move_is_legal(
    outcome: Outcome, state: CallState, now: Millis
) -> None:
    for attempts in (1, 3, 50):
        step = heard(outcome, state, now, attempts=attempts)
        if isinstance(step, Move):
            check_move(state, step.to)
            goes_on = step.to in {CallState.PLANNED, CallState.WAITING}
            assert (step.due_at is not None and step.due_at > now) == goes_on
            assert (step.problem is not None) == (step.to in {CallState.REJECTED, CallState.UNCLEAR})
        else:
            check_move(state, CallState.FETCHED)


@pytest.mark.parametrize("outcome", EVERYTHING, ids=repr)
def test_a_task_that_was_taken_is_never_submitted_again(outcome: Outcome) -> None:
    step = looked(outcome)
    assert not isinstance(step, Move) or step.to is not CallState.PLANNED


@pytest.mark.parametrize("outcome", EVERYTHING, ids=repr)
def test_only_a_gateway_that_surely_took_nothing_is_asked_again(outcome: Outcome) -> None:
    step = submitted(outcome)
    if isinstance(step, Move) and step.to is CallState.PLANNED:
        assert isinstance(outcome, Rejected)
        assert outcome.again


# --- after a submission --------------------------------------------------------------------------------


def test_an_accepted_task_is_looked_at_when_its_kind_is_usually_done() -> None:
    assert submitted(Accepted("task-1")) == Move(CallState.WAITING, ref="task-1", due_at=after(6))


@pytest.mark.parametrize("state", [CallState.SUBMITTING, CallState.WAITING])
def test_finished_links_are_fetched_and_the_charge_is_noted(state: CallState) -> None:
    done = Done((Link("http://x/1"), Link("http://x/2")), charged=Micros(7))
    assert heard(done, state) == Move(
        CallState.FETCHING, links=("http://x/1", "http://x/2"), charged=Micros(7)
    )


@pytest.mark.parametrize("state", [CallState.SUBMITTING, CallState.WAITING])
def test_pictures_inside_the_answer_are_kept_at_once_and_links_beside_them_too(state: CallState) -> None:
    results = (Inline(b"1"), Link("http://x/2"))
    assert heard(Done(results, charged=Micros(7)), state) == Keep(results, Micros(7))


@pytest.mark.parametrize("state", [CallState.SUBMITTING, CallState.WAITING])
def test_done_without_a_picture_may_have_been_charged(state: CallState) -> None:
    why = problem(Key.RESULT_LOST, gateway="North")
    assert heard(Done((), charged=Micros(7)), state) == Move(
        CallState.UNCLEAR, charged=Micros(7), problem=why
    )


@pytest.mark.parametrize("outcome", [Unclear("connection lost"), Running()])
def test_a_submission_without_a_usable_answer_is_unclear(outcome: Outcome) -> None:
    assert submitted(outcome) == Move(CallState.UNCLEAR, problem=problem(Key.ANSWER_LOST, gateway="North"))


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 20), (400, 20)])
@pytest.mark.parametrize("failure", [Failure.RATE_LIMITED, Failure.UNREACHABLE])
def test_no_capacity_is_waited_out_with_growing_pauses_however_often(
    failure: Failure, attempts: int, seconds: float
) -> None:
    step = submitted(Rejected(failure, again=True), attempts=attempts)
    assert step == Move(CallState.PLANNED, due_at=after(seconds))


@pytest.mark.parametrize("failure", [Failure.UPSTREAM, Failure.TIMED_OUT])
def test_a_failing_gateway_is_tried_only_a_few_times(failure: Failure) -> None:
    failed = Rejected(failure, again=True)
    again = Move(CallState.PLANNED, due_at=after(4), failed=True)
    assert submitted(failed, attempts=2, failures=1) == again
    why = problem(Key.GATEWAY_FAILED, gateway="North")
    over = Move(CallState.REJECTED, problem=why, elsewhere=True)
    assert submitted(failed, attempts=3, failures=2) == over


def test_having_waited_for_capacity_leaves_the_patience_with_failures_as_it_was() -> None:
    step = submitted(Rejected(Failure.UPSTREAM, again=True), attempts=50, failures=0)
    assert isinstance(step, Move)
    assert step.to is CallState.PLANNED


def test_a_gateway_cannot_send_us_away_for_longer_than_a_job_may_wait() -> None:
    day = timedelta(days=1)
    capped = later(NOW, POLICY.deadline)
    limited = Rejected(Failure.RATE_LIMITED, again=True, retry_after=day)
    assert submitted(limited) == Move(CallState.PLANNED, due_at=capped)
    assert looked(limited) == Move(CallState.WAITING, due_at=capped)


def test_a_gateway_that_says_when_to_come_back_is_heeded_if_it_is_not_sooner() -> None:
    limited = Rejected(Failure.RATE_LIMITED, again=True, retry_after=timedelta(seconds=90))
    assert submitted(limited) == Move(CallState.PLANNED, due_at=after(90))
    hasty = Rejected(Failure.RATE_LIMITED, again=True, retry_after=timedelta(seconds=0.5))
    assert submitted(hasty) == Move(CallState.PLANNED, due_at=after(2))


@pytest.mark.parametrize(
    "failure", sorted(set(Failure) - {"rate_limited", "unreachable", "upstream", "timed_out"})
)
@pytest.mark.parametrize("again", [True, False])
def test_what_another_try_would_not_mend_is_final(failure: Failure, again: bool) -> None:
    step = submitted(Rejected(failure, again=again))
    assert isinstance(step, Move)
    assert step.to is CallState.REJECTED
    assert step.problem == explain(failure, a_gateway(), a_route())
    assert step.elsewhere is (failure not in {Failure.MODERATED_INPUT, Failure.MODERATED_OUTPUT})


@pytest.mark.parametrize("failure", [Failure.UPSTREAM, Failure.TIMED_OUT, Failure.UNREACHABLE])
def test_what_may_have_been_paid_is_not_made_elsewhere_either(failure: Failure) -> None:
    step = submitted(Rejected(failure, again=False))
    assert isinstance(step, Move)
    assert not step.elsewhere


def test_a_task_that_failed_and_cost_nothing_may_be_made_elsewhere() -> None:
    why = explain(Failure.UPSTREAM, a_gateway(), a_route())
    assert looked(Rejected(Failure.UPSTREAM, fresh=True)) == Move(
        CallState.REJECTED, problem=why, elsewhere=True
    )


@pytest.mark.parametrize("failure", Failure)
def test_what_may_have_been_paid_is_not_tried_again(failure: Failure) -> None:
    step = submitted(Rejected(failure, again=False))
    assert isinstance(step, Move)
    assert step.to is CallState.REJECTED


# --- after a look at a task ----------------------------------------------------------------------------

LOOK_AGAIN = Move(CallState.WAITING, due_at=after(6))


@pytest.mark.parametrize(
    "outcome",
    [
        Running(),
        Unclear("half an answer"),
        *(Rejected(failure, again=True) for failure in Failure if failure is not Failure.NOT_FOUND),
    ],
)
def test_a_task_that_may_live_is_looked_at_again(outcome: Outcome) -> None:
    assert looked(outcome) == LOOK_AGAIN


def test_a_look_that_is_turned_away_comes_back_when_told() -> None:
    limited = Rejected(Failure.RATE_LIMITED, again=True, retry_after=timedelta(seconds=90))
    assert looked(limited) == Move(CallState.WAITING, due_at=after(90))


@pytest.mark.parametrize("failure", sorted(set(Failure) - {"not_found"}))
def test_a_task_that_failed_is_over(failure: Failure) -> None:
    expected = Move(CallState.REJECTED, problem=explain(failure, a_gateway(), a_route()))
    assert looked(Rejected(failure)) == expected


@pytest.mark.parametrize("again", [True, False])
def test_a_gateway_may_not_know_its_task_for_a_while(again: bool) -> None:
    missing = Rejected(Failure.NOT_FOUND, again=again)
    assert looked(missing) == replace(LOOK_AGAIN, missing_since=NOW)
    since = after(-29.999)
    assert looked(missing, missing_since=since) == replace(LOOK_AGAIN, missing_since=since)
    lost = Move(CallState.UNCLEAR, problem=problem(Key.RESULT_LOST, gateway="North"))
    assert looked(missing, missing_since=after(-30)) == lost


def test_a_task_that_is_known_again_was_never_missing() -> None:
    assert looked(Running(), missing_since=after(-29)) == LOOK_AGAIN


@pytest.mark.parametrize("outcome", [Running(), Unclear(""), Rejected(Failure.UNREACHABLE, again=True)])
def test_a_late_task_is_watched_on_but_not_for_ever(outcome: Outcome) -> None:
    almost = Millis(TOO_LATE - 1)
    assert looked(outcome, almost) == Move(CallState.WAITING, due_at=later(almost, timedelta(seconds=6)))
    lost = Move(CallState.UNCLEAR, problem=problem(Key.TOOK_TOO_LONG, minutes=75))
    assert looked(outcome, TOO_LATE) == lost


def test_a_task_that_is_done_at_the_last_look_is_not_lost() -> None:
    done = Done((Link("http://x/1"),))
    assert looked(done, TOO_LATE) == Move(CallState.FETCHING, links=("http://x/1",))


# --- what a person is told -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "key"),
    [
        (Failure.MODERATED_INPUT, Key.MODERATED),
        (Failure.MODERATED_OUTPUT, Key.MODERATED),
        (Failure.BAD_REQUEST, Key.GATEWAY_REFUSED),
        (Failure.NOT_FOUND, Key.GATEWAY_REFUSED),
        (Failure.UNAUTHORISED, Key.GATEWAY_UNAUTHORISED),
        (Failure.OUT_OF_MONEY, Key.GATEWAY_OUT_OF_MONEY),
        (Failure.MODEL_UNAVAILABLE, Key.MODEL_UNAVAILABLE),
        (Failure.RATE_LIMITED, Key.GATEWAY_BUSY),
        (Failure.UNREACHABLE, Key.GATEWAY_BUSY),
        (Failure.UPSTREAM, Key.GATEWAY_FAILED),
        (Failure.TIMED_OUT, Key.GATEWAY_FAILED),
    ],
)
def test_each_failure_has_its_explanation(failure: Failure, key: Key) -> None:
    assert explain(failure, a_gateway(), a_route()).key is key


def test_the_detail_of_a_gateway_never_reaches_a_person() -> None:
    step = submitted(Rejected(Failure.BAD_REQUEST, detail="key sk-123"))
    assert "sk-123" not in repr(step)


# --- jobs ----------------------------------------------------------------------------------------------

BEFORE = Millis(DEADLINE - 1)
LATE = problem(Key.TOOK_TOO_LONG, minutes=15)


def test_an_accepted_job_begins_unless_it_is_overdue() -> None:
    assert decide_job(a_job(JobState.ACCEPTED), BEFORE) == Begin()
    assert decide_job(a_job(JobState.ACCEPTED), DEADLINE) == Close(JobState.EXPIRED, LATE)


@pytest.mark.parametrize("state", ["done", "undeliverable", "failed", "cancelled", "expired"])
def test_nothing_is_done_for_a_job_that_ended(state: str) -> None:
    assert decide_job(a_job(JobState(state)), TOO_LATE) == Finished()


@pytest.mark.parametrize("state", ["planned", "submitting", "waiting", "fetching", "unclear"])
def test_a_call_that_was_under_way_when_we_were_killed_is_taken_up_again(state: str) -> None:
    call, fetched = a_call(CallState(state)), a_call(CallState.FETCHED)
    assert decide_job(a_job(calls=(fetched, call)), BEFORE) == Work((call,))


@pytest.mark.parametrize("state", ["submitting", "waiting", "fetching", "unclear"])
def test_a_call_that_may_have_been_paid_is_worked_on_also_after_the_deadline(state: str) -> None:
    call = a_call(CallState(state))
    assert decide_job(a_job(calls=(call,)), TOO_LATE) == Work((call,))


def test_calls_not_made_by_the_deadline_are_given_up_before_the_others_go_on() -> None:
    waiting, planned = a_call(CallState.WAITING), a_call(CallState.PLANNED)
    job = a_job(calls=(waiting, planned))
    assert decide_job(job, BEFORE) == Work((waiting, planned))
    assert decide_job(job, DEADLINE) == Abandon((planned,), LATE)


def failed(*problems: Problem | None) -> object:
    calls = tuple(a_call(CallState.REJECTED, ordinal=n, problem=why) for n, why in enumerate(problems))
    return decide_job(a_job(calls=calls), BEFORE)


def test_a_job_whose_calls_all_failed_fails_with_the_last_word_about_its_pictures() -> None:
    busy, moderated = problem(Key.GATEWAY_BUSY, gateway="North"), problem(Key.MODERATED)
    assert failed(busy, moderated) == Close(JobState.FAILED, moderated)


def test_a_reason_that_another_route_took_over_is_not_told() -> None:
    lost, busy, moderated = (problem(key) for key in (Key.ANSWER_LOST, Key.GATEWAY_BUSY, Key.MODERATED))
    calls = (
        a_call(CallState.ABANDONED, ordinal=0, offset=0, problem=lost),
        a_call(CallState.REJECTED, ordinal=1, offset=1, problem=busy),
        a_call(CallState.REJECTED, ordinal=2, offset=1, problem=moderated),
    )
    assert decide_job(a_job(calls=calls), BEFORE) == Close(JobState.FAILED, lost)
    assert decide_job(a_job(calls=calls[1:]), BEFORE) == Close(JobState.FAILED, moderated)


def test_a_rejected_call_that_another_route_may_take_is_still_work() -> None:
    homeless = a_call(CallState.REJECTED, elsewhere=True, problem=problem(Key.GATEWAY_BUSY, gateway="North"))
    assert decide_job(a_job(calls=(homeless,)), BEFORE) == Work((homeless,))
    assert decide_job(a_job(calls=(homeless,)), DEADLINE) == Work((homeless,))


def test_images_are_prepared_before_anything_is_planned() -> None:
    asked = a_request(kind=Kind.EDIT, references=(Handle("a"), Handle("b")))
    first, second = (Reference(n, f"r/{n}", 500, 500, 9, "image/png") for n in (0, 1))
    job = a_job(JobState.ACCEPTED, request=asked)
    assert decide_job(job, BEFORE) == Prepare()
    assert decide_job(replace(job, references=(first,)), BEFORE) == Prepare()
    assert decide_job(replace(job, references=(first, second)), BEFORE) == Begin()
    assert decide_job(job, DEADLINE) == Close(JobState.EXPIRED, LATE)


def test_a_job_whose_calls_all_took_too_long_is_expired() -> None:
    assert failed(LATE, LATE) == Close(JobState.EXPIRED, LATE)


def test_a_job_that_failed_for_another_reason_too_is_told_that_one() -> None:
    moderated = problem(Key.MODERATED)
    assert failed(LATE, moderated) == Close(JobState.FAILED, moderated)


def test_a_failure_nobody_explained_is_a_bug_of_ours() -> None:
    assert failed(None) == Close(JobState.FAILED, problem(Key.INTERNAL, job="job"))


def test_pictures_are_delivered_until_all_have_arrived() -> None:
    job = a_job(JobState.DELIVERING, pictures=(a_picture(0, delivered=True), a_picture(1)))
    assert decide_job(job, TOO_LATE) == Deliver()
    arrived = a_job(JobState.DELIVERING, pictures=(a_picture(0, delivered=True),))
    assert decide_job(arrived, TOO_LATE) == Close(JobState.DONE)


def test_the_same_knowledge_leads_to_the_same_step() -> None:
    for state in JobState:
        job = a_job(state, calls=tuple(a_call(call) for call in CallState), pictures=(a_picture(),))
        assert decide_job(job, NOW) == decide_job(job, NOW)


# --- patience ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(-1, 2), (0, 2), (1, 2), (2, 4), (4, 16), (5, 20), (10**9, 20)]
)
def test_the_pauses_double_up_to_their_limit(attempts: int, seconds: int) -> None:
    assert POLICY.wait(attempts) == timedelta(seconds=seconds)


def test_a_pause_longer_than_its_limit_is_the_limit() -> None:
    eager = Policy(backoff=timedelta(seconds=60), backoff_limit=timedelta(seconds=5))
    assert eager.wait(1) == timedelta(seconds=5)
