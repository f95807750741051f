"""Files made to harm, to deceive, or damaged on the way."""

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.domain.problems import Key
from bot.media.formats import FORMATS
from bot.media.reading import Unusable, read
from tests.media.pictures import SAVED_AS, quartered, saved, worked

SMALL = {format_: saved(quartered(400, 390), format_) for format_ in SAVED_AS}


def refusal(data: bytes) -> Unusable:
    with pytest.raises(Unusable) as caught:
        read(BytesIO(data))
    return caught.value


def key_of(data: bytes) -> Key:
    return refusal(data).key


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


DISGUISED = {
    "html": b"<!doctype html><title>photo.jpg</title>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='500' height='500'/>",
    "pdf": b"%PDF-1.7\n" + SMALL["JPEG"],
    "zip": b"PK\x03\x04" + SMALL["PNG"],
    "gzip": b"\x1f\x8b\x08" + bytes(40),
    "mp4": box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + bytes(100),
    "quicktime": box(b"ftyp", b"qt  \0\0\0\0qt  ") + bytes(100),
    "webm": b"\x1aE\xdf\xa3" + bytes(100),
    "wav": b"RIFF\x24\0\0\0WAVEfmt " + bytes(100),
    "words": b"BMW makes cars, and this is a text about them.",
    "executable": b"MZ" + bytes(100),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 500 500\n",
    "icon": b"\0\0\1\0\1\0" + bytes(100),
    "portable pixmap": b"P6 500 500 255\n" + bytes(750_000),
    "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100),
    "photoshop": b"8BPS\0\1" + bytes(100),
    "zeros": bytes(1000),
    "one byte": b"\xff",
}


@pytest.mark.parametrize("name", DISGUISED)
def test_what_is_no_image_is_refused_with_what_we_take(name: str) -> None:
    why = refusal(DISGUISED[name])
    assert why.key is Key.REFERENCE_NOT_AN_IMAGE
    assert why.args_told == {"formats": FORMATS}


def test_the_formats_we_take_are_named() -> None:
    assert set(FORMATS.split(", ")) == set(SAVED_AS)


@pytest.mark.parametrize("format_", SAVED_AS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_half_an_image_is_broken(format_: str, share: float) -> None:
    noise = Image.effect_noise((420, 420), 90).convert("RGB")
    data = saved(noise, format_)
    assert key_of(data[: int(len(data) * share)]) is Key.REFERENCE_BROKEN


@pytest.mark.parametrize("format_", SAVED_AS)
def test_the_mere_beginning_of_an_image_is_broken(format_: str) -> None:
    assert key_of(SMALL[format_][:40]) is Key.REFERENCE_BROKEN


# more pixels than we decode


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    data = bytearray(SMALL["JPEG"])
    at = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, height, width)
    return bytes(data)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + SMALL["GIF"][10:]


def gif_of_a_large_frame(width: int, height: int) -> bytes:
    frame = b"," + struct.pack("<HHHH", 0, 0, width, height) + b"\0\x02\x02\x4c\x01\0;"
    return b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0" + bytes(6) + frame


def bmp(width: int, height: int) -> bytes:
    data = bytearray(SMALL["BMP"])
    struct.pack_into("<ii", data, 18, width, height)
    return bytes(data)


def webp(width: int, height: int) -> bytes:
    image = quartered(400, 390)
    image.putalpha(77)
    data = bytearray(saved(image, "WEBP"))
    assert data[12:16] == b"VP8X"
    data[24:27] = (width - 1).to_bytes(3, "little")
    data[27:30] = (height - 1).to_bytes(3, "little")
    return bytes(data)


def tiff(width: int, height: int) -> bytes:
    return saved(Image.new("1", (width, height)), "TIFF", compression="group4")


