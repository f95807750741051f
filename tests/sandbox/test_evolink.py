from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from PIL import ImageStat

from bot.sandbox import FaultName, Options
from bot.sandbox.drawing import paint_plain
from tests.sandbox.running import Running, listener, photo, picture, running, until

GATEWAY = "evolink"
PRO, PLUS = "qwen-image-3.0-pro", "qwen-image-edit-plus"
KEY = "call-7f3a9c2e41d0b865"


def _open(latency: float = 0.0, **options: Any) -> Options:
    return Options(
        latency=timedelta(seconds=latency),
        allow_loopback=True,
        callback_pace=0.01,
        painter=paint_plain,
        **options,
    )


async def _submitted(here: Running, *urls: str, **fields: Any) -> str:
    answer = await here.edit_with_evolink(*urls, **fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def _ended(here: Running, *urls: str, **fields: Any) -> dict[str, Any]:
    """The task of an order, when no latency is set."""
    body: dict[str, Any] = (await here.evolink_task(await _submitted(here, *urls, **fields))).json()
    return body


async def _fetch(here: Running, link: str) -> bytes:
    return (await here.http.get(link)).content


async def test_a_new_task_is_pending_whatever_it_has_become_meanwhile(here: Running) -> None:
    url = await here.uploaded(photo())
    task = (await here.edit_with_evolink(url)).json()
    assert (task["status"], task["progress"], task["object"]) == ("pending", 0, "image.generation.task")
    assert task["id"].startswith("task-unified-")
    assert task["usage"]["credits_reserved"] == 2.3
    assert "results" not in task
    assert "data" not in task


async def test_a_task_is_pending_then_processing_then_completed() -> None:
    async with running(_open(0.2)) as here:
        task = await _submitted(here, model=PRO)
        seen: list[str] = []
        while not seen or seen[-1] != "completed":
            view = (await here.evolink_task(task)).json()
            if view["status"] not in seen:
                seen.append(view["status"])
            assert ("results" in view) == (view["progress"] == 100) == (view["status"] == "completed")
            await asyncio.sleep(0.005)
        assert seen == ["pending", "processing", "completed"]


async def test_an_edit_shows_the_given_images_and_reports_what_it_cost(here: Running) -> None:
    urls = [await here.uploaded(photo("red", (900, 450))), await here.uploaded(photo("lime"))]
    task = await _ended(here, *urls)
    image = picture(await _fetch(here, task["results"][0]))
    middle = ImageStat.Stat(image.crop((500, 100, 800, 300))).mean
    assert image.width / image.height == pytest.approx(512 / 384, rel=0.02)
    assert middle[0] > middle[1]
    assert task["usage"]["credits_used"] == 2.3
    assert task["usage"]["cost"] == {"credits": 2.3, "usd": 0.0319}
    assert here.sandbox.tallies[GATEWAY].by_prompt == {"make it night": 1}


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (1024, 1024)),
        ({"size": "auto", "quality": "2K"}, (1024, 1024)),
        ({"size": "16:9"}, (1424, 800)),
        ({"size": "16:9", "quality": "2K"}, (2720, 1530)),
        ({"size": "512x512"}, (512, 512)),
        ({"size": "4096x1024"}, (4096, 1024)),
    ],
    ids=str,
)
async def test_the_newest_model_draws_without_images_in_three_ways_to_say_a_size(
    here: Running, fields: dict[str, Any], size: tuple[int, int]
) -> None:
    task = await _ended(here, model=PRO, **fields)
    assert picture(await _fetch(here, task["results"][0])).size == size


async def test_the_plus_model_takes_a_size_for_one_picture_and_up_to_six_without(here: Running) -> None:
    url = await here.uploaded(photo())
    one = await _ended(here, url, model=PLUS, size="512x2048", seed=7, watermark=True, prompt_extend=False)
    six = await _ended(here, url, model=PLUS, n=6, negative_prompt="blur")
    assert picture(await _fetch(here, one["results"][0])).size == (512, 2048)
    assert len(set(six["results"])) == 6
    assert six["usage"]["credits_used"] == 13.8


