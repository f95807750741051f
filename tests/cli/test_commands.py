"""The command line: what it prints, and how it ends when something is wrong."""

import re
import signal
import socket
import sqlite3
from contextlib import closing

import aiohttp
import pytest

from bot.sandbox import Options, Sandbox, base_urls, serve
from tests.cli.conftest import ROOT, Program, line_with

TOKEN = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


async def test_without_a_command_the_help_teaches_what_there_is(drawbridge: Program) -> None:
    ended = await drawbridge("--help")
    assert ended.code == 0
    for command in ("run", "sandbox", "check", "models", "env"):
        assert re.search(rf"^\s+{command} ", ended.out, re.MULTILINE)
    assert "http://127.0.0.1:8080" in ended.out


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"HTTP_PORT": "eighty"}, "HTTP_PORT: "),
        ({"TIME_ZONE": "Mars/Olympus"}, "TIME_ZONE: 'Mars/Olympus'"),
        ({"TELEGRAM_BOT_TOKEN": "hello"}, "TELEGRAM_BOT_TOKEN: does not look like a bot token"),
        ({"TELEGRAM_BOT_TOKEN": TOKEN}, "no gateway is switched on: set one of CRAZYROUTER_API_KEY"),
        ({"OPENAI_BASE_URL": "not a url"}, "OPENAI_BASE_URL: "),
        ({"CRAZYROUTER_API_KEY": "k", "PLAYGROUND": "no"}, "TELEGRAM_BOT_TOKEN: not set"),
        ({"CONFIG_FILE": "nowhere.toml"}, "CONFIG_FILE: nowhere.toml cannot be read"),
        ({"DEFAULT_LOCALE": "tlh"}, "DEFAULT_LOCALE: "),
        ({"OPENAI_API_KEY": "k", "OPENAI_PROXY_URL": "ftp://p"}, "openai: a proxy address"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL: "),
    ],
)
async def test_a_wrong_setting_ends_the_start_with_one_line_that_names_it(
    drawbridge: Program, settings: dict[str, str], line: str
) -> None:
    ended = await drawbridge("run", **settings)
    assert ended.code == 78, ended.err
    assert ended.err.startswith(f"drawbridge: {line}")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[plans.default]\npictures_per_day = 0", "plans.default.pictures_per_day"),
        ("[plans.default]\npictures_a_day = 5", "pictures_a_day"),
        ("[policy]\ndeadline = 'soon'", "policy.deadline"),
        ("[plans", "at end of document"),
        ("[gateways.crazyrouter]\nconcurency = 3", "concurency"),
        ('[[routes]]\ngateway = "crazyrouter"\nmodel = "x"\nname = "x"\nsizes = ["big"]', "crazyrouter/x"),
    ],
)
async def test_a_mistake_in_the_operators_file_is_named_with_file_row_and_key(
    drawbridge: Program, toml: str, words: str
) -> None:
    (drawbridge.folder / "my.toml").write_text(toml)
    ended = await drawbridge("run", CONFIG_FILE="my.toml")
    assert ended.code == 78
    assert "my.toml" in ended.err
    assert words in ended.err
    assert "Traceback" not in ended.err


