"""Reading what people type: commands, and the options of `/draw` and `/edit`.

Forgiving about keyboards, strict about meaning: phones turn `--` into a dash and colons into full-width
ones, so those are understood; what cannot be understood is refused with what is allowed, never guessed.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.geometry import Aspect, Size
from bot.domain.problems import Key, Problem, Refused, problem
from bot.domain.request import MAX_SEED, ImageRequest, Kind, OutputForm
from bot.domain.settings import PersonSettings

MAX_TEXT: Final = 8000
"""The longest text that is read, in characters: twice a Telegram message."""

_SHOWN: Final = 40

# --- commands ------------------------------------------------------------------------------------------

# Marks that cannot be seen and that keyboards, right-to-left apps and copied pages put anywhere. Joiners
# are not among them: emoji and Persian are written with those.
_INVISIBLE: Final = "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_JOINERS: Final = "\u200c\u200d"
_LETTER: Final = "A-Za-zＡ-Ｚａ-ｚ"

# A slash after the name makes it a path, not a command.
_COMMAND = re.compile(
    rf"[\s{_INVISIBLE}]*+[/／](?P<name>[{_LETTER}0-9０-９_＿]++)"
    rf"(?:[@＠](?P<addressee>[A-Za-z0-9_]++))?+(?![/／])(?P<text>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Command:
    """`/name@addressee text`. The name is in lower case; `addressee` is None when nobody was named."""

    name: str
    addressee: str | None
    text: str


def read_command(text: str) -> Command | None:
    """The command that `text` begins with, if it does."""
    found = _COMMAND.match(text)
    if not found:
        return None
    return Command(_narrow(found["name"]).lower(), found["addressee"], found["text"].strip())


# --- the options of a request ----------------------------------------------------------------------------

_EXAMPLES: Final[Mapping[str, str]] = {
    "ar": "--ar 16:9",
    "size": "--size 1024x768",
    "n": "--n 4",
    "model": "--model max",
    "seed": "--seed 7",
    "no": "--no blur, text",
}
_FLAGS: Final = ("raw", "file", "photo")
_NAMES: Final = (*_EXAMPLES, *_FLAGS)
_USUAL: Final = PersonSettings()

_HYPHENS: Final = "-－﹣‐‑−"
_DASHES: Final = "–—―⸺⸻"  # one of these alone stands for two hyphens
# Scripts that put no blanks between words.
_UNSPACED: Final = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_STOP: Final = r"\s,;，；。、"
_EDGES: Final = " ,;:，；：。、"

_OPTION = re.compile(
    rf"(?<![{_HYPHENS}{_DASHES}])(?:[{_HYPHENS}]*[{_DASHES}][{_HYPHENS}{_DASHES}]*+|[{_HYPHENS}]{{2,}}+)"
    rf"(?P<name>[{_LETTER}][{_LETTER}_]*+(?:-[{_LETTER}_]++)*+)"
)
_LONG_DASH = re.compile(rf"[{_DASHES}]")
_WORD = re.compile(rf"[^\W{_UNSPACED}]")
_VALUE = re.compile(rf"\s*[=:：＝]?\s*(?P<value>[^{_STOP}]+)")
_PAIR = re.compile(rf"\s*[=:：＝]?\s*(?P<value>[\d.]++\s*[:：/xX×✕*＊]\s*[\d.]++)(?=[{_STOP}]|$)")
_WORDS = re.compile(r"\s*[=:：＝]?(?P<value>.*)")


def read_request(
    text: str, most: int, kind: Kind = Kind.DRAW, usual: PersonSettings = _USUAL
) -> ImageRequest | Problem:
    """The wish behind the words after `/draw` or `/edit`, for at most `most` pictures; or what is wrong with
    them.

    Options may stand before, between and after the words of the prompt. A prompt may be quoted as a whole.
    What the words leave open is as `usual`.
    """
    try:
        return _read_request(text, most, kind, usual)
    except Refused as refused:
        return refused.problem


def _read_request(text: str, most: int, kind: Kind, usual: PersonSettings) -> ImageRequest:
    if len(text) > MAX_TEXT:
        raise Refused(problem(Key.TEXT_TOO_LONG, limit=MAX_TEXT, length=len(text)))
    _refuse_second_command(text, kind)
    line = _clean(text)
    bare = _unquote(line)
    words, options = _split(bare)
    prompt = _unquote(words) if bare == line else words
    aspect, size = _aspect(options), _size(options)
    if aspect and size:
        raise Refused(problem(Key.SIZE_AND_ASPECT))
    request = ImageRequest(
        kind=kind,
        prompt=prompt,
        model=options.get("model", usual.model),
        count=_count(options, most, usual.count),
        aspect=aspect if aspect or size else usual.aspect,
        size=size,
        seed=_seed(options),
        negative_prompt=options.get("no"),
        watermark=usual.watermark,
        prompt_extension=usual.prompt_extension and "raw" not in options,
        output=_output(options, usual.output),
    )
    if not prompt.strip(_JOINERS):
        raise Refused(problem(Key.PROMPT_EMPTY, command=f"/{kind.value}", kind=kind.value))
    return request


def _refuse_second_command(text: str, kind: Kind) -> None:
    for line in text.splitlines():
        if second := read_command(line):
            second_name = _shown(f"/{second.name}")
            raise Refused(problem(Key.TWO_COMMANDS, first=f"/{kind.value}", second=second_name))


# --- cutting the text ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Option:
    """An option in the text: its dashes and name are at `start`, what follows begins at `end`."""

    name: str
    start: int
    end: int


def _split(text: str) -> tuple[str, Mapping[str, str]]:
    """The words of the prompt, and the options with their values (of a flag: no text)."""
    found = list(_find_options(text))
    words = [text[: found[0].start] if found else text]
    options: dict[str, str] = {}
    for index, option in enumerate(found):
        following = text[option.end : found[index + 1].start if index + 1 < len(found) else None]
        value, rest = _take_value(option.name, following)
        if option.name in options:
            raise Refused(problem(Key.OPTION_TWICE, option=f"--{option.name}"))
        options[option.name] = value
        words.append(rest)
    prompt = " ".join(" ".join(words).split())
    return prompt.rstrip(_EDGES) if found else prompt, options


def _find_options(text: str) -> Iterator[_Option]:
    """The options, known to us all of them; raises Refused for one that is not.

    Dashes within a sentence are left alone: after a word, before a blank, and before a word that is no
    option unless two hyphens, or a near miss, show that one was meant.
    """
    for match in _OPTION.finditer(text):
        name = _narrow(match["name"]).lower()
        before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
        if _WORD.match(before) or (_WORD.match(after) and not after.isdecimal()):
            continue
        if name in _NAMES and _value_may_begin(name, after):
            yield _Option(name, match.start(), match.end())
            continue
        near = difflib.get_close_matches(name[:_SHOWN], _NAMES, n=1, cutoff=0.7)
        apart = not before.strip() and (after.isascii() or not after.isalpha())
        if apart and (near or not _LONG_DASH.match(match[0])):
            raise Refused(_unknown_option(name + text[match.end() :].partition(" ")[0], near))


def _value_may_begin(name: str, after: str) -> bool:
    """Whether `after` may follow the name directly: `--n4` and `--n=4` are clear, `--no3d` is not."""
    if name in _FLAGS:
        return after not in {"=", "＝", "-"} and not after.isdecimal()
    return not after.isdecimal() or name not in {"model", "no"}


def _unknown_option(given: str, near: Sequence[str]) -> Problem:
    return problem(
        Key.OPTION_UNKNOWN,
        given=_shown(f"--{given.rstrip(_EDGES)}"),
        nearest=f"--{near[0]}" if near else "",
        options=", ".join(f"--{known}" for known in _NAMES),
    )


def _take_value(name: str, following: str) -> tuple[str, str]:
    """Divide what follows an option into its value and the words that go on after it."""
    if name in _FLAGS:
        return "", following.lstrip(_EDGES)
    pair = _PAIR.match(following) if name in {"ar", "size"} else None
    match = pair or (_WORDS if name == "no" else _VALUE).match(following)
    value = _unquote(match["value"].strip(_EDGES).rstrip(".")) if match else ""
    if not (match and value):
        raise Refused(problem(Key.OPTION_NEEDS_VALUE, option=f"--{name}", example=_EXAMPLES[name]))
    rest = following[match.end() :].lstrip(_EDGES)
    return (value, rest) if name == "no" else (_narrow(value), rest)


# --- values ----------------------------------------------------------------------------------------------


def _aspect(options: Mapping[str, str]) -> Aspect | None:
    if "ar" not in options:
        return None
    aspect = Aspect.parse(options["ar"])
    if aspect is None:
        raise Refused(problem(Key.ASPECT_UNREADABLE, given=_shown(options["ar"])))
    return aspect


def _size(options: Mapping[str, str]) -> Size | None:
    if "size" not in options:
        return None
    size = Size.parse(options["size"])
    if size is None:
        raise Refused(problem(Key.SIZE_UNREADABLE, given=_shown(options["size"])))
    return size


def _output(options: Mapping[str, str], usual: OutputForm) -> OutputForm:
    if "file" in options and "photo" in options:
        raise Refused(problem(Key.FILE_AND_PHOTO))
    chosen = [form for form in OutputForm if form.value in options]
    return chosen[0] if chosen else usual


def _count(options: Mapping[str, str], most: int, usual: int) -> int:
    if "n" not in options:
        return min(usual, most)
    count = _whole_number(options["n"])
    if count is None or not 1 <= count <= most:
        raise Refused(problem(Key.COUNT_IMPOSSIBLE, given=_shown(options["n"]), limit=most))
    return count


def _seed(options: Mapping[str, str]) -> int | None:
    if "seed" not in options:
        return None
    seed = _whole_number(options["seed"])
    if seed is None or seed > MAX_SEED:
        raise Refused(problem(Key.SEED_IMPOSSIBLE, given=_shown(options["seed"]), limit=MAX_SEED))
    return seed


def _whole_number(value: str) -> int | None:
    return int(value) if value.isdecimal() and len(value) <= 20 else None


# --- characters ------------------------------------------------------------------------------------------

_UNWANTED = re.compile(rf"[{_INVISIBLE}\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")

_QUOTES: Final[Mapping[str, str]] = {
    '"': '"', "'": "'", "“": "”", "‘": "’", "„": "“", "「": "」", "『": "』", "«": "»",
}  # fmt: skip
_APOSTROPHES: Final = "'’"


def _clean(text: str) -> str:
    """`text` on one line, without control characters, invisible marks and broken surrogates."""
    return " ".join(_UNWANTED.sub("", text).split())


def _narrow(text: str) -> str:
    """Full-width letters, digits and signs as ordinary ones."""
    return unicodedata.normalize("NFKC", text)


def _unquote(text: str) -> str:
    """`text` without the pair of quotation marks around the whole of it, if there is one."""
    if len(text) < 2 or _QUOTES.get(text[0]) != text[-1] or _is_closed_early(text):
        return text
    return text[1:-1].strip()


def _is_closed_early(text: str) -> bool:
    """Whether the first quotation ends before the text does, as in `"a" and "b"`."""
    opening, closing = text[0], text[-1]
    for at in range(1, len(text) - 1):
        before, sign, after = text[at - 1], text[at], text[at + 1]
        if sign not in {opening, closing} or (sign in _APOSTROPHES and before.isalnum() and after.isalnum()):
            continue
        opens = sign == opening and (opening != closing or before.isspace() or before in "([{")
        return not opens
    return False


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
