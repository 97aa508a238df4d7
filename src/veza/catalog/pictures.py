"""Pictures people send, made into covers: hostile files refused, turned upright, squared, stripped, in sRGB.

Blocking work on bytes, for a thread; Pillow only ever opens the three formats we take.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps

from veza.catalog.palettes import Palette
from veza.kit.messages import gettext

SIZES = (96, 256, 512, 1024)
TAKEN = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 50_000_000
_PALETTE_SIDE = 256
_QUALITY = {"webp": 82, "jpg": 85}
_FORMATS = {"webp": "WEBP", "jpg": "JPEG"}

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class BadPicture(ValueError):
    """A picture that cannot be made into a cover; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class CoverFiles:
    """What a picture became: "512.webp" → bytes, its sizes, the colour most of it has (#rrggbb), and the palette that
    it lends its pages, None where no colour stands out."""

    source_hash: str
    files: dict[str, bytes]
    sizes: list[int]
    colour: str
    palette: Palette | None

    def digest(self, name: str) -> str:
        """What the file `name` holds, as 64 hex digits."""
        return hash_of(self.files[name])


def hash_of(source: bytes) -> str:
    """What bytes are known by: SHA-256, as 64 hex digits."""
    return hashlib.sha256(source).hexdigest()


def make_cover(source: bytes) -> CoverFiles:
    """Every size and form of a picture, never larger than it is. Raises BadPicture."""
    if len(source) > MOST_BYTES:
        raise BadPicture(
            gettext(
                "the picture has {source_count:,} bytes, at most {most_bytes:,} are taken",
                source_count=len(source),
                most_bytes=MOST_BYTES,
            )
        )
    try:
        square = _square(source)
        colour = _dominant(square)
        sizes = [size for size in SIZES if size <= square.width]
        files: dict[str, bytes] = {}
        for size in sizes:
            scaled = square.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
            files |= {f"{size}.{form}": _written(scaled, form) for form in _FORMATS}
        palette = cover_palette(files[palette_file(sizes)])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(
            gettext("the picture has more than {most_pixels} million pixels", most_pixels=MOST_PIXELS // 1000000)
        ) from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, struct.error) as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture(gettext("this is no picture that can be read: send a whole JPEG, PNG or WebP")) from None
    return CoverFiles(hash_of(source), files, sizes, colour, palette)


def palette_file(sizes: Sequence[int]) -> str:
    """The file of a cover that its palette is computed from; a cover that is kept has it as well."""
    return f"{max(size for size in sizes if size <= _PALETTE_SIDE)}.webp"


def cover_palette(file: bytes) -> Palette | None:
    """The palette of a cover's file. Raises BadPicture. For the child process, which alone loads the colour library."""
    from veza.catalog.palette_making import palette_of

    try:
        with Image.open(BytesIO(file), formats=("WEBP",)) as opened:
            return palette_of(opened.convert("RGB"))
    except OSError:
        raise BadPicture(gettext("this is no picture that can be read: send a whole JPEG, PNG or WebP")) from None


def _square(source: bytes) -> Image.Image:
    """The middle of the picture, upright, in sRGB, without transparency."""
    with Image.open(BytesIO(source), formats=tuple(TAKEN.values())) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise Image.DecompressionBombError
        if min(width, height) < SIZES[0]:
            raise BadPicture(
                gettext(
                    "a cover needs at least {sizes} × {sizes} pixels, this one has {width} × {height}",
                    sizes=SIZES[0],
                    width=width,
                    height=height,
                )
            )
        if opened.format == "JPEG":
            opened.draft("RGB", (2 * SIZES[-1], 2 * SIZES[-1]))  # decodes what is shown, not what was sent
        profile = opened.info.get("icc_profile")
        square = _middle(_in_8_bits(opened))  # first of all: what follows copies it
    return _flattened(_in_srgb(_upright(square), profile))


def _middle(picture: Image.Image) -> Image.Image:
    """The square in the middle, of no more pixels than are needed."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    box = (left, top, left + side, top + side)
    if side <= 2 * SIZES[-1]:
        return picture.crop(box)
    plain = picture if picture.mode == _plain_mode(picture) else picture.convert(_plain_mode(picture))
    return plain.resize((2 * SIZES[-1], 2 * SIZES[-1]), Image.Resampling.BOX, box, reducing_gap=2.0)


def _in_8_bits(picture: Image.Image) -> Image.Image:
    if not picture.mode.startswith("I;16"):
        return picture
    # Pillow itself cuts off at 255 what goes to 65535: the picture would be white.
    return picture.convert("I").point(lambda level: level / 257).convert("L")


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as its EXIF says; damaged EXIF, which Pillow can read and not write again, says nothing."""
    try:
        return ImageOps.exif_transpose(picture)
    except (AttributeError, TypeError, KeyError, struct.error):
        return picture.copy()


def _plain_mode(picture: Image.Image) -> str:
    return picture.mode if picture.mode in {"RGB", "RGBA", "CMYK", "L"} else "RGBA"


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile or picture.mode not in {"RGB", "CMYK", "L"}:
        return picture
    try:
        theirs = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, theirs, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a damaged profile says nothing: the colours are taken as they are
    return converted or picture


def _flattened(picture: Image.Image) -> Image.Image:
    """On white, where one could look through it."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    white = Image.new("RGBA", seen.size, "white")
    white.alpha_composite(seen)
    return white.convert("RGB")


def _dominant(picture: Image.Image) -> str:
    small = picture.resize((48, 48), Image.Resampling.BOX).quantize(8)
    index, _ = Counter(small.tobytes()).most_common(1)[0]
    red, green, blue = (small.getpalette() or [])[3 * index : 3 * index + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _written(picture: Image.Image, form: str) -> bytes:
    target = BytesIO()
    # A new picture from the pixels alone: nothing of what came with the old one is written.
    bare = Image.frombytes("RGB", picture.size, picture.tobytes())
    how = {"method": 4} if form == "webp" else {"optimize": True}
    bare.save(target, _FORMATS[form], quality=_QUALITY[form], **how)
    return target.getvalue()
