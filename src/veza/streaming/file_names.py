"""Names of downloaded files that every system takes: Windows, macOS, Linux, and what unpacks archives."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

MOST_BYTES = 255
"""Of a name in UTF-8: ext4 and APFS take no more. NTFS takes 255 units of UTF-16, which are never more bytes."""
_NOT_TAKEN = dict.fromkeys(map(ord, '<>:"/\\|?*'), "_")
_RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in "123456789")})
"""Devices of Windows, with any suffix."""
_JOINERS = "\u200c\u200d"
"""Of emoji, and of letters in Persian."""
_NAMELESS = "untitled"


def file_name(stem: str, suffix: str = "") -> str:
    """`stem.suffix` as a name of a file, at most MOST_BYTES long; without a suffix, of a folder."""
    shown = "".join(map(_shown, unicodedata.normalize("NFC", stem)))
    # A name that begins with a dot is hidden; Windows drops dots and spaces at the end.
    plain = " ".join(shown.translate(_NOT_TAKEN).split()).strip(". ") or _NAMELESS
    if plain.partition(".")[0].rstrip().upper() in _RESERVED:
        plain = f"_{plain}"
    end = f".{suffix}" if suffix else ""
    return _cut(plain, MOST_BYTES - len(end.encode())).rstrip(". ") + end


def different(names: Iterable[str]) -> list[str]:
    """The same names, with a number where two would be one file to a system that ignores case."""
    taken: set[str] = set()
    found = []
    for name in names:
        chosen, number = name, 1
        while chosen.casefold() in taken:
            number += 1
            stem, dot, suffix = name.rpartition(".") if "." in name else (name, "", "")
            mark = f" ({number})"
            chosen = _cut(stem, MOST_BYTES - len(f"{mark}{dot}{suffix}".encode())) + f"{mark}{dot}{suffix}"
        taken.add(chosen.casefold())
        found.append(chosen)
    return found


def _shown(one: str) -> str:
    """The character, a space for any kind of space, nothing for what cannot be seen."""
    if one.isspace():
        return " "
    return one if one in _JOINERS or unicodedata.category(one)[0] != "C" else ""


def _cut(text: str, most_bytes: int) -> str:
    """As much of the text as fits, and no half of a character."""
    return text.encode()[:most_bytes].decode(errors="ignore")
