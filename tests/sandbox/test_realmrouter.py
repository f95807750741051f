from __future__ import annotations

from typing import Any

import httpx
import pytest
from PIL import ImageChops, ImageStat

from bot.sandbox import FaultName, Options
from bot.sandbox.drawing import paint_plain
from tests.sandbox.running import Running, data_url, photo, picture, running

GATEWAY = "realmrouter"
IMAGE = data_url(photo())


def _message(*content: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": list(content)}


async def _post(here: Running, path: str, body: dict[str, Any]) -> httpx.Response:
    return await here.http.post(here.url(GATEWAY, path), json=body)


async def _drawn(here: Running, answer: httpx.Response) -> bytes:
    return (await here.http.get(answer.json()["data"][0]["url"])).content


async def test_a_drawing_has_the_asked_size_and_the_default_is_a_square(here: Running) -> None:
    wide = await here.draw_with_realmrouter(size="1664*928")
    text = {"type": "text", "text": "a fox"}
    body = {"model": "qwen-image", "input": {"messages": [_message(text)]}}
    square = await _post(here, "/images/generations", body)
    assert picture(await _drawn(here, wide)).size == (1664, 928)
    assert picture(await _drawn(here, square)).size == (1328, 1328)
    assert here.sandbox.tallies[GATEWAY].by_prompt == {"a red kite": 1, "a fox": 1}


async def test_the_prompt_is_extended_unless_told_not_to_and_a_watermark_must_be_asked_for(
    here: Running,
) -> None:
    extended = (await here.draw_with_realmrouter()).json()["data"][0]["revised_prompt"]
    kept = (await here.draw_with_realmrouter(prompt_extend=False)).json()["data"][0]["revised_prompt"]
    assert extended != kept == "a red kite"
    marked = picture(await _drawn(here, await here.draw_with_realmrouter(watermark=True)))
    corner = marked.crop((900, 1200, 1328, 1328))
    assert ImageStat.Stat(corner.convert("L")).stddev[0] > 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "1328x1328"},
        {"size": "1024*1024"},
        {"size": ""},
        {"n": 1},
        {"seed": 7},
        {"response_format": "url"},
        {"negative_prompt": "x" * 501},
        {"prompt_extend": "no"},
        {"watermark": None},
    ],
    ids=lambda wrong: str(wrong)[:30],
)
async def test_parameters_that_are_not_documented_for_drawing_are_refused(
    here: Running, wrong: dict[str, Any]
) -> None:
    answer = await here.draw_with_realmrouter(**wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "new_api_error"
    assert here.sandbox.tallies[GATEWAY].accepted == 0


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "a fox"},
        {"input": {"prompt": "a fox"}},
        {"input": {"messages": []}},
        {"input": {"messages": [_message({"type": "text", "text": "a fox"})] * 2}},
        {"input": {"messages": [_message({"type": "text", "text": "a fox"}, role="system")]}},
        {"input": {"messages": [_message({"type": "text", "text": "a"}, {"type": "text", "text": "b"})]}},
        {"input": {"messages": [_message({"text": "a fox"})]}},
        {"input": {"messages": [_message({"type": "text", "text": ""})]}},
        {"input": {"messages": [_message({"type": "text", "text": "a"})]}, "size": "1328*1328"},
    ],
    ids=range(9),
)
async def test_a_drawing_is_one_user_message_with_one_text(here: Running, body: dict[str, Any]) -> None:
    answer = await _post(here, "/images/generations", {"model": "qwen-image", **body})
    assert answer.status_code == 400
    assert here.sandbox.tallies[GATEWAY].refused == 1


async def test_an_edit_shows_the_given_images_in_the_shape_of_the_last_one(here: Running) -> None:
    red, wide = data_url(photo("red", (600, 600))), data_url(photo("lime", (1200, 600)))
    image = picture(await _drawn(here, await here.edit_with_realmrouter(red, wide)))
    middle = ImageStat.Stat(image.crop((600, 100, 900, 300))).mean
    assert image.size == (1456, 720)
    assert middle[0] > middle[1]


