import json
from typing import Any, cast

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue import Gateway
from bot.domain.ids import Micros
from bot.domain.outcome import Accepted, Done, Failure, Inline, Link, Outcome, Rejected, Running, Unclear
from bot.providers.access import Access
from bot.providers.answers import AnswerReader
from bot.providers.http import Answer, Destination
from bot.providers.line import Line
from bot.providers.qwen_image_2512 import QwenImage2512, QwenImage2512Wire, body_of
from bot.providers.registry import open_gateway
from tests.providers.making import route, submission, web_server
from tests.providers.strange import JSON

ROW = Gateway.model_validate(
    {"id": "g", "title": "G", "dialect": "qwen-image-2512", "base_url": "https://g.example"}
)


def gateway(**wire: Any) -> QwenImage2512:
    """A gateway that only reads: nothing is ever asked through its connection."""
    reader = AnswerReader("https://g.example", frozenset({429}), None)
    return QwenImage2512(Line(ROW, QwenImage2512Wire(**wire), {}, cast("Destination", None), reader))


def state(task: object, status: int = 200, code: int = 200, **wire: Any) -> Outcome:
    body = json.dumps({"code": code, "message": "success", "data": task}).encode()
    return gateway(**wire).state(Answer(status, httpx.Headers(), body))


def test_the_tasks_own_state_counts_more_than_code_and_status() -> None:
    task = {"status": "SUCCESS", "response": ["https://cdn.example/1.png"]}
    assert state(task, status=500, code=500) == Done((Link("https://cdn.example/1.png"),))


@pytest.mark.parametrize("word", ["PENDING", "IN_PROGRESS", "DREAMING", "", None, 3])
def test_every_other_word_means_running(word: object) -> None:
    assert state({"status": word, "response": None}) == Running()


def test_a_refusal_is_told_by_the_text_of_the_failure() -> None:
    outcome = state(
        {"status": "FAILED", "error_message": "rejected by the safety system", "consumed_credits": 0}
    )
    assert isinstance(outcome, Rejected)
    assert (outcome.failure, outcome.again) == (Failure.MODERATED_INPUT, False)


@pytest.mark.parametrize("charge", [None, "five", True, -1, 10**12, float("inf")])
def test_a_charge_that_makes_no_sense_is_unknown(charge: object) -> None:
    outcome = state({"status": "SUCCESS", "consumed_credits": charge}, micros_per_credit=1000)
    assert isinstance(outcome, Done)
    assert outcome.charged is None


@pytest.mark.parametrize(("credits_", "fresh"), [(0, True), (5, False), (None, False)])
def test_a_failure_is_tried_anew_only_when_it_was_free(credits_: object, fresh: bool) -> None:
    outcome = state({"status": "FAILED", "error_message": "no luck", "consumed_credits": credits_})
    assert isinstance(outcome, Rejected)
    assert outcome.fresh is fresh


def test_a_charge_may_be_a_fraction_of_a_credit() -> None:
    outcome = state({"status": "SUCCESS", "consumed_credits": 2.5}, micros_per_credit=1000)
    assert outcome == Done((), Micros(2500))


def test_no_seed_is_said_by_silence_and_never_by_minus_one() -> None:
    row = route(seed=True, sizes=["1024x768"], default_size="1024x768")
    assert body_of(submission(row), QwenImage2512Wire()) == {
        "prompt": "a red kite",
        "output_format": "png",
        "size": "1024*768",
    }
    assert body_of(submission(row, seed=0), QwenImage2512Wire())["seed"] == 0


@given(JSON, st.integers(100, 599))
def test_no_json_is_too_strange_to_read(body: object, status: int) -> None:
    outcome = gateway(micros_per_credit=1).state(Answer(status, httpx.Headers(), json.dumps(body).encode()))
    assert not isinstance(outcome, Accepted | Unclear)
    if isinstance(outcome, Done):
        assert not any(isinstance(result, Inline) for result in outcome.results)


@given(st.binary(), st.integers(100, 599))
def test_bytes_that_are_no_answer_leave_the_task_alive(body: bytes, status: int) -> None:
    outcome = gateway().state(Answer(status, httpx.Headers(), b"\xff" + body))
    assert isinstance(outcome, Rejected)
    assert outcome.again


@pytest.mark.parametrize("ref", ["n51-qwenimg", "a b+c%2F&d=e?#/", "任务", 42])
async def test_a_task_is_asked_after_by_the_very_id_it_got(ref: object) -> None:
    asked: list[str] = []

    async def take(_: web.Request) -> web.Response:
        return web.json_response({"code": 200, "data": {"task_id": ref, "status": "IN_PROGRESS"}})

    async def tell(request: web.Request) -> web.Response:
        asked.append(request.query["task_id"])
        return web.json_response({"code": 200, "data": {"status": "PENDING"}})

    routes = [web.post("/api/generate", take), web.get("/api/status", tell)]
    async with web_server(*routes) as root, open_gateway(ROW, [route()], Access("k", root)) as opened:
        accepted = await opened.submit(submission(route()))
        assert isinstance(accepted, Accepted)
        assert await opened.poll(accepted.ref) == Running()
    assert asked == [str(ref)]


@pytest.mark.parametrize("ref", ["", None, True, [], "x" * 999, "a\nb"])
async def test_a_success_without_a_usable_task_id_is_unclear(ref: object) -> None:
    async def take(_: web.Request) -> web.Response:
        return web.json_response({"code": 200, "data": {"task_id": ref}})

    async with (
        web_server(web.post("/api/generate", take)) as root,
        open_gateway(ROW, [route()], Access("k", root)) as opened,
    ):
        assert isinstance(await opened.submit(submission(route())), Unclear)