@pytest.mark.parametrize(
    "wrong",
    [
        {"image_urls": []},
        {"image_urls": ["https://example.com/a.png"] * 4},
        {"image_urls": ["data:image/png;base64,iVBORw0KGgo="]},
        {"image_urls": "https://example.com/a.png"},
        {"n": 1},
        {"size": "1024x1024"},
        {"seed": 7},
        {"negative_prompt": ""},
        {"watermark": False},
        {"mask_url": "https://example.com/a.png"},
        {"prompt": ""},
        {"prompt": "x" * 2001},
        {"model": PLUS, "n": 7},
        {"model": PLUS, "n": 2, "size": "1024x1024"},
        {"model": PLUS, "size": "1024*1024"},
        {"model": PLUS, "size": "500x1024"},
        {"model": PLUS, "size": "1:1"},
        {"model": PLUS, "quality": "2K"},
        {"model": PLUS, "negative_prompt": "x" * 501},
        {"model": PLUS, "seed": -1},
        {"model": PRO, "quality": "4K"},
        {"model": PRO, "size": "7:5"},
        {"model": PRO, "size": "511x512"},
        {"model": PRO, "size": "2048x2049"},
        {"model": PRO, "prompt": "x" * 4501},
        {"callback_url": "http://example.com/cb"},
        {"callback_url": "https://127.0.0.1/cb"},
        {"callback_url": "https://10.1.2.3/cb"},
        {"callback_url": "https://[::1]/cb"},
        {"callback_url": "https://localhost/cb"},
        {"callback_url": "https://host.internal/cb"},
        {"callback_url": "https://example.com/" + "x" * 2048},
        {"callback_url": "ftp://example.com/"},
    ],
    ids=lambda wrong: str(wrong)[:50],
)
async def test_what_the_reference_does_not_list_is_refused(here: Running, wrong: dict[str, Any]) -> None:
    answer = await here.edit_with_evolink("https://example.com/a.png", **wrong)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert sorted(error) == ["code", "fallback_suggestion", "message", "param", "type"]
    assert answer.headers["x-request-id"]
    assert here.sandbox.tallies[GATEWAY].accepted == 0


async def test_an_unknown_model_has_no_channel_and_an_unknown_path_is_not_found(here: Running) -> None:
    unknown = await here.edit_with_evolink(model="dall-e-3")
    lost = await here.http.post(here.url(GATEWAY, "/v1/images/edits"), json={})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (503, "no_available_channel")
    assert (lost.status_code, lost.json()["error"]["type"]) == (404, "not_found_error")


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (photo(size=(383, 500)), "image_dimension_mismatch"),
        (photo(size=(500, 3073)), "image_dimension_mismatch"),
        (photo(kind="GIF"), "image_processing_error"),
    ],
    ids=["small", "large", "gif"],
)
async def test_images_with_wrong_sides_or_of_a_wrong_type_fail_the_task_for_free(
    here: Running, image: bytes, code: str
) -> None:
    task = await _ended(here, await here.uploaded(image))
    assert (task["status"], task["error"]["code"]) == ("failed", code)
    assert task["usage"]["credits_used"] == 0
    assert here.sandbox.tallies[GATEWAY].accepted == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/a.png", "http://10.0.0.1/a.png", "https://localhost/a"])
async def test_images_at_private_addresses_cannot_be_reached(here: Running, url: str) -> None:
    task = await _ended(here, url)
    assert task["error"]["code"] == "image_processing_error"


async def test_an_image_at_an_address_is_fetched_when_this_machine_is_allowed() -> None:
    async with running(_open()) as here:
        link = (await here.generate("crazyrouter")).json()["data"][0]["url"]
        assert (await _ended(here, link))["status"] == "completed"
        assert (await _ended(here, f"{link}.gone"))["error"]["code"] == "image_processing_error"
        assert (await _ended(here, "http://10.0.0.1/a"))["error"]["code"] == "image_processing_error"


async def test_refused_content_is_a_task_that_fails_for_free(here: Running) -> None:
    task = await _ended(here, model=PRO, prompt="nsfw")
    assert task["error"]["code"] == "content_policy_violation"
    assert "\n" in task["error"]["message"]
    tally = here.sandbox.tallies[GATEWAY]
    assert (tally.accepted, tally.moderated) == (0, 1)


async def test_a_task_can_fail_for_reasons_of_its_own(here: Running) -> None:
    here.break_with(FaultName.TASK_FAILED, args={"code": "resource_exhausted", "message": "busy"})
    task = await _ended(here, model=PRO)
    assert task["error"] == {"code": "resource_exhausted", "message": "busy"}
    assert here.sandbox.tallies[GATEWAY].accepted == 0


async def test_the_same_key_replays_the_answer_and_is_paid_once(here: Running) -> None:
    first, again = [await here.edit_with_evolink(model=PRO, key=KEY) for _ in range(2)]
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    tally = here.sandbox.tallies[GATEWAY]
    assert (tally.received, tally.accepted) == (2, 1)


