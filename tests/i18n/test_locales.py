"""The texts in every language: complete, with the right variables, fit to be shown."""

import itertools
import re
import tomllib
from collections.abc import Sequence
from functools import cache

import pytest

from bot.core.conversation import COMMANDS
from bot.domain.command import read_command, read_request
from bot.domain.problems import Argument, Key
from bot.domain.request import ImageRequest, Kind
from bot.i18n.folder import locales_folder
from bot.i18n.texts import FluentTexts
from bot.ports.chat import Stage
from tests.i18n.reading import LOCALES, ROOT, junk, listed, promised, raised, said, texts, variables

TEXTS = FluentTexts(locales_folder())
KEYS = tuple(texts("en"))

NUMBERS = {"count", "days", "done", "hours", "jobs", "left", "length", "limit", "minutes", "most"} | {
    "pictures", "place", "returned", "running", "seconds", "wanted",
}  # fmt: skip
CHOICES = {
    "unit": ("tokens", "characters"),
    "kind": ("draw", "edit"),
    "negative": ("yes", "no"),
    "seed": ("yes", "no"),
    "where": ("private", "group"),
}
MAY_BE_EMPTY = {"able", "asked", "model", "nearest", "short", "sizes", "why"}


def samples(name: str) -> Sequence[Argument]:
    if name in NUMBERS:
        return (0, 1, 3)
    return CHOICES.get(name) or (("", "sample") if name in MAY_BE_EMPTY else ("sample",))


@cache
def renderings(locale: str, key: str) -> tuple[str, ...]:
    """The text with every combination of sample arguments."""
    names = sorted(variables(locale, key))
    combinations = itertools.product(*map(samples, names))
    return tuple(TEXTS.say(locale, key, **dict(zip(names, values, strict=True))) for values in combinations)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_file_is_understood(locale: str) -> None:
    assert junk(locale) == ()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_the_same_texts_with_the_same_variables(locale: str) -> None:
    assert {key: variables(locale, key) for key in texts(locale)} == {
        key: variables("en", key) for key in KEYS
    }


@pytest.mark.parametrize("locale", LOCALES)
def test_texts_use_only_functions_and_texts_that_exist(locale: str) -> None:
    for names in texts(locale).values():
        assert names.functions <= {"LENGTH"}
        assert names.messages <= set(texts(locale))


def test_every_problem_stage_and_command_has_its_text() -> None:
    needed = {f"problem-{key.value}" for key in Key}
    needed |= {f"status-{stage.value}" for stage in Stage}
    needed |= {f"menu-{command}" for command in COMMANDS}
    assert needed <= set(KEYS)


def test_every_text_that_the_program_asks_for_exists() -> None:
    missing = [use.key for use in said() if not any(use.asks_for(key) for key in KEYS)]
    missing += [key for key in listed() if re.fullmatch(r"page-[a-z0-9-]+", key) and key not in KEYS]
    assert missing == []


def test_no_text_is_left_over() -> None:
    inside = {inner for names in texts("en").values() for inner in names.messages}
    problems = {f"problem-{key.value}" for key in Key}
    used = inside | problems | listed()
    assert [key for key in KEYS if key not in used and not any(use.asks_for(key) for use in said())] == []


def test_no_text_asks_for_what_the_program_does_not_provide() -> None:
    for key in KEYS:
        uses = [use for use in said() if use.asks_for(key)]
        written = [use for use in uses if ".+" not in use.key] or uses
        for use in written:
            if use.arguments is not None:
                assert variables("en", key) <= use.arguments, key


def test_no_problem_is_explained_with_what_it_does_not_know() -> None:
    for key in Key:
        uses = [use.arguments for use in raised() if use.key == key.name and use.arguments is not None]
        for arguments in uses or [promised()[key.name]]:
            assert variables("en", f"problem-{key.value}") <= arguments, key


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_plain_and_complete_whatever_its_arguments(locale: str) -> None:
    for key in KEYS:
        for text in renderings(locale, key):
            assert text.strip() or key == "returned", key
            assert not re.search(r"[<>`{}\u2068\u2069]|\?\?\?", text), f"{key}: {text}"
            assert not re.search(r"[ \t]$|\.\.\.|\n{3}", text, re.MULTILINE), f"{key}: {text!r}"
            assert len(text) <= 4096, key


def test_chinese_sets_other_scripts_apart_with_a_space() -> None:
    for key in KEYS:
        for text in renderings("zh-CN", key):
            assert not re.search(r"[一-鿿][A-Za-z0-9/-]|[A-Za-z0-9][一-鿿]", text), f"{key}: {text}"


@pytest.mark.parametrize("locale", LOCALES)
def test_menus_keep_the_limits_of_the_platforms(locale: str) -> None:
    for command in COMMANDS:
        assert len(TEXTS.say(locale, f"menu-{command}")) <= 40  # wider ones are cut on a phone


@pytest.mark.parametrize("locale", LOCALES)
def test_every_example_can_be_typed_as_it_stands(locale: str) -> None:
    lines = [line for key in KEYS for text in renderings(locale, key) for line in text.splitlines()]
    for kind, least in ((Kind.DRAW, 3), (Kind.EDIT, 1)):
        examples = {line for line in lines if line.startswith(f"/{kind} ")}
        assert len(examples) >= least
        for example in examples:
            command = read_command(example)
            assert command is not None, example
            assert isinstance(read_request(command.text, 4, kind), ImageRequest), example


@pytest.mark.parametrize("locale", LOCALES)
def test_texts_name_no_command_that_is_not_there(locale: str) -> None:
    for key in KEYS:
        for text in renderings(locale, key):
            assert set(re.findall(r"(?<![\w/])/([a-z]+)", text)) <= set(COMMANDS), key


@pytest.mark.parametrize("locale", LOCALES)
def test_help_teaches_every_option_with_an_example_that_works(locale: str) -> None:
    lines = re.findall(r"^(--.+?)   ", TEXTS.say(locale, "help-options", most=4), re.MULTILINE)
    taught = {re.match(r"--\w+", line)[0] for line in lines}  # type: ignore[index]
    refusal = read_request("fox --unknown", 4)
    assert not isinstance(refusal, ImageRequest)
    assert taught == set(str(refusal.args["options"]).split(", "))
    for line in lines:
        assert isinstance(read_request(f"fox {line}", 4), ImageRequest), line


def test_every_language_is_installed_with_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["setuptools"]["data-files"] == {
        f"share/drawbridge/locales/{locale}": [f"locales/{locale}/*.ftl"] for locale in LOCALES
    }
