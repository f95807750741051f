from __future__ import annotations

import asyncio
import base64
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image, UnidentifiedImageError

from bot.sandbox import FaultName, Options
from bot.sandbox.drawing import paint_plain
from tests.sandbox.running import Running, picture, running, until

EVERYWHERE = ["crazyrouter", "dieyuyun", "openai", "qwen-image-2512", "realmrouter", "evolink"]


async def _order(here: Running, gateway: str, **fields: Any) -> httpx.Response:
    if gateway == "qwen-image-2512":
        return await here.submit(**fields)
    if gateway == "realmrouter":
        return await here.draw_with_realmrouter(**fields)
    if gateway == "evolink":
        return await here.edit_with_evolink(model="qwen-image-3.0-pro", **fields)
    return await here.generate(gateway, **fields)


def _code(answer: httpx.Response) -> object:
    body = answer.json()
    return body["error"]["code"] if "error" in body else body["code"]


@pytest.mark.parametrize(
    ("fault", "statuses", "codes"),
    [
        (
            FaultName.RATE_LIMITED,
            (429, 429, 429, 429, 429, 429),
            ("rate_limit_exceeded", "", "rate_limit_exceeded", 429, "", 429),
        ),
        (
            FaultName.SERVER_ERROR,
            (500, 500, 500, 500, 500, 500),
            ("bad_response", "bad_response", "server_error", 500, "bad_response", 500),
        ),
        (FaultName.UNAVAILABLE, (503, 503, 503, 503, 503, 503), ("", "", "server_error", 503, "", 503)),
        (
            FaultName.OUT_OF_MONEY,
            (403, 403, 429, 402, 403, 402),
            (
                "insufficient_quota",
                "insufficient_user_quota",
                "insufficient_quota",
                402,
                "insufficient_user_quota",
                "insufficient_user_quota",
            ),
        ),
        (
            FaultName.BAD_KEY,
            (401, 401, 401, 401, 401, 401),
            ("invalid_api_key", "", "invalid_api_key", 401, "", 401),
        ),
        (
            FaultName.ERROR_IN_200,
            (200, 200, 200, 200, 200, 200),
            ("bad_response", "bad_response", "server_error", 500, "bad_response", 500),
        ),
    ],
)
async def test_errors_come_in_each_gateways_own_form_and_cost_nothing(
    here: Running, fault: FaultName, statuses: tuple[int, ...], codes: tuple[object, ...]
) -> None:
    for gateway, status, code in zip(EVERYWHERE, statuses, codes, strict=True):
        here.break_with(fault, gateway=gateway)
        answer = await _order(here, gateway)
        assert (answer.status_code, _code(answer)) == (status, code)
        assert "Retry-After" not in answer.headers
        assert (await _order(here, gateway)).status_code == 200
        assert here.sandbox.tallies[gateway].accepted == 1
        assert here.sandbox.tallies[gateway].faults == {fault: 1}


async def test_a_rate_limit_can_say_when_to_come_back_or_nothing_at_all(here: Running) -> None:
    here.break_with(FaultName.RATE_LIMITED, args={"retry_after": 7})
    here.break_with(FaultName.RATE_LIMITED, args={"empty": True})
    timed, bare = await here.generate("dieyuyun"), await here.generate("dieyuyun")
    assert timed.headers["Retry-After"] == "7"
    assert (bare.status_code, bare.content) == (429, b"")
    assert "Retry-After" not in bare.headers


async def test_an_error_can_be_given_a_status_code_and_text(here: Running) -> None:
    args = {"status": 400, "code": "DataInspectionFailed", "message": "inappropriate content"}
    here.break_with(FaultName.MODERATION, args=args)
    answer = await here.generate("dieyuyun")
    assert (answer.status_code, _code(answer)) == (400, "DataInspectionFailed")
    assert answer.json()["error"]["message"].startswith("inappropriate content")
    assert here.sandbox.tallies["dieyuyun"].moderated == 1


async def test_a_bad_gateway_is_an_html_page(here: Running) -> None:
    here.break_with(FaultName.BAD_GATEWAY)
    answer = await here.generate("crazyrouter")
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_an_error_can_come_after_the_money_was_taken(here: Running) -> None:
    here.break_with(FaultName.BAD_GATEWAY, args={"paid": True})
    await here.generate("crazyrouter")
    assert here.sandbox.tallies["crazyrouter"].by_prompt == {"a red kite": 1}


