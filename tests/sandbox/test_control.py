from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox import Options, Sandbox, base_urls, files_base_url
from tests.sandbox.running import Running


async def _stats(here: Running) -> dict[str, Any]:
    body: dict[str, Any] = (await here.http.get(f"{here.root}/_sandbox/stats")).json()
    return body


async def test_stats_count_what_was_received_accepted_polled_and_fetched(here: Running) -> None:
    await here.generate("crazyrouter", prompt="a fox")
    await here.generate("crazyrouter", prompt="a fox")
    await here.generate("crazyrouter", n=9)
    task = await here.submitted(prompt="雪")
    link = (await here.status(task)).json()["data"]["response"][0]
    await here.http.get(link)
    stats = await _stats(here)
    crazyrouter, qwen = stats["crazyrouter"], stats["qwen-image-2512"]
    assert [crazyrouter[key] for key in ("received", "accepted", "refused", "polls")] == [3, 2, 1, 0]
    assert crazyrouter["by_prompt"] == {"a fox": 2}
    assert [qwen[key] for key in ("accepted", "polls", "files")] == [1, 1, 1]
    assert qwen["by_prompt"] == {"雪": 1}
    assert stats["dieyuyun"]["received"] == 0


async def test_python_attributes_hold_the_same_numbers_and_reset_clears_both(here: Running) -> None:
    await here.generate("openai")
    for gateway, counts in (await _stats(here)).items():
        assert here.sandbox.tallies[gateway].as_json() == counts
    assert (await here.http.post(f"{here.root}/_sandbox/reset")).status_code == 204
    assert (await _stats(here))["openai"]["received"] == 0
    assert here.sandbox.tallies["openai"].by_prompt == {}
    await here.generate("openai")
    assert (await _stats(here))["openai"]["by_prompt"] == {"a red kite": 1}


async def test_faults_are_asked_for_and_taken_back_over_http(here: Running) -> None:
    wishes = f"{here.root}/_sandbox/faults"
    asked = {
        "gateway": "*",
        "fault": "rate_limited",
        "times": None,
        "endpoint": "*",
        "args": {"retry_after": 3},
    }
    assert (await here.http.post(wishes, json=asked)).status_code == 204
    assert (await here.generate("crazyrouter")).headers["Retry-After"] == "3"
    assert (await here.status("any")).status_code == 429
    assert (await here.http.delete(wishes)).status_code == 204
    assert (await here.generate("crazyrouter")).status_code == 200


async def test_several_faults_can_be_asked_for_at_once(here: Running) -> None:
    wishes = [{"fault": "server_error"}, {"fault": "unavailable", "probability": 1.0, "match": None}]
    await here.http.post(f"{here.root}/_sandbox/faults", json=wishes)
    assert [(await here.generate("openai")).status_code for _ in range(3)] == [500, 503, 200]


@pytest.mark.parametrize(
    "wish",
    [
        {"fault": "gremlins"},
        {"fault": "slow", "gateway": "nobody"},
        {"fault": "task_lost", "endpoint": "file"},
        {"fault": "slow", "times": 0},
        {"fault": "slow", "probability": 2},
        {"fault": "slow", "args": {"second": 3}},
        {"fault": "slow", "tims": 1},
        [{"fault": "slow"}, {"fault": "slow", "gateway": "nobody"}],
        "slow",
    ],
    ids=str,
)
async def test_a_fault_that_makes_no_sense_is_refused_and_changes_nothing(here: Running, wish: Any) -> None:
    answer = await here.http.post(f"{here.root}/_sandbox/faults", json=wish)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert (await here.generate("crazyrouter")).elapsed.total_seconds() < 0.9


def test_a_capacity_for_an_unknown_gateway_is_an_error() -> None:
    with pytest.raises(ValueError, match="crazyruoter"):
        Sandbox(Options(capacity={"crazyruoter": 2}))


def test_base_addresses_are_what_a_client_is_configured_with() -> None:
    assert base_urls("http://127.0.0.1:8090/") == {
        "crazyrouter": "http://127.0.0.1:8090/crazyrouter/v1",
        "dieyuyun": "http://127.0.0.1:8090/dieyuyun/v1",
        "openai": "http://127.0.0.1:8090/openai/v1",
        "qwen-image-2512": "http://127.0.0.1:8090/qwen-image-2512",
        "realmrouter": "http://127.0.0.1:8090/realmrouter/v1",
        "evolink": "http://127.0.0.1:8090/evolink",
    }
    assert files_base_url("http://127.0.0.1:8090/") == "http://127.0.0.1:8090/evolink-files"
