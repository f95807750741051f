from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox import FaultName, Options
from bot.sandbox.drawing import paint_plain
from tests.sandbox.running import Running, listener, picture, running, until

GATEWAY = "qwen-image-2512"


def _slow(seconds: float, **options: Any) -> Options:
    return Options(latency=timedelta(seconds=seconds), painter=paint_plain, **options)


async def test_a_new_task_is_pending() -> None:
    async with running(_slow(60)) as here:
        data = (await here.status(await here.submitted())).json()["data"]
        assert (data["status"], data["response"], data["consumed_credits"]) == ("PENDING", None, 0)


async def test_a_task_is_in_progress_before_it_succeeds() -> None:
    async with running(_slow(0.2)) as here:
        submitted = (await here.submit()).json()
        assert (submitted["code"], submitted["message"]) == (200, "success")
        assert submitted["data"]["status"] == "IN_PROGRESS"
        seen: list[str] = []
        while not seen or seen[-1] != "SUCCESS":
            data = (await here.status(submitted["data"]["task_id"])).json()["data"]
            if data["status"] not in seen:
                seen.append(data["status"])
            assert (data["response"] is None) == (data["status"] != "SUCCESS")
            await asyncio.sleep(0.005)
        assert seen[-2:] == ["IN_PROGRESS", "SUCCESS"]
        assert data["consumed_credits"] == 5
        assert data["error_message"] is None
        assert data["created_at"].endswith("Z")


@pytest.mark.parametrize("wanted", ["jpeg", "png", "webp"])
async def test_the_result_has_the_asked_format_and_size(here: Running, wanted: str) -> None:
    task = await here.submitted(size="1024*1536", output_format=wanted)
    (link,) = (await here.status(task)).json()["data"]["response"]
    file = await here.http.get(link)
    image = picture(file.content)
    assert file.headers["Content-Type"] == f"image/{wanted}"
    assert ((image.format or "").lower(), image.size) == (wanted, (1024, 1536))


async def test_a_jpeg_of_1024_square_is_the_default(here: Running) -> None:
    (link,) = (await here.status(await here.submitted())).json()["data"]["response"]
    image = picture((await here.http.get(link)).content)
    assert (image.format, image.size) == ("JPEG", (1024, 1024))


async def test_a_seed_makes_the_picture_repeatable_and_minus_one_does_not(here: Running) -> None:
    async def drawn(seed: int) -> bytes:
        (link,) = (await here.status(await here.submitted(seed=seed))).json()["data"]["response"]
        return (await here.http.get(link)).content

    assert await drawn(7) == await drawn(7)
    assert await drawn(-1) != await drawn(-1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "1024x1024"},
        {"size": "1328*1328"},
        {"prompt": ""},
        {"prompt": "x" * 2001},
        {"prompt": None},
        {"seed": -2},
        {"seed": "7"},
        {"seed": True},
        {"output_format": "gif"},
        {"output_format": "PNG"},
        {"model": "qwen-image-2512"},
        {"n": 1},
        {"negative_prompt": ""},
        {"callback_url": "ftp://127.0.0.1/"},
        {"callback_url": "not an address"},
        {"callback_url": 7},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
async def test_what_the_page_does_not_list_is_refused(here: Running, wrong: dict[str, Any]) -> None:
    answer = await here.submit(**wrong)
    assert answer.status_code == 400
    assert answer.json()["code"] == 400
    assert answer.json()["data"] is None
    assert here.sandbox.tallies[GATEWAY].accepted == 0


async def test_a_prompt_of_2000_characters_of_any_script_is_taken(here: Running) -> None:
    assert (await here.submit(prompt="狐" * 2000)).status_code == 200


async def test_a_missing_prompt_is_refused(here: Running) -> None:
    answer = await here.http.post(here.url(GATEWAY, "/api/generate"), json={"size": "1024*1024"})
    assert answer.status_code == 400
    assert "prompt" in answer.json()["message"]


async def test_an_unknown_task_and_an_unknown_path_are_not_found(here: Running) -> None:
    for answer in (await here.status("nothing"), await here.http.get(here.url(GATEWAY, "/api/tasks"))):
        assert (answer.status_code, answer.json()["code"]) == (404, 404)


async def test_a_wrong_key_is_refused_for_submission_and_poll(here: Running) -> None:
    task = await here.submitted()
    here.http.headers["Authorization"] = "Bearer bad-key"
    for answer in (await here.submit(), await here.status(task)):
        assert (answer.status_code, answer.json()["code"]) == (401, 401)


async def test_the_http_status_stays_200_when_only_the_body_tells() -> None:
    async with running(Options(status_in_body_only=True)) as here:
        answer = await here.submit(size="1024x1024")
        assert (answer.status_code, answer.json()["code"]) == (200, 400)


async def test_refused_content_is_a_task_that_fails_for_free(here: Running) -> None:
    task = await here.submitted(prompt="nsfw fox")
    answer = (await here.status(task)).json()
    assert answer["code"] == 200
    assert (answer["data"]["status"], answer["data"]["consumed_credits"]) == ("FAILED", 0)
    assert "safety system" in answer["data"]["error_message"]
    tally = here.sandbox.tallies[GATEWAY]
    assert (tally.accepted, tally.moderated) == (0, 1)


