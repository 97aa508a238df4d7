"""Near words: what the index has that a misspelt word may mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz.distance import OSA
from sqlalchemy import bindparam, select

from veza.kit.database import Session, table_of
from veza.search.tables import SearchCut, SearchWord
from veza.search.words import Asked, cuts_to_look_for, edits_for

_WORDS, _CUTS = table_of(SearchWord), table_of(SearchCut)
MOST_NEAR = 8
"""Near words of one word, the nearest and then the most frequent."""
MOST_BEGUN = 24
"""Words that begin so, the most frequent."""
MOST_LOOKED_AT = 5_000
"""Words that are compared: of 575,000 words, three letters begin 2,000 at most."""
TRUSTED = 3
"""Letters at the beginning of an unfinished word that are taken as right."""
LAST = "\U0010ffff"
EVERY = ""
"""No word: its row says how many things there are."""


async def near_words(session: Session, asked: Sequence[Asked]) -> dict[str, dict[str, int]]:
    """Word asked for → words that it may be a misspelling of, each with the edits between them."""
    near: dict[str, dict[str, int]] = {}
    for one in asked:
        bound = edits_for(one.word)
        if not bound:
            continue
        found = await _within(session, one.word, bound)
        if one.is_open:
            found |= await _nearly_begun(session, one.word)
        near[one.word] = found
    docs = await docs_of(session, {word for found in near.values() for word in found})
    return {word: _nearest(found, docs) for word, found in near.items()}


async def docs_of(session: Session, words: Iterable[str]) -> dict[str, int]:
    """How many things have each of these words; those that none has are left out."""
    wanted = list(words)
    if not wanted:
        return {}
    return {row.word: row.docs for row in await session.execute(_DOCS, {"words": wanted})}


async def begun(session: Session, start: str) -> dict[str, int]:
    """The most frequent words that begin so, each with how many things have it."""
    found = await session.execute(_BEGUN, {"start": start, "end": start + LAST, "most": MOST_BEGUN})
    return {row.word: row.docs for row in found}


async def _within(session: Session, word: str, bound: int) -> dict[str, int]:
    candidates = await session.scalars(_CUT, {"cuts": cuts_to_look_for(word)})
    edits = ((one, OSA.distance(word, one, score_cutoff=bound)) for one in candidates.all())
    return {one: distance for one, distance in edits if 0 < distance <= bound}


async def _nearly_begun(session: Session, word: str) -> dict[str, int]:
    """Words whose beginning is one edit from what was typed so far."""
    start = word[:TRUSTED]
    given = {"start": start, "end": start + LAST, "most": MOST_LOOKED_AT}
    found: dict[str, int] = {}
    lengths = (len(word) - 1, len(word), len(word) + 1)
    for one, _ in await session.execute(_BEGUN, given):
        is_longer = len(one) >= len(word) and not one.startswith(word)
        if is_longer and any(OSA.distance(word, one[:length], score_cutoff=1) <= 1 for length in lengths):
            found[one] = 1
    return found


def _nearest(found: dict[str, int], docs: dict[str, int]) -> dict[str, int]:
    best = sorted(found, key=lambda word: (found[word], -docs.get(word, 0), word))[:MOST_NEAR]
    return {word: found[word] for word in best}


_DOCS = select(_WORDS.c.word, _WORDS.c.docs).where(_WORDS.c.word.in_(bindparam("words", expanding=True)))
_CUT = select(_CUTS.c.word).distinct().where(_CUTS.c.cut.in_(bindparam("cuts", expanding=True)))
_BEGUN = (
    select(_WORDS.c.word, _WORDS.c.docs)
    .where(_WORDS.c.word >= bindparam("start"), _WORDS.c.word < bindparam("end"))
    .order_by(_WORDS.c.docs.desc(), _WORDS.c.word)
    .limit(bindparam("most"))
)