@pytest.mark.parametrize("gateway", EVERYWHERE)
@pytest.mark.parametrize(("fault", "paid"), [(FaultName.DROP_BEFORE, 0), (FaultName.DROP_AFTER, 1)])
async def test_a_cut_connection_gives_no_answer_and_is_paid_only_after_acceptance(
    here: Running, gateway: str, fault: FaultName, paid: int
) -> None:
    here.break_with(fault)
    with pytest.raises(httpx.TransportError):
        await _order(here, gateway)
    assert here.sandbox.tallies[gateway].accepted == paid


@pytest.mark.parametrize("gateway", EVERYWHERE)
async def test_answers_can_be_cut_short_or_replaced_by_a_page(here: Running, gateway: str) -> None:
    here.break_with(FaultName.TRUNCATED_JSON)
    here.break_with(FaultName.HTML_200)
    cut, page = await _order(here, gateway), await _order(here, gateway)
    assert cut.status_code == page.status_code == 200
    assert cut.headers["Content-Type"].startswith("application/json")
    assert page.headers["Content-Type"].startswith("text/html")
    for answer in (cut, page):
        with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid"):
            answer.json()
    assert here.sandbox.tallies[gateway].accepted == 2


async def test_a_slow_answer_comes_later(here: Running) -> None:
    here.break_with(FaultName.SLOW, args={"seconds": 0.15})
    assert (await here.generate("crazyrouter")).elapsed >= timedelta(seconds=0.14)


async def test_an_answer_that_never_comes_frees_its_place_when_the_client_leaves(here: Running) -> None:
    here.break_with(FaultName.NEVER)
    here.http.timeout = httpx.Timeout(0.1)
    with pytest.raises(httpx.ReadTimeout):
        await here.generate("crazyrouter")
    tally = here.sandbox.tallies["crazyrouter"]
    await until(lambda: tally.in_flight == 0)
    assert tally.accepted == 1


async def test_a_sync_answer_can_be_empty_short_or_a_task(here: Running) -> None:
    for fault in (
        FaultName.EMPTY_DATA,
        FaultName.EMPTY_URL,
        FaultName.FEWER_IMAGES,
        FaultName.TASK_ID_IN_SYNC,
    ):
        here.break_with(fault)
    asked = {"model": "qwen-image-2.0", "size": "2048x2048", "n": 3}
    empty, blank, fewer, task = [(await here.generate("crazyrouter", **asked)).json() for _ in range(4)]
    assert empty["data"] == []
    assert [entry["url"] for entry in blank["data"]] == ["", "", ""]
    assert len(fewer["data"]) == 2
    assert task["task_id"]
    assert "data" not in task
    assert here.sandbox.tallies["crazyrouter"].accepted == 4


async def _link(here: Running) -> str:
    return str((await here.generate("crazyrouter")).json()["data"][0]["url"])


@pytest.mark.parametrize("args", [{}, {"status": 404}], ids=str)
async def test_a_link_can_be_expired(here: Running, args: dict[str, int]) -> None:
    link = await _link(here)
    here.break_with(FaultName.LINK_EXPIRED, args=args)
    assert (await here.http.get(link)).status_code == args.get("status", 403)
    assert (await here.http.get(link)).status_code == 200


@pytest.mark.parametrize(
    ("fault", "media_type"),
    [(FaultName.LINK_NOT_IMAGE, "image/png"), (FaultName.LINK_WRONG_TYPE, "text/html")],
)
async def test_a_link_can_lead_to_a_page(here: Running, fault: FaultName, media_type: str) -> None:
    link = await _link(here)
    here.break_with(fault)
    answer = await here.http.get(link)
    assert answer.headers["Content-Type"].startswith(media_type)
    assert answer.content.startswith(b"<!DOCTYPE html>")


async def test_a_link_can_lead_to_a_private_address(here: Running) -> None:
    link = await _link(here)
    here.break_with(FaultName.LINK_REDIRECT_PRIVATE)
    here.break_with(FaultName.LINK_REDIRECT_PRIVATE, args={"to": "file:///etc/passwd"})
    first, second = await here.http.get(link), await here.http.get(link)
    assert (first.status_code, first.headers["Location"]) == (302, "http://10.0.0.1/")
    assert second.headers["Location"] == "file:///etc/passwd"


@pytest.mark.parametrize("declared", [None, 50_000_000_000])
async def test_a_link_can_send_bytes_without_end(here: Running, declared: int | None) -> None:
    link = await _link(here)
    here.break_with(FaultName.LINK_HUGE, args={"content_length": declared})
    seen = 0
    async with here.http.stream("GET", link) as answer:
        assert answer.headers.get("Content-Length") == (None if declared is None else str(declared))
        async for block in answer.aiter_raw():
            seen += len(block)
            if seen > 5_000_000:
                break
    assert seen > 5_000_000


