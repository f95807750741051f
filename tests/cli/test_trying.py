"""Trying a key, and looking at routes and prices, from a terminal."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox import FaultName, Options, Sandbox, base_urls, serve
from bot.sandbox.drawing import paint_plain
from tests.cli.conftest import Program
from tests.house import open_house

GATEWAYS = {"CRAZYROUTER_API_KEY": "key", "EVOLINK_API_KEY": "key"}


def pictures(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.*"))


# --- try ------------------------------------------------------------------------------------------------


async def test_a_trial_saves_a_picture_and_prints_what_it_is(drawbridge: Program) -> None:
    ended = await drawbridge("try", "a fox --ar 16:9", "--sandbox", "--folder", "new/folder")
    assert ended.code == 0, ended.err
    [file] = pictures(drawbridge.folder / "new" / "folder")
    with Image.open(file) as image:
        assert (image.format, image.size) == ("PNG", (1664, 928))
    assert file.name in ended.out
    assert "qwen-image-plus" in ended.out
    assert "1664x928" in ended.out
    assert not (drawbridge.folder / "data").exists()


async def test_a_trial_with_images_edits_them(drawbridge: Program) -> None:
    Image.new("RGB", (600, 400), (200, 20, 20)).save(drawbridge.folder / "photo.png")
    ended = await drawbridge(
        "try", "make it night", "--sandbox", "--gateway", "evolink", "--image", "photo.png", "--folder", "out"
    )
    assert ended.code == 0, ended.err
    [file] = pictures(drawbridge.folder / "out")
    with Image.open(file) as image:
        assert image.width * 400 == pytest.approx(image.height * 600, rel=0.05)
    assert "qwen-image-edit" in ended.out


async def test_a_trial_asks_the_gateway_with_the_operators_key(drawbridge: Program) -> None:
    sandbox = Sandbox(Options(painter=paint_plain, keys=frozenset({"mine"})))
    async with serve(sandbox) as root:
        settings = {
            "CRAZYROUTER_BASE_URL": base_urls(root)["crazyrouter"],
            "DIEYUYUN_API_KEY": "mine",
            "DIEYUYUN_BASE_URL": base_urls(root)["dieyuyun"],
        }
        options = ("a fox --n 2", "--gateway", "crazyrouter", "--model", "2.0")
        good = await drawbridge("try", *options, CRAZYROUTER_API_KEY="mine", **settings)
        assert good.code == 0, good.out + good.err
        assert len(pictures(drawbridge.folder)) == 2
        bad = await drawbridge("try", *options, CRAZYROUTER_API_KEY="of-somebody-else", **settings)
    assert bad.code == 1
    assert "does not accept our key" in bad.out
    assert "of-somebody-else" not in bad.out + bad.err
    assert "Traceback" not in bad.err
    assert sandbox.tallies["dieyuyun"].received == 0
    assert sandbox.tallies["crazyrouter"].accepted == 1


async def test_an_unknown_gateway_is_a_line_that_names_those_there_are(drawbridge: Program) -> None:
    ended = await drawbridge("try", "a fox", "--gateway", "nowhere", **GATEWAYS)
    assert ended.code == 78
    assert ended.err == (
        "drawbridge: --gateway: nowhere is not switched on; there are: crazyrouter, evolink\n"
    )


async def test_an_unknown_model_is_answered_as_in_a_chat(drawbridge: Program) -> None:
    ended = await drawbridge("try", "a fox", "--sandbox", "--model", "qwen-image-mux")
    assert ended.code == 1
    assert ended.out.startswith("There is no model “qwen-image-mux” here. Did you mean qwen-image-max?")
    assert ended.err == ""
    assert not pictures(drawbridge.folder)


@pytest.mark.parametrize("file", ["letter.txt", "folder"])
async def test_a_file_that_is_no_image_is_said_and_nothing_is_asked(drawbridge: Program, file: str) -> None:
    (drawbridge.folder / "letter.txt").write_text("dear reader")
    (drawbridge.folder / "folder").mkdir()
    ended = await drawbridge("try", "make it night", "--sandbox", "--image", file)
    assert ended.code in {1, 2}
    assert "Traceback" not in ended.err


async def test_a_folder_that_cannot_be_is_refused_before_anything_is_asked(drawbridge: Program) -> None:
    (drawbridge.folder / "letter.txt").write_text("dear reader")
    ended = await drawbridge("try", "a fox", "--sandbox", "--folder", "letter.txt/pictures")
    assert ended.code == 78
    assert ended.err.startswith("drawbridge: --folder: letter.txt/pictures: ")


# --- routes ---------------------------------------------------------------------------------------------


def row_of(out: str, route: str) -> list[str]:
    [line] = [line for line in out.splitlines() if line.startswith(f"{route} ")]
    return re.split(r"\s{2,}", line.strip())


async def test_routes_before_any_job_are_well_and_make_nothing(drawbridge: Program) -> None:
    ended = await drawbridge("routes", **GATEWAYS)
    assert ended.code == 0, ended.err
    assert row_of(ended.out, "crazyrouter/qwen-image-plus")[1:] == ["well", "-", "0", "0", "0", "0"]
    assert not any("dieyuyun" in line for line in ended.out.splitlines())
    assert not (drawbridge.folder / "data").exists()


async def test_routes_show_spending_open_breakers_and_the_last_problem(
    drawbridge: Program, tmp_path: Path
) -> None:
    """The database is read as it is left by a stopped service, and again while one has it open."""
    data = drawbridge.folder / "data"
    data.mkdir()
    async with open_house(tmp_path, gateways=("crazyrouter", "evolink")) as house:
        await house.say("/draw a fox --n 2 --model 2.0")
        await house.wall.ended(1)
        await house.say("/draw a fox --model 3.0-pro")
        await house.wall.ended(2)
        house.fault(FaultName.OUT_OF_MONEY, "crazyrouter", endpoint="submit")
        await house.say("/draw a fox --model max")
        await house.wall.ended(3)
        (data / "drawbridge.sqlite3").symlink_to(tmp_path / "test.sqlite3")
        running = await drawbridge("routes", **GATEWAYS)
    (data / "drawbridge.sqlite3").unlink()
    await asyncio.to_thread(shutil.copy, tmp_path / "test.sqlite3", data / "drawbridge.sqlite3")
    stopped = await drawbridge("routes", **GATEWAYS)
    for ended in (running, stopped):
        assert ended.code == 0, ended.err
        drawn = row_of(ended.out, "crazyrouter/qwen-image-2.0")
        assert drawn[1].startswith("out_of_money, tried again in ")
        assert drawn[2:] == ["-", "1", "2", "0.0572 (expected)", "0"]
        assert row_of(ended.out, "evolink/qwen-image-3.0-pro")[1:] == ["well", "-", "1", "1", "0.0569", "0"]
        refused = row_of(ended.out, "crazyrouter/qwen-image-max")
        assert refused[2:] == ["gateway-out-of-money", "0", "0", "0", "0"]


async def test_a_database_that_cannot_be_read_is_a_line(drawbridge: Program) -> None:
    (drawbridge.folder / "data").mkdir()
    (drawbridge.folder / "data" / "drawbridge.sqlite3").write_bytes(b"no database at all" * 100)
    ended = await drawbridge("routes", **GATEWAYS)
    assert ended.code == 69
    assert ended.err.startswith("drawbridge: DATA_DIR: ")
    assert "Traceback" not in ended.err


# --- prices ---------------------------------------------------------------------------------------------


async def test_prices_that_are_still_right_are_shown_as_the_same(drawbridge: Program) -> None:
    async with serve(Sandbox(Options())) as root:
        base = base_urls(root)["crazyrouter"]
        ended = await drawbridge("prices", CRAZYROUTER_API_KEY="key", CRAZYROUTER_BASE_URL=base)
    assert ended.code == 0, ended.out + ended.err
    assert row_of(ended.out, "crazyrouter/qwen-image-plus")[1:] == ["same", "0.0286", "0.0286"]


async def test_a_published_price_that_the_catalogue_does_not_know_is_shown(drawbridge: Program) -> None:
    async with serve(Sandbox(Options())) as root:
        base = base_urls(root)["evolink"]
        ended = await drawbridge("prices", EVOLINK_API_KEY="key", EVOLINK_BASE_URL=base)
    assert ended.code == 1, ended.out + ended.err
    assert row_of(ended.out, "evolink/qwen-image-edit")[1] == "same"
    assert row_of(ended.out, "evolink/qwen-image-3.0-pro")[1:] == ["changed", "-", "0.0569"]


async def test_a_price_that_changed_is_shown_and_the_exit_code_tells(drawbridge: Program) -> None:
    (drawbridge.folder / "my.toml").write_text(
        '[[routes]]\ngateway = "crazyrouter"\nmodel = "qwen-image-plus"\nprice = 20000\n'
    )
    async with serve(Sandbox(Options())) as root:
        ended = await drawbridge(
            "prices",
            CONFIG_FILE="my.toml",
            CRAZYROUTER_API_KEY="key",
            CRAZYROUTER_BASE_URL=base_urls(root)["crazyrouter"],
        )
    assert ended.code == 1, ended.out + ended.err
    assert row_of(ended.out, "crazyrouter/qwen-image-plus")[1:] == ["changed", "0.0200", "0.0286"]


async def test_a_gateway_that_cannot_be_reached_is_said(drawbridge: Program) -> None:
    ended = await drawbridge(
        "prices", CRAZYROUTER_API_KEY="key", CRAZYROUTER_BASE_URL="http://127.0.0.1:9/v1"
    )
    row = row_of(ended.out, "crazyrouter/qwen-image-plus")
    assert row[1:4] == ["unreachable", "0.0286", "-"]
    assert len(row) == 5
    assert "Traceback" not in ended.err
