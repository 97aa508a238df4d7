"""Text from people: normalised (NFC), trimmed, bounded, and free of what breaks lines, files, logs or pages.

Names and titles may be of any script, written in either direction, with emoji of any make.
"""

from __future__ import annotations

import unicodedata

from veza.kit.field_faults import FieldFault
from veza.kit.messages import Message, gettext

_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Embeddings, overrides and isolates: one that is not closed turns around all text after it on a page.
# Right-to-left scripts do without them, and the marks U+200E, U+200F and U+061C turn nothing.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset({*_REFUSED, "Cf", "Co", "Zs", "Mn", "Me"})
# Letters and symbols that show nothing: Hangul fillers, an empty Braille cell, a note without a head, Egyptian blanks.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159\U00013441\U00013442")
_IGNORABLE = (range(0x2065, 0x2066), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))
"""Default ignorable code points, as Unicode calls them, also where it has assigned none yet."""


class BadText(FieldFault):
    """Empty, too long, or with characters no text needs; says which."""


def one_line(text: str, what: Message, *, most: int, least: int = 1) -> str:
    """`text` as it is kept: `least` to `most` code points in one line. Raises BadText, which calls it `what`."""
    return _checked(text, what, least, most, lines=False)


def paragraphs(text: str, what: Message, *, most: int, least: int = 0) -> str:
    """`text` as it is kept: `least` to `most` code points, line breaks and tabs allowed. Raises BadText."""
    return _checked(text.replace("\r\n", "\n"), what, least, most, lines=True)


def sanitize(text: str) -> str:
    """The text in one line: line breaks become spaces, characters that no text may have are removed."""
    return "".join(" " if unicodedata.category(one) in _REFUSED else one for one in text if not _goes(one))


def _checked(text: str, what: Message, least: int, most: int, *, lines: bool) -> str:
    kept = unicodedata.normalize("NFC", text).strip()
    for one in kept:
        if (unicodedata.category(one) in _REFUSED and not (lines and one in "\n\t")) or _goes(one):
            raise BadText(gettext("{what} has a character that cannot be shown: U+{ord:04X}", what=what, ord=ord(one)))
    if len(kept) > most:
        raise BadText(
            gettext(
                "{what} may have at most {most} characters, this one has {kept_count}",
                what=what,
                most=most,
                kept_count=len(kept),
            )
        )
    if len(kept) < least:
        if not kept:
            raise BadText(gettext("{what} is empty", what=what))
        raise BadText(
            gettext(
                "{what} needs {least} characters or more, this one has {kept_count}",
                what=what,
                least=least,
                kept_count=len(kept),
            )
        )
    if kept and not any(map(_shows, kept)):
        raise BadText(gettext("{what} has nothing in it that can be seen", what=what))
    return kept


def _goes(character: str) -> bool:
    """Whether it turns the reading direction, or is a code point that is no character by definition."""
    point = ord(character)
    return character in _TURNING or point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF


def _shows(character: str) -> bool:
    """Whether a reader sees it. A code point of a newer Unicode than ours does: it may be the newest emoji."""
    if unicodedata.category(character) in _INVISIBLE or character in _BLANK:
        return False
    return not any(ord(character) in points for points in _IGNORABLE)
