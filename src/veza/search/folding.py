"""Text as it is compared: without case, accents and width, in every script; and names without what varies in them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MOST = 400
"""Code points of a name that are read; a name has 200 at most."""

_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n",
        "ʒ": "z", "ə": "e",
        "ى": "ي", "ة": "ه", "ٱ": "ا", "ـ": "", "&": " and ",
        "\0": "", "\ufe0f": "", "\ufe0e": "",
    }
)  # fmt: skip
"""Letters that Unicode does not take apart, of Latin and Arabic; and what goes: tatweel, variation selectors."""
_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘ʼʻ`´ʹ′\"“”״׳", ""))
_KATAKANA = str.maketrans({chr(point): chr(point - 0x60) for point in range(0x30A1, 0x30F7)})
_BARE = ("LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC")
"""Scripts that are typed without their marks. In others a mark makes another letter (が, कि)."""
_CUT = re.compile(r"\(|\[| [-–—] |\s(?:feat|ft|featuring)\b")
_THE = "the "


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """The text without case, accents, apostrophes and width, in single spaces; katakana as hiragana, digits 0 to 9."""
    text = text[:MOST].translate(_APOSTROPHES)
    if text.isascii():
        return " ".join(text.lower().translate(_LETTERS).split())
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept: list[str] = []
    is_bare = False
    for one in apart:
        category = unicodedata.category(one)
        if category == "Mn":
            if not is_bare:
                kept.append(one)
        elif category == "Nd":
            kept.append(str(unicodedata.digit(one)))
        elif category != "Cf":  # zero-width joiners, direction marks
            kept.append(one)
            is_bare = unicodedata.name(one, "").startswith(_BARE)
    bare = unicodedata.normalize("NFC", "".join(kept).translate(_LETTERS).translate(_APOSTROPHES))
    return " ".join(bare.translate(_KATAKANA).split())


def squeeze(folded: str) -> str:
    """A folded name's letters and digits, without a leading “the”; its marks where it has nothing else (`!!!`)."""
    named = folded.removeprefix(_THE)
    letters = "".join(one for one in named if is_letter(one))
    return letters or "".join(named.split())


def base(folded: str) -> str:
    """A folded name without what follows it: `(live)`, ` - remastered 2011`, `feat. …`."""
    cut = _CUT.search(folded)
    return (folded[: cut.start()].strip() or folded) if cut else folded


def is_letter(character: str) -> bool:
    """Whether words are made of it: a letter or digit of any script, or a mark that belongs to one."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def is_cjk(character: str) -> bool:
    """Whether it is of a script that is written without spaces, or whose syllables are searched in the middle of a
    word: Han, kana, Hangul."""
    point = ord(character)
    return point >= 0x3040 and (
        point <= 0x30FF or 0x3400 <= point <= 0x9FFF or 0xAC00 <= point <= 0xD7A3 or 0xF900 <= point <= 0xFAFF
        or 0x20000 <= point <= 0x3FFFF or point in (0x3005, 0x3007)
    )  # fmt: skip
