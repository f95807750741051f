"""Editing, asked of each dialect that can: the right images, in their order, as it was asked."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.domain.geometry import Aspect, Size
from bot.domain.outcome import Done, Failure, Rejected
from bot.domain.request import Kind
from bot.media.folder import FolderMedia
from bot.ports.media import Kept
from bot.providers.catalogue import load
from bot.providers.fetcher import open_fetcher
from bot.providers.registry import open_gateway
from bot.sandbox.drawing import Drawing, paint_plain
from tests.providers.making import handed_in, mask_for, picture, submission
from tests.providers.vendors import EDITING, QUICK, Vendor, rejected, vendor

EDITS = [route.key for route in load(None).routes if Kind.EDIT in route.kinds]


@dataclass
class Easel:
    """A painter that remembers what it painted."""

    painted: list[Drawing] = field(default_factory=list)

    def __call__(self, drawing: Drawing) -> bytes:
        self.painted.append(drawing)
        return paint_plain(drawing)


@pytest.fixture
def media(tmp_path: Path) -> FolderMedia:
    return FolderMedia(tmp_path)


@pytest.fixture(params=EDITING)
async def editor(request: pytest.FixtureRequest, media: FolderMedia) -> AsyncIterator[Vendor]:
    async with vendor(request.param, media=media) as served:
        yield served


async def bytes_of(media: FolderMedia, key: str) -> bytes:
    async with media.open(key) as path:
        return await asyncio.to_thread(path.read_bytes)


@pytest.mark.parametrize("key", EDITS)
async def test_all_images_arrive_whole_and_in_their_order(key: str, media: FolderMedia) -> None:
    easel = Easel()
    colours = ("red", "green", "blue")
    async with vendor(key.partition("/")[0], options=replace(QUICK, painter=easel), media=media) as served:
        route = served.catalogue.route(key)
        assert route
        references = await handed_in(media, *colours, format_="JPEG")
        outcome = await served.drawn(
            submission(route, "put the hat from 2 on 1", references=references, raw=route.raw)
        )
        assert isinstance(outcome, Done), outcome
        async with open_fetcher(served.catalogue, served.access, media) as fetcher:
            assert isinstance(await fetcher.fetch(served.id, outcome.results[0], "p/1"), Kept)
    (drawing,) = easel.painted
    assert drawing.prompt == "put the hat from 2 on 1"
    assert list(drawing.images) == [await bytes_of(media, reference.media_key) for reference in references]
    assert served.paid == 1


@pytest.mark.parametrize("key", EDITS)
async def test_all_options_of_a_row_are_taken(key: str, media: FolderMedia) -> None:
    async with vendor(key.partition("/")[0], media=media) as served:
        route = served.catalogue.route(key)
        assert route
        wish = submission(
            route,
            count=route.max_n,
            references=await handed_in(media, "red"),
            seed=7 if route.seed else None,
            negative_prompt="blur" if route.negative_limit else None,
        )
        outcome = await served.drawn(wish)
    assert isinstance(outcome, Done), outcome
    assert len(outcome.results) == route.max_n


@pytest.mark.parametrize("key", EDITS)
async def test_a_wished_size_is_kept_to(key: str, media: FolderMedia) -> None:
    async with vendor(key.partition("/")[0], media=media) as served:
        route = served.catalogue.route(key)
        assert route
        size = route.size_range.sizes.fit(Aspect(3, 2)) if route.size_range else None
        size = size or (route.sizes[1] if route.sizes else None)
        wish = submission(route, size=size, references=await handed_in(media, "red"))
        outcome = await served.drawn(wish)
        assert isinstance(outcome, Done), outcome
        async with open_fetcher(served.catalogue, served.access, media) as fetcher:
            kept = await fetcher.fetch(served.id, outcome.results[0], "p/1")
    assert isinstance(kept, Kept)
    if size:
        assert Size(kept.width, kept.height) == size
    else:  # the model chooses: about the shape of the image
        assert kept.width / kept.height == pytest.approx(640 / 480, rel=0.1)


async def test_an_edit_without_its_image_is_never_made(editor: Vendor, media: FolderMedia) -> None:
    (reference,) = await handed_in(media, "red")
    await media.delete(reference.media_key)
    outcome = await editor.gateway.submit(submission(editor.edit_route, references=[reference]))
    assert rejected(outcome) == (Failure.BAD_REQUEST, False)
    assert editor.sandbox.tallies[editor.id].received == 0


class SickMedia(FolderMedia):
    """A store whose disk cannot be read at the moment."""

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator[Path]:
        raise OSError(errno.EIO, "Input/output error", key)
        yield  # a context manager is made of a generator


async def test_an_edit_waits_for_a_disk_that_fails_and_is_not_made(tmp_path: Path) -> None:
    media = SickMedia(tmp_path)
    async with vendor("realmrouter", media=media) as served:
        wish = submission(served.edit_route, references=await handed_in(media, "red"))
        outcome = await served.gateway.submit(wish)
    assert rejected(outcome) == (Failure.UPSTREAM, True)
    assert served.sandbox.tallies[served.id].received == 0


async def test_an_image_of_many_megabytes_arrives(editor: Vendor, media: FolderMedia) -> None:
    (reference,) = await handed_in(media, "red")
    noise = picture("PNG", 1700, 1700)

    async def chunks() -> AsyncIterator[bytes]:
        yield noise

    await media.put(reference.media_key, chunks())
    outcome = await editor.drawn(submission(editor.edit_route, references=[reference]))
    assert len(noise) > 5_000_000
    assert isinstance(outcome, Done), outcome


# --- masks ----------------------------------------------------------------------------------------------


async def test_a_mask_is_transparent_where_the_picture_may_change(media: FolderMedia) -> None:
    easel = Easel()
    async with vendor("openai", options=replace(QUICK, painter=easel), media=media) as served:
        references, mask = await handed_in(media, "red", "blue"), await mask_for(media)
        wish = submission(served.edit_route, references=references, mask=mask)
        assert isinstance(await served.drawn(wish), Done)
    (drawing,) = easel.painted
    assert drawing.mask == await bytes_of(media, mask.media_key)


async def test_a_mask_is_never_dropped_silently(editor: Vendor, media: FolderMedia) -> None:
    route = editor.edit_route.model_copy(update={"mask": False})
    wish = submission(route, references=await handed_in(media, "red"), mask=await mask_for(media))
    assert rejected(await editor.gateway.submit(wish)) == (Failure.BAD_REQUEST, False)
    assert editor.sandbox.tallies[editor.id].received == 0


async def test_a_mask_of_another_size_is_refused_by_ourselves(media: FolderMedia) -> None:
    async with vendor("openai", media=media) as served:
        mask = await mask_for(media, (600, 480))
        wish = submission(served.edit_route, references=await handed_in(media, "red"), mask=mask)
        outcome = await served.gateway.submit(wish)
    assert rejected(outcome) == (Failure.BAD_REQUEST, False)
    assert isinstance(outcome, Rejected)
    assert "size" in outcome.detail


async def test_a_gateway_opened_only_to_be_checked_cannot_edit(media: FolderMedia) -> None:
    async with vendor("realmrouter", media=media) as served:
        row, way = served.catalogue.gateways[served.id], served.access[served.id]
        references = await handed_in(media, "red")
        async with open_gateway(row, [served.edit_route], way) as blind:
            assert (await blind.check()).works
            with pytest.raises(RuntimeError, match="without a media store"):
                await blind.submit(submission(served.edit_route, references=references))
