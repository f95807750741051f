"""What the texts say and what the program asks for, read from the files of both."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fluent.syntax import FluentParser
from fluent.syntax.ast import BaseNode, FunctionReference, Junk, Message, MessageReference, VariableReference
from fluent.syntax.visitor import Visitor

ROOT = Path(__file__).parents[2]
LOCALES = tuple(sorted(path.name for path in (ROOT / "locales").iterdir() if path.is_dir()))


# --- the texts -----------------------------------------------------------------------------------------


class _Names(Visitor):
    """The names that a message uses."""

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.messages: set[str] = set()
        self.functions: set[str] = set()

    def visit_VariableReference(self, node: VariableReference) -> None:  # noqa: N802
        self.variables.add(node.id.name)

    def visit_MessageReference(self, node: MessageReference) -> None:  # noqa: N802
        self.messages.add(node.id.name)

    def visit_FunctionReference(self, node: FunctionReference) -> None:  # noqa: N802
        self.functions.add(node.id.name)
        self.generic_visit(node)


@cache
def junk(locale: str) -> tuple[str, ...]:
    """What could not be parsed."""
    return tuple(str(node.content) for node in _nodes(locale) if isinstance(node, Junk))


@cache
def texts(locale: str) -> Mapping[str, _Names]:
    """The keys of a language, with the names that each text uses itself."""
    found = {}
    for node in _nodes(locale):
        if isinstance(node, Message):
            found[node.id.name] = names = _Names()
            names.visit(node)
    return found


def variables(locale: str, key: str) -> frozenset[str]:
    """The variables of a text and of the texts inside it."""
    names = texts(locale)[key]
    return frozenset(names.variables).union(*(variables(locale, inner) for inner in names.messages))


def _nodes(locale: str) -> Iterator[BaseNode]:
    for path in sorted((ROOT / "locales" / locale).glob("*.ftl")):
        yield from FluentParser(with_spans=False).parse(path.read_text("utf-8")).body


# --- the program ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """A place that asks for a text; `key` is a pattern when a part of it is filled in. `arguments` is
    None when they cannot be read off."""

    key: str
    arguments: frozenset[str] | None

    def asks_for(self, key: str) -> bool:
        return re.fullmatch(self.key, key) is not None


@cache
def said() -> tuple[Use, ...]:
    """All `say(...)` in the sources that name a key or a pattern of one."""
    return tuple(
        Use(key, _keywords(call))
        for call in _calls()
        if _called(call) == "say"
        for key in map(_key_pattern, call.args)
        if key
    )


@cache
def raised() -> tuple[Use, ...]:
    """All `problem(Key.X, ...)` in the sources; the key is the name in the enumeration."""
    return tuple(
        Use(call.args[0].attr, _keywords(call))
        for call in _calls()
        if _called(call) == "problem" and call.args and isinstance(call.args[0], ast.Attribute)
    )


@cache
def listed() -> frozenset[str]:
    """Keys that stand in lists of the sources, or in the playground's page and script."""
    found = {
        node.value
        for tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for path in (*ROOT.glob("bot/**/*.html"), *ROOT.glob("bot/**/*.js")):
        found.update(re.findall(r"""(?:\$|\[")(page-[a-z0-9-]+)""", path.read_text("utf-8")))
    return frozenset(found)


@cache
def promised() -> Mapping[str, frozenset[str]]:
    """The arguments that the comments of the enumeration name for each problem."""
    source = (ROOT / "bot/domain/problems.py").read_text("utf-8")
    rows = re.findall(r'^    ([A-Z_]+) = "[a-z-]+"(?:  # (.*))?$', source, re.MULTILINE)
    return {name: frozenset(re.findall(r"(\w+)(?: \(\w+\))?", comment)) for name, comment in rows}


@cache
def _trees() -> tuple[ast.Module, ...]:
    return tuple(ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "bot").rglob("*.py")))


def _calls() -> Iterator[ast.Call]:
    return (node for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _keywords(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(filter(None, names))


def _key_pattern(argument: ast.expr) -> str:
    """The key as a pattern; empty when the argument is no written key."""
    match argument:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=[ast.Constant(), *_] as parts):
            return "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in parts)
    return ""
