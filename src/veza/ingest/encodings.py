"""Text of unknown encoding: names on old disks and in old ZIPs, ID3 and RIFF tags of old programs.

Text that is valid UTF-8 is read as UTF-8. Else the import's `--encoding` decides. Without it a script that is not Latin
is guessed from the bytes, and the caller learns that it is a guess, because it may be wrong.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from veza.kit.messages import gettext

_LATIN = "cp1252"
_GUESSED = (
    "cp1251", "koi8_r", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp1253", "cp1255", "cp1256", "cp874",
)  # fmt: skip
"""Encodings of scripts that are not Latin; among Latin ones a few accents are too little to tell them apart."""
LEAST_SHARE = 0.5
"""A text in another script has more letters of its own than ASCII ones: “Björk” has one of five."""
MOST_BYTES_LOOKED_AT = 20_000


class UnknownEncoding(ValueError):
    """`--encoding` names none that Python knows."""

    def __init__(self, name: str) -> None:
        super().__init__(
            gettext("“{name}” is no encoding; write it like cp1251, shift_jis, gb18030 or latin-1", name=name[:40])
        )


def known(name: str) -> str:
    """The encoding of a name such as `windows-1251` or `Shift-JIS`; raises UnknownEncoding."""
    try:
        found = codecs.lookup(name).name
        "a".encode(found)
    except (LookupError, UnicodeError):
        raise UnknownEncoding(name) from None
    # What Windows calls Shift-JIS has more characters, and is what programs wrote.
    return "cp932" if found == "shift_jis" else found


def is_utf_8(raw: bytes) -> bool:
    """Whether these bytes are UTF-8 (ASCII is)."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def guess(raws: Iterable[bytes]) -> str | None:
    """The encoding of texts that are not UTF-8, all by one hand; None for Latin letters, or when nothing fits."""
    raw = b"\n".join(one for one in raws if not is_utf_8(one))[:MOST_BYTES_LOOKED_AT]
    high, ascii_letters = sum(byte > 127 for byte in raw), sum(chr(byte).isalpha() for byte in raw if byte < 128)
    if not raw or high < LEAST_SHARE * (high + ascii_letters):
        return None
    from charset_normalizer import from_bytes  # late: most imports have nothing to guess

    best = from_bytes(raw, cp_isolation=list(_GUESSED), threshold=0.4).best()
    return best.encoding if best is not None else None


def decode(raw: bytes, encoding: str | None) -> str:
    """Text of bytes: as UTF-8 if they are, else by `encoding`, else by Windows' Latin letters; never a surrogate."""
    for one in ("utf-8", encoding, _LATIN):
        try:
            return raw.decode(one) if one else raw.decode("ascii")
        except UnicodeDecodeError:
            continue
    return raw.decode(encoding or "latin-1", "replace")
