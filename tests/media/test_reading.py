"""Which images are read, and as what: shapes, sides, modes, colours."""

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageStat, PngImagePlugin

from bot.domain.problems import Key
from bot.media.finishing import finish
from bot.media.reading import LEAST_SIDE, MOST_SIDE, Unusable, fitted, read
from tests.media.pictures import QUADRANTS, quartered, quarters, saved, worked

BACK = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera lays an upright picture into the file, for each word EXIF has for it."""


def laid(image: Image.Image, orientation: int, format_: str, **options: object) -> bytes:
    way = BACK[orientation]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    lying = image.transpose(way) if way is not None else image
    return saved(lying, format_, exif=exif.tobytes(), **options)


def mean(image: Image.Image) -> list[int]:
    return [round(value) for value in ImageStat.Stat(image).mean]


def is_near(found: list[int], expected: list[int], allowed: int = 6) -> bool:
    return all(abs(a - b) <= allowed for a, b in zip(found, expected, strict=True))


# shape


@given(st.integers(LEAST_SIDE, 60_000), st.integers(LEAST_SIDE, 60_000))
def test_an_image_keeps_its_shape_and_fits_or_is_too_long(width: int, height: int) -> None:
    longest, shortest = max(width, height), min(width, height)
    if round(shortest * min(1, MOST_SIDE / longest)) < LEAST_SIDE:
        with pytest.raises(Unusable, match=Key.REFERENCE_TOO_LONG):
            fitted(width, height)
        return
    size = fitted(width, height)
    scale = max(size) / longest
    assert max(size) == min(longest, MOST_SIDE)
    assert min(size) >= LEAST_SIDE
    assert abs(size[0] - width * scale) <= 0.5
    assert abs(size[1] - height * scale) <= 0.5


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_a_large_image_is_scaled_down_in_its_shape(format_: str) -> None:
    image = worked(saved(quartered(6200, 3100), format_))
    assert image.size == (3072, 1536)
    assert quarters(image) == QUADRANTS


def test_a_small_image_is_not_scaled_up() -> None:
    assert worked(saved(quartered(384, 384), "PNG")).size == (384, 384)


def test_scaling_band_by_band_gives_what_scaling_at_once_gives() -> None:
    image = Image.effect_mandelbrot((3500, 1400), (-2, -1, 1, 1), 50).convert("RGB")
    expected = image.resize((3072, 1229), Image.Resampling.LANCZOS)
    found = worked(saved(image, "PNG", compress_level=1))
    assert found.size == expected.size
    assert max(ImageStat.Stat(ImageChops.difference(found.convert("RGB"), expected)).mean) < 2


@pytest.mark.parametrize("size", [(383, 600), (600, 383), (1, 1), (20, 5000)])
def test_an_image_with_a_short_side_is_too_small_and_its_size_is_told(size: tuple[int, int]) -> None:
    with pytest.raises(Unusable) as caught:
        worked(saved(quartered(*size), "PNG"))
    assert caught.value.key is Key.REFERENCE_TOO_SMALL
    assert caught.value.args_told == {"width": size[0], "height": size[1], "limit": 384}


def test_a_long_and_narrow_image_is_refused_with_its_size() -> None:
    with pytest.raises(Unusable) as caught:
        worked(saved(quartered(4000, 450), "PNG"))
    assert caught.value.key is Key.REFERENCE_TOO_LONG
    assert caught.value.args_told == {"width": 4000, "height": 450}


@pytest.mark.parametrize("format_", ["JPEG", "TIFF", "HEIC", "AVIF"])
def test_the_size_is_told_as_people_see_the_image(format_: str) -> None:
    with pytest.raises(Unusable) as caught:
        worked(laid(quartered(300, 600), 6, format_))
    assert caught.value.args_told == {"width": 300, "height": 600, "limit": 384}


# which side is up


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "HEIC", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_as_its_camera_says(format_: str, orientation: int) -> None:
    image = worked(laid(quartered(), orientation, format_))
    assert image.size == (600, 400)
    assert quarters(image) == QUADRANTS


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_compressed_tiff_is_turned_only_once(orientation: int) -> None:
    image = worked(laid(quartered(), orientation, "TIFF", compression="tiff_lzw"))
    assert image.size == (600, 400)
    assert quarters(image) == QUADRANTS


@pytest.mark.parametrize("orientation", [6, 7])
def test_a_large_photo_is_scaled_and_turned(orientation: int) -> None:
    image = worked(laid(quartered(6400, 3200), orientation, "JPEG"))
    assert image.size == (3072, 1536)
    assert quarters(image) == QUADRANTS


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0"])
def test_broken_metadata_does_not_spoil_a_picture(exif: bytes) -> None:
    assert quarters(worked(saved(quartered(), "JPEG", exif=exif))) == QUADRANTS


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_a_senseless_orientation_is_none(value: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = value
    assert quarters(worked(saved(quartered(), "JPEG", exif=exif))) == QUADRANTS


# what is in the file besides the picture


def test_nothing_but_the_picture_is_kept() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "SECRET"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta>SECRET</x:xmpmeta>"
    data = saved(quartered(), "JPEG", exif=exif, comment=b"SECRET", icc_profile=profile, xmp=xmp)
    image = worked(data + b"PK\x03\x04 SECRET archive behind the picture")
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not image.getexif()
    assert b"SECRET" not in saved(image, "JPEG")


def test_a_transparent_picture_is_bare_too() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SECRET")
    image = quartered()
    image.putalpha(99)
    found = worked(saved(image, "PNG", pnginfo=text, dpi=(72, 72), exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"))
    assert found.format == "PNG"
    assert found.info == {}


def test_a_preview_behind_a_photo_makes_it_no_film() -> None:
    data = saved(quartered(), "MPO", save_all=True, append_images=[quartered(160, 120)])
    assert worked(data).size == (600, 400)


def test_of_a_heic_album_the_picture_is_used_that_it_shows_itself() -> None:
    other = Image.new("RGB", (500, 500))
    data = saved(other, "HEIC", save_all=True, append_images=[quartered()], primary_index=1)
    assert quarters(worked(data)) == QUADRANTS


# modes and colours


@pytest.mark.parametrize(
    ("mode", "colour", "format_", "expected"),
    [
        ("1", 1, "PNG", [255, 255, 255]),
        ("L", 77, "JPEG", [77, 77, 77]),
        ("P", 1, "GIF", [0, 0, 0]),
        ("I;16", 40_000, "PNG", [156, 156, 156]),
        ("I;16", 40_000, "TIFF", [156, 156, 156]),
        ("I;16B", 40_000, "TIFF", [156, 156, 156]),
        ("CMYK", (0, 255, 255, 0), "JPEG", [254, 0, 0]),
        ("CMYK", (0, 255, 255, 0), "TIFF", [254, 0, 0]),
        ("YCbCr", (76, 85, 255), "TIFF", [254, 0, 0]),
        ("LAB", (138, 209, 198), "TIFF", [255, 0, 0]),
        ("RGBA", (10, 200, 30, 255), "PNG", [10, 200, 30]),
        ("LA", (90, 255), "PNG", [90, 90, 90]),
    ],
)
def test_every_mode_becomes_plain_colours(
    mode: str, colour: float | tuple[int, ...], format_: str, expected: list[int]
) -> None:
    image = worked(saved(Image.new(mode, (400, 400), colour), format_))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    assert is_near(mean(image), expected)


@pytest.mark.parametrize(
    ("mode", "low", "high"), [("F", -0.5, 1.5), ("I", -70_000, 70_000), ("F", 0.0, 1e30)]
)
def test_numbers_without_a_scale_are_stretched_to_what_can_be_seen(
    mode: str, low: float, high: float
) -> None:
    image = Image.new(mode, (400, 400), low)
    image.paste(high, (200, 0, 400, 400))
    found = worked(saved(image, "TIFF")).convert("L")
    assert is_near([int(str(found.getpixel((20, 200)))), int(str(found.getpixel((380, 200))))], [0, 255])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
def test_senseless_numbers_do_no_harm(value: float) -> None:
    assert worked(saved(Image.new("F", (400, 400), value), "TIFF")).size == (400, 400)


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "HEIC", "AVIF", "TIFF"])
def test_what_is_transparent_stays_transparent(format_: str) -> None:
    image = Image.new("RGBA", (400, 400), (200, 50, 50, 255))
    image.paste((0, 0, 0, 0), (0, 0, 200, 400))
    found = worked(saved(image, format_))
    assert (found.format, found.mode) == ("PNG", "RGBA")
    assert found.getchannel("A").getpixel((100, 200)) == 0
    assert found.getchannel("A").getpixel((300, 200)) == 255
    assert is_near(mean(found.crop((300, 100, 390, 300)))[:3], [200, 50, 50])


def test_one_colour_of_a_palette_may_be_transparent() -> None:
    image = Image.new("P", (400, 400), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (200, 0, 400, 400))
    for format_ in ("GIF", "PNG"):
        found = worked(saved(image, format_, transparency=0))
        assert found.format == "PNG"
        assert found.getpixel((390, 200)) == (0, 0, 255, 255)
        alpha = found.getchannel("A")
        assert (alpha.getpixel((10, 200)), alpha.getpixel((390, 200))) == (0, 255)


def test_one_colour_of_a_photo_may_be_transparent() -> None:
    found = worked(saved(quartered(), "PNG", transparency=QUADRANTS[0]))
    assert found.mode == "RGBA"
    alpha = found.getchannel("A")
    assert (alpha.getpixel((10, 10)), alpha.getpixel((590, 10))) == (0, 255)


def test_hidden_colours_do_not_bleed_into_visible_ones() -> None:
    image = Image.new("RGBA", (4000, 1000), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 2001, 1000))
    found = worked(saved(image, "PNG"))
    edge = [found.getpixel((x, 300)) for x in range(1520, 1550)]
    assert all(isinstance(pixel, tuple) and (pixel[3] < 8 or pixel[0] < 40) for pixel in edge)


def swapped_profile() -> bytes:
    """A profile under which red means blue, and blue red."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", data, 128)
    names = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    for at in range(132, 132 + 12 * count, 12):
        name = bytes(data[at : at + 4])
        data[at : at + 4] = names.get(name, name)
    return bytes(data)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "HEIC", "AVIF"])
