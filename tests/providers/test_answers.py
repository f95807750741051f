import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.outcome import Done, Failure, Inline, Link, Rejected, Unclear
from bot.providers.answers import AnswerReader, link, retry_after
from bot.providers.complaints import find_complaint
from bot.providers.http import Answer, Lost, NotSent
from tests.providers.strange import JSON

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
READER = AnswerReader("https://gateway.example/v1", frozenset({429, 500, 503}), "sk-secret")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def answer(status: int = 200, body: object = None, headers: dict[str, str] | None = None) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, httpx.Headers(headers or {}), raw)


def described(outcome: Done | Rejected | Unclear, wanted: dict[str, Any]) -> dict[str, Any]:
    """The outcome in the words of a fixture, as far as the fixture cares."""
    said: dict[str, Any] = {"outcome": type(outcome).__name__, "request_id": outcome.request_id}
    if isinstance(outcome, Done):
        said["links"] = [r.url for r in outcome.results if isinstance(r, Link)]
        said["inline"] = [base64.b64encode(r.data).decode() for r in outcome.results if isinstance(r, Inline)]
    if isinstance(outcome, Rejected):
        said |= {"failure": outcome.failure.value, "again": outcome.again}
        said["retry_after"] = outcome.retry_after and outcome.retry_after.total_seconds()
    return {key: said.get(key) for key in wanted}


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_a_recorded_answer_is_understood(file: Path) -> None:
    case = json.loads(file.read_text("utf-8"))
    body = case["text"].encode() if "text" in case else case["body"]

    outcome = READER.pictures(answer(case["status"], body, case["headers"]), count=6)

    assert described(outcome, case["expect"]) == case["expect"], case["says"]


def test_a_request_that_never_left_may_be_made_again() -> None:
    outcome = READER.pictures(NotSent("no such host"), 1)
    assert outcome == Rejected(Failure.UNREACHABLE, again=True, detail="no such host")


def test_a_request_without_an_answer_is_unclear() -> None:
    assert READER.pictures(Lost("cut"), 1) == Unclear("cut")


def test_a_status_that_may_follow_a_paid_picture_is_never_made_again() -> None:
    careful = AnswerReader("https://gateway.example", frozenset({429, 503}))
    failed = careful.pictures(answer(500, {"error": {"message": "failed"}}), 1)
    assert isinstance(failed, Rejected)
    assert not failed.again
    assert isinstance(careful.pictures(answer(500, b"<html>"), 1), Unclear)


def test_more_pictures_than_asked_for_are_left() -> None:
    data = [{"url": f"https://img.example/{index}.png"} for index in range(4)]
    outcome = READER.pictures(answer(200, {"data": data}), 2)
    assert isinstance(outcome, Done)
    assert outcome.results == (Link("https://img.example/0.png"), Link("https://img.example/1.png"))


def test_a_model_that_is_case_sensitive_is_no_moderation() -> None:
    outcome = READER.pictures(answer(400, {"error": {"message": "model names are case-sensitive"}}), 1)
    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.BAD_REQUEST


def test_what_a_gateway_says_is_logged_on_one_short_line_without_the_key() -> None:
    message = "bad\nkey sk-secret\x1b[31m " + "x" * 5000
    outcome = READER.pictures(answer(400, {"error": {"message": message}}), 1)
    assert isinstance(outcome, Rejected)
    assert outcome.detail.startswith("bad key [key] [31m x")
    assert len(outcome.detail) <= 300


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        ("Fri, 02 Jan 2026 03:04:35 GMT", 30.0),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0.0),
        ("-3", 0.0),
        ("1e999", 86_400.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(text: str, seconds: float) -> None:
    assert retry_after(httpx.Headers({"Retry-After": text}), NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "nan"])
def test_an_unreadable_retry_after_is_none(text: str) -> None:
    assert retry_after(httpx.Headers({"Retry-After": text}), NOW) is None


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("https://img.example/a.png?x=%2B", "https://img.example/a.png?x=%2B"),
        ("/files/a.png", "https://gateway.example/files/a.png"),
        ("files/a.png", "https://gateway.example/v1/files/a.png"),
        ("//img.example/a.png", "https://img.example/a.png"),
    ],
)
def test_a_link_is_made_absolute(url: str, absolute: str) -> None:
    assert link(url, "https://gateway.example/v1") == Link(absolute)


@pytest.mark.parametrize(
    "url",
    ["", " ", None, 3, "ftp://img.example/a", "file:///etc/passwd", "javascript:alert(1)", "http://",
     "https://x/a b", "https://x/\ud800", "https://[::1", "https://x:99999/", "https://x/" + "a" * 9000],
)  # fmt: skip
def test_what_is_no_web_address_is_no_link(url: object) -> None:
    assert link(url, "https://gateway.example/v1") is None


@given(JSON, st.integers(100, 599), st.integers(1, 10))
def test_no_json_is_too_strange_to_read(body: object, status: int, count: int) -> None:
    outcome = READER.pictures(answer(status, body), count)
    if isinstance(outcome, Done):
        assert 200 <= status < 300
        assert len(outcome.results) <= count
    if isinstance(outcome, Rejected) and outcome.again:
        complaint = find_complaint(body, status)
        assert complaint is not None
        assert complaint.status in READER.retry_statuses


@given(st.binary(), st.integers(100, 599), st.text())
def test_no_bytes_are_too_strange_to_read(body: bytes, status: int, header: str) -> None:
    headers = {"Retry-After": header.encode("ascii", "replace").decode(), "X-Request-Id": "1"}
    READER.pictures(answer(status, body, headers), 1)


def test_json_nested_without_end_is_unclear() -> None:
    assert isinstance(READER.pictures(answer(200, b"[" * 500_000), 1), Unclear)