async def test_an_edit_takes_size_seed_and_number(here: Running) -> None:
    asked: dict[str, Any] = {
        "size": "512*2048",
        "seed": 7,
        "n": 6,
        "negative_prompt": "blur",
        "prompt_extend": False,
    }
    first, again = [await here.edit_with_realmrouter(IMAGE, **asked) for _ in range(2)]
    assert len(first.json()["data"]) == 6
    assert picture(await _drawn(here, first)).size == (512, 2048)
    assert (
        ImageChops.difference(
            picture(await _drawn(here, first)), picture(await _drawn(here, again))
        ).getbbox()
        is None
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
async def test_images_of_every_documented_type_are_taken(here: Running, kind: str) -> None:
    answer = await here.edit_with_realmrouter(data_url(photo(kind=kind)))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("images", "options"),
    [
        ([], {}),
        ([IMAGE] * 4, {}),
        (["data:image/png;base64,"], {}),
        (["data:image/png;base64,%%%"], {}),
        (["data:text/html;base64,aGk="], {}),
        ([data_url(photo(size=(383, 500)))], {}),
        ([data_url(photo(size=(400, 3073)))], {}),
        ([data_url(photo(kind="ICO"))], {}),
        ([data_url(photo()[:150])], {}),
        (["http://example.com/a.png"], {}),
        (["https://127.0.0.1/a.png"], {}),
        (["https://user@example.com/a.png"], {}),
        ([IMAGE], {"text": "x" * 801}),
        ([IMAGE], {"text": ""}),
        ([IMAGE], {"n": 7}),
        ([IMAGE], {"seed": -1}),
        ([IMAGE], {"size": "500*600"}),
        ([IMAGE], {"size": "600*2049"}),
        ([IMAGE], {"size": "600x600"}),
        ([IMAGE], {"watermark": False}),
        ([IMAGE], {"mask": IMAGE}),
        ([IMAGE], {"model": "qwen-image-edit", "n": 2}),
        ([IMAGE], {"model": "qwen-image-edit", "size": "600*600"}),
    ],
    ids=range(23),
)
async def test_edits_that_are_not_documented_are_refused(
    here: Running, images: list[str], options: dict[str, Any]
) -> None:
    answer = await here.edit_with_realmrouter(*images, **options)
    assert answer.status_code == 400
    assert here.sandbox.tallies[GATEWAY].accepted == 0


async def test_an_image_may_stand_at_an_address_of_this_machine_when_that_is_switched_on() -> None:
    async with running(Options(allow_loopback=True, painter=paint_plain)) as here:
        link = (await here.generate("crazyrouter")).json()["data"][0]["url"]
        assert (await here.edit_with_realmrouter(link)).status_code == 200
        assert (await here.edit_with_realmrouter(f"{link}.gone")).status_code == 400
        assert (await here.edit_with_realmrouter("http://10.0.0.1/a.png")).status_code == 400


async def test_models_belong_to_one_of_the_paths(here: Running) -> None:
    swapped = await here.edit_with_realmrouter(IMAGE, model="qwen-image-plus")
    text = {"type": "text", "text": "a fox"}
    body = {"model": "qwen-image-edit", "input": {"messages": [_message(text)]}}
    for answer in (swapped, await _post(here, "/images/generations", body)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_not_found")


async def test_refused_words_and_wrong_keys_cost_nothing(here: Running) -> None:
    moderated = await here.edit_with_realmrouter(IMAGE, text="nsfw")
    here.http.headers["Authorization"] = "Bearer wrong"
    refused = await here.edit_with_realmrouter(IMAGE)
    assert moderated.json()["error"]["code"] == "sensitive_words_detected"
    assert refused.status_code == 401
    tally = here.sandbox.tallies[GATEWAY]
    assert (tally.accepted, tally.moderated, tally.refused) == (0, 1, 1)


async def test_faults_find_the_text_inside_the_messages(here: Running) -> None:
    here.break_with(FaultName.DROP_AFTER, match="fox")
    assert (await here.edit_with_realmrouter(IMAGE, text="a cat")).status_code == 200
    with pytest.raises(httpx.TransportError):
        await here.edit_with_realmrouter(IMAGE, text="a fox")
    assert here.sandbox.tallies[GATEWAY].by_prompt == {"a cat": 1, "a fox": 1}