def test_colours_are_taken_as_the_profile_means_them(format_: str) -> None:
    image = Image.new("RGB", (400, 400), (250, 0, 0))
    found = worked(saved(image, format_, icc_profile=swapped_profile()))
    assert is_near(mean(found), [0, 0, 250])
    assert "icc_profile" not in found.info


def test_transparency_survives_a_profile() -> None:
    image = Image.new("RGBA", (400, 400), (250, 0, 0, 128))
    found = worked(saved(image, "PNG", icc_profile=swapped_profile()))
    assert is_near(mean(found), [0, 0, 250, 128])
    assert found.info == {}


@pytest.mark.parametrize("profile", [b"garbage", b"", swapped_profile()[:200]])
def test_a_profile_that_cannot_be_read_is_left_aside(profile: bytes) -> None:
    found = worked(saved(quartered(), "PNG", icc_profile=profile))
    assert quarters(found) == QUADRANTS


def test_a_profile_for_another_kind_of_image_is_left_aside() -> None:
    found = worked(saved(Image.new("CMYK", (400, 400)), "JPEG", icc_profile=swapped_profile()))
    assert is_near(mean(found), [255, 255, 255])


# few enough bytes


def noise(mode: str, side: int) -> Image.Image:
    bands = [Image.effect_noise((side, side), 120).rotate(90 * turn) for turn in range(len(mode))]
    return Image.merge(mode, bands)


def test_a_photo_of_too_many_bytes_is_made_coarser_before_it_is_made_smaller() -> None:
    image = noise("RGB", 2200)
    data = saved(image, "BMP")
    finished = finish(read(BytesIO(data)))
    assert (finished.mime, finished.width, finished.height) == ("image/jpeg", 2200, 2200)
    assert len(finished.data) <= 10_000_000
    assert len(saved(image, "JPEG", quality=92, subsampling="4:4:4")) > 10_000_000


def test_a_transparent_picture_of_too_many_bytes_is_made_smaller_in_its_shape() -> None:
    image = noise("RGBA", 1800).resize((2400, 1200))
    found = worked(saved(image, "TIFF"))
    assert found.format == "PNG"
    assert found.width < 2400
    assert abs(found.width - 2 * found.height) <= 1
