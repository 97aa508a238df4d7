"""What a picture becomes: upright, square, in sRGB, freed of everything but the picture."""

from __future__ import annotations

import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from tests.ingest.pictures import opened, picture
from veza.catalog.pictures import BadPicture, make_cover


def _halves(left: str, right: str, size: tuple[int, int] = (400, 200)) -> Image.Image:
    image = Image.new("RGB", size, left)
    image.paste(Image.new("RGB", (size[0] // 2, size[1]), right), (size[0] // 2, 0))
    return image


def _bytes(image: Image.Image, form: str = "PNG", **how: object) -> bytes:
    target = BytesIO()
    image.save(target, form, **how)  # type: ignore[arg-type]
    return target.getvalue()


def test_the_middle_is_kept() -> None:
    image = Image.new("RGB", (500, 100), "red")
    image.paste(Image.new("RGB", (100, 100), "blue"), (200, 0))
    made = make_cover(_bytes(image))
    assert made.sizes == [96]
    assert opened(made.files["96.webp"]).convert("RGB").getpixel((3, 3))[2] > 200


def test_a_turned_photograph_is_upright_and_says_nothing_of_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010F] = "A camera"
    made = make_cover(_bytes(_halves("red", "blue", (300, 300)), "JPEG", exif=exif, comment=b"secret"))
    image = opened(made.files["256.jpg"])
    assert image.getpixel((128, 20))[0] > 200
    assert image.getpixel((128, 236))[2] > 200
    for data in made.files.values():
        assert not opened(data).getexif()
        assert b"secret" not in data
        assert b"camera" not in data


def test_every_size_up_to_its_own_is_made_and_none_above() -> None:
    assert make_cover(picture(size=(1023, 2000))).sizes == [96, 256, 512]
    made = make_cover(picture("JPEG", (3000, 2500)))
    assert made.sizes == [96, 256, 512, 1024]
    assert opened(made.files["1024.jpg"]).size == (1024, 1024)


@pytest.mark.parametrize(
    ("form", "mode", "colour"),
    [("PNG", "RGBA", (10, 20, 30, 0)), ("PNG", "LA", (0, 0)), ("PNG", "P", 0), ("PNG", "1", 1), ("PNG", "I;16", 0),
     ("JPEG", "CMYK", (0, 0, 0, 0)), ("JPEG", "L", 255), ("WEBP", "RGBA", (0, 0, 0, 0))],
)  # fmt: skip
def test_pictures_of_every_mode_are_taken(form: str, mode: str, colour: object) -> None:
    made = make_cover(picture(form, (120, 120), colour, mode=mode))
    assert opened(made.files["96.jpg"]).mode == "RGB"
    if mode in {"RGBA", "LA"}:
        assert made.colour == "#ffffff"


def test_a_profile_is_applied_and_a_damaged_one_ignored() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    for icc in (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), profile, b"nonsense"):
        made = make_cover(picture("JPEG", (100, 100), (200, 30, 60), icc_profile=icc))
        assert "icc_profile" not in opened(made.files["96.jpg"]).info


def test_the_same_picture_makes_the_same_files() -> None:
    assert make_cover(picture()) == make_cover(picture())


def test_the_colour_is_the_one_most_of_it_has() -> None:
    image = Image.new("RGB", (200, 200), "#204060")
    image.paste(Image.new("RGB", (60, 60), "#ffee00"), (0, 0))
    assert make_cover(_bytes(image)).colour == "#204060"


@pytest.mark.parametrize("cut", [0, 8, 30, 60, 200])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_picture_is_refused(form: str, cut: int) -> None:
    whole = _bytes(Image.effect_noise((200, 200), 90).convert("RGB"), form)
    with pytest.raises(BadPicture):
        make_cover(whole[:cut])


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = bytearray(picture("PNG", (200, 200)))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2  # the size its header claims
    with pytest.raises(BadPicture):
        make_cover(bytes(bomb))


def test_a_grey_picture_of_16_bits_keeps_its_greys() -> None:
    for size in (300, 2_500):
        deep = Image.frombytes("I;16", (size, size), struct.pack("<H", 100 * 257) * size * size)
        assert make_cover(_bytes(deep)).colour == "#646464"


def test_damaged_exif_does_not_spoil_a_good_picture() -> None:
    turned = struct.pack("<HHI4s", 0x0112, 3, 1, b"\6\0\0\0")
    a_day_as_a_float = struct.pack("<HHI4s", 0x0132, 11, 1, bytes(4))
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + turned + a_day_as_a_float + bytes(4)
    assert make_cover(_bytes(_halves("red", "blue", (300, 300)), "JPEG", exif=exif)).sizes == [96, 256]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how much memory was used")
def test_a_large_picture_is_in_memory_once() -> None:
    source = picture("PNG", (4000, 4000))
    measure = (
        "import pathlib, re, sys\n"
        "from veza.catalog.pictures import make_cover\n"
        "make_cover(sys.stdin.buffer.read())\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
    )
    told = subprocess.run([sys.executable, "-c", measure], input=source, capture_output=True, check=True)
    # Pillow keeps four bytes a pixel: 64 MB for this one, as many again for every copy of it.
    assert int(told.stdout) < 150_000