async def test_a_port_in_use_is_said_in_one_line(drawbridge: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await drawbridge("run", HTTP_PORT=port)
    assert ended.code == 69
    assert ended.err.splitlines()[-1].startswith(f"drawbridge: HTTP_PORT: cannot listen on 127.0.0.1:{port}")


@pytest.mark.parametrize(("command", "code"), [("run", 69), ("check", 1)])
async def test_a_database_from_the_future_is_refused_and_left_alone(
    drawbridge: Program, command: str, code: int
) -> None:
    async with drawbridge.started("run") as process:
        await line_with(process, "event=ready")
    with (
        closing(sqlite3.connect(drawbridge.folder / "data" / "drawbridge.sqlite3")) as connection,
        connection,
    ):
        connection.execute("INSERT INTO drawbridge_schema (version) VALUES (9999)")
    ended = await drawbridge(command)
    assert ended.code == code
    assert "9999" in ended.out + ended.err
    assert "newer" in ended.out + ended.err
    assert "Traceback" not in ended.err


async def test_a_second_process_on_the_same_data_is_refused(drawbridge: Program) -> None:
    async with drawbridge.started("run") as first:
        await line_with(first, "event=ready")
        second = await drawbridge("run")
        assert second.code == 69
        assert "in use by another Drawbridge" in second.err


async def test_sigterm_ends_the_service_well(drawbridge: Program) -> None:
    async with drawbridge.started("run") as process:
        await line_with(process, "event=ready")
        process.send_signal(signal.SIGTERM)
        _, rest = await process.communicate()
        assert process.returncode == 0
        assert b"Traceback" not in rest


async def test_the_service_says_that_it_is_alive_and_ready(drawbridge: Program) -> None:
    async with drawbridge.started("run") as process:
        page = re.search(r"address=(\S+)", await line_with(process, "event=ready"))
        assert page
        async with aiohttp.ClientSession() as session:
            for path in ("/healthz", "/readyz"):
                async with session.get(page[1] + path) as answer:
                    assert answer.status == 200


async def test_check_asks_every_gateway_whether_its_key_works(drawbridge: Program) -> None:
    async with serve(Sandbox(Options())) as root:
        bases = base_urls(root)
        ended = await drawbridge(
            "check",
            CRAZYROUTER_API_KEY="good",
            CRAZYROUTER_BASE_URL=bases["crazyrouter"],
            QWEN_IMAGE_2512_API_KEY="wrong-key-12345",
            QWEN_IMAGE_2512_BASE_URL=bases["qwen-image-2512"],
        )
    assert ended.code == 1
    lines = {line.split(":")[0].split()[-1]: line for line in ended.out.splitlines()}
    assert lines["crazyrouter"].startswith("ok")
    assert lines["qwen-image-2512"].startswith("wrong")
    assert lines["database"].startswith("ok")
    assert "wrong-key-12345" not in ended.out + ended.err


async def test_check_of_a_fresh_machine_is_well_and_makes_nothing(drawbridge: Program) -> None:
    ended = await drawbridge("check")
    assert ended.code == 0
    assert not (drawbridge.folder / "data").exists()


async def test_models_lists_what_the_switched_on_gateways_offer(drawbridge: Program) -> None:
    ended = await drawbridge("models", QWEN_IMAGE_2512_API_KEY="key")
    assert "qwen-image-2512" in ended.out
    assert "dall-e-3" not in ended.out
    assert "dall-e-3" in (await drawbridge("models", "--all")).out


async def test_the_example_of_env_is_made_from_the_settings(drawbridge: Program) -> None:
    ended = await drawbridge("env")
    for name in ("TELEGRAM_BOT_TOKEN", "DATA_DIR", "CRAZYROUTER_API_KEY", "QWEN_IMAGE_2512_BASE_URL"):
        assert f"#{name}=" in ended.out
    (drawbridge.folder / "old").write_text("nothing")
    assert (await drawbridge("env", "--check", "old")).code == 1


async def test_the_repository_holds_the_present_example_of_env(drawbridge: Program) -> None:
    assert (await drawbridge("env", "--check", str(ROOT / ".env.example"))).code == 0


async def test_an_example_of_env_that_is_copied_as_it_is_changes_nothing(drawbridge: Program) -> None:
    (drawbridge.folder / ".env").write_text((ROOT / ".env.example").read_text())
    assert (await drawbridge("check")).code == 0


async def test_the_sandbox_alone_prints_the_addresses_to_set(drawbridge: Program) -> None:
    async with drawbridge.started("sandbox", "--port", "0") as process:
        assert process.stdout
        lines = [(await process.stdout.readline()).decode() for _ in range(3)]
        assert any("CRAZYROUTER_BASE_URL=http://127.0.0.1:" in line for line in lines)
