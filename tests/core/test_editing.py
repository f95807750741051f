"""Editing images: from what a person hands in, through the gateway, to the changed picture."""

import io
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from bot.domain.problems import Key
from bot.ports.chat import ChatUnavailable, HandleGone, HandleTooLarge, Stage
from bot.sandbox import FaultName, Options, Sandbox, serve
from bot.sandbox.drawing import Drawing, paint_plain
from tests.house import House, open_house

RED, GREEN, BLUE = (200, 20, 20), (20, 200, 20), (20, 20, 200)
EDITORS = ("realmrouter", "evolink", "openai")
EXIF_TURNED = 6
"""A photo that lies on its side: to be looked at, it is turned by a quarter."""


class Studio:
    """A painter of the sandbox that remembers what it was given: what a gateway really received."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.drawings: list[Drawing] = []

    def __call__(self, drawing: Drawing) -> bytes:
        with self._lock:
            self.drawings.append(drawing)
        return paint_plain(drawing)

    @property
    def received(self) -> list[Image.Image]:
        """The images of the one edit."""
        [drawing] = self.drawings
        return [Image.open(io.BytesIO(data)) for data in drawing.images]

    def sandbox(self, latency: timedelta = timedelta(0)) -> Sandbox:
        return Sandbox(Options(painter=self, allow_loopback=True, latency=latency))


@pytest.fixture
def studio() -> Studio:
    return Studio()


def photo(
    colour: tuple[int, int, int] = RED,
    size: tuple[int, int] = (480, 400),
    file_format: str = "PNG",
    **options: object,
) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, file_format, **options)
    return file.getvalue()


def film() -> bytes:
    frames = [Image.new("RGB", (400, 400), colour) for colour in (RED, GREEN)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


def colours(images: list[Image.Image]) -> list[tuple[int, int, int]]:
    """Each image's colour in its middle, as the nearest of those used here."""

    def nearest(image: Image.Image) -> tuple[int, int, int]:
        found = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
        assert isinstance(found, tuple)
        return min(
            (RED, GREEN, BLUE), key=lambda one: sum(abs(a - b) for a, b in zip(one, found, strict=True))
        )

    return [nearest(image) for image in images]


async def refused(house: House, text: str, *words: str, images: int = 0) -> None:
    """Say something that is turned down at once: these words in the answer, nothing held, nobody asked."""
    answer = await house.say(text, images=[photo()] * images)
    assert answer
    for word in words:
        assert word in answer
    assert await house.used() == await house.in_flight() == 0
    assert not any(tally.received for tally in house.sandbox.tallies.values())


async def failed(house: House, key: Key, *words: str) -> None:
    """The one job ended like this, before any gateway was asked; the hold is returned."""
    await house.wall.ended(1)
    [end] = house.ended
    assert (end.stage, end.returned) == (Stage.FAILED, 1)
    assert end.problem
    assert end.problem.key is key
    for word in words:
        assert word in house.last_text
    assert await house.used() == await house.in_flight() == 0
    assert not any(tally.received or tally.uploads for tally in house.sandbox.tallies.values())


# --- what a gateway receives ----------------------------------------------------------------------------


@pytest.mark.parametrize("gateway", EDITORS)
async def test_images_reach_the_gateway_in_their_order_and_come_back_changed(
    tmp_path: Path, studio: Studio, gateway: str
) -> None:
    async with open_house(tmp_path, gateways=(gateway,), sandbox=studio.sandbox()) as house:
        images = [photo(RED), photo(GREEN, file_format="WEBP", lossless=True), photo(BLUE, file_format="BMP")]
        assert await house.say("/edit put 2 and 3 on 1", images=images) is None
        await house.wall.ended(1)
        assert colours(studio.received) == [RED, GREEN, BLUE]
        [shown] = house.wall.pictures
        with Image.open(io.BytesIO(shown.data)) as picture:
            assert picture.size == (shown.width, shown.height)
        assert "put 2 and 3 on 1" in shown.caption
        assert house.sandbox.tallies[gateway].accepted == 1
        assert await house.used() == 1


async def test_images_go_through_the_upload_service_of_a_gateway_that_has_one(
    tmp_path: Path, studio: Studio
) -> None:
    async with open_house(tmp_path, gateways=("evolink",), sandbox=studio.sandbox()) as house:
        await house.say("/edit make it night", images=[photo(RED), photo(GREEN)])
        await house.wall.ended(1)
        assert house.sandbox.tallies["evolink"].uploads == 2


