import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue import Gateway
from bot.domain.ids import CallId
from bot.domain.outcome import Accepted, Done, Failure, Inline, Link, Outcome, Rejected, Running, Unclear
from bot.media.folder import FolderMedia
from bot.providers.answers import AnswerReader
from bot.providers.evolink import EvoLink, body_of, idempotency_key
from bot.providers.evolink_files import Upload
from bot.providers.evolink_wire import EvoLinkWire
from bot.providers.http import Answer, Destination
from bot.providers.line import Line
from bot.providers.registry import open_gateway
from bot.sandbox import Endpoint, Fault, FaultName
from tests.providers.making import handed_in, route, submission
from tests.providers.strange import JSON
from tests.providers.vendors import Vendor, rejected, vendor

F = FaultName
ROW = Gateway.model_validate({"id": "g", "title": "G", "dialect": "evolink", "base_url": "https://g.example"})


def gateway(**wire: Any) -> EvoLink:
    """A gateway that only reads: nothing is ever asked through its connection."""
    reader = AnswerReader("https://g.example", frozenset({429}), None)
    return EvoLink(Line(ROW, EvoLinkWire(**wire), {}, cast("Destination", None), reader))


def state(task: object, status: int = 200, **wire: Any) -> Outcome:
    return gateway(**wire).state(Answer(status, httpx.Headers(), json.dumps(task).encode()))


@pytest.fixture
def media(tmp_path: Path) -> FolderMedia:
    return FolderMedia(tmp_path)


@pytest.fixture
async def served(media: FolderMedia) -> AsyncIterator[Vendor]:
    async with vendor("evolink", media=media) as opened:
        yield opened


def break_uploads(served: Vendor, fault: FaultName) -> None:
    wish = {"fault": fault, "gateway": "evolink", "endpoint": Endpoint.UPLOAD}
    served.sandbox.add_faults(Fault.model_validate(wish))


# --- being asked twice ----------------------------------------------------------------------------------


async def test_a_submission_whose_answer_was_lost_is_made_again_and_paid_once(served: Vendor) -> None:
    wish = served.asked()
    served.break_with(F.DROP_AFTER)
    assert isinstance(await served.gateway.submit(wish), Unclear)
    assert isinstance(await served.drawn(wish), Done)
    assert served.paid == 1


async def test_an_edit_is_made_again_without_another_upload(served: Vendor, media: FolderMedia) -> None:
    wish = submission(served.edit_route, references=await handed_in(media, "red", "blue"))
    served.break_with(F.DROP_AFTER)
    assert isinstance(await served.gateway.submit(wish), Unclear)
    assert isinstance(await served.drawn(wish), Done)
    assert (served.paid, served.sandbox.tallies["evolink"].uploads) == (1, 2)


async def test_an_edit_is_made_again_by_another_process_too(served: Vendor, media: FolderMedia) -> None:
    wish = submission(served.edit_route, references=await handed_in(media, "red", "blue"))
    served.break_with(F.DROP_AFTER)
    assert isinstance(await served.gateway.submit(wish), Unclear)
    row, way = served.catalogue.gateways[served.id], served.access[served.id]
    async with open_gateway(row, [served.edit_route], way, media) as restarted:
        assert isinstance(await restarted.submit(wish), Accepted)
    assert served.paid == 1


async def test_another_wish_under_the_same_call_is_unclear_and_not_drawn(served: Vendor) -> None:
    assert isinstance(await served.gateway.submit(served.asked(call_id="one-call")), Accepted)
    outcome = await served.gateway.submit(served.asked(prompt="a blue kite", call_id="one-call"))
    assert isinstance(outcome, Unclear)
    assert "idempotency_conflict" in outcome.reason
    assert served.paid == 1


async def test_a_paid_outcome_that_the_gateway_does_not_know_is_unclear(served: Vendor) -> None:
    served.break_with(F.SERVER_ERROR, code="paid_outcome_unknown")
    assert isinstance(await served.gateway.submit(served.asked()), Unclear)


def test_the_key_is_of_the_form_that_the_vendor_takes() -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{16,96}", idempotency_key(CallId("0a1b2c3d4e5f6g")))
    assert idempotency_key(CallId("a")) != idempotency_key(CallId("b"))


# --- what is sent ---------------------------------------------------------------------------------------


def test_undocumented_fields_are_never_sent() -> None:
    wish = submission(route(), count=1, seed=7, negative_prompt="blur")
    assert body_of(wish, EvoLinkWire(), ()) == {"model": "m", "prompt": "a red kite"}


def test_watermark_and_prompt_extension_are_always_said_where_they_exist() -> None:
    wire = EvoLinkWire(takes=frozenset({"n", "watermark", "prompt_extend"}))
    wish = submission(route(seed=True, negative_limit=500), raw=True, seed=0, negative_prompt="blur")
    uploads = (Upload("https://files.example/1.png"), Upload("https://files.example/2.png"))
    assert body_of(wish, wire, uploads) == {
        "model": "m",
        "prompt": "a red kite",
        "image_urls": ["https://files.example/1.png", "https://files.example/2.png"],
        "n": 1,
        "negative_prompt": "blur",
        "seed": 0,
        "watermark": False,
        "prompt_extend": False,
    }


@pytest.mark.parametrize(("length", "sent"), [(2048, True), (2049, False)])
def test_a_callback_address_is_sent_as_long_as_it_is_taken(length: int, sent: bool) -> None:
    url = "https://bot.example/".ljust(length, "x")
    assert ("callback_url" in body_of(submission(route(), callback_url=url), EvoLinkWire(), ())) is sent


# --- uploads --------------------------------------------------------------------------------------------


