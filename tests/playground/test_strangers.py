"""What the playground refuses: other sites, other names, other visitors' things, nonsense."""

import pytest
from aiohttp import ClientSession

from tests.playground.stage import Stage, Visitor, message, pressed


async def _status(client: ClientSession, path: str, **headers: str) -> int:
    async with client.get(path, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize("path", ["/", "/api/messages", "/api/events", "/pictures/some-picture"])
async def test_a_foreign_name_that_points_here_is_refused_everywhere(visitor: Visitor, path: str) -> None:
    assert await _status(visitor.client, path, Host="evil.example") == 403
    assert await _status(visitor.client, path, Host="localhost.evil.example:8080") == 403


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:9999", "LOCALHOST", "draw.example"])
async def test_every_name_of_ours_is_served(visitor: Visitor, host: str) -> None:
    assert await _status(visitor.client, "/", Host=host) == 200


@pytest.mark.parametrize("host", ["", "[::1", "a b", "@", "127.0.0.1@evil.example", "10.0.0.1"])
async def test_a_host_that_is_none_of_ours_is_refused_whatever_it_looks_like(
    visitor: Visitor, host: str
) -> None:
    assert await _status(visitor.client, "/", Host=host) in {400, 403}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:3000", "null", "http://draw.example.evil.example"]
)
async def test_a_post_of_another_site_is_refused(stage: Stage, visitor: Visitor, origin: str) -> None:
    assert await visitor.status_of_saying(message("/draw a fox"), Origin=origin) == 403
    assert not stage.script.heard


async def test_another_site_cannot_hand_in_an_image(visitor: Visitor) -> None:
    for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        async with visitor.client.post("/api/images", data=b"image", headers=header) as answer:
            assert answer.status == 403


async def test_a_post_that_the_browser_calls_cross_site_is_refused(stage: Stage, visitor: Visitor) -> None:
    assert await visitor.status_of_saying(message("/help"), **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert not stage.script.heard


async def test_the_page_itself_may_post_also_under_the_public_address(stage: Stage, visitor: Visitor) -> None:
    assert await visitor.status_of_saying(message("/help", "message-1"), Origin=stage.url) == 200
    origin = "https://draw.example"
    assert await visitor.status_of_saying(message("/help", "message-2"), Origin=origin) == 200


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_another_site_cannot_press_a_button(
    stage: Stage, visitor: Visitor, headers: dict[str, str]
) -> None:
    assert await visitor.status_of_pressing(pressed("d|job"), **headers) == 403
    assert await visitor.status_of_pressing(pressed("d|job"), Host="evil.example") == 403
    async with visitor.client.post("/api/presses", data=pressed("d|job")) as answer:
        assert answer.status == 415
    assert not stage.script.pressed


@pytest.mark.parametrize(
    "body",
    [
        [],
        pressed(""),
        pressed("x" * 65),
        pressed("d|job", note=""),
        pressed("d|job", note="../note"),
        pressed("d|job", id_="short"),
        pressed("d|job") | {"person": "somebody else"},
    ],
)
async def test_a_malformed_press_is_refused(stage: Stage, visitor: Visitor, body: object) -> None:
    assert await visitor.status_of_pressing(body) == 400
    assert not stage.script.pressed


async def test_a_form_cannot_say_anything(stage: Stage, visitor: Visitor) -> None:
    async with visitor.client.post("/api/messages", data={"text": "/draw a fox"}) as answer:
        assert answer.status == 415
    text = '{"id": "message-1", "text": "/draw a fox", "language": "en"}'
    async with visitor.client.post(
        "/api/messages", data=text, headers={"Content-Type": "text/plain"}
    ) as answer:
        assert answer.status == 415
    assert not stage.script.heard


async def test_a_huge_body_is_refused(stage: Stage, visitor: Visitor) -> None:
    assert await visitor.status_of_saying(message("x" * 100_000)) == 413
    assert not stage.script.heard


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {"text": "/help"},
        message("/help", "short"),
        message("/help", "has spaces in it"),
        message("/help", "x" * 65),
        message(""),
        message("/help", language="x" * 36),
        message("/help") | {"person": "somebody else"},
        message("/help") | {"text": 5},
        message("/help") | {"images": "image-1"},
        message("/help") | {"images": ["../image-1"]},
        message("/help") | {"images": ["reply-message-1"]},
        message("/help") | {"images": ["image-1\n"]},
        message("/help") | {"replies": "image-1"},
        message("/help") | {"replies": "said-message-1"},
    ],
)
async def test_a_malformed_message_is_refused(stage: Stage, visitor: Visitor, body: object) -> None:
    assert await visitor.status_of_saying(body) == 400
    assert not stage.script.heard


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", rb'{"id":"message-1","text":"\ud800","language":"en"}'])
async def test_bytes_that_are_no_proper_text_are_refused(visitor: Visitor, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with visitor.client.post("/api/messages", data=raw, headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=٣", "after=" + "9" * 30, "before="])
async def test_a_position_that_is_no_number_is_refused(visitor: Visitor, query: str) -> None:
    assert await _status(visitor.client, f"/api/messages?{query}") == 400


@pytest.mark.parametrize("cookie", [None, "", "short", "x" * 33, "../" * 10 + "ab"])
async def test_who_never_opened_the_page_is_nobody(stage: Stage, cookie: str | None) -> None:
    browser = await stage.browser()
    if cookie is not None:
        browser.cookie_jar.update_cookies({"drawbridge_visitor": cookie})
    assert await _status(browser, "/api/messages") == 401
    assert await _status(browser, "/api/events") == 401
    assert await stage.known(browser).status_of_saying(message("/help")) == 401
    assert await stage.known(browser).status_of_pressing(pressed("d|job")) == 401
    async with browser.post("/api/images", data=b"image") as answer:
        assert answer.status == 401


async def test_a_visitor_is_unguessable_and_kept_from_scripts_and_other_sites(stage: Stage) -> None:
    browser = await stage.browser()
    async with browser.get("/") as answer:
        cookie = answer.cookies["drawbridge_visitor"]
    assert len(cookie.value) == 32
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert not cookie["secure"]
    async with browser.get("/") as again:
        assert "drawbridge_visitor" not in again.cookies


async def test_under_the_public_address_the_cookie_travels_encrypted_only(stage: Stage) -> None:
    async with (await stage.browser()).get("/", headers={"Host": "draw.example"}) as answer:
        assert answer.cookies["drawbridge_visitor"]["secure"]


async def test_a_visitor_sees_only_their_own_board(stage: Stage, visitor: Visitor) -> None:
    await visitor.say("a secret wish")
    assert await (await stage.visitor()).notes() == []
