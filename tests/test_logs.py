"""What is written to the log, and what never is."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import start_logging

KEY = "sk-very-secret-key"
TOKEN = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    start_logging("INFO", [KEY], stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_is_one_line_with_its_fields(log: io.StringIO) -> None:
    structlog.get_logger().info("job accepted", job="abc", pictures=2)
    [line] = log.getvalue().splitlines()
    assert 'event="job accepted"' in line
    assert "job=abc" in line
    assert "pictures=2" in line


def test_a_configured_secret_is_hidden_wherever_it_turns_up(log: io.StringIO) -> None:
    structlog.get_logger().warning(f"asked with {KEY}", url=f"https://x/?key={KEY}")
    logging.getLogger("some.library").error("header: Bearer %s", KEY)
    assert KEY not in log.getvalue()
    assert log.getvalue().count("[hidden]") == 3


def test_a_bot_token_is_hidden_even_when_it_is_not_ours(log: io.StringIO) -> None:
    logging.getLogger("telegram").error("https://api.telegram.org/bot%s/getMe", TOKEN)
    assert TOKEN not in log.getvalue()


def test_a_traceback_holds_no_secret(log: io.StringIO) -> None:
    try:
        int(KEY)
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("some.library").exception("failed too")
    assert "ValueError" in log.getvalue()
    assert KEY not in log.getvalue()


def test_libraries_that_print_addresses_are_quiet(log: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot%s/sendMessage", TOKEN)
    assert log.getvalue() == ""


def test_words_of_strangers_cannot_forge_a_line(log: io.StringIO) -> None:
    structlog.get_logger().info("call rejected", detail='no\nevent="job accepted" level=info')
    assert len(log.getvalue().splitlines()) == 1
