"""Facets: what narrows results. Each is a word of the index that begins with a mark, as no word of text does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from veza.kit.amount import Amount, decimals
from veza.search.places import Kind, bucket_at, kind_at
from veza.search.ranking import Hit

Facet: TypeAlias = Literal["tag", "format", "price", "language"]
FACETS: tuple[Facet, ...] = get_args(Facet)
_MARKS: Mapping[Facet, str] = {"tag": "#", "format": "~", "price": "$", "language": "%"}
_FACETS = {mark: facet for facet, mark in _MARKS.items()}
# A word has neither spaces nor quotes.
_WRITTEN = str.maketrans({" ": "␣", '"': "”", "`": "‘"})

FLAC = "flac"
"""The format of what can be had without loss; the others are the kinds of releases."""
FREE = "free"
STEPS = (5, 10, 20)
"""Whole units of a currency between which prices are told apart."""
COUNTED = 1_000
"""Things that facets are counted over, the most played ones."""
SHOWN = 20
"""Values of a facet that are named."""


def word_of(facet: Facet, value: str) -> str:
    """The word by which things with this value are found."""
    return _MARKS[facet] + value.strip().lower().translate(_WRITTEN)[:60]


def price_word(price: Amount, *, is_free: bool) -> str:
    """`free`, or the currency with the step: `EUR:0-5`, `EUR:20-`. A step begins where the one before ends."""
    if is_free or price.minor == 0:
        return word_of("price", FREE)
    whole = price.minor / 10 ** decimals(price.currency)
    below = next((step for step in STEPS if whole < step), None)
    above = max((step for step in STEPS if whole >= step), default=0)
    return word_of("price", f"{price.currency}:{above}-{below or ''}")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many things are of each kind, at most COUNTED of each; and how many of the COUNTED most played ones have each
    value, the most frequent first.

    `is_more`: there are others, which were not counted.
    """

    total: int = 0
    is_more: bool = False
    kinds: Mapping[Kind, int] = field(default_factory=dict)
    values: Mapping[Facet, Mapping[str, int]] = field(default_factory=dict)


def count(hits: Sequence[Hit], limit: int = COUNTED) -> Counts:
    """The facets of these things, of which there are at most `limit` of a kind."""
    kinds, found = Counter(kind_at(hit.place) for hit in hits), Counter[str]()
    most_played = sorted(hits, key=lambda hit: -bucket_at(hit.place))[:COUNTED]
    for hit in most_played:
        found.update(set(hit.tags.split(" ")) if hit.tags else ())
    is_more = len(hits) > COUNTED or any(number >= limit for number in kinds.values())
    values: dict[Facet, dict[str, int]] = {facet: {} for facet in FACETS}
    for word, number in sorted(found.items(), key=lambda one: (-one[1], one[0])):
        facet = _FACETS.get(word[:1])
        if facet is not None and len(values[facet]) < SHOWN:
            values[facet][word[1:].replace("␣", " ")] = number
    return Counts(kinds.total(), is_more, dict(kinds.most_common()), values)