@pytest.mark.parametrize("gateway", EDITORS)
async def test_a_photo_arrives_upright_and_tells_nothing_about_its_person(
    tmp_path: Path, studio: Studio, gateway: str
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = EXIF_TURNED
    exif[ExifTags.Base.Make] = "a camera of somebody"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    image = photo(RED, (600, 400), "JPEG", exif=exif, comment=b"taken at home")
    async with open_house(tmp_path, gateways=(gateway,), sandbox=studio.sandbox()) as house:
        await house.say("/edit make it night", images=[image])
        await house.wall.ended(1)
        [received] = studio.received
        assert received.size == (400, 600)
        assert not dict(received.getexif())
        [drawing] = studio.drawings
        assert b"somebody" not in drawing.images[0]
        assert b"at home" not in drawing.images[0]


async def test_an_image_that_is_too_large_for_the_gateways_is_scaled_in_its_shape(
    tmp_path: Path, studio: Studio
) -> None:
    async with open_house(tmp_path, gateways=("realmrouter",), sandbox=studio.sandbox()) as house:
        await house.say("/edit make it night", images=[photo(RED, (4000, 2000), "JPEG")])
        await house.wall.ended(1)
        assert [image.size for image in studio.received] == [(3072, 1536)]


@pytest.mark.parametrize("gateway", ["realmrouter", "evolink"])
async def test_a_wished_size_is_that_of_the_changed_picture(
    tmp_path: Path, studio: Studio, gateway: str
) -> None:
    async with open_house(tmp_path, gateways=(gateway,), sandbox=studio.sandbox()) as house:
        await house.say("/edit make it night --size 1024x768", images=[photo()])
        await house.wall.ended(1)
        assert [(shown.width, shown.height) for shown in house.wall.pictures] == [(1024, 768)]


# --- images that cannot be used -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "key", "words"),
    [
        (photo(size=(500, 300)), Key.REFERENCE_TOO_SMALL, ("too small", "500x300", "384")),
        (photo(size=(8000, 400)), Key.REFERENCE_TOO_LONG, ("long and narrow", "8000x400")),
        (film(), Key.REFERENCE_ANIMATED, ("animated",)),
        (photo(file_format="JPEG")[:400], Key.REFERENCE_BROKEN, ("damaged",)),
        (b"", Key.REFERENCE_BROKEN, ("damaged",)),
        (b"%PDF-1.7 a letter", Key.REFERENCE_NOT_AN_IMAGE, ("no image", "JPEG, PNG")),
        (bytes(21 * 1024 * 1024), Key.REFERENCE_TOO_LARGE, ("too large", "20 MB")),
    ],
    ids=["small", "narrow", "film", "cut", "empty", "letter", "large"],
)
async def test_an_image_that_cannot_be_used_is_named_with_the_reason_and_nothing_is_charged(
    tmp_path: Path, image: bytes, key: Key, words: tuple[str, ...]
) -> None:
    async with open_house(tmp_path, gateways=EDITORS) as house:
        await house.say("/edit make it night", images=[photo(), image])
        await failed(house, key, "Image 2", *words)


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (HandleGone("no longer there"), Key.REFERENCE_GONE),
        (HandleTooLarge(20), Key.REFERENCE_TOO_LARGE),
    ],
)
async def test_an_image_that_the_platform_does_not_give_out_ends_the_job(
    tmp_path: Path, error: Exception, key: Key
) -> None:
    async with open_house(tmp_path, gateways=EDITORS) as house:
        house.wall.missing["0-0"] = [error]
        await house.say("/edit make it night", images=[photo()])
        await failed(house, key, "Image 1")


async def test_a_platform_that_is_away_for_a_while_is_asked_again(tmp_path: Path, studio: Studio) -> None:
    async with open_house(tmp_path, gateways=("evolink",), sandbox=studio.sandbox()) as house:
        house.wall.missing["0-1"] = [ChatUnavailable("away"), ChatUnavailable("away", 0.01)]
        await house.say("/edit put 2 on 1", images=[photo(RED), photo(GREEN)])
        await house.wall.ended(1)
        assert house.wall.fetched == ["0-0", "0-1", "0-1", "0-1"]
        assert colours(studio.received) == [RED, GREEN]


async def test_an_edit_that_waits_for_its_image_can_be_cancelled(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=EDITORS) as house:
        house.wall.missing["0-0"] = [ChatUnavailable("away", 0.2)]
        await house.say("/edit make it night", images=[photo()])
        await house.wall.asked_for("0-0")
        assert await house.say("/cancel")
        await house.wall.ended(1)
        assert [end.stage for end in house.ended] == [Stage.CANCELLED]
        assert house.wall.fetched == ["0-0"]
        assert await house.used() == 0


# --- refusals before anything is held -------------------------------------------------------------------


async def test_drawing_never_takes_images(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=EDITORS) as house:
        await refused(house, "/draw a fox", "/edit", "words alone", images=1)


