"""Text from people: what a name, a title or a description may hold, and how names are sorted and searched."""

from __future__ import annotations

import unicodedata

from veza.kit.field_faults import FieldFault
from veza.kit.messages import Message, message_of
from veza.kit.text import BadText, one_line, paragraphs

NAME_MOST = 200
LONGEST_KEY = 200
AFTER_ALL = "\U0010ffff"
"""Sorts after every continuation of a key: `key <= x < key + AFTER_ALL` finds what begins with it."""


class BadValue(FieldFault):
    """A value that was sent cannot be taken; says which and why in one sentence."""


def clean(text: str, what: Message, most: int = NAME_MOST, *, lines: bool = False, least: int = 1) -> str:
    """`text` as `kit.text` keeps it, `least` to `most` code points, with `lines` in several; raises BadValue."""
    try:
        return (paragraphs if lines else one_line)(text, what, most=most, least=least)
    except BadText as error:
        raise BadValue(message_of(error)) from None


def same_name(text: str) -> str:
    """What two names are compared by: Unicode's composed form, lower case, single spaces. Accents, dakuten and ß stay:
    names that differ in them are different names."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower()).split())


def sort_key(text: str) -> str:
    """What names are sorted and searched by: no case, no accents, single spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return " ".join(bare.split())[:LONGEST_KEY]
