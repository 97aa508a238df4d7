"""What a message and a reaction may hold, and how text is folded to be searched."""

from __future__ import annotations

import re
import unicodedata

from veza.kit.field_faults import FieldFault
from veza.kit.messages import gettext
from veza.kit.text import BadText, paragraphs

TEXT_MOST = 4_000
MARKS_MOST = 6
"""Marks on one letter: the Hebrew of a Bible has four, Tibetan five; a tower of marks covers the lines around it."""
EMOJI_MOST = 16
"""Code points of one emoji: a family of four with skin tones has eleven, the flag of a region seven."""
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MARKS = frozenset({"Mn", "Me"})
_SYMBOLS = frozenset({"So", "Sk", "Sm", "Cn"})
_JOINERS = frozenset("\u200d\ufe0f\u20e3")
_TAGS = range(0xE0020, 0xE0080)
_ON_KEYS = frozenset("0123456789#*")


class BadReaction(FieldFault):
    """A reaction is one emoji."""

    def __init__(self) -> None:
        super().__init__(gettext("a reaction is one emoji, such as 🎵"))


def clean(text: str) -> str:
    """`text` as it is kept: NFC, 1 to TEXT_MOST characters in lines, without control characters. Raises BadText."""
    kept = paragraphs(text, gettext("the message"), most=TEXT_MOST, least=1)
    marks = 0
    for one in kept:
        marks = marks + 1 if unicodedata.category(one) in _MARKS else 0
        if marks > MARKS_MOST:
            raise BadText(gettext("the message has more than {most} marks on one letter", most=MARKS_MOST))
    return kept


def clean_emoji(text: str) -> str:
    """The emoji of a reaction as it is kept; raises BadReaction. What is an emoji changes with each Unicode: this takes
    symbols, joined and coloured as emoji are, and leaves out letters, digits and spaces."""
    kept = unicodedata.normalize("NFC", text.strip())
    is_key = kept[:1] in _ON_KEYS and kept.endswith("\u20e3")
    shown = kept[1:] if is_key else kept
    has_symbol = is_key or any(unicodedata.category(one) in _SYMBOLS for one in shown)
    if not has_symbol or len(kept) > EMOJI_MOST or not all(map(_of_emoji, shown)):
        raise BadReaction
    return kept


def _of_emoji(one: str) -> bool:
    if one in _JOINERS or ord(one) in _TAGS:
        return True
    # So: symbols; Sk: skin tones; Sm: arrows; Cn: symbols of a newer Unicode than ours.
    return ord(one) > 0x7F and unicodedata.category(one) in _SYMBOLS


def is_only_links(text: str) -> bool:
    """Whether the message says nothing but addresses of web pages."""
    return all(_LINK.fullmatch(word) for word in text.split())


def fold(text: str) -> str:
    """What messages are searched by: no case, no accents, single spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in apart if not unicodedata.combining(one)).split())
