"""Text from people: normalised (NFC), bounded, and free of characters that break lines, files or logs."""

from __future__ import annotations

import unicodedata

_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Zs"})


class BadText(ValueError):
    """Empty, too long, or with characters no text needs; says which."""


def one_line(text: str, what: str, *, most: int) -> str:
    """`text` as it is kept: 1 to `most` characters in one line. Raises BadText, which calls it `what`."""
    return _checked(text, what, most, least=1, breaks=False)


def paragraphs(text: str, what: str, *, most: int, least: int = 0) -> str:
    """`text` as it is kept: `least` to `most` characters, line breaks allowed. Raises BadText."""
    return _checked(text.replace("\r\n", "\n"), what, most, least=least, breaks=True)


def _checked(text: str, what: str, most: int, *, least: int, breaks: bool) -> str:
    kept = unicodedata.normalize("NFC", text).strip()
    for character in kept:
        if unicodedata.category(character) in _REFUSED and not (breaks and character in "\n\t"):
            raise BadText(f"{what} must not contain the control character U+{ord(character):04X}")
    if len(kept) > most:
        raise BadText(f"{what} must be at most {most} characters long, this one has {len(kept)}")
    if least and all(unicodedata.category(character) in _INVISIBLE for character in kept):
        raise BadText(f"{what} must not be empty")
    return kept