async def test_a_picture_can_be_cut_in_half(here: Running) -> None:
    link = await _link(here)
    here.break_with(FaultName.LINK_TRUNCATED)
    half = await here.http.get(link)
    assert half.status_code == 200
    with pytest.raises(OSError, match=r"truncated|broken"):
        picture(half.content)
    here.break_with(FaultName.LINK_TRUNCATED, args={"cut": True})
    with pytest.raises(httpx.TransportError):
        await here.http.get(link)


@pytest.mark.parametrize("inline", [False, True])
async def test_a_picture_can_have_other_pixels_than_asked(here: Running, inline: bool) -> None:
    here.break_with(FaultName.IMAGE_WRONG_SIZE, args={"width": 100})
    if inline:
        entry = (await here.generate("crazyrouter", response_format="b64_json")).json()["data"][0]
        image = picture(base64.b64decode(entry["b64_json"]))
    else:
        image = picture((await here.http.get(await _link(here))).content)
    assert image.size == (100, 664)


async def test_a_tiny_file_can_promise_enormous_dimensions(here: Running) -> None:
    link = await _link(here)
    here.break_with(FaultName.IMAGE_BOMB)
    bomb = (await here.http.get(link)).content
    assert len(bomb) < 200
    with pytest.raises((Image.DecompressionBombError, UnidentifiedImageError)):
        picture(bomb)


async def test_a_gateway_that_is_down_answers_nothing_until_it_behaves_again(here: Running) -> None:
    here.break_with(FaultName.DROP_BEFORE, gateway="crazyrouter", everywhere=True, times=None)
    for _ in range(2):
        with pytest.raises(httpx.TransportError):
            await here.generate("crazyrouter")
        with pytest.raises(httpx.TransportError):
            await here.http.get(here.url("crazyrouter", "/models"))
    assert (await here.generate("dieyuyun")).status_code == 200
    here.sandbox.clear_faults()
    assert (await here.generate("crazyrouter")).status_code == 200


async def test_faults_hit_only_matching_prompts_and_only_so_often(here: Running) -> None:
    here.break_with(FaultName.SERVER_ERROR, match="fox", times=2)
    prompts = ["a cat", "a fox", "a fox", "a fox"]
    statuses = [(await here.generate("dieyuyun", prompt=prompt)).status_code for prompt in prompts]
    assert statuses == [200, 500, 500, 200]


async def test_a_fault_matches_a_prompt_at_the_poll_and_at_the_link(here: Running) -> None:
    fox, cat = await here.submitted(prompt="a fox"), await here.submitted(prompt="a cat")
    here.break_with(FaultName.UNAVAILABLE, endpoint="poll", match="fox")
    here.break_with(FaultName.SERVER_ERROR, endpoint="file", match="cat")
    assert (await here.status(cat)).status_code == 200
    assert (await here.status(fox)).status_code == 503
    links = [(await here.status(task)).json()["data"]["response"][0] for task in (fox, cat)]
    assert [(await here.http.get(link)).status_code for link in links] == [200, 500]


async def test_a_probability_hits_some_and_spares_some(here: Running) -> None:
    here.break_with(FaultName.RATE_LIMITED, probability=0.5, times=None)
    statuses = [(await here.generate("openai")).status_code for _ in range(60)]
    assert {200, 429} == set(statuses)


async def test_more_submissions_at_once_than_the_capacity_are_answered_429() -> None:
    options = Options(latency=timedelta(seconds=0.4), capacity={"crazyrouter": 3}, painter=paint_plain)
    async with running(options) as here:
        answers = await asyncio.gather(*(here.generate("crazyrouter") for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 5
        tally = here.sandbox.tallies["crazyrouter"]
        assert (tally.received, tally.accepted, tally.refused, tally.max_in_flight) == (8, 3, 5, 3)
        assert (await here.generate("crazyrouter")).status_code == 200


async def test_stopping_the_server_does_not_wait_for_hanging_clients() -> None:
    async with running() as here:
        here.break_with(FaultName.NEVER)
        hanging = asyncio.create_task(here.generate("crazyrouter"))
        await until(lambda: here.sandbox.tallies["crazyrouter"].accepted == 1)
        stopped = time.monotonic()
    assert time.monotonic() - stopped < 2
    with pytest.raises(httpx.HTTPError):
        await hanging
