"""How a receipt's text is written where a sign cannot be shown: in Latin letters, or as “?”."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from text_unidecode import unidecode  # type: ignore[import-untyped]  # it ships no types

JOINERS = "\u200c\u200d"
LATIN_1 = frozenset(map(chr, range(256)))
"""What the PDF's own fonts have."""
_PICTURES = "\u2190-\u2bff\U0001f000-\U0001faff"
_JOINED = re.compile(f"\u200d[{_PICTURES}]|[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
"""A picture joined to another is a part of it; what chooses a picture's look or skin prints nothing."""
_SHOWS_NOTHING = ("Mn", "Mc", "Me", "Cf", "Sk")
"""Marks, joiners and shades of skin belong to what is before them. So alef and hamza, which have no Latin letter."""


def composed(text: str) -> str:
    """The text in composed signs, with the first picture alone of those that are joined."""
    return _JOINED.sub("", unicodedata.normalize("NFC", text))


def written(text: str, shown: Container[str] = LATIN_1) -> str:
    """The text as it is printed by fonts that have the signs `shown`."""
    found = "".join(sign if sign in shown else _letters(sign) for sign in composed(text))
    return found if found.strip() or not text.strip() else "?"


def is_replaced(text: str, shown: Container[str] = LATIN_1) -> bool:
    """Whether a letter, a number or a picture of it is printed as something else."""
    return any(sign not in shown and unicodedata.category(sign)[0] in "LNS" for sign in composed(text))


def _letters(sign: str) -> str:
    letters: str = unidecode(sign).encode("latin-1", "ignore").decode("latin-1")
    is_silent = unicodedata.category(sign) in _SHOWS_NOTHING or "\u0590" <= sign <= "\u06ff"
    return letters or ("" if is_silent else "?")
