"""The transition tables, every pair of them."""

from itertools import product

import pytest

from bot.domain.jobs import (
    CALL_MOVES,
    FINISHED_CALL,
    FINISHED_JOB,
    JOB_MOVES,
    CallState,
    IllegalMove,
    JobState,
    check_move,
)
from tests.domain.making import a_call, a_job, a_picture

J, C = JobState, CallState

LEGAL_JOB = {
    (J.ACCEPTED, J.WORKING),
    (J.ACCEPTED, J.FAILED),
    (J.ACCEPTED, J.CANCELLED),
    (J.ACCEPTED, J.EXPIRED),
    (J.WORKING, J.DELIVERING),
    (J.WORKING, J.FAILED),
    (J.WORKING, J.CANCELLED),
    (J.WORKING, J.EXPIRED),
    (J.DELIVERING, J.DONE),
    (J.DELIVERING, J.UNDELIVERABLE),
}
LEGAL_CALL = {
    (C.PLANNED, C.SUBMITTING),
    (C.PLANNED, C.REJECTED),
    (C.PLANNED, C.ABANDONED),
    (C.SUBMITTING, C.PLANNED),
    (C.SUBMITTING, C.WAITING),
    (C.SUBMITTING, C.FETCHING),
    (C.SUBMITTING, C.FETCHED),
    (C.SUBMITTING, C.REJECTED),
    (C.SUBMITTING, C.UNCLEAR),
    (C.WAITING, C.WAITING),
    (C.WAITING, C.FETCHING),
    (C.WAITING, C.FETCHED),
    (C.WAITING, C.REJECTED),
    (C.WAITING, C.UNCLEAR),
    (C.FETCHING, C.FETCHING),
    (C.FETCHING, C.FETCHED),
    (C.FETCHING, C.REJECTED),
    (C.UNCLEAR, C.WAITING),
    (C.UNCLEAR, C.ABANDONED),
}


@pytest.mark.parametrize(("old", "new"), list(product(JobState, JobState)))
def test_a_job_moves_only_where_the_promises_allow(old: JobState, new: JobState) -> None:
    if (old, new) in LEGAL_JOB:
        check_move(old, new)
        return
    with pytest.raises(IllegalMove, match=f"{old.value} -> {new.value}"):
        check_move(old, new)


@pytest.mark.parametrize(("old", "new"), list(product(CallState, CallState)))
def test_a_call_moves_only_where_the_promises_allow(old: CallState, new: CallState) -> None:
    if (old, new) in LEGAL_CALL:
        check_move(old, new)
        return
    with pytest.raises(IllegalMove, match=f"{old.value} -> {new.value}"):
        check_move(old, new)


@pytest.mark.parametrize(("job", "call"), list(product(JobState, CallState)))
def test_a_job_never_takes_the_state_of_a_call(job: JobState, call: CallState) -> None:
    with pytest.raises(IllegalMove):
        check_move(job, call)
    with pytest.raises(IllegalMove):
        check_move(call, job)


def test_the_tables_know_every_state() -> None:
    assert list(JOB_MOVES) == list(JobState)
    assert list(CALL_MOVES) == list(CallState)


def test_a_submission_begins_only_from_planned_so_none_is_repeated_blindly() -> None:
    assert [old for old, news in CALL_MOVES.items() if C.SUBMITTING in news] == [C.PLANNED]
    assert [old for old, news in CALL_MOVES.items() if C.PLANNED in news] == [C.SUBMITTING]


@pytest.mark.parametrize("state", [*JobState, *CallState])
def test_every_state_leads_to_an_end(state: JobState | CallState) -> None:
    assert _reachable(state) & (FINISHED_JOB | FINISHED_CALL)


def _reachable(state: JobState | CallState) -> set[JobState | CallState]:
    found: set[JobState | CallState] = {state}
    while more := {new for old in found for new in _moves(old)} - found:
        found |= more
    return found


def _moves(state: JobState | CallState) -> frozenset[JobState] | frozenset[CallState]:
    return JOB_MOVES[state] if isinstance(state, JobState) else CALL_MOVES[state]


def test_an_unfinished_job_knows_what_is_left_to_do() -> None:
    pictures = (a_picture(0, delivered=True), a_picture(1))
    job = a_job(calls=tuple(a_call(state) for state in CallState), pictures=pictures)
    assert not job.finished
    assert {call.state for call in job.open_calls} == set(CallState) - FINISHED_CALL
    assert job.undelivered == (pictures[1],)


@pytest.mark.parametrize("state", sorted(FINISHED_JOB))
def test_a_job_that_can_go_nowhere_is_finished(state: JobState) -> None:
    assert a_job(state).finished
