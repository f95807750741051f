"""What people write comes back as it was written, or is refused before anything changes."""

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.geometry import Aspect, Size
from bot.domain.jobs import Address
from bot.domain.request import ImageRequest, Kind, OutputForm
from bot.ports.store import Opened, Store
from bot.store import rows
from tests.store.engines import Engine
from tests.store.scenes import AMPLE, NOW, accepted, loaded, order

PROMPTS = {
    "chinese": "雪地里的狐狸，水墨画；两只鸟",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇳 e\u0301",
    "right to left": "\u202bثعلب في الثلج\u202c",
    "nul": "a\x00b",
    "control": "\x01\x1b[31m\r\n\u2028\ufeff",
    "quotes": "'; DROP TABLE jobs; -- \" \\ :id $1 ?",
    "last plane": "\U0010ffff",
    "a million characters": "狐" * 1_000_000,
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS.keys())
async def test_a_prompt_survives(store: Store, prompt: str) -> None:
    opened = await store.accept(order(prompt=prompt), AMPLE, NOW, UTC)
    assert isinstance(opened, Opened)
    assert (await loaded(store, opened.job)).request.prompt == prompt


@pytest.mark.parametrize(
    "broken",
    [
        order(prompt="half an emoji \ud83d"),
        replace(order(), address=Address("telegram", "\udc00")),
        replace(order(), event_key="\udfff"),
        order(person="\ud800"),
    ],
    ids=["prompt", "chat", "event", "person"],
)
async def test_half_a_character_is_refused_and_leaves_nothing(engine: Engine, broken: object) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        await engine.store.accept(broken, AMPLE, NOW, UTC)  # type: ignore[arg-type]
    for table in ("accounts", "jobs", "entries"):
        assert await engine.execute(f"SELECT * FROM {table}") == []  # noqa: S608 - names of ours
    await accepted(engine.store)


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_REQUESTS = st.builds(
    ImageRequest,
    kind=st.sampled_from(Kind),
    prompt=_TEXT,
    model=st.none() | _TEXT,
    count=st.integers(1, 10),
    aspect=st.none() | st.builds(Aspect, st.integers(1, 9_999), st.integers(1, 9_999)),
    size=st.none() | st.builds(Size, st.integers(1, 99_999), st.integers(1, 99_999)),
    seed=st.none() | st.integers(-(2**80), 2**80),
    negative_prompt=st.none() | _TEXT,
    watermark=st.booleans(),
    prompt_extension=st.booleans(),
    output=st.sampled_from(OutputForm),
)


@given(request=_REQUESTS)
def test_any_request_comes_back_from_its_text(request: ImageRequest) -> None:
    assert rows.request_from(rows.request_text(request)) == request


async def test_a_request_written_before_an_option_existed_can_be_read(store: Store, engine: Engine) -> None:
    job = await accepted(store)
    await engine.execute("""UPDATE jobs SET request = '{"kind": "draw", "prompt": "old"}'""")
    assert (await loaded(store, job)).request == ImageRequest(Kind.DRAW, "old")
