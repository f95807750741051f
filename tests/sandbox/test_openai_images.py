from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import ImageChops

from bot.sandbox import Options
from bot.sandbox.drawing import paint_plain
from tests.sandbox.running import Running, picture, running

GATEWAYS = ["crazyrouter", "dieyuyun", "openai"]


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_a_link_leads_to_a_picture_of_the_asked_size(here: Running, gateway: str) -> None:
    answer = await here.generate(gateway, size="1472x1104")
    (entry,) = answer.json()["data"]
    file = await here.http.get(entry["url"])
    assert entry["url"].startswith(f"{here.root}/{gateway}/files/")
    assert file.headers["Content-Type"] == "image/png"
    assert picture(file.content).size == (1472, 1104)


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_base64_holds_the_picture_itself(here: Running, gateway: str) -> None:
    answer = await here.generate(gateway, response_format="b64_json", size="1472x1104")
    (entry,) = answer.json()["data"]
    assert picture(base64.b64decode(entry["b64_json"])).size == (1472, 1104)
    assert not entry.get("url")


async def test_unused_keys_are_empty_strings_where_the_family_sends_them(here: Running) -> None:
    crazyrouter = (await here.generate("crazyrouter")).json()
    dieyuyun = (await here.generate("dieyuyun")).json()
    assert crazyrouter["data"][0]["b64_json"] == ""
    assert crazyrouter["metadata"] == {}
    assert sorted(dieyuyun["data"][0]) == ["revised_prompt", "url"]
    assert "metadata" not in dieyuyun


async def test_several_pictures_differ(here: Running) -> None:
    asked = {"model": "qwen-image-2.0", "size": "2048x2048", "n": 3, "response_format": "b64_json"}
    answer = await here.generate("dieyuyun", **asked)
    assert len({entry["b64_json"] for entry in answer.json()["data"]}) == 3


async def test_a_seed_makes_pictures_repeatable_and_no_seed_does_not(here: Running) -> None:
    async def bytes_of(**fields: Any) -> str:
        answer = await here.generate("dieyuyun", response_format="b64_json", **fields)
        return str(answer.json()["data"][0]["b64_json"])

    assert await bytes_of(seed=7) == await bytes_of(seed=7)
    assert await bytes_of() != await bytes_of()


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "1328*1328"},
        {"size": "1328×1328"},
        {"size": "big"},
        {"size": "9999x9999"},
        {"size": ""},
        {"size": 1328},
        {"prompt": ""},
        {"prompt": 7},
        {"n": 0},
        {"n": "1"},
        {"n": True},
        {"n": 1.0},
        {"n": 11},
        {"response_format": "jpg"},
    ],
    ids=str,
)
async def test_wrong_values_are_refused_everywhere(
    here: Running, gateway: str, wrong: dict[str, Any]
) -> None:
    answer = await here.generate(gateway, **wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert here.sandbox.tallies[gateway].accepted == 0
    assert here.sandbox.tallies[gateway].refused == 1


@pytest.mark.parametrize(
    "field", ["seed", "watermark", "negative_prompt", "prompt_extend", "parameters", "user"]
)
async def test_crazyrouter_takes_its_five_fields_only(here: Running, field: str) -> None:
    answer = await here.generate("crazyrouter", **{field: True})
    assert answer.status_code == 400
    assert field in answer.json()["error"]["message"]


@pytest.mark.parametrize("gateway", ["crazyrouter", "dieyuyun"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "qwen-image-max", "n": 2},
        {"model": "qwen-image-plus", "n": 2},
        {"model": "qwen-image-max", "size": "1024x1024"},
        {"model": "qwen-image-max", "size": "2048x2048"},
        {"model": "qwen-image-2.0", "size": "1328x1328"},
        {"model": "qwen-image-2.0", "size": "2048x2048", "n": 7},
        {"n": None},
        {"model": ""},
    ],
    ids=str,
)
async def test_model_limits_are_kept(here: Running, gateway: str, wrong: dict[str, Any]) -> None:
    assert (await here.generate(gateway, **wrong)).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [{"seed": -1}, {"seed": 2**31}, {"seed": "7"}, {"watermark": "no"}, {"prompt_extend": 0}],
    ids=str,
)
async def test_dieyuyun_checks_the_types_of_its_options(here: Running, wrong: dict[str, Any]) -> None:
    assert (await here.generate("dieyuyun", **wrong)).status_code == 400


