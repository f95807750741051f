from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.sandbox import FaultName, Options, files_base_url
from bot.sandbox.drawing import paint_plain
from tests.sandbox.running import Running, data_url, photo, running


def _api(here: Running, path: str) -> str:
    return f"{files_base_url(here.root)}/api/v1/files{path}"


async def _by_form(here: Running, data: bytes, name: str = "file", **fields: str) -> httpx.Response:
    files = {name: ("photo.png", data, "image/png")}
    return await here.http.post(_api(here, "/upload/stream"), files=files, data=fields)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
async def test_an_uploaded_image_is_served_at_its_address_as_it_was(here: Running, kind: str) -> None:
    body = (await here.upload(photo(kind=kind))).json()
    data = body["data"]
    assert (body["success"], body["code"], data["file_size"]) == (True, 200, len(photo(kind=kind)))
    assert data["mime_type"] == f"image/{kind.lower()}"
    assert data["file_url"].startswith(f"{files_base_url(here.root)}/files/")
    for link in (data["file_url"], data["download_url"]):
        answer = await here.http.get(link)
        assert answer.content == photo(kind=kind)
        assert answer.headers["Content-Type"] == f"image/{kind.lower()}"
    assert here.sandbox.tallies["evolink"].uploads == 1
    assert here.sandbox.tallies["evolink"].received == 0


async def test_a_data_url_and_a_form_are_taken_too(here: Running) -> None:
    by_url = await here.http.post(
        _api(here, "/upload/base64"), json={"base64_data": data_url(photo("red")), "file_name": "a.png"}
    )
    by_form = await _by_form(here, photo("blue"), uploadPath="my/photos", fileName="b.png")
    assert by_url.json()["data"]["file_url"].endswith("/images/a.png")
    assert by_form.json()["data"]["file_url"].endswith("/my/photos/b.png")
    assert (await here.http.get(by_form.json()["data"]["file_url"])).content == photo("blue")


async def test_an_image_at_an_address_is_copied_when_this_machine_is_allowed() -> None:
    async with running(Options(allow_loopback=True, painter=paint_plain)) as here:
        url = await here.uploaded(photo("red"))
        taken = await here.http.post(_api(here, "/upload/url"), json={"file_url": url})
        gone = await here.http.post(_api(here, "/upload/url"), json={"file_url": url + ".gone"})
        assert (await here.http.get(taken.json()["data"]["file_url"])).content == photo("red")
        assert (gone.status_code, gone.json()["code"]) == (400, 40004)


async def test_an_address_in_the_own_network_is_refused(here: Running) -> None:
    for url in ("http://127.0.0.1/a.png", "http://10.0.0.1/a.png", "file:///etc/passwd", "nothing"):
        answer = await here.http.post(_api(here, "/upload/url"), json={"file_url": url})
        assert (answer.status_code, answer.json()["code"]) == (400, 40004)


async def test_a_file_of_the_same_name_takes_the_place_of_the_older_one(here: Running) -> None:
    first = await here.uploaded(photo("red"), file_name="me.png")
    again = await here.uploaded(photo("blue"), file_name="me.png")
    assert first == again
    assert (await here.http.get(first)).content == photo("blue")
    assert (await here.http.get(_api(here, "/list"))).json()["data"]["total"] == 1


async def test_files_without_a_name_get_one_that_cannot_be_guessed(here: Running) -> None:
    first, again = await here.uploaded(photo()), await here.uploaded(photo())
    assert first != again
    assert len(first.rsplit("/", 1)[1]) > 24


async def test_files_are_listed_counted_and_deleted(here: Running) -> None:
    data = (await here.upload(photo())).json()["data"]
    quota = (await here.http.get(_api(here, "/quota"))).json()["data"]
    assert (quota["used_files"], quota["max_files"], quota["remain_files"]) == (1, 100, 99)
    listed = (await here.http.get(_api(here, "/list"))).json()["data"]["files"]
    assert [file["file_id"] for file in listed] == [data["file_id"]]
    assert (await here.http.delete(_api(here, f"/{data['file_id']}"))).json()["success"]
    assert (await here.http.get(data["file_url"])).status_code == 404
    assert (await here.http.delete(_api(here, f"/{data['file_id']}"))).status_code == 404


async def test_a_hundred_files_are_all_there_is_room_for(here: Running) -> None:
    small = photo(size=(8, 8))
    for number in range(100):
        assert (await here.upload(small, file_name=f"{number}.png")).status_code == 200
    full = await here.upload(small)
    assert (full.status_code, full.json()["code"]) == (400, 40003)
    assert (await here.upload(small, file_name="7.png")).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"base64_data": "%%%"}, 40002),
        ({"base64_data": "aGVsbG8="}, 40002),
        ({"base64_data": data_url(photo(kind="BMP"))}, 40002),
        ({"base64_data": ""}, 400),
        ({}, 400),
        ({"base64_data": data_url(photo()), "file_name": "../a.png"}, 400),
        ({"base64_data": data_url(photo()), "file_name": ".."}, 400),
        ({"base64_data": data_url(photo()), "upload_path": "a/../../b"}, 400),
        ({"base64_data": data_url(photo()), "name": "a.png"}, 400),
    ],
    ids=range(9),
)
async def test_what_is_no_image_or_no_name_is_refused(here: Running, body: dict[str, Any], code: int) -> None:
    answer = await here.http.post(_api(here, "/upload/base64"), json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["success"] is False
    assert here.sandbox.tallies["evolink"].uploads == 0


async def test_a_form_has_one_file_called_file(here: Running) -> None:
    assert (await _by_form(here, photo(), name="image")).status_code == 400
    assert (await _by_form(here, photo(), colour="red")).status_code == 400


async def test_strangers_may_look_but_not_upload(here: Running) -> None:
    url = await here.uploaded(photo())
    del here.http.headers["Authorization"]
    assert (await here.http.get(url)).status_code == 200
    refused = await here.upload(photo())
    assert (refused.status_code, refused.json()["success"]) == (401, False)
    for path in ("/list", "/quota"):
        assert (await here.http.get(_api(here, path))).status_code == 401


async def test_an_upload_can_fail_inside_an_answer_of_200(here: Running) -> None:
    here.break_with(FaultName.ERROR_IN_200, endpoint="upload", gateway="evolink")
    answer = await here.upload(photo())
    assert (answer.status_code, answer.json()["success"], answer.json()["code"]) == (200, False, 50001)
    assert (await here.upload(photo())).json()["success"] is True


async def test_an_upload_can_find_the_quota_used_up_or_the_answer_lost(here: Running) -> None:
    here.break_with(FaultName.UPLOAD_QUOTA)
    here.break_with(FaultName.DROP_AFTER, endpoint="upload")
    assert (await here.upload(photo())).json()["code"] == 40003
    with pytest.raises(httpx.TransportError):
        await here.upload(photo())
    assert here.sandbox.tallies["evolink"].uploads == 1


async def test_faults_of_submissions_leave_uploads_alone(here: Running) -> None:
    here.break_with(FaultName.SERVER_ERROR, gateway="evolink")
    assert (await here.upload(photo())).status_code == 200
    assert (await here.edit_with_evolink(await here.uploaded(photo()))).status_code == 500
