"""Finding a language, saying a text, refusing broken files."""

from pathlib import Path
from typing import Any

import pytest

from bot.domain.problems import Key, problem
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts

TEXTS = FluentTexts(locales_folder())


def folder(path: Path, **languages: str) -> Path:
    for tag, content in languages.items():
        (path / tag.replace("_", "-")).mkdir()
        (path / tag.replace("_", "-") / "texts.ftl").write_text(content, "utf-8")
    return path


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("zh", "zh-CN"),
        ("zh-CN", "zh-CN"),
        ("ZH_cn", "zh-CN"),
        ("zh-hans", "zh-CN"),
        ("zh-Hant-HK", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("pt-BR", "en"),
        ("", "en"),
        ("-", "en"),
        (None, "en"),
    ],
)
def test_the_nearest_language_is_chosen(wanted: str | None, chosen: str) -> None:
    assert TEXTS.choose(wanted) == chosen


def test_the_default_language_comes_first_and_serves_everybody_else() -> None:
    chinese = FluentTexts(locales_folder(), "zh")
    assert chinese.locales[0] == "zh-CN"
    assert set(chinese.locales) == set(TEXTS.locales)
    assert chinese.choose("pt-BR") == "zh-CN"


def test_an_exact_language_is_preferred_to_one_that_is_only_near(tmp_path: Path) -> None:
    texts = FluentTexts(folder(tmp_path, en="a = a", zh_CN="a = 体", zh_TW="a = 體"))
    assert [texts.say(texts.choose(tag), "a") for tag in ("zh-TW", "zh-tw", "zh", "zh-HK")] == [
        "體",
        "體",
        "体",
        "体",
    ]


def test_a_problem_is_explained_with_its_arguments() -> None:
    text = TEXTS.explain("en", problem(Key.SEED_IMPOSSIBLE, given="-1", limit=2_147_483_647))
    assert "-1" in text
    assert "2147483647" in text


def test_an_unknown_text_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        TEXTS.say("en", "no-such-text")


def test_a_job_of_a_language_that_is_gone_is_still_told_something() -> None:
    assert TEXTS.say("zh-SG", "page-send") == TEXTS.say("zh-CN", "page-send")
    assert TEXTS.say("xx", "page-send") == TEXTS.say("en", "page-send")


@pytest.mark.parametrize(
    "value",
    [
        None,
        -1,
        True,
        10**30,
        10**5000,
        -(10**400),
        1.5,
        float("nan"),
        float("inf"),
        [],
        "",
        "x" * 9999,
        "\ud800",
        "{$x}",
    ],
    ids=lambda value: type(value).__name__,
)
def test_odd_arguments_are_survived(value: Any) -> None:
    assert TEXTS.say("en", "status-queued", place=value).startswith("In the queue")
    assert TEXTS.say("en", "caption", prompt=value, model=value, size=value, asked=value, left=value)


def test_missing_and_superfluous_arguments_are_survived() -> None:
    assert TEXTS.say("en", "caption", superfluous=1)


def test_what_people_typed_is_shown_as_it_is() -> None:
    prompt = 'a { $left } <b>fox</b> -term \\u0041 "[0]"'
    text = TEXTS.say("en", "caption", prompt=prompt, model="m", size="1x1", asked="", left=1)
    assert text.startswith(prompt + "\n")


def test_a_broken_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"texts\.ftl.*broken = \{ \$"):
        FluentTexts(folder(tmp_path, en="good = yes\nbroken = { $\n"))


def test_a_text_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="twice: a"):
        FluentTexts(folder(tmp_path, en="a = 1\nb = 2\na = 3\n"))


def test_a_default_language_without_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no texts for 'de'"):
        FluentTexts(folder(tmp_path, en="a = 1\n"), "de")