async def _dieyuyun(here: Running, body: dict[str, Any]) -> httpx.Response:
    asked = {"model": "qwen-image-2.0", "prompt": "a red kite"} | body
    return await here.http.post(here.url("dieyuyun", "/images/generations"), json=asked)


@pytest.mark.parametrize(
    "body",
    [
        {"size": "2048x2048", "n": 2, "watermark": False, "prompt_extend": False},
        {"parameters": {"size": "2048*2048", "n": 2, "watermark": False, "prompt_extend": False}},
    ],
    ids=["top", "parameters"],
)
async def test_dieyuyun_takes_options_in_one_place(here: Running, body: dict[str, Any]) -> None:
    answer = await _dieyuyun(here, body)
    assert [entry["revised_prompt"] for entry in answer.json()["data"]] == ["a red kite", "a red kite"]


@pytest.mark.parametrize(
    "body",
    [
        {"size": "2048x2048", "parameters": {"watermark": False}},
        {"n": 2, "parameters": {"size": "2048*2048"}},
        {"parameters": {"size": "2048x2048"}},
        {"parameters": {"model": "qwen-image"}},
        {"parameters": {"watermark": None}},
        {"parameters": "watermark"},
    ],
    ids=str,
)
async def test_dieyuyun_refuses_mixed_and_misplaced_options(here: Running, body: dict[str, Any]) -> None:
    answer = await _dieyuyun(here, body)
    assert answer.status_code == 400
    assert here.sandbox.tallies["dieyuyun"].accepted == 0


async def test_dieyuyun_stamps_a_watermark_unless_told_not_to(here: Running) -> None:
    async def drawn(**fields: Any) -> bytes:
        answer = await here.generate("dieyuyun", seed=1, response_format="b64_json", **fields)
        return base64.b64decode(answer.json()["data"][0]["b64_json"])

    default, asked, clean = await drawn(), await drawn(watermark=True), await drawn(watermark=False)
    assert default == asked
    assert ImageChops.difference(picture(default), picture(clean)).getbbox() is not None


async def test_dieyuyun_extends_the_prompt_unless_told_not_to(here: Running) -> None:
    extended = (await here.generate("dieyuyun")).json()["data"][0]["revised_prompt"]
    kept = (await here.generate("dieyuyun", prompt_extend=False)).json()["data"][0]["revised_prompt"]
    assert extended != "a red kite"
    assert kept == "a red kite"


async def test_the_generic_server_takes_any_model_field_and_size(here: Running) -> None:
    answer = await here.generate("openai", model="sd-3.5", size="640x384", quality="hd", user=None, cfg=7)
    file = await here.http.get(answer.json()["data"][0]["url"])
    assert picture(file.content).size == (640, 384)


async def test_the_generic_server_needs_no_model_no_size_and_no_key(here: Running) -> None:
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.post(here.url("openai", "/images/generations"), json={"prompt": "a fox"})
    assert answer.status_code == 200


async def test_gpt_image_models_answer_in_base64_and_refuse_response_format(here: Running) -> None:
    refused = await here.generate("openai", model="gpt-image-1", size="auto", response_format="url")
    answer = await here.generate("openai", model="gpt-image-1", size="auto", output_format="webp")
    image = picture(base64.b64decode(answer.json()["data"][0]["b64_json"]))
    assert refused.status_code == 400
    assert (image.format, image.size) == ("WEBP", (1024, 1024))


@pytest.mark.parametrize(
    ("gateway", "status", "code"),
    [("crazyrouter", 401, "invalid_api_key"), ("dieyuyun", 401, ""), ("openai", 401, "invalid_api_key")],
)
async def test_a_wrong_key_is_refused_in_the_gateways_own_words(
    here: Running, gateway: str, status: int, code: str
) -> None:
    here.http.headers["Authorization"] = "Bearer wrong-one"
    for answer in (await here.generate(gateway), await here.http.get(here.url(gateway, "/models"))):
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert here.sandbox.tallies[gateway].accepted == 0


async def test_a_missing_key_is_refused_and_dieyuyun_takes_a_second_header(here: Running) -> None:
    del here.http.headers["Authorization"]
    assert (await here.generate("crazyrouter")).status_code == 401
    assert (await here.generate("dieyuyun")).status_code == 401
    here.http.headers["x-api-key"] = "any-key"
    assert (await here.generate("crazyrouter")).status_code == 401
    assert (await here.generate("dieyuyun")).status_code == 200


