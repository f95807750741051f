"""The transition tables, every pair of them."""

from itertools import product

import pytest

from bot.domain.ids import AccountId, CallId, GatewayId, JobId, Millis, PictureId
from bot.domain.jobs import (
    CALL_MOVES,
    FINISHED_CALL,
    FINISHED_JOB,
    JOB_MOVES,
    Address,
    Call,
    CallState,
    IllegalMove,
    Job,
    JobState,
    Picture,
    check_move,
)
from bot.domain.request import ImageRequest, Kind

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


def test_every_state_leads_to_an_end() -> None:
    for state in JobState:
        assert reachable(state, JOB_MOVES) & FINISHED_JOB
    for call in CallState:
        assert reachable(call, CALL_MOVES) & FINISHED_CALL


def reachable[S](state: S, moves: dict[S, frozenset[S]]) -> set[S]:
    raise NotImplementedError


def test_a_job_knows_what_is_left_to_do() -> None:
    calls = tuple(call(n, state) for n, state in enumerate(CallState))
    pictures = (picture(0, delivered=True), picture(1, delivered=False))
    it = job(J.WORKING, calls, pictures)
    assert {open_call.state for open_call in it.open_calls} == {
        *(C.PLANNED, C.SUBMITTING, C.WAITING, C.FETCHING, C.UNCLEAR)
    }
    assert it.undelivered == (pictures[1],)
