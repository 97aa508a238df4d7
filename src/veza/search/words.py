"""Words: those a thing is found by, and those a query asks for. Both sides fold and split alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from veza.search.folding import fold, is_cjk, is_letter

VERSION = 1
"""Of this analysis. A row that another version wrote is written again by `veza search rebuild`."""
LONGEST = 40
"""Characters of a word that are kept: PostgreSQL's limit is 2046 bytes."""
MOST_WORDS = 12
"""Words of a query that are looked up; later ones are left out."""
MOST_INDEXED = 400
"""Words of one thing."""

LEET = "$!@"
_LEET = str.maketrans(dict(zip(LEET, "sia", strict=True)))
_ROMAN = dict(zip("ii iii iv vi vii viii ix xi xii xiii xiv xv".split(), "2 3 4 6 7 8 9 11 12 13 14 15".split(),
                  strict=True))  # fmt: skip
"""Numbers of parts as they are written; single letters are words of their own more often."""
_SHORT = {"pt": "part", "pts": "parts", "vol": "volume"}
_SYMBOLS = frozenset({"So", "Sk"})
_RUNS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """One word that a query asks for: any of `words`. With `is_open` the last of a query that is still being typed (or
    one CJK character): what begins with `words[0]` will do."""

    words: tuple[str, ...]
    is_open: bool = False

    @property
    def word(self) -> str:
        """The word as it was typed."""
        return self.words[0]


def words_of(text: str) -> set[str]:
    """The words that a folded text (one line or several) is found by."""
    found: dict[str, None] = {}
    for chunk in text.split():
        for word in _indexed(chunk):
            if word:
                found[word[:LONGEST]] = None
        if len(found) >= MOST_INDEXED:
            break
    return set(found)


def _indexed(chunk: str) -> Iterator[str]:
    pieces = _pieces(chunk)
    if not pieces:
        yield chunk  # a name of marks alone
        yield from (one for one in chunk if unicodedata.category(one) in _SYMBOLS)
        return
    for piece in pieces:
        yield piece if not is_cjk(piece[0]) else ""
        yield from _bigrams(piece) if is_cjk(piece[0]) else ()
        yield piece[-1] if is_cjk(piece[0]) else ""
        yield _ROMAN.get(piece, "")
        yield _SHORT.get(piece, "")
    if not chunk.isalnum():
        yield "".join(piece for piece in pieces if not is_cjk(piece[0]))
        yield from _leet(chunk)
        yield from (one for one in chunk if unicodedata.category(one) in _SYMBOLS)


def asked_for(query: str, *, is_typing: bool = False) -> list[Asked]:
    """The words that a query asks for, in its order; while it is being typed the last one is open.

    A query that ends with a space has no open word.
    """
    asked: list[Asked] = []
    for chunk in _initials(fold(query).split()):
        asked.extend(_asked(chunk))
    kept = list(dict.fromkeys(asked))[:MOST_WORDS]
    if is_typing and kept and not query[-1:].isspace() and not is_cjk(kept[-1].word[0]):
        kept[-1] = Asked(kept[-1].words, is_open=True)
    return kept


def _asked(chunk: str) -> Iterator[Asked]:
    pieces = _pieces(chunk)
    if not pieces:
        yield Asked((chunk[:LONGEST],))
        return
    leet = [word for word in _leet(chunk) if len(word) > 1]
    joined = "".join(pieces)
    if leet or (len(pieces) > 1 and all(len(piece) == 1 for piece in pieces)):
        yield Asked(tuple(word[:LONGEST] for word in dict.fromkeys([*leet, joined])))
        return
    for piece in pieces:
        if is_cjk(piece[0]):
            yield from [Asked((two,)) for two in _bigrams(piece)] or [Asked((piece,), is_open=True)]
        else:
            others = [_ROMAN.get(piece), _SHORT.get(piece), joined if len(pieces) > 1 else None]
            yield Asked((piece[:LONGEST], *(one[:LONGEST] for one in others if one)))


def _initials(chunks: list[str]) -> list[str]:
    """Single letters one after the other (`r e m`, three or more) as one word."""
    joined: list[str] = []
    run: list[str] = []
    for chunk in [*chunks, ""]:
        if len(chunk) == 1 and chunk.isalpha() and not is_cjk(chunk):
            run.append(chunk)
            continue
        joined.extend(["".join(run)] if len(run) > 2 else run)
        run = []
        if chunk:
            joined.append(chunk)
    return joined


def _pieces(chunk: str) -> list[str]:
    """Runs of letters and digits, of one way of writing each."""
    if chunk.isascii():
        return _RUNS.findall(chunk)
    pieces: list[str] = []
    before: bool | None = None
    for one in chunk:
        kind = is_cjk(one) if is_letter(one) else None
        if kind is None:
            before = None
        elif kind is before:
            pieces[-1] += one
        else:
            pieces.append(one)
            before = kind
    return pieces


def _bigrams(piece: str) -> list[str]:
    return [piece[at : at + 2] for at in range(len(piece) - 1)]


def _leet(chunk: str) -> Iterator[str]:
    """A chunk with `$ ! @` among or before its letters, as the letters they stand for; a `!` at its end ends it."""
    inner = chunk.rstrip("!.,?")
    read = inner.translate(_LEET)
    if read != inner:
        yield "".join(one for one in read if is_letter(one))


def leet_name(folded: str) -> str:
    """A whole folded name with its leet read."""
    return " ".join(next(_leet(chunk), chunk) for chunk in folded.split())


# ---------------------------------------------------------------------------------------------------------------------
# Misspellings: a word keeps pieces of itself, one of which survives the edits (pigeonhole).


def edits_for(word: str) -> int:
    """How many edits a word may have: none below four letters, with digits and in CJK; one up to five; else two."""
    if len(word) < 4 or not word.isalpha() or any(map(is_cjk, word)):
        return 0
    return 1 if len(word) <= 5 else 2


def cuts_of(word: str) -> list[str]:
    """What a word of the index is found by when it is misspelt: its halves or thirds, their place, its length."""
    if not edits_for(word):
        return []
    return [f"{len(word)}{'abc'[place]}{word[start:end]}" for place, (start, end) in enumerate(_parts(len(word)))]


def cuts_to_look_for(word: str) -> list[str]:
    """The cuts of every word that `word` may be a misspelling of: about 40."""
    edits, length = edits_for(word), len(word)
    wanted: dict[str, None] = {}
    for meant in range(max(4, length - edits), length + edits + 1):
        for place, (start, end) in enumerate(_parts(meant)):
            for shift in range(-edits, edits + 1):
                # What comes after the part makes up for what came before it, or not at all.
                at = start + shift
                if at < 0 or at + end - start > length or abs(length - meant - shift) > edits:
                    continue
                wanted[f"{meant}{'abc'[place]}{word[at : at + end - start]}"] = None
    if length in (4, 5):  # two letters swapped where the halves meet leave neither whole
        middle = _parts(length)[1][0]
        swapped = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
        wanted.update(dict.fromkeys(cuts_of(swapped)))
    return list(wanted)


def _parts(length: int) -> list[tuple[int, int]]:
    """Where a word of this length is cut: in two up to five letters, else in three."""
    count = 2 if length <= 5 else 3
    marks = [length * place // count for place in range(count + 1)]
    return list(pairwise(marks))
