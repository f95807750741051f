"""Commands and options as people type them."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.command import MAX_TEXT, Command, read_command, read_request
from bot.domain.geometry import Aspect, Size
from bot.domain.problems import Argument, Key, Problem
from bot.domain.request import MAX_SEED, ImageRequest, Kind, OutputForm
from bot.domain.settings import PersonSettings

MOST = 4


def read(text: str) -> ImageRequest:
    request = read_request(text, MOST)
    assert isinstance(request, ImageRequest), request
    return request


def refuse(text: str) -> Problem:
    answer = read_request(text, MOST)
    assert isinstance(answer, Problem), answer
    return answer


# --- commands ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/draw a fox", Command("draw", None, "a fox")),
        ("/DRAW  a fox ", Command("draw", None, "a fox")),
        ("／draw a fox", Command("draw", None, "a fox")),
        ("／ｄｒａｗ　a fox", Command("draw", None, "a fox")),
        ("/draw@Drawbridge_bot a fox", Command("draw", "Drawbridge_bot", "a fox")),
        ("/draw＠fox_bot a fox", Command("draw", "fox_bot", "a fox")),
        (" \n\u200e\u200f\ufeff\u200b/draw a fox", Command("draw", None, "a fox")),
        ("/draw一只狐狸", Command("draw", None, "一只狐狸")),
        ("/draw a fox\nin snow", Command("draw", None, "a fox\nin snow")),
        ("/draw", Command("draw", None, "")),
    ],
)
def test_a_command_is_read_however_the_keyboard_wrote_it(text: str, command: Command) -> None:
    assert read_command(text) == command


@pytest.mark.parametrize(
    "text", ["", "a fox", "draw /draw", "/", "/ draw", "//draw", "/usr/bin/env", "-/draw"]
)
def test_what_does_not_begin_with_a_command_is_none(text: str) -> None:
    assert read_command(text) is None


@given(st.text())
def test_any_text_is_a_command_or_not_and_never_an_error(text: str) -> None:
    command = read_command(text)
    assert command is None or re.fullmatch(r"[a-z0-9_]+", command.name)


# --- options -------------------------------------------------------------------------------------------


def test_all_options_are_understood() -> None:
    assert read("a fox --ar 16:9 --n 4 --model max --seed 7 --no blur, text --raw --file") == ImageRequest(
        kind=Kind.DRAW,
        prompt="a fox",
        model="max",
        count=4,
        aspect=Aspect(16, 9),
        seed=7,
        negative_prompt="blur, text",
        prompt_extension=False,
        output=OutputForm.FILE,
    )


def test_without_options_everything_is_left_unsaid() -> None:
    assert read("a fox in the snow") == ImageRequest(kind=Kind.DRAW, prompt="a fox in the snow")


@pytest.mark.parametrize("text", ["--n 2 a red fox", "a --n 2 red fox", "a red --n 2 fox", "a red fox --n 2"])
def test_an_option_may_stand_anywhere(text: str) -> None:
    request = read(text)
    assert (request.prompt, request.count) == ("a red fox", 2)


@pytest.mark.parametrize(
    "option",
    [
        "--n 3", "--n=3", "--n:3", "--n：3", "--n = 3", "--n3", "--N 3", "--n ３", '--n "3"', "--n “3”",
        "—n 3", "–n 3", "―n 3", "——n 3", "－－n 3", "－－ｎ　３", "−−n 3", "---n 3",
        "--n 3,", "--n 3.", "--n 3，",
    ],
)  # fmt: skip
def test_an_option_survives_phone_keyboards(option: str) -> None:
    for text in (f"a fox {option}", f"{option} a fox"):
        request = read(text)
        assert (request.prompt, request.count) == ("a fox", 3)


@pytest.mark.parametrize("value", ["16:9", "16：9", "１６：９", "16/9", "16x9", "16 : 9", "“16:9”"])
def test_a_ratio_survives_phone_keyboards(value: str) -> None:
    request = read(f"a fox --ar {value} in snow")
    assert (request.prompt, request.aspect) == ("a fox in snow", Aspect(16, 9))


@pytest.mark.parametrize("value", ["1024x768", "1024X768", "1024*768", "1024×768", "1024 x 768"])
def test_a_size_survives_phone_keyboards(value: str) -> None:
    request = read(f"a fox --size {value} in snow")
    assert (request.prompt, request.size) == ("a fox in snow", Size(1024, 768))


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("画一只猫——看月亮 --ar 3:2", "画一只猫——看月亮"),
        ("画一只猫--ar 3:2", "画一只猫"),
        ("画一只猫——ar 3:2", "画一只猫"),
        ("画一只猫，--ar 3:2，看月亮", "画一只猫， 看月亮"),
        ("--ar 3:2 🦊❄️ 雪地", "🦊❄️ 雪地"),
    ],
)
def test_chinese_needs_no_blanks_and_keeps_its_dashes(text: str, prompt: str) -> None:
    request = read(text)
    assert (request.prompt, request.aspect) == (prompt, Aspect(3, 2))


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat — asleep",
        "well-known -- maybe",
        "a well-known cat",
        "London–Paris by night",
        "a café—bar in 1920–1930",
        "rock -n- roll",
        "un gato —dormido— en el sofá",
        "他说——OK 好的",
        "a sign that says “--open”",
        "-- n 2",
        "10--12 cats",
    ],
)
def test_a_dash_within_a_sentence_is_no_option(prompt: str) -> None:
    assert read(prompt) == ImageRequest(kind=Kind.DRAW, prompt=prompt)


@pytest.mark.parametrize(
    ("typed", "prompt"),
    [
        ('"a fox"', "a fox"),
        ("'a fox'", "a fox"),
        ("“a fox”", "a fox"),
        ("‘a fox’", "a fox"),
        ("「一只狐狸」", "一只狐狸"),
        ("『一只狐狸』", "一只狐狸"),
        ("«a fox»", "a fox"),
        ("'it's a fox's den'", "it's a fox's den"),
        ("\"a sign saying 'open'\"", "a sign saying 'open'"),
        ('"a sign saying "open""', 'a sign saying "open"'),
        ("「看『月亮』的猫」", "看『月亮』的猫"),
        ("“'a fox'”", "'a fox'"),
        ('a sign saying "open"', 'a sign saying "open"'),
        ('"open" and "closed"', '"open" and "closed"'),
        ("“开”和“关”", "“开”和“关”"),
        ("it's a fox's den", "it's a fox's den"),
        ('5" screen', '5" screen'),
    ],
)
def test_one_pair_of_quotes_around_the_prompt_is_removed_and_inner_ones_stay(typed: str, prompt: str) -> None:
    assert read(typed).prompt == prompt
    assert read(f"{typed} --n 2").prompt == prompt
    assert read(f"--n 2 {typed}").prompt == prompt


def test_quotes_around_the_prompt_and_its_options_are_removed_too() -> None:
    request = read('"a fox --n 2"')
    assert (request.prompt, request.count) == ("a fox", 2)


def test_what_to_leave_out_goes_on_to_the_next_option() -> None:
    request = read('a fox --no blur, "text", people --n 2 in snow')
    assert (request.prompt, request.negative_prompt) == ("a fox in snow", 'blur, "text", people')


def test_a_prompt_becomes_one_clean_line() -> None:
    assert read("a  fox\n in\u2028the\tsnow\x00\x07\u200b\u202e\ud83d").prompt == "a fox in the snow"


def test_emoji_stay_whole() -> None:
    assert read("👩‍👩‍👧 and 🏳️‍🌈").prompt == "👩‍👩‍👧 and 🏳️‍🌈"


# --- refusals ------------------------------------------------------------------------------------------

OPTIONS = "--ar, --size, --n, --model, --seed, --no, --raw, --file, --photo"


@pytest.mark.parametrize(
    ("text", "key", "args"),
    [
        ("", Key.PROMPT_EMPTY, {"command": "/draw", "kind": "draw"}),
        (" \n ", Key.PROMPT_EMPTY, {"command": "/draw", "kind": "draw"}),
        ('""', Key.PROMPT_EMPTY, {"command": "/draw", "kind": "draw"}),
        ("\u200d\u200b", Key.PROMPT_EMPTY, {"command": "/draw", "kind": "draw"}),
        ("--n 2", Key.PROMPT_EMPTY, {"command": "/draw", "kind": "draw"}),
        ("--no a fox", Key.PROMPT_EMPTY, {"command": "/draw", "kind": "draw"}),
        ("fox --sed 7", Key.OPTION_UNKNOWN, {"given": "--sed", "nearest": "--seed", "options": OPTIONS}),
        (
            "fox —modle max",
            Key.OPTION_UNKNOWN,
            {"given": "--modle", "nearest": "--model", "options": OPTIONS},
        ),
        ("fox --v6, red", Key.OPTION_UNKNOWN, {"given": "--v6", "nearest": "", "options": OPTIONS}),
        ("fox --raw=no", Key.OPTION_UNKNOWN, {"given": "--raw=no", "nearest": "--raw", "options": OPTIONS}),
        ("fox --no3d", Key.OPTION_UNKNOWN, {"given": "--no3d", "nearest": "--no", "options": OPTIONS}),
        (
            "fox --" + "x" * 99,
            Key.OPTION_UNKNOWN,
            {"given": f"--{'x' * 37}…", "nearest": "", "options": OPTIONS},
        ),
        ("fox --ar", Key.OPTION_NEEDS_VALUE, {"option": "--ar", "example": "--ar 16:9"}),
        ("fox --n --raw", Key.OPTION_NEEDS_VALUE, {"option": "--n", "example": "--n 4"}),
        ("fox --no --raw", Key.OPTION_NEEDS_VALUE, {"option": "--no", "example": "--no blur, text"}),
        ('fox --model ""', Key.OPTION_NEEDS_VALUE, {"option": "--model", "example": "--model max"}),
        ("fox --n 2 —N 2", Key.OPTION_TWICE, {"option": "--n"}),
        ("--raw fox --raw", Key.OPTION_TWICE, {"option": "--raw"}),
        ("fox --n 0", Key.COUNT_IMPOSSIBLE, {"given": "0", "limit": MOST}),
        ("fox --n 5", Key.COUNT_IMPOSSIBLE, {"given": "5", "limit": MOST}),
        ("fox --n -2", Key.COUNT_IMPOSSIBLE, {"given": "-2", "limit": MOST}),
        ("fox --n 2.5", Key.COUNT_IMPOSSIBLE, {"given": "2.5", "limit": MOST}),
        ("fox --n two", Key.COUNT_IMPOSSIBLE, {"given": "two", "limit": MOST}),
        ("fox --n 四", Key.COUNT_IMPOSSIBLE, {"given": "四", "limit": MOST}),
        ("fox --seed -1", Key.SEED_IMPOSSIBLE, {"given": "-1", "limit": MAX_SEED}),
        ("fox --seed 2147483648", Key.SEED_IMPOSSIBLE, {"given": "2147483648", "limit": MAX_SEED}),
        ("fox --seed " + "9" * 5000, Key.SEED_IMPOSSIBLE, {"given": "9" * 39 + "…", "limit": MAX_SEED}),
        ("fox --seed x", Key.SEED_IMPOSSIBLE, {"given": "x", "limit": MAX_SEED}),
        ("fox --ar wide", Key.ASPECT_UNREADABLE, {"given": "wide"}),
        ("fox --ar 16:9:4", Key.ASPECT_UNREADABLE, {"given": "16:9:4"}),
        ("fox --ar 0:1", Key.ASPECT_UNREADABLE, {"given": "0:1"}),
        ("fox --size 1024", Key.SIZE_UNREADABLE, {"given": "1024"}),
        ("fox --size 0x5", Key.SIZE_UNREADABLE, {"given": "0x5"}),
        ("fox --size 512x512 --ar 1:1", Key.SIZE_AND_ASPECT, {}),
        ("fox --file --photo", Key.FILE_AND_PHOTO, {}),
        ("a fox\n/draw a cat", Key.TWO_COMMANDS, {"first": "/draw", "second": "/draw"}),
        ("a fox\n  ／Models@bot", Key.TWO_COMMANDS, {"first": "/draw", "second": "/models"}),
        ("/draw a fox", Key.TWO_COMMANDS, {"first": "/draw", "second": "/draw"}),
        ("x" * (MAX_TEXT + 1), Key.TEXT_TOO_LONG, {"limit": MAX_TEXT, "length": MAX_TEXT + 1}),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_is_allowed(
    text: str, key: Key, args: dict[str, Argument]
) -> None:
    assert refuse(text) == Problem(key, args)


def test_what_is_left_open_is_as_usual_and_what_is_said_goes_before_it() -> None:
    usual = PersonSettings(
        model="max",
        aspect=Aspect(16, 9),
        count=9,
        output=OutputForm.FILE,
        watermark=True,
        prompt_extension=False,
    )
    left_open = read_request("a fox", MOST, usual=usual)
    assert left_open == ImageRequest(
        Kind.DRAW,
        "a fox",
        model="max",
        count=MOST,
        aspect=Aspect(16, 9),
        watermark=True,
        prompt_extension=False,
        output=OutputForm.FILE,
    )
    said = read_request("a fox --model plus --size 512x512 --n 1 --photo", MOST, usual=usual)
    assert said == ImageRequest(
        Kind.DRAW, "a fox", model="plus", size=Size(512, 512), watermark=True, prompt_extension=False
    )


def test_the_limits_themselves_are_allowed() -> None:
    request = read(f"fox --n {MOST} --seed {MAX_SEED}")
    assert (request.count, request.seed) == (MOST, MAX_SEED)
    assert read("x" * MAX_TEXT).prompt == "x" * MAX_TEXT


# --- properties ----------------------------------------------------------------------------------------

WORDS = st.lists(
    st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd", "So"]), min_size=1), min_size=1, max_size=6
)
PIECES = st.sampled_from(
    ["--", "—", "－－", "-", "n", "ar", "seed", "no", "raw", "size", "foo", "16:9", "4", "=", "：", '"', "'",
     "“", "”", "「", "」", " ", "\n", "/draw", "猫", "，", "\u200e", "\ud800", "\x00", "é"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map("".join)))
@example("—")
@example("--n")
@example('"')
def test_any_text_is_a_wish_or_a_refusal_and_never_an_error(text: str) -> None:
    answer = read_request(text, MOST)
    if isinstance(answer, Problem):
        shown = answer.args.get("given", "")
        assert isinstance(shown, str)
        assert len(shown) <= 40
        return
    assert answer.prompt == " ".join(answer.prompt.split())
    assert answer.prompt
    assert 1 <= answer.count <= MOST
    assert answer.seed is None or 0 <= answer.seed <= MAX_SEED
    answer.prompt.encode()


@given(
    words=WORDS,
    count=st.integers(1, MOST),
    seed=st.integers(0, MAX_SEED),
    dash=st.sampled_from(["--", "—", "–", "――", "－－"]),
    data=st.data(),
)
def test_options_come_back_wherever_they_stand_and_the_words_stay_in_order(
    words: list[str], count: int, seed: int, dash: str, data: st.DataObject
) -> None:
    typed = list(words)
    for option in (f"{dash}n {count}", f"{dash}seed={seed}", f"{dash}raw"):
        typed.insert(data.draw(st.integers(0, len(typed))), option)
    request = read(" ".join(typed))
    assert request.prompt == " ".join(words)
    assert (request.count, request.seed, request.prompt_extension) == (count, seed, False)


@given(st.sampled_from(["-", "—", "(", '"', "'", "--a", "/", "１", "猫--", " "]), st.integers(1, MAX_TEXT))
def test_a_long_hostile_text_is_read_at_once(piece: str, times: int) -> None:
    read_request((piece * times)[:MAX_TEXT], MOST)
