"""Text from people: what a name, a title or a description may hold, and how names are sorted and searched."""

from __future__ import annotations

import unicodedata
from typing import Any

from sqlalchemy import String

SORTED = String().with_variant(String(collation="C"), "postgresql")
"""A column whose text sorts by code point, on every database: what `sort_key` gives, and slugs."""

NAME_MOST = 200
LONGEST_KEY = 200
AFTER_ALL = "\U0010ffff"
"""Sorts after whatever a key goes on with: `key <= x < key + AFTER_ALL` finds what begins with it."""

# They turn the direction of whatever is written after them on a page; names in any script do without.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINES = frozenset("\n\t")


class BadValue(ValueError):
    """Something somebody wrote cannot be taken; says which and why in one sentence."""


def clean(text: str, what: str, most: int = NAME_MOST, *, lines: bool = False, least: int = 1) -> str:
    """`text` in Unicode's composed form (NFC), trimmed; with `lines`, line breaks and tabs stay.

    Raises BadValue for control characters, characters that turn the reading direction, and lengths (in code
    points) out of `least` to `most`.
    """
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n") if lines else text).strip()
    for character in plain:
        if lines and character in _LINES:
            continue
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _TURNING:
            raise BadValue(f"{what} has a character that cannot be shown: U+{ord(character):04X}")
    if len(plain) > most:
        raise BadValue(f"{what} may have at most {most} characters, this one has {len(plain)}")
    if len(plain) < least:
        raise BadValue(f"{what} is empty")
    if plain and not any(map(_shows, plain)):
        raise BadValue(f"{what} has nothing in it that can be seen")
    return plain


def sort_key(text: str) -> str:
    """What names are sorted and searched by: no case, no accents, single spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return " ".join(bare.split())[:LONGEST_KEY]


def sort_key_of(column: str) -> Any:
    """A column's default: the sort key of another column of the same row."""

    def default(context: Any) -> str:
        return sort_key(context.get_current_parameters()[column])

    return default


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in {"Cf", "Zs", "Mn", "Me"}
