"""Images handed over by links of our own, where we have a public address."""

import io
from pathlib import Path

from PIL import Image

from bot.ports.chat import Stage
from bot.sandbox import FaultName
from tests.house import open_house


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (600, 500), "orange").save(file, "JPEG")
    return file.getvalue()


async def test_a_gateway_fetches_the_images_from_us_and_nothing_is_uploaded(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("evolink",), callbacks=True) as house:
        assert await house.say("/edit make it night", images=[picture()]) is None
        await house.wall.ended(1)
        assert [end.stage for end in house.ended] == [Stage.DONE]
        assert house.sandbox.tallies["evolink"].uploads == 0


async def test_without_a_public_address_the_images_are_uploaded(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("evolink",)) as house:
        assert await house.say("/edit make it night", images=[picture()]) is None
        await house.wall.ended(1)
        assert [end.stage for end in house.ended] == [Stage.DONE]
        assert house.sandbox.tallies["evolink"].uploads == 1


async def test_a_lost_answer_is_replayed_with_the_same_links(tmp_path: Path) -> None:
    async with open_house(tmp_path, gateways=("evolink",), callbacks=True) as house:
        house.fault(FaultName.DROP_AFTER, "evolink", times=1, endpoint="submit")
        await house.say("/edit make it night", images=[picture()])
        await house.wall.ended(1)
        assert [end.stage for end in house.ended] == [Stage.DONE]
        assert house.sandbox.tallies["evolink"].accepted == 1