async def test_editing_needs_an_image_and_words(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=EDITORS) as house:
        assert "Which image" in (await house.say("/edit make it night") or "")
        assert "What shall I change" in (await house.say("/edit", images=[photo()]) or "")
        assert await house.used() == 0


@pytest.mark.parametrize(
    ("text", "images", "limit"),
    [
        ("/edit mix them", 17, "16 are the most"),
        ("/edit mix them --model qwen-image-edit", 4, "3 are the most"),
    ],
)
async def test_too_many_images_are_refused_with_the_limit(
    tmp_path: Path, text: str, images: int, limit: str
) -> None:
    async with open_house(tmp_path, gateways=EDITORS) as house:
        await refused(house, text, f"{images} images", limit, images=images)


async def test_more_images_than_one_gateway_takes_go_to_one_that_takes_them(
    tmp_path: Path, studio: Studio
) -> None:
    async with open_house(tmp_path, gateways=EDITORS, sandbox=studio.sandbox()) as house:
        await house.say("/edit mix them", images=[photo()] * 4)
        await house.wall.ended(1)
        assert house.sandbox.tallies["openai"].accepted == 1
        assert len(studio.received) == 4


@pytest.mark.parametrize("model", ["", " --model qwen-image-plus"])
async def test_an_edit_never_becomes_a_drawing(tmp_path: Path, model: str) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter", "qwen-image-2512")) as house:
        await refused(house, f"/edit make it night{model}", "edit pictures", images=1)


async def test_a_named_model_that_cannot_edit_is_refused_with_those_that_can(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter", "realmrouter")) as house:
        text = "/edit make it night --model qwen-image-max"
        await refused(house, text, "qwen-image-max cannot edit", "qwen-image-edit-plus", images=1)


async def test_a_named_model_that_only_edits_does_not_draw(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("crazyrouter", "realmrouter")) as house:
        await refused(house, "/draw a fox --model qwen-image-edit", "words alone", "qwen-image-max")


# --- gateways that fail, and restarts -------------------------------------------------------------------


async def test_an_edit_falls_over_with_its_images_when_a_gateway_has_no_money(
    tmp_path: Path, studio: Studio
) -> None:
    async with open_house(
        tmp_path, gateways=("crazyrouter", "realmrouter", "evolink"), sandbox=studio.sandbox()
    ) as house:
        house.fault(FaultName.OUT_OF_MONEY, "evolink", endpoint="submit")
        await house.say("/edit put 2 on 1", images=[photo(RED), photo(GREEN)])
        await house.wall.ended(1)
        assert colours(studio.received) == [RED, GREEN]
        assert house.sandbox.tallies["realmrouter"].accepted == 1
        assert house.sandbox.tallies["crazyrouter"].received == 0
        assert house.wall.fetched == ["0-0", "0-1"]
        assert await house.used() == len(house.wall.pictures) == 1


@pytest.mark.parametrize(
    "fault", [FaultName.UPLOAD_QUOTA, FaultName.SERVER_ERROR, FaultName.DROP_BEFORE, FaultName.RATE_LIMITED]
)
async def test_an_upload_service_that_fails_costs_nobody_the_edit(
    tmp_path: Path, studio: Studio, fault: FaultName
) -> None:
    async with open_house(tmp_path, gateways=("evolink", "realmrouter"), sandbox=studio.sandbox()) as house:
        house.fault(fault, "evolink", endpoint="upload", times=1)
        await house.say("/edit put 2 on 1", images=[photo(RED), photo(GREEN)])
        await house.wall.ended(1)
        assert colours(studio.received) == [RED, GREEN]
        accepted = [house.sandbox.tallies[id_].accepted for id_ in ("evolink", "realmrouter")]
        assert sum(accepted) == 1
        assert await house.used() == len(house.wall.pictures) == 1


async def test_a_stop_while_images_are_fetched_continues_with_those_that_are_missing(
    tmp_path: Path, studio: Studio
) -> None:
    sandbox = studio.sandbox()
    images = [photo(RED), photo(GREEN), photo(BLUE)]
    async with serve(sandbox) as root:
        async with open_house(tmp_path, gateways=("evolink",), sandbox=sandbox, root=root) as first:
            first.wall.missing["0-1"] = [ChatUnavailable("away", 60)]
            await first.say("/edit put 2 and 3 on 1", images=images)
            await first.wall.asked_for("0-1")
        async with open_house(tmp_path, gateways=("evolink",), sandbox=sandbox, root=root) as second:
            second.wall.images |= first.wall.images
            await second.wall.ended(1)
            assert second.wall.fetched == ["0-1", "0-2"]
            assert colours(studio.received) == [RED, GREEN, BLUE]
            assert await second.used() == len(second.wall.pictures) == 1
    assert sandbox.tallies["evolink"].accepted == 1