async def _quiet(calls: asyncio.Queue[dict[str, Any]]) -> bool:
    await asyncio.sleep(0.1)
    return calls.empty()


async def test_a_finished_task_calls_back_once_with_the_status_object() -> None:
    async with running(_slow(0.05)) as here, listener() as (address, calls):
        task = await here.submitted(callback_url=address)
        called = await asyncio.wait_for(calls.get(), 5)
        assert called == (await here.status(task)).json()["data"]
        assert called["status"] == "SUCCESS"
        assert await _quiet(calls)
        assert here.sandbox.tallies[GATEWAY].callbacks == 1


async def test_a_failed_task_calls_back_too(here: Running) -> None:
    async with listener() as (address, calls):
        await here.submitted(callback_url=address, prompt="gore")
        assert (await asyncio.wait_for(calls.get(), 5))["status"] == "FAILED"


async def test_a_dead_callback_address_harms_nothing(here: Running) -> None:
    task = await here.submitted(callback_url="http://127.0.0.1:9/cb")
    assert (await here.status(task)).json()["data"]["status"] == "SUCCESS"


async def test_a_callback_can_come_before_the_answer() -> None:
    async with running(_slow(5)) as here, listener() as (address, calls):
        here.break_with(FaultName.CALLBACK_EARLY)
        task = await here.submitted(callback_url=address)
        assert calls.get_nowait()["task_id"] == task
        assert (await here.status(task)).json()["data"]["status"] == "SUCCESS"
        assert await _quiet(calls)


async def test_a_callback_can_come_twice_or_never(here: Running) -> None:
    async with listener() as (address, calls):
        here.break_with(FaultName.CALLBACK_TWICE)
        await here.submitted(callback_url=address)
        assert await asyncio.wait_for(calls.get(), 5) == await asyncio.wait_for(calls.get(), 5)
        here.break_with(FaultName.CALLBACK_NEVER)
        await here.submitted(callback_url=address)
        assert await _quiet(calls)


async def test_a_forged_callback_comes_before_the_true_one() -> None:
    async with running(_slow(0.1)) as here, listener() as (address, calls):
        here.break_with(FaultName.CALLBACK_FORGED)
        task = await here.submitted(callback_url=address)
        forged, true = await asyncio.wait_for(calls.get(), 5), await asyncio.wait_for(calls.get(), 5)
        assert forged["task_id"] == true["task_id"] == task
        assert forged["response"] == ["http://10.0.0.1/forged.png"]
        assert true["response"] == (await here.status(task)).json()["data"]["response"]


async def test_a_task_can_be_stuck(here: Running) -> None:
    here.break_with(FaultName.TASK_STUCK, match="stuck")
    stuck, other = await here.submitted(prompt="a stuck fox"), await here.submitted(prompt="a fox")
    assert (await here.status(stuck)).json()["data"]["status"] in ("PENDING", "IN_PROGRESS")
    assert (await here.status(other)).json()["data"]["status"] == "SUCCESS"


async def test_a_task_can_fail_for_reasons_of_its_own(here: Running) -> None:
    here.break_with(FaultName.TASK_FAILED, args={"message": "GPU on fire"})
    data = (await here.status(await here.submitted())).json()["data"]
    assert (data["status"], data["error_message"], data["consumed_credits"]) == ("FAILED", "GPU on fire", 0)
    assert here.sandbox.tallies[GATEWAY].accepted == 0


async def test_a_task_can_be_lost_for_a_while(here: Running) -> None:
    task = await here.submitted()
    here.break_with(FaultName.TASK_LOST, times=2)
    assert [(await here.status(task)).status_code for _ in range(3)] == [404, 404, 200]


async def test_a_task_can_have_a_status_nobody_knows(here: Running) -> None:
    task = await here.submitted()
    here.break_with(FaultName.TASK_UNKNOWN_STATUS)
    data = (await here.status(task)).json()["data"]
    assert data["status"] not in ("PENDING", "IN_PROGRESS", "SUCCESS", "FAILED")
    assert data["response"] is None


@pytest.mark.parametrize(("fault", "links"), [(FaultName.EMPTY_DATA, []), (FaultName.EMPTY_URL, [""])])
async def test_a_success_can_be_without_pictures(here: Running, fault: FaultName, links: list[str]) -> None:
    task = await here.submitted()
    here.break_with(fault)
    assert (await here.status(task)).json()["data"]["response"] == links


async def test_unfinished_tasks_count_as_work_in_flight() -> None:
    async with running(_slow(60, capacity={GATEWAY: 2})) as here:
        await here.submitted()
        await here.submitted()
        refused = await here.submit()
        assert (refused.status_code, refused.json()["code"]) == (429, 429)
        tally = here.sandbox.tallies[GATEWAY]
        assert (tally.accepted, tally.refused, tally.in_flight, tally.max_in_flight) == (2, 1, 2, 2)


async def test_a_finished_task_frees_its_place() -> None:
    async with running(Options(capacity={GATEWAY: 1}, painter=paint_plain)) as here:
        for _ in range(3):
            await here.submitted()
            await until(lambda: here.sandbox.tallies[GATEWAY].in_flight == 0)
