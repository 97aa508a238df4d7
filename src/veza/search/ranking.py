"""Ranking: how well a thing answers a query, from its texts alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from veza.search.folding import is_cjk, squeeze
from veza.search.places import Kind, bucket_at, kind_at
from veza.search.words import LEET, Asked, leet_name

WHOLE, OTHER_NAME, TITLE_AND_ARTIST, BEGINS, INSIDE, ELSEWHERE, BEGUN = 6.0, 5.0, 4.5, 4.0, 3.0, 2.0, 1.5
"""The tiers: the whole name; its base or another name of it; title and artist exactly; the name begins so; all words
are in the name; they are elsewhere too; the last word is only begun."""
_TYPING = {WHOLE: 24, OTHER_NAME: 22, TITLE_AND_ARTIST: 20, BEGINS: 14, INSIDE: 8, ELSEWHERE: 2, BEGUN: 0}
"""As one types, popularity counts beside the tier: else “me” would never show Metallica."""
_EDIT_TYPING = 12
_GAPS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query as things are ranked by it. `near`: word asked for → words that may be meant, each with its edits;
    `dropped`: how many words of the query were left out."""

    folded: str
    key: str
    asked: Sequence[Asked]
    near: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    dropped: int = 0
    is_typing: bool = False


@dataclass(slots=True)
class Hit:
    """A thing that was found. Equal scores go by place, the higher first."""

    place: int
    about_id: UUID
    key: str
    text: str
    tags: str
    score: float = 0.0
    tier: float = 0.0

    @property
    def kind(self) -> Kind:
        return kind_at(self.place)

    @property
    def rank(self) -> tuple[float, int]:
        return self.score, self.place


class _Texts:
    """The lines of a thing's text, read when they are needed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")

    @cached_property
    def name(self) -> str:
        return self.lines[0]

    @cached_property
    def by(self) -> str:
        return self.lines[1] if len(self.lines) > 1 else ""

    @cached_property
    def other_names(self) -> list[str]:
        names = self.lines[3:]
        return names[: names.index("")] if "" in names else names


def rank(hit: Hit, wanted: Wanted) -> None:
    """Write tier and score into a hit."""
    texts, cost = _Texts(hit.text), 0
    tier = _tier_of_name(hit, texts, wanted)
    if not tier:
        meant, edits = _meant(texts, wanted)
        tier, cost = _tier_of_words(texts, wanted, meant), edits + 3 * wanted.dropped
    hit.tier, bucket = tier, bucket_at(hit.place)
    if wanted.is_typing:
        hit.score = _TYPING[tier] + bucket - _EDIT_TYPING * cost
    else:
        hit.score = 1000 * tier + bucket - 10_000 * cost


def _tier_of_name(hit: Hit, texts: _Texts, wanted: Wanted) -> float:
    """The tier of a thing that is called so, or whose name begins so; 0 of others."""
    key = wanted.key
    if not key:
        return 0
    name = squeeze(texts.name)
    if name == key:
        return WHOLE
    if hit.key == key or any(squeeze(one) == key for one in texts.other_names):
        return OTHER_NAME
    if any(one in texts.name for one in LEET) and squeeze(leet_name(texts.name)) == key:
        return OTHER_NAME
    if texts.by:
        by = squeeze(texts.by)
        if key in (f"{by}{name}", f"{name}{by}", f"{by}{hit.key}", f"{hit.key}{by}"):
            return TITLE_AND_ARTIST
    begins = hit.key.startswith(key) or name.startswith(key) or texts.name.startswith(wanted.folded)
    return BEGINS if begins else 0


def _meant(texts: _Texts, wanted: Wanted) -> tuple[Sequence[Asked], int]:
    """The words that were asked for, those that the thing lacks replaced by the near word it has; and the edits."""
    if not wanted.near:
        return wanted.asked, 0
    whole, meant, edits = _Name(texts.text), list[Asked](), 0
    for one in wanted.asked:
        nearby = wanted.near.get(one.word, {})
        if nearby and not _has(whole, one.words, is_open=one.is_open):
            there = [word for word in nearby if word in whole.words]
            if there:
                nearest = min(there, key=lambda word: nearby[word])
                edits += nearby[nearest]
                one = Asked((nearest,))
        meant.append(one)
    return meant, edits


def _tier_of_words(texts: _Texts, wanted: Wanted, meant: Sequence[Asked]) -> float:
    if wanted.dropped:
        return ELSEWHERE
    if meant is not wanted.asked and squeeze(" ".join(one.word for one in meant)) == squeeze(texts.name):
        return WHOLE
    if meant and _has_all(texts.name, meant):
        return INSIDE
    last = meant[-1] if meant else None
    if last is not None and last.is_open and not _has(_Name(texts.text), last.words, is_open=False):
        return BEGUN
    return ELSEWHERE


class _Name:
    """A text as words are looked for in it."""

    def __init__(self, text: str) -> None:
        self.words = set(_GAPS.sub(" ", text).split())
        self.text = text
        self.squeezed = "".join(text.split())
        self.is_plain = text.isalnum() or not (set("$!@.-/:'") & set(text))


def _has_all(text: str, asked: Sequence[Asked]) -> bool:
    name = _Name(text)
    return all(_has(name, one.words, is_open=one.is_open) for one in asked)


def _has(name: _Name, words: Sequence[str], *, is_open: bool) -> bool:
    return any(_has_word(name, word, is_open=is_open) for word in words)


def _has_word(name: _Name, word: str, *, is_open: bool) -> bool:
    if word in name.words:
        return True
    if is_cjk(word[0]) or not word.isalnum():
        return word in name.squeezed
    if is_open and any(one.startswith(word) for one in name.words):
        return True
    return not name.is_plain and word in squeeze(leet_name(name.text))
