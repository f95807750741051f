"""Images handed in, from the stream to the store."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from bot.domain.problems import Key, Problem, problem
from bot.media.folder import FolderMedia
from bot.media.normalise import ImageNormaliser, open_normaliser
from bot.ports.media import Kept
from tests.media.pictures import QUADRANTS, SAVED_AS, normalised, quartered, quarters, saved, streamed

KEY = "references/job/00"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("format_", SAVED_AS)
async def test_every_format_we_name_becomes_a_picture_gateways_take(format_: str, tmp_path: Path) -> None:
    kept = await normalised(saved(quartered(), format_), tmp_path)
    (file,) = files_in(tmp_path)
    assert kept == Kept(KEY, 600, 400, file.stat().st_size, "image/jpeg")
    with Image.open(file) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (600, 400))
        assert quarters(image) == QUADRANTS


async def test_normalising_again_replaces(tmp_path: Path) -> None:
    await normalised(saved(quartered(), "PNG"), tmp_path)
    await normalised(saved(quartered(800, 500), "PNG"), tmp_path)
    (file,) = files_in(tmp_path)
    with Image.open(file) as image:
        assert image.size == (800, 500)


async def test_a_refusal_names_the_image_by_its_number_and_keeps_nothing(tmp_path: Path) -> None:
    told = await normalised(saved(quartered(500, 383), "PNG"), tmp_path, number=3)
    assert told == problem(Key.REFERENCE_TOO_SMALL, number=3, width=500, height=383, limit=384)
    assert files_in(tmp_path) == []


async def test_too_large_a_file_is_refused_as_soon_as_it_is_too_large(tmp_path: Path) -> None:
    given = 0

    async def endless() -> AsyncGenerator[bytes, None]:
        nonlocal given
        while True:
            given += 1
            yield bytes(1024 * 1024)

    with open_normaliser(FolderMedia(tmp_path)) as normaliser:
        told = await normaliser.normalise(endless(), 1, KEY)
    assert told == problem(Key.REFERENCE_TOO_LARGE, number=1, limit=20)
    assert given == 21


async def test_nothing_at_all_is_a_broken_image(tmp_path: Path) -> None:
    assert await normalised(b"", tmp_path) == problem(Key.REFERENCE_BROKEN, number=1)


async def test_a_stream_that_fails_says_so_itself_and_leaves_nothing(tmp_path: Path) -> None:
    async def failing() -> AsyncGenerator[bytes, None]:
        yield saved(quartered(), "PNG")[:500]
        raise ConnectionError

    with open_normaliser(FolderMedia(tmp_path)) as normaliser, pytest.raises(ConnectionError):
        await normaliser.normalise(failing(), 1, KEY)
    assert files_in(tmp_path) == []


async def test_many_at_once_are_all_prepared(tmp_path: Path) -> None:
    data = [saved(quartered(400 + index, 400), "PNG") for index in range(30)]
    with open_normaliser(FolderMedia(tmp_path)) as normaliser:
        kept = await asyncio.gather(
            *(
                normaliser.normalise(streamed(one), index + 1, f"references/job/{index:02d}")
                for index, one in enumerate(data)
            )
        )
    assert [one.width for one in kept if isinstance(one, Kept)] == list(range(400, 430))


async def test_one_that_is_cancelled_while_the_threads_are_busy_is_never_decoded(tmp_path: Path) -> None:
    free = threading.Event()
    received = asyncio.Event()

    async def noted() -> AsyncGenerator[bytes, None]:
        yield saved(quartered(), "PNG")
        received.set()

    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(free.wait)
        normaliser = ImageNormaliser(FolderMedia(tmp_path), threads)
        task = asyncio.ensure_future(normaliser.normalise(noted(), 1, KEY))
        await received.wait()
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        free.set()
        assert busy.result()
        # The threads are free for the next one, which is not held up by what was given up.
        kept = await normaliser.normalise(streamed(saved(quartered(), "PNG")), 1, KEY)
    assert not isinstance(kept, Problem)
