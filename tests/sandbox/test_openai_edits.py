from __future__ import annotations

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image, ImageChops, ImageDraw

from bot.sandbox import FaultName
from tests.sandbox.running import Running, photo, picture


async def _edit(here: Running, *files: tuple[str, bytes], **fields: str) -> httpx.Response:
    asked = {"model": "local-model", "prompt": "make it night"} | fields
    parts = [(name, (f"{name}.png", data, "image/png")) for name, data in files]
    return await here.http.post(here.url("openai", "/images/edits"), data=asked, files=parts)


async def _result(here: Running, answer: httpx.Response) -> Image.Image:
    entry = answer.json()["data"][0]
    if entry.get("b64_json"):
        return picture(base64.b64decode(entry["b64_json"]))
    return picture((await here.http.get(entry["url"])).content)


def _mask(size: tuple[int, int] = (512, 384), mode: str = "RGBA", kind: str = "PNG") -> bytes:
    image = Image.new(mode, size, 255 if mode == "L" else None)
    if mode == "RGBA":
        image = Image.new("RGBA", size, (0, 0, 0, 255))
        ImageDraw.Draw(image).rectangle((100, 100, 199, 199), fill=(0, 0, 0, 0))
    target = io.BytesIO()
    image.save(target, kind)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_an_edit_has_the_images_own_size_unless_another_is_asked_for(here: Running, kind: str) -> None:
    own = await _edit(here, ("image", photo(kind=kind)))
    asked = await _edit(here, ("image[]", photo(kind=kind)), size="640x640", n="2")
    assert (await _result(here, own)).size == (512, 384)
    assert (await _result(here, asked)).size == (640, 640)
    assert len(asked.json()["data"]) == 2
    assert here.sandbox.tallies["openai"].by_prompt == {"make it night": 2}


async def test_only_the_transparent_part_of_the_mask_is_changed(here: Running) -> None:
    answer = await _edit(here, ("image", photo()), ("mask", _mask()), response_format="b64_json")
    difference = ImageChops.difference(await _result(here, answer), picture(photo()))
    assert difference.getbbox() == (100, 100, 200, 200)


async def test_a_gpt_model_answers_in_base64_in_the_nearest_of_its_shapes(here: Running) -> None:
    answer = await _edit(here, ("image[]", photo(size=(384, 700))), model="gpt-image-1", size="auto")
    assert (await _result(here, answer)).size == (1024, 1536)


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        ([], {}),
        ([("image", b"no image")], {}),
        ([("image", photo()[:200])], {}),
        ([("image", photo(kind="BMP"))], {}),
        ([("image", photo())] * 17, {}),
        ([("picture", photo())], {}),
        ([("image", photo()), ("mask", _mask((100, 100)))], {}),
        ([("image", photo()), ("mask", _mask(mode="L"))], {}),
        ([("image", photo()), ("mask", _mask(kind="WEBP"))], {}),
        ([("image", photo()), ("mask", _mask()), ("mask", _mask())], {}),
        ([("image", photo())], {"prompt": ""}),
        ([("image", photo())], {"n": "0"}),
        ([("image", photo())], {"n": "two"}),
        ([("image", photo())], {"n": "1.0"}),
        ([("image", photo())], {"size": "512*512"}),
        ([("image", photo())], {"model": "gpt-image-1", "response_format": "url"}),
        ([("image", photo())], {"model": "gpt-image-1", "size": "512x512"}),
        ([("image", photo())], {"model": "dall-e-3"}),
        ([("image", photo(size=(512, 384)))], {"model": "dall-e-2"}),
        ([("image", photo(size=(512, 512), kind="JPEG"))], {"model": "dall-e-2"}),
    ],
    ids=range(20),
)
async def test_what_the_dialect_does_not_know_is_refused(
    here: Running, files: list[tuple[str, bytes]], fields: dict[str, str]
) -> None:
    answer = await _edit(here, *(files or [("note", b"")]), **fields)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert here.sandbox.tallies["openai"].accepted == 0


async def test_dall_e_2_edits_one_square_png(here: Running) -> None:
    answer = await _edit(here, ("image", photo(size=(512, 512))), model="dall-e-2", size="256x256")
    assert (await _result(here, answer)).size == (256, 256)


@pytest.mark.parametrize("gateway", ["crazyrouter", "dieyuyun"])
async def test_gateways_that_offer_no_editing_do_not_know_the_path(here: Running, gateway: str) -> None:
    answer = await here.http.post(here.url(gateway, "/images/edits"), files={"image": photo()})
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


async def test_json_and_rubbish_are_no_form(here: Running) -> None:
    address = here.url("openai", "/images/edits")
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for answer in (
        await here.http.post(address, json={"prompt": "a fox"}),
        await here.http.post(address, content=b"rubbish", headers=headers),
        await here.http.post(address, content=b"--x\r\n\r\n\r\n--x--", headers=headers),
    ):
        assert answer.status_code == 400


async def test_a_body_that_is_too_large_is_refused(here: Running) -> None:
    answer = await _edit(here, ("image", bytes(65 * 1024 * 1024)))
    assert answer.status_code == 413


async def test_refused_words_and_faults_concern_edits_too(here: Running) -> None:
    moderated = await _edit(here, ("image", photo()), prompt="gore")
    here.break_with(FaultName.RATE_LIMITED, match="night")
    limited, fine = [await _edit(here, ("image", photo())) for _ in range(2)]
    here.break_with(FaultName.FEWER_IMAGES)
    fewer: dict[str, Any] = (await _edit(here, ("image", photo()), n="3")).json()
    assert (moderated.status_code, limited.status_code, fine.status_code) == (400, 429, 200)
    assert len(fewer["data"]) == 2
    assert here.sandbox.tallies["openai"].moderated == 1