@pytest.mark.parametrize(
    ("data", "limit"),
    [
        (png(60_000, 60_000), 64),
        (png(2**31 - 1, 2**31 - 1), 64),
        (png(8_001, 8_000), 64),
        (jpeg(65_000, 65_000), 64),
        (jpeg(9_000, 8_000), 64),
        (gif(65_535, 65_535), 64),
        (gif_of_a_large_frame(60_000, 60_000), 64),
        (bmp(60_000, 60_000), 64),
        (bmp(60_000, -60_000), 64),
        (webp(16_384, 16_384), 24),
        (saved(Image.new("RGB", (5_000, 5_000)), "WEBP", method=0), 24),
        (tiff(10_000, 10_000), 40),
    ],
)
def test_too_many_pixels_are_seen_in_the_header(data: bytes, limit: int) -> None:
    why = refusal(data)
    assert why.key is Key.REFERENCE_TOO_MANY_PIXELS
    assert why.args_told == {"limit": limit}


@pytest.mark.parametrize("format_", ["HEIC", "AVIF"])
def test_a_size_that_the_container_promises_is_seen_too(format_: str) -> None:
    data = bytearray(SMALL[format_])
    at = data.index(b"ispe")
    struct.pack_into(">II", data, at + 8, 30_000, 30_000)
    assert key_of(bytes(data)) in {Key.REFERENCE_TOO_MANY_PIXELS, Key.REFERENCE_BROKEN}


def tiff_of_one_tile(width: int, height: int) -> bytes:
    """500x500 pixels, cut out of a single tile of any size."""
    tags = {256: 500, 257: 500, 258: 8, 259: 8, 262: 1, 277: 1, 322: width, 323: height, 324: 200, 325: 100}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    return head.ljust(200, b"\0") + zlib.compress(bytes(70_000), 9).ljust(100, b"\0")


def test_a_tile_larger_than_its_image_counts_as_what_it_is() -> None:
    assert key_of(tiff_of_one_tile(20_000, 20_000)) is Key.REFERENCE_TOO_MANY_PIXELS
    assert key_of(tiff_of_one_tile(512, 512)) is Key.REFERENCE_BROKEN  # too little in it


def test_a_jpeg_of_a_thousand_scans_is_not_decoded() -> None:
    data = saved(quartered(), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    scan = data[at:-2]
    assert key_of(data[:at] + scan * 1000 + b"\xff\xd9") is Key.REFERENCE_BROKEN
    assert worked(data[:at] + scan * 3 + b"\xff\xd9").size == (600, 400)


def test_a_profile_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    bomb = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(50_000_000), 9))
    data = SMALL["PNG"]
    assert key_of(data[:33] + bomb + data[33:]) is Key.REFERENCE_BROKEN


# films


def frames(format_: str) -> bytes:
    others = [Image.new("RGB", (400, 390), colour) for colour in ("red", "green")]
    return saved(quartered(400, 390), format_, save_all=True, append_images=others)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_what_moves_is_refused(format_: str) -> None:
    assert key_of(frames(format_)) is Key.REFERENCE_ANIMATED


@pytest.mark.parametrize("brand", [b"hevc", b"msf1"])
def test_a_heic_film_is_refused(brand: bytes) -> None:
    data = bytearray(SMALL["HEIC"])
    data[8:12] = brand
    assert key_of(bytes(data)) is Key.REFERENCE_ANIMATED


@pytest.mark.parametrize("format_", ["HEIC", "AVIF"])
def test_a_file_that_only_says_it_is_some_image_is_read_by_its_coding(format_: str) -> None:
    data = bytearray(SMALL[format_])
    data[8:12] = b"mif1"
    assert worked(bytes(data)).size == (400, 390)


# anything at all


@given(st.sampled_from(sorted(SMALL)), st.data())
def test_a_damaged_image_is_read_or_refused_and_never_more(format_: str, data: st.DataObject) -> None:
    damaged = bytearray(SMALL[format_])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    check(bytes(damaged[: data.draw(st.integers(1, len(damaged)))]))


@given(st.sampled_from(sorted(SMALL)), st.integers(1, 64), st.binary(max_size=300))
def test_an_honest_beginning_with_garbage_behind_is_refused(format_: str, head: int, rest: bytes) -> None:
    check(SMALL[format_][:head] + rest)


def check(data: bytes) -> None:
    try:
        image = worked(data)
    except Unusable:
        return
    assert min(image.size) >= 384
    assert max(image.size) <= 3072
