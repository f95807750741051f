"""The page: languages, theme, policy, and that nothing in it comes from elsewhere."""

import json
import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import pytest

from bot.frontends.playground.page import Page
from tests.playground.stage import Stage, Visitor, open_stage


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-Hant-TW", "zh-CN"),
        ("en-GB,zh;q=0.5", "en"),
        ("zh;q=0.3,en;q=0.9", "en"),
        ("fr-FR,zh;q=0.2", "zh-CN"),
        ("fr", "en"),
        ("zh;q=0, *", "en"),
        (";;;,=,q", "en"),
        ("", "en"),
    ],
)
async def test_the_language_is_the_one_the_browser_likes_best(
    visitor: Visitor, header: str, language: str
) -> None:
    assert f'<html lang="{language}"' in await visitor.open(**{"Accept-Language": header})


async def test_a_chosen_language_stays(visitor: Visitor) -> None:
    async with visitor.client.get("/?language=zh-CN") as answer:
        assert answer.url.query_string == ""
        assert '<html lang="zh-CN"' in await answer.text()
    assert '<html lang="zh-CN"' in await visitor.open(**{"Accept-Language": "en"})


async def test_a_language_there_is_none_of_changes_nothing(visitor: Visitor) -> None:
    async with visitor.client.get("/?language=tlh") as answer:
        assert '<html lang="en"' in await answer.text()


async def test_a_chosen_theme_is_there_from_the_first_moment(visitor: Visitor) -> None:
    assert 'data-theme="auto"' in await visitor.open()
    assert 'data-theme="dark"' in await visitor.open(Cookie="drawbridge_theme=dark")
    assert 'data-theme="auto"' in await visitor.open(Cookie='drawbridge_theme="><script>"')


async def test_it_says_whether_pictures_cost_money(tmp_path: Path) -> None:
    for sandbox, kind, words in ((True, "sandbox", "no money"), (False, "live", "cost money")):
        async with open_stage(tmp_path, sandbox=sandbox) as stage:
            page = await (await stage.visitor()).open()
            assert f'data-kind="{kind}"' in page
            assert words in page


async def test_only_its_own_files_may_run_and_nothing_stands_inline(stage: Stage) -> None:
    async with (await stage.browser()).get("/") as answer:
        policy, page = answer.headers["Content-Security-Policy"], await answer.text()
        assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page
    assert not re.search(r"\son\w+=", page)
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in script or "application/json" in script for script in scripts)


async def test_every_file_of_the_page_is_served_from_here_and_revalidated(visitor: Visitor) -> None:
    page = await visitor.open()
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    assert {Path(file).suffix for file in files} == {".css", ".js", ".svg"}
    for file in files:
        async with visitor.client.get(file) as answer:
            assert answer.status == 200
            tag, text = answer.headers["ETag"], await answer.text()
            assert not re.search(r"(?:url\(|import|src=|href=)\s*['\"(]*(?:https?:)?//", text)
        async with visitor.client.get(file, headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304


def _static() -> list[Traversable]:
    return list((resources.files("bot.frontends.playground") / "static").iterdir())


async def test_whatever_a_script_imports_is_served(visitor: Visitor) -> None:
    imported = {
        name
        for file in _static()
        if file.name.endswith(".js")
        for name in re.findall(r'from "\./([^"]+)"', file.read_text("utf-8"))
    }
    assert imported
    for name in imported:
        async with visitor.client.get(f"/static/{name}") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/javascript")


def test_nothing_people_write_can_become_markup() -> None:
    scripts = [file for file in _static() if file.name.endswith(".js")]
    assert len(scripts) > 1
    for script in scripts:
        text = script.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text)


class _Tricky:
    """Texts whose author tries to break out of the page."""

    locales = ("en",)

    def choose(self, _wanted: str | None) -> str:
        return "en"

    def say(self, _locale: str, key: str, /, **_args: object) -> str:
        return f'</script><b title="{key}">&'

    def explain(self, _locale: str, _problem: object) -> str:
        return ""


def test_texts_are_escaped_wherever_they_stand() -> None:
    page = Page(_Tricky(), sandbox=True).render("en", "auto")
    assert "<b " not in page
    data = re.search(r'<script type="application/json" id="texts">(.*?)</script>', page)
    assert data
    assert json.loads(data[1])["page-you"] == '</script><b title="page-you">&'
