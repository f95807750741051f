"""From a command to the picture, through the real core, database, HTTP and sandbox."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from bot.core.buttons import press
from bot.core.talk import Verb
from bot.domain.problems import Key
from bot.ports.chat import ChatGone, ChatUnavailable, Stage
from bot.sandbox import FaultName, Options, Sandbox, serve
from bot.sandbox.drawing import paint_plain
from tests.house import House, open_house, with_plan, with_policy


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as opened:
        yield opened


async def test_a_wish_ends_in_a_picture_of_the_size_that_the_caption_names(house: House) -> None:
    assert await house.say("/draw a fox in the snow --ar 16:9") is None
    await house.wall.ended(1)
    [shown] = house.wall.pictures
    with Image.open(io.BytesIO(shown.data)) as image:
        assert image.size == (shown.width, shown.height) == (1664, 928)
    assert "a fox in the snow" in shown.caption
    assert "qwen-image-plus" in shown.caption
    assert "1664x928" in shown.caption


async def test_a_task_gateway_draws_too(house: House) -> None:
    await house.say("/draw a fox --model 2512 --seed 7")
    await house.wall.ended(1)
    assert [(shown.width, shown.height) for shown in house.wall.pictures] == [(1024, 1024)]
    assert house.sandbox.tallies["qwen-image-2512"].accepted == 1


async def test_more_pictures_than_a_call_may_return_come_from_several_calls(house: House) -> None:
    await house.say("/draw a fox --model max --n 3")
    await house.wall.ended(1)
    assert len(house.wall.pictures) == 3
    assert house.sandbox.tallies["crazyrouter"].accepted == 3


async def test_several_pictures_come_from_one_call_where_the_model_can(house: House) -> None:
    await house.say("/draw a fox --model 2.0 --n 4")
    await house.wall.ended(1)
    assert len(house.wall.pictures) == 4
    assert house.sandbox.tallies["crazyrouter"].accepted == 1


async def test_pictures_inside_the_answer_are_kept_and_sent(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("openai",)) as house:
        await house.say("/draw a fox --model gpt --n 2")
        await house.wall.ended(1)
        assert len(house.wall.pictures) == 2


async def test_what_was_delivered_is_charged_and_nothing_stays_in_flight(house: House) -> None:
    await house.say("/draw a fox --n 2")
    await house.wall.ended(1)
    assert await house.used() == 2
    assert await house.in_flight() == 0


async def test_the_same_event_twice_opens_one_job(house: House) -> None:
    await asyncio.gather(*(house.say("/draw a fox", event="update 1") for _ in range(5)))
    await house.wall.ended(1)
    assert house.sandbox.tallies["crazyrouter"].accepted == 1
    assert await house.used() == 1


async def test_options_that_only_one_gateway_takes_lead_to_it_even_when_it_costs_more(house: House) -> None:
    await house.say("/draw a fox --no blur --seed 7")
    await house.wall.ended(1)
    assert house.sandbox.tallies["dieyuyun"].accepted == 1


# --- refusals before anything is held ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/draw", ["/draw a fox"]),
        ("/draw --n 2", ["/draw a fox"]),
        ("/draw fox --model maxx", ["maxx", "qwen-image-max"]),
        ("/draw fox --sed 7", ["--sed", "--seed"]),
        ("/draw fox --n 0", ["1 to 10"]),
        ("/draw fox --n many", ["many", "1 to 10"]),
        ("/draw fox --size 17x17", ["17x17", "1328x1328"]),
        ("/draw fox --size big", ["big", "1024x768"]),
        ("/draw fox --seed -5", ["-5", "2147483647"]),
        ("/draw fox --seed 99999999999999999999", ["2147483647"]),
        ("/draw fox --ar 0:0", ["0:0", "16:9"]),
        ("/draw fox\n/draw cat", ["two commands"]),
        ("/draw " + "fox " * 3000, ["11999", "8000"]),
        ("/draw fox --model 2512 --no blur", ["--no", "qwen-image-2.0"]),
        ("/darw fox", ["/draw"]),
    ],
)
async def test_a_refused_command_says_what_is_allowed_and_holds_nothing(
    house: House, text: str, words: list[str]
) -> None:
    answer = await house.say(text)
    assert answer
    for word in words:
        assert word in answer
    assert await house.used() == 0


async def test_a_prompt_too_long_for_every_model_names_the_limit_and_the_length(house: House) -> None:
    answer = await house.say("/draw " + "狐" * 2100)
    assert answer
    assert "2000" in answer
    assert "2100" in answer


async def test_a_prompt_too_long_for_one_model_goes_to_one_that_takes_it(house: House) -> None:
    assert await house.say("/draw " + "狐" * 1900) is None
    await house.wall.ended(1)
    assert house.sandbox.tallies["qwen-image-2512"].accepted == 1


async def test_a_used_up_quota_says_when_it_renews(tmp_path: Path) -> None:
    async with open_house(tmp_path, plan=with_plan(pictures_per_day=2)) as house:
        await house.say("/draw a fox --n 2")
        answer = await house.say("/draw another fox")
        assert answer
        assert "afresh in" in answer
        await house.wall.ended(1)
        assert house.sandbox.tallies["crazyrouter"].accepted == 2


async def test_nobody_exceeds_the_jobs_in_flight(tmp_path: Path) -> None:
    async with open_house(
        tmp_path, plan=with_plan(in_flight=2), latency=timedelta(milliseconds=300)
    ) as house:
        answers = await asyncio.gather(*(house.say(f"/draw fox {n}") for n in range(6)))
        assert sum(answer is None for answer in answers) == 2
        await house.wall.ended(2)


# --- what gateways do ---------------------------------------------------------------------------------------


async def failure_of(house: House, prompt: str = "/draw a fox") -> Key:
    """Say the prompt and return the key of the problem the job ended with."""
    await house.say(prompt)
    await house.wall.ended(1)
    [end] = house.ended
    assert end.stage is Stage.FAILED
    assert end.problem
    assert end.returned == 1
    assert await house.used() == 0
    assert not house.wall.pictures
    return end.problem.key


@pytest.mark.parametrize("model", ["plus", "2512"])
async def test_a_refusal_for_content_is_told_and_returns_the_hold(house: House, model: str) -> None:
    assert await failure_of(house, f"/draw nsfw fox --model {model}") is Key.MODERATED
    assert "turned down for its content" in house.last_text
    assert "1 picture is back in your quota" in house.last_text


@pytest.mark.parametrize("fault", [FaultName.DROP_AFTER, FaultName.TRUNCATED_JSON, FaultName.HTML_200])
async def test_a_lost_answer_is_never_submitted_again(house: House, fault: FaultName) -> None:
    house.fault(fault, "crazyrouter", times=1)
    assert await failure_of(house) is Key.ANSWER_LOST
    assert house.sandbox.tallies["crazyrouter"].received == 1


async def test_a_lost_answer_of_a_task_gateway_is_never_submitted_again(house: House) -> None:
    house.fault(FaultName.DROP_AFTER, "qwen-image-2512", times=1, endpoint="submit")
    assert await failure_of(house, "/draw a fox --model 2512") is Key.ANSWER_LOST
    assert house.sandbox.tallies["qwen-image-2512"].accepted == 1


async def test_a_task_id_where_pictures_were_due_is_never_submitted_again(house: House) -> None:
    house.fault(FaultName.TASK_ID_IN_SYNC, "crazyrouter", times=1)
    assert await failure_of(house) is Key.ANSWER_LOST


async def test_no_money_at_the_gateway_is_the_operators_matter(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter",)) as house:
        house.fault(FaultName.OUT_OF_MONEY, "crazyrouter")
        assert await failure_of(house) is Key.GATEWAY_OUT_OF_MONEY
        answer = await house.say("/draw another fox")
        await house.wall.ended(2)
        assert answer is None
        assert house.sandbox.tallies["crazyrouter"].received == 1


async def test_a_wrong_key_is_the_operators_matter(tmp_path: Path) -> None:
    async with open_house(tmp_path, key="wrong") as house:
        assert await failure_of(house) is Key.GATEWAY_UNAUTHORISED


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "rate_limited", "args": {"retry_after": 0}},
        {"fault": "rate_limited", "args": {"empty": True}},
        {"fault": "unavailable"},
    ],
)
async def test_a_gateway_that_turns_us_away_is_asked_again_until_it_takes_the_job(
    house: House, fault: dict[str, object]
) -> None:
    house.fault(FaultName(str(fault["fault"])), "crazyrouter", times=3, args=fault.get("args", {}))
    await house.say("/draw a fox")
    await house.wall.ended(1)
    assert len(house.wall.pictures) == 1
    assert house.sandbox.tallies["crazyrouter"].accepted == 1


async def test_a_gateway_that_is_down_is_waited_for(tmp_path: Path) -> None:
    sandbox = Sandbox(Options(painter=paint_plain))
    async with serve(sandbox) as root:
        pass  # now the port is free, and nobody listens there
    async with open_house(tmp_path, sandbox=sandbox, root=root) as house:
        await house.say("/draw a fox")
        await house.wall.reached(Stage.PAUSED)
        async with serve(sandbox, port=int(root.rsplit(":", 1)[1])):
            await house.wall.ended(1)
    assert len(house.wall.pictures) == 1
    assert sandbox.tallies["crazyrouter"].accepted == 1


async def test_a_gateway_that_fails_for_good_is_given_up_and_nothing_is_charged(house: House) -> None:
    house.fault(FaultName.SERVER_ERROR, "dieyuyun")
    assert await failure_of(house, "/draw a fox --no blur --model max") is Key.GATEWAY_FAILED
    assert house.sandbox.tallies["dieyuyun"].received == 5


async def test_a_failing_look_at_a_task_does_not_lose_it(house: House) -> None:
    for name in (
        FaultName.SERVER_ERROR,
        FaultName.RATE_LIMITED,
        FaultName.DROP_BEFORE,
        FaultName.BAD_GATEWAY,
    ):
        house.fault(name, "qwen-image-2512", endpoint="poll", times=1)
    await house.say("/draw a fox --model 2512")
    await house.wall.ended(1)
    assert len(house.wall.pictures) == 1


async def test_a_task_the_gateway_forgot_is_told_and_returned(house: House) -> None:
    house.fault(FaultName.TASK_LOST, "qwen-image-2512", endpoint="poll")
    assert await failure_of(house, "/draw a fox --model 2512") is Key.RESULT_LOST


async def test_a_failed_task_is_told_and_returned(house: House) -> None:
    house.fault(FaultName.TASK_FAILED, "qwen-image-2512")
    assert await failure_of(house, "/draw a fox --model 2512") is Key.GATEWAY_FAILED


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (FaultName.LINK_EXPIRED, Key.RESULT_LOST),
        (FaultName.LINK_NOT_IMAGE, Key.RESULT_NOT_AN_IMAGE),
        (FaultName.LINK_WRONG_TYPE, Key.RESULT_NOT_AN_IMAGE),
        (FaultName.LINK_HUGE, Key.RESULT_TOO_LARGE),
        (FaultName.LINK_REDIRECT_PRIVATE, Key.RESULT_LOST),
        (FaultName.EMPTY_DATA, Key.RESULT_LOST),
        (FaultName.EMPTY_URL, Key.RESULT_LOST),
    ],
)
async def test_a_result_that_cannot_be_had_is_told_and_returned(
    house: House, fault: FaultName, key: Key
) -> None:
    house.fault(fault, "crazyrouter")
    assert await failure_of(house) is key
    assert house.sandbox.tallies["crazyrouter"].received == 1


async def test_a_broken_download_is_tried_again(house: House) -> None:
    house.fault(FaultName.LINK_TRUNCATED, "crazyrouter", endpoint="file", times=2, args={"cut": True})
    await house.say("/draw a fox")
    await house.wall.ended(1)
    assert len(house.wall.pictures) == 1


async def test_fewer_pictures_than_asked_are_delivered_and_only_those_are_charged(house: House) -> None:
    house.fault(FaultName.FEWER_IMAGES, "crazyrouter")
    await house.say("/draw a fox --model 2.0 --n 4")
    await house.wall.ended(1)
    [end] = house.ended
    assert end.stage is Stage.DONE
    assert 0 < end.pictures < 4
    assert end.returned == 4 - end.pictures
    assert await house.used() == end.pictures == len(house.wall.pictures)


async def test_a_picture_of_another_size_is_delivered_and_the_caption_says_so(house: House) -> None:
    house.fault(FaultName.IMAGE_WRONG_SIZE, "crazyrouter")
    await house.say("/draw a fox --size 1328x1328")
    await house.wall.ended(1)
    [shown] = house.wall.pictures
    assert f"{shown.width}x{shown.height}" in shown.caption
    assert "asked for 1328x1328" in shown.caption


async def test_part_of_a_job_failing_leaves_the_other_part_delivered_and_explained(house: House) -> None:
    house.fault(FaultName.MODERATION, "crazyrouter", times=1)
    await house.say("/draw a fox --n 3")
    await house.wall.ended(1)
    [end] = house.ended
    assert (end.pictures, end.returned) == (2, 1)
    assert end.problem
    assert end.problem.key is Key.MODERATED
    assert await house.used() == 2


# --- waiting ------------------------------------------------------------------------------------------------


async def test_no_more_calls_run_at_a_gateway_than_it_takes(tmp_path: Path) -> None:
    async with open_house(tmp_path, concurrency=3, latency=timedelta(milliseconds=30)) as house:
        await asyncio.gather(*(house.say(f"/draw fox {n}", person=str(n)) for n in range(20)))
        await house.wall.ended(20)
        assert house.sandbox.tallies["crazyrouter"].max_in_flight == 3
        assert len(house.wall.pictures) == 20


async def test_who_waits_is_told_the_place(tmp_path: Path) -> None:
    async with open_house(tmp_path, concurrency=1, latency=timedelta(milliseconds=100)) as house:
        for n in range(3):
            await house.say(f"/draw fox {n}", person=str(n))
        await house.wall.ended(3)
        places = {s.place for shown in house.wall.statuses.values() for s in shown if s.place}
        assert places == {1, 2}


async def test_a_job_no_gateway_took_in_time_is_given_back(tmp_path: Path) -> None:
    policy = with_policy(deadline=timedelta(milliseconds=300))
    async with open_house(tmp_path, policy=policy) as house:
        house.fault(FaultName.RATE_LIMITED, "crazyrouter")
        assert await failure_of(house) is Key.TOOK_TOO_LONG
        assert house.sandbox.tallies["crazyrouter"].accepted == 0


async def test_a_late_task_is_watched_and_delivered_when_it_comes(tmp_path: Path) -> None:
    policy = with_policy(deadline=timedelta(milliseconds=200))
    async with open_house(tmp_path, policy=policy, latency=timedelta(milliseconds=600)) as house:
        await house.say("/draw a fox --model 2512")
        await house.wall.reached(Stage.LATE)
        await house.wall.ended(1)
        assert len(house.wall.pictures) == 1
        assert await house.used() == 1


async def test_a_task_that_never_ends_is_given_back_after_the_late_watch(tmp_path: Path) -> None:
    policy = with_policy(deadline=timedelta(milliseconds=100), late_watch=timedelta(milliseconds=200))
    async with open_house(tmp_path, policy=policy) as house:
        house.fault(FaultName.TASK_STUCK, "qwen-image-2512")
        assert await failure_of(house, "/draw a fox --model 2512") is Key.TOOK_TOO_LONG


# --- cancelling ---------------------------------------------------------------------------------------------


async def test_cancelling_returns_what_waits_and_lets_what_is_paid_arrive(tmp_path: Path) -> None:
    async with open_house(tmp_path, concurrency=1, latency=timedelta(milliseconds=200)) as house:
        for n in range(3):
            await house.say(f"/draw fox {n}")
        await house.wall.reached(Stage.DRAWING)
        answer = await house.press(press(Verb.CANCEL))
        assert "2 requests are cancelled" in answer.note
        await house.wall.ended(3)
        assert sorted(end.stage for end in house.ended) == [Stage.CANCELLED, Stage.CANCELLED, Stage.DONE]
        assert house.sandbox.tallies["crazyrouter"].accepted == 1
        assert await house.used() == 1


async def test_cancelling_nothing_says_so(house: House) -> None:
    answer = await house.say("/cancel")
    assert answer
    assert "nothing to cancel" in answer


# --- delivering ---------------------------------------------------------------------------------------------


async def test_pictures_reach_a_chat_that_was_away_for_a_while(house: House) -> None:
    house.wall.refusals += [ChatUnavailable("away"), ChatUnavailable("away")]
    await house.say("/draw a fox --n 2")
    await house.wall.ended(1)
    assert len(house.wall.pictures) == 2
    assert await house.used() == 2


async def test_nothing_is_charged_when_the_chat_is_gone(house: House) -> None:
    house.wall.refusals.append(ChatGone("blocked"))
    await house.say("/draw a fox")
    await house.wall.ended(1)
    [end] = house.ended
    assert end.problem
    assert end.problem.key is Key.CHAT_REFUSED
    assert await house.used() == 0


async def test_what_arrived_before_the_chat_was_gone_is_charged_once(house: House) -> None:
    house.wall.refuse_after = 1
    await house.say("/draw a fox --n 3 --model 2.0")
    await house.wall.ended(1)
    assert await house.used() == len(house.wall.pictures) == 1


# --- restarts -----------------------------------------------------------------------------------------------


async def test_a_graceful_stop_in_the_middle_loses_and_repeats_nothing(tmp_path: Path) -> None:
    sandbox = Sandbox(Options(painter=paint_plain, latency=timedelta(milliseconds=300)))
    async with serve(sandbox) as root:
        async with open_house(tmp_path, sandbox=sandbox, root=root) as first:
            await asyncio.gather(*(first.say(f"/draw fox {n}", person=str(n)) for n in range(6)))
            await first.say("/draw cat --model 2512", person="bob", language="zh-hans")
            await first.wall.reached(Stage.DRAWING)
        async with open_house(tmp_path, sandbox=sandbox, root=root) as second:
            await second.wall.ended(7 - len(first.ended))
    captions = [shown.caption for shown in first.wall.pictures + second.wall.pictures]
    assert sorted(text.splitlines()[0] for text in captions) == ["cat", *(f"fox {n}" for n in range(6))]
    assert sandbox.tallies["crazyrouter"].accepted == 6
    assert sandbox.tallies["qwen-image-2512"].accepted == 1
    assert "今天还剩" in next(text for text in captions if text.startswith("cat"))