async def test_only_listed_keys_are_accepted_when_keys_are_listed() -> None:
    async with running(Options(keys=frozenset({"right"}), painter=paint_plain)) as here:
        assert (await here.generate("crazyrouter")).status_code == 401
        here.http.headers["Authorization"] = "Bearer right"
        assert (await here.generate("crazyrouter")).status_code == 200


@pytest.mark.parametrize("gateway", ["crazyrouter", "dieyuyun"])
async def test_the_request_id_stands_in_the_text_and_in_a_header(here: Running, gateway: str) -> None:
    answer = await here.generate(gateway, n=0)
    request_id = answer.headers["X-Oneapi-Request-Id"]
    assert answer.json()["error"]["message"].endswith(f"(request id: {request_id})")
    assert "X-Oneapi-Request-Id" in (await here.generate(gateway)).headers


async def test_error_objects_have_the_documented_keys(here: Running) -> None:
    crazyrouter = (await here.generate("crazyrouter", n=0)).json()
    dieyuyun = (await here.generate("dieyuyun", n=0)).json()
    assert list(crazyrouter["error"]) == ["message", "type", "code"]
    assert list(dieyuyun["error"]) == ["message", "type", "param", "code"]
    assert dieyuyun["error"]["type"] == "new_api_error"


@pytest.mark.parametrize("gateway", ["crazyrouter", "dieyuyun"])
async def test_an_unknown_model_has_no_channel(here: Running, gateway: str) -> None:
    answer = await here.generate(gateway, model="dall-e-3")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_not_found")


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000], ids=range(6))
async def test_a_body_that_is_no_json_object_is_refused(here: Running, gateway: str, raw: bytes) -> None:
    answer = await here.http.post(here.url(gateway, "/images/generations"), content=raw)
    assert answer.status_code == 400
    assert "error" in answer.json()


async def test_a_body_that_is_too_large_is_refused() -> None:
    async with running(Options(body_limit=1000, painter=paint_plain)) as here:
        answer = await here.generate("crazyrouter", prompt="x" * 1000)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "read_request_body_failed")


async def test_an_unknown_path_is_refused_in_the_gateways_shape(here: Running) -> None:
    for answer in (
        await here.http.get(here.url("crazyrouter", "/images/edits")),
        await here.http.get(here.url("crazyrouter", "/images/generations")),
    ):
        assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


@pytest.mark.parametrize(
    ("gateway", "status", "code"),
    [
        ("crazyrouter", 500, "sensitive_words_detected"),
        ("dieyuyun", 500, "sensitive_words_detected"),
        ("openai", 400, "moderation_blocked"),
    ],
)
@pytest.mark.parametrize("prompt", ["some GORE here", "血腥的画面"])
async def test_refused_words_are_moderated_and_cost_nothing(
    here: Running, gateway: str, status: int, code: str, prompt: str
) -> None:
    answer = await here.generate(gateway, prompt=prompt)
    tally = here.sandbox.tallies[gateway]
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert (tally.accepted, tally.moderated, tally.refused) == (0, 1, 0)


async def test_words_that_only_contain_a_refused_word_pass(here: Running) -> None:
    assert (
        await here.generate("crazyrouter", prompt="Gorey's gorecki and nudes? no: gored")
    ).status_code == 200


async def test_models_are_listed(here: Running) -> None:
    body = (await here.http.get(here.url("crazyrouter", "/models"))).json()
    assert (body["object"], body["success"]) == ("list", True)
    assert {"qwen-image-plus", "qwen-image-max", "qwen-image-2.0"} <= {row["id"] for row in body["data"]}


async def test_prices_are_public_and_per_picture(here: Running) -> None:
    async with httpx.AsyncClient() as stranger:
        body = (await stranger.get(f"{here.root}/crazyrouter/api/pricing")).json()
    prices = {row["model_name"]: row["model_price"] for row in body["data"] if row["quota_type"] == 1}
    assert prices == {"qwen-image-plus": 0.0286, "qwen-image-max": 0.0714, "qwen-image-2.0": 0.0286}
    assert body["group_ratio"] == {"default": 1}


async def test_links_die() -> None:
    async with running(Options(link_life=timedelta(0), painter=paint_plain)) as here:
        answer = await here.generate("crazyrouter")
        assert (await here.http.get(answer.json()["data"][0]["url"])).status_code == 404


async def test_the_answer_takes_the_set_latency() -> None:
    async with running(Options(latency=timedelta(seconds=0.15), painter=paint_plain)) as here:
        answer = await here.generate("crazyrouter")
        assert answer.elapsed >= timedelta(seconds=0.14)
