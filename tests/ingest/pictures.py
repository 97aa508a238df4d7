"""Pictures and recordings made for tests: nothing binary is kept in the repository."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image


def picture(form: str = "PNG", size: tuple[int, int] = (300, 300), colour: Any = (200, 30, 60), **how: Any) -> bytes:
    """A picture of one colour."""
    target = BytesIO()
    mode = how.pop("mode", "RGB")
    Image.new(mode, size, colour).save(target, form, **how)
    return target.getvalue()


def opened(data: bytes) -> Image.Image:
    """The picture in these bytes, decoded."""
    image = Image.open(BytesIO(data))
    image.load()
    return image
