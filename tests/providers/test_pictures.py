import struct
import zlib
from pathlib import Path

import pytest

from bot.providers.pictures import Facts, Incomplete, NotAnImage, inspect
from tests.providers.making import picture


def written(folder: Path, data: bytes) -> Path:
    file = folder / "picture"
    file.write_bytes(data)
    return file


def png_that_promises(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@pytest.mark.parametrize(
    ("format_", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_a_whole_picture_is_known_by_its_bytes(tmp_path: Path, format_: str, mime: str) -> None:
    data = picture(format_)
    assert inspect(written(tmp_path, data)) == Facts(40, 30, len(data), mime)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_half_a_picture_is_incomplete(tmp_path: Path, format_: str) -> None:
    data = picture(format_, 400, 300)
    with pytest.raises(Incomplete):
        inspect(written(tmp_path, data[: len(data) // 2]))


def test_a_png_with_a_wrong_checksum_is_incomplete(tmp_path: Path) -> None:
    data = bytearray(picture("PNG", 400, 300))
    data[len(data) // 2] ^= 1
    with pytest.raises(Incomplete):
        inspect(written(tmp_path, bytes(data)))


def test_a_jpeg_may_be_padded(tmp_path: Path) -> None:
    assert inspect(written(tmp_path, picture("JPEG") + bytes(64))).mime == "image/jpeg"


@pytest.mark.parametrize("format_", ["GIF", "BMP", "TIFF", "PPM"])
def test_other_formats_are_refused(tmp_path: Path, format_: str) -> None:
    with pytest.raises(NotAnImage):
        inspect(written(tmp_path, picture(format_)))


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xd9", b"RIFF\xff\xff\xff\xffWEBPVP8 ", bytes(999)],
)
def test_other_bytes_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotAnImage):
        inspect(written(tmp_path, data))


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (8193, 1), (8000, 8000), (10_000, 10_000)])
def test_unbearable_dimensions_are_refused_by_the_header(tmp_path: Path, width: int, height: int) -> None:
    with pytest.raises(NotAnImage):
        inspect(written(tmp_path, png_that_promises(width, height)))