async def test_images_are_deleted_when_nobody_needs_them_any_more(served: Vendor, media: FolderMedia) -> None:
    for number in range(60):  # twice as many as there is room for
        wish = submission(
            served.edit_route, f"edit {number}", references=await handed_in(media, "red", "blue")
        )
        assert isinstance(await served.drawn(wish), Done)
    assert served.sandbox.tallies["evolink"].uploads == 120


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (F.UPLOAD_QUOTA, (Failure.RATE_LIMITED, True)),
        (F.RATE_LIMITED, (Failure.RATE_LIMITED, True)),
        (F.SERVER_ERROR, (Failure.UPSTREAM, True)),
        (F.UNAVAILABLE, (Failure.UPSTREAM, True)),
        (F.DROP_BEFORE, (Failure.UNREACHABLE, True)),
        (F.DROP_AFTER, (Failure.UNREACHABLE, True)),
        (F.HTML_200, (Failure.UPSTREAM, True)),
        (F.TRUNCATED_JSON, (Failure.UPSTREAM, True)),
        (F.BAD_KEY, (Failure.UNAUTHORISED, False)),
        (F.OUT_OF_MONEY, (Failure.OUT_OF_MONEY, False)),
    ],
)
async def test_an_upload_that_fails_costs_nothing_and_says_what_is_wrong(
    served: Vendor, media: FolderMedia, fault: FaultName, expected: tuple[Failure, bool]
) -> None:
    wish = submission(served.edit_route, references=await handed_in(media, "red"))
    break_uploads(served, fault)
    outcome = await served.gateway.submit(wish)
    assert rejected(outcome) == expected, outcome
    assert served.sandbox.tallies["evolink"].received == 0
    served.sandbox.clear_faults()
    assert isinstance(await served.drawn(wish), Done)


# --- what is heard --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "failure", "fresh"),
    [
        ("content_policy_violation", Failure.MODERATED_INPUT, False),
        ("invalid_parameters", Failure.BAD_REQUEST, False),
        ("image_processing_error", Failure.UPSTREAM, True),
        ("image_dimension_mismatch", Failure.BAD_REQUEST, False),
        ("request_cancelled", Failure.UPSTREAM, False),
        ("resource_not_found", Failure.BAD_REQUEST, False),
        ("generation_timeout", Failure.TIMED_OUT, True),
        ("quota_exceeded", Failure.RATE_LIMITED, True),
        ("resource_exhausted", Failure.RATE_LIMITED, True),
        ("service_error", Failure.UPSTREAM, True),
        ("service_unavailable", Failure.UPSTREAM, True),
        ("upstream_error", Failure.UPSTREAM, True),
        ("rate_limited", Failure.RATE_LIMITED, True),
        ("unknown_error", Failure.UPSTREAM, True),
        ("generation_failed_no_content", Failure.MODERATED_OUTPUT, False),
        ("model_unavailable", Failure.MODEL_UNAVAILABLE, False),
        ("something_new", Failure.UPSTREAM, False),
        (None, Failure.UPSTREAM, False),
    ],
)
def test_each_documented_task_error_is_known(code: str | None, failure: Failure, fresh: bool) -> None:
    outcome = state({"status": "failed", "error": {"code": code, "message": "so\nit is"}})
    assert isinstance(outcome, Rejected)
    assert (outcome.failure, outcome.fresh, outcome.again) == (failure, fresh, False)


def test_an_exhausted_gateway_is_left_alone_for_a_while() -> None:
    outcome = state({"status": "failed", "error": {"code": "resource_exhausted", "message": ""}})
    assert isinstance(outcome, Rejected)
    assert outcome.retry_after == timedelta(seconds=45)


def test_a_cancelled_task_is_over() -> None:
    assert isinstance(state({"status": "cancelled"}), Rejected)


@pytest.mark.parametrize(
    ("usage", "charged"),
    [
        ({"cost": {"credits": 2.3, "usd": 0.0319}, "credits_used": 9}, 31_900),
        ({"cost": 0.0638}, 63_800),
        ({"cost": "0.0319"}, 31_900),
        ({"credits_used": 2}, 27_740),
        ({"cost": {"usd": -1}, "credits_used": None}, None),
        ({"cost": "much"}, None),
        (None, None),
    ],
)
def test_the_charge_is_what_the_gateway_reports(usage: object, charged: int | None) -> None:
    task = {"status": "completed", "results": ["https://cdn.example/1.jpg"], "usage": usage}
    outcome = state(task, micros_per_credit=13_870)
    assert isinstance(outcome, Done)
    assert outcome.charged == charged


def test_credits_of_an_unknown_price_are_no_charge() -> None:
    assert state({"status": "completed", "usage": {"credits_used": 2}}) == Done(())


def test_pictures_may_be_listed_in_the_other_place() -> None:
    task = {"status": "completed", "result_data": [{"image_url": "https://cdn.example/1.jpg"}, {}]}
    assert state(task) == Done((Link("https://cdn.example/1.jpg"),))


@pytest.mark.parametrize(("said", "progress"), [(37, 37), ("37", 37), (250, 100), (None, None), (-1, None)])
def test_progress_is_passed_on_if_it_makes_sense(said: object, progress: int | None) -> None:
    assert state({"status": "processing", "progress": said}) == Running(progress)


@given(JSON, st.integers(100, 599))
def test_no_json_is_too_strange_to_read(body: object, status: int) -> None:
    outcome = state(body, status)
    assert not isinstance(outcome, Accepted | Unclear)
    if isinstance(outcome, Done):
        assert not any(isinstance(result, Inline) for result in outcome.results)