async def test_a_lost_answer_is_found_again_with_its_key(here: Running) -> None:
    here.break_with(FaultName.DROP_AFTER)
    with pytest.raises(httpx.TransportError):
        await here.edit_with_evolink(model=PRO, key=KEY)
    task = (await here.edit_with_evolink(model=PRO, key=KEY)).json()["id"]
    assert (await here.evolink_task(task)).json()["status"] == "completed"
    assert here.sandbox.tallies[GATEWAY].accepted == 1


async def test_submissions_with_one_key_at_the_same_moment_are_one(here: Running) -> None:
    url = await here.uploaded(photo())
    answers = await asyncio.gather(*(here.edit_with_evolink(url, key=KEY) for _ in range(5)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert here.sandbox.tallies[GATEWAY].accepted == 1


async def test_a_key_used_for_another_request_is_a_conflict(here: Running) -> None:
    await here.edit_with_evolink(model=PRO, key=KEY)
    other = await here.edit_with_evolink(model=PRO, prompt="a fox", key=KEY)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert here.sandbox.tallies[GATEWAY].accepted == 1


@pytest.mark.parametrize("key", ["short", "x" * 97, "call 7f3a9c2e41d0b865", "call/7f3a9c2e41d0b865"])
async def test_a_key_of_another_form_is_refused(here: Running, key: str) -> None:
    assert (await here.edit_with_evolink(model=PRO, key=key)).status_code == 400


async def test_a_refused_request_leaves_its_key_free(here: Running) -> None:
    here.break_with(FaultName.UNAVAILABLE)
    refused = await here.edit_with_evolink(model=PRO, key=KEY)
    taken = await here.edit_with_evolink(model=PRO, key=KEY)
    assert (refused.status_code, taken.status_code) == (503, 200)
    assert "idempotency-replayed" not in taken.headers


async def test_keys_and_tasks_outlive_the_process_and_links_lead_to_the_images_again(tmp_path: Any) -> None:
    async with running(_open(memory=tmp_path)) as here:
        url = await here.uploaded(photo("red"))
        task = (await here.edit_with_evolink(url, key=KEY)).json()["id"]
        before = await _fetch(here, (await here.evolink_task(task)).json()["results"][0])
    async with running(_open(memory=tmp_path)) as here:
        again = await here.edit_with_evolink(url, key=KEY)
        assert (again.json()["id"], again.headers["idempotency-replayed"]) == (task, "true")
        view = (await here.evolink_task(task)).json()
        assert await _fetch(here, view["results"][0]) == before
        assert (await here.http.get(url)).content == photo("red")


async def test_several_tasks_are_asked_after_at_once_and_unknown_ones_are_absent(here: Running) -> None:
    tasks = [await _submitted(here, model=PRO, prompt=prompt) for prompt in ("a fox", "gore")]
    batch = here.url(GATEWAY, "/v1/tasks/batch")
    answer = await here.http.post(batch, json={"task_ids": [tasks[1], "nothing", tasks[0], tasks[1]]})
    assert [task["id"] for task in answer.json()["data"]] == [tasks[1], tasks[0]]
    assert [task["status"] for task in answer.json()["data"]] == ["failed", "completed"]
    wrongs: list[dict[str, Any]] = [{"task_ids": ["x"] * 51}, {"task_ids": []}, {}, {"task_ids": [7]}]
    for wrong in wrongs:
        assert (await here.http.post(batch, json=wrong)).status_code == 400


async def test_recent_tasks_are_listed_newest_first_without_links(here: Running) -> None:
    tasks = [await _submitted(here, model=PRO, prompt=prompt) for prompt in ("a fox", "gore", "a cat")]
    listed = here.url(GATEWAY, "/v1/tasks")
    everything = (await here.http.get(listed)).json()
    assert [row["id"] for row in everything["data"]] == tasks[::-1]
    assert everything["total"] == 3
    assert "results" not in everything["data"][0]
    failed = (await here.http.get(listed, params={"status": "failed"})).json()
    assert [row["id"] for row in failed["data"]] == [tasks[1]]
    second = (await here.http.get(listed, params={"page": 2, "page_size": 2})).json()
    assert [row["id"] for row in second["data"]] == [tasks[0]]
    assert (await here.http.get(listed, params={"page": 0})).status_code == 400


async def test_the_balance_falls_by_what_was_used(here: Running) -> None:
    async def balance() -> float:
        answer = await here.http.get(here.url(GATEWAY, "/v1/credits"))
        return float(answer.json()["data"]["user"]["remaining_credits"])

    before = await balance()
    await _submitted(here, model=PRO, n=2)
    await _submitted(here, model=PRO, prompt="gore")
    assert before - await balance() == pytest.approx(8.2)


async def test_the_price_list_is_public(here: Running) -> None:
    async with httpx.AsyncClient() as stranger:
        lines = (await stranger.get(here.url(GATEWAY, "/web/api/models/pricing"))).json()["data"]
        assert (await stranger.get(here.url(GATEWAY, "/v1/credits"))).status_code == 401
    prices = {line["model_name"]: line["price_range"]["min_usd"] for line in lines}
    assert prices["qwen-image-edit"] == 0.0319
    assert set(prices) == {"qwen-image-edit", PLUS, PRO}


async def test_a_finished_task_calls_back_with_the_task_object() -> None:
    async with running(_open(0.05)) as here, listener() as (address, calls):
        task = await _submitted(here, model=PRO, callback_url=address)
        called = await asyncio.wait_for(calls.get(), 5)
        assert called == (await here.evolink_task(task)).json()
        assert called["status"] == "completed"
        await asyncio.sleep(0.1)
        assert calls.empty()
        assert here.sandbox.tallies[GATEWAY].callbacks == 1


@pytest.mark.parametrize(("statuses", "attempts"), [([500, 302, 204], 3), ([500] * 9, 4)])
async def test_a_callback_that_is_not_taken_is_tried_four_times_at_most(
    statuses: list[int], attempts: int
) -> None:
    answers = iter(statuses)

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=next(answers), headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_post("/cb", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with running(_open()) as here:
            address = f"http://127.0.0.1:{runner.addresses[0][1]}/cb"
            await _submitted(here, model=PRO, callback_url=address)
            await until(lambda: here.sandbox.tallies[GATEWAY].callbacks == attempts)
            await asyncio.sleep(0.1)
            assert here.sandbox.tallies[GATEWAY].callbacks == attempts
    finally:
        await runner.cleanup()


async def test_a_callback_can_come_early_twice_forged_or_never() -> None:
    async with running(_open(0.05)) as here, listener() as (address, calls):
        here.break_with(FaultName.CALLBACK_EARLY)
        task = await _submitted(here, model=PRO, callback_url=address)
        assert calls.get_nowait()["id"] == task
        here.break_with(FaultName.CALLBACK_TWICE)
        await _submitted(here, model=PRO, callback_url=address)
        assert await asyncio.wait_for(calls.get(), 5) == await asyncio.wait_for(calls.get(), 5)
        here.break_with(FaultName.CALLBACK_FORGED)
        await _submitted(here, model=PRO, callback_url=address)
        forged = await asyncio.wait_for(calls.get(), 5)
        assert forged["results"] == ["http://10.0.0.1/forged.png"]
        assert (await asyncio.wait_for(calls.get(), 5))["results"] != forged["results"]
        here.break_with(FaultName.CALLBACK_NEVER)
        await _submitted(here, model=PRO, callback_url=address)
        await asyncio.sleep(0.15)
        assert calls.empty()


async def test_polls_can_go_wrong_in_their_own_ways(here: Running) -> None:
    task = await _submitted(here, model=PRO)
    for fault in (FaultName.TASK_LOST, FaultName.TASK_UNKNOWN_STATUS, FaultName.EMPTY_URL):
        here.break_with(fault)
    here.break_with(FaultName.EMPTY_DATA, endpoint="poll")
    lost, odd, blank, empty = [await here.evolink_task(task) for _ in range(4)]
    assert lost.status_code == 404
    assert odd.json()["status"] not in ("pending", "processing", "completed", "failed")
    assert blank.json()["results"] == [""]
    assert empty.json()["results"] == []


async def test_fewer_pictures_than_asked_are_charged_as_delivered(here: Running) -> None:
    here.break_with(FaultName.FEWER_IMAGES)
    task = await _ended(here, model=PRO, n=3)
    assert len(task["results"]) == 2
    assert task["usage"]["credits_used"] == 8.2


async def test_unfinished_tasks_count_as_work_in_flight() -> None:
    async with running(_open(60, capacity={GATEWAY: 1})) as here:
        await _submitted(here, model=PRO)
        refused = await here.edit_with_evolink(model=PRO)
        assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")


async def test_links_live_for_a_day_unless_told_otherwise() -> None:
    async with running(_open(link_life=timedelta(0))) as here:
        task = await _ended(here, model=PRO)
        assert (await here.http.get(task["results"][0])).status_code == 404
