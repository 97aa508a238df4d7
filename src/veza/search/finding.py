"""Finding what a query asks for: by name, by words, and by near words where those find too little.

Everything that is found is ranked here; the database only says which things have which words, the most played first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from veza.kit.database import Session
from veza.search import near, statements
from veza.search.facets import COUNTED, Counts, count
from veza.search.folding import fold, is_cjk, squeeze
from veza.search.places import KINDS, Kind, kind_at
from veza.search.ranking import BEGINS, Hit, Wanted, rank
from veza.search.words import Asked, asked_for

LONGEST = 200
"""Characters of a query that are read."""
ENOUGH = 10
"""Results below which near words are looked for."""
CANDIDATES = 50
"""Of each kind, the most played, that are ranked for a first page."""
DEEP = 1_000
"""Of one kind, for its pages: a list of results ends there."""
RARE = 3_000
"""Things with a word, up to which they are read and looked at for the unfinished word."""
GOOD_WHILE_TYPING = 14 + 30
"""Below this score the best one is no reason not to look for near words: a name that begins so and is played often."""
MOST_TO_DROP_FROM = 6


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: `query` as it was typed, of these `kinds`, with all of these facet words; `limit` of each
    kind, after the hit of this rank. `is_typing`: it is not finished."""

    query: str = ""
    kinds: Sequence[Kind] = KINDS
    facets: Sequence[str] = ()
    limit: int = 10
    after: tuple[float, int] | None = None
    is_typing: bool = False
    is_deep: bool = False
    """Whether the pages of one kind are read, which are ranked over DEEP of it."""


@dataclass(slots=True)
class Results:
    """What was found, by kind, the best first; `more` says of which kinds there is more. `ways` is how it was found."""

    hits: dict[Kind, list[Hit]] = field(default_factory=dict)
    more: set[Kind] = field(default_factory=set)
    ways: Sequence[statements.Groups] = ()
    expected: int = 0
    ranked: dict[int, Hit] = field(default_factory=dict)
    """Every hit that was ranked, by its place."""


async def found(session: Session, question: Question) -> Results:
    """What the index has for a question. An empty query finds the most played things with the facets."""
    folded = fold(question.query[:LONGEST])
    asked = asked_for(question.query[:LONGEST], is_typing=question.is_typing)
    search = _Search(session, question, Wanted(folded, squeeze(folded), asked, is_typing=question.is_typing))
    await search.run()
    return search.results()


async def counts(session: Session, question: Question, results: Results) -> Counts:
    """The facets of what was found, over the COUNTED most played things of every kind that was asked for."""
    found = dict(results.ranked)
    if results.ways:
        rows = await statements.having(
            session, question.kinds, results.ways, COUNTED, expected=results.expected, is_slim=True
        )
        found |= {hit.place: hit for hit in rows}
    return count(list(found.values()))


class _Search:
    """One question on its way."""

    def __init__(self, session: Session, question: Question, wanted: Wanted) -> None:
        self._session, self._question, self._wanted = session, question, wanted
        self._hits: dict[int, Hit] = {}
        self._docs: dict[str, int] = {}
        self._ways: Sequence[statements.Groups] = ()
        self._most = DEEP if question.is_deep else max(CANDIDATES, question.limit + 1)

    async def run(self) -> None:
        question, wanted = self._question, self._wanted
        if not wanted.folded and not question.facets:
            return
        also = {f"#{word}" for one in wanted.asked for word in one.words if not one.is_open}
        words = {word for one in wanted.asked for word in one.words} | also | {near.EVERY, *question.facets}
        self._docs = await near.docs_of(self._session, words)
        if any(facet not in self._docs for facet in question.facets):
            return
        if wanted.key:
            self._take(await statements.called(self._session, question.kinds, wanted.key), wanted)
        await self._by_words(wanted, {})
        if wanted.asked and self._is_too_little(is_typing=question.is_typing):
            await self._try_harder()

    async def _try_harder(self) -> None:
        """Look for what the words may mean, then for all of them but one."""
        wanted = self._wanted
        last = wanted.asked[-1]
        if not last.is_open and not is_cjk(last.word[0]) and last.word.isalnum():
            opened = replace(wanted, asked=[*wanted.asked[:-1], Asked(last.words, is_open=True)])
            await self._by_words(opened, {})
            if not self._is_too_little(is_typing=False):
                return
            wanted = opened
        nearby = await near.near_words(self._session, wanted.asked)
        if words := {word for found in nearby.values() for word in found}:
            self._docs |= await near.docs_of(self._session, words)
            await self._by_words(replace(wanted, near=nearby), nearby)
        if not self._hits and 2 <= len(wanted.asked) <= MOST_TO_DROP_FROM:
            await self._without_one(replace(wanted, near=nearby, dropped=1), nearby)

    def _is_too_little(self, *, is_typing: bool) -> bool:
        if is_typing and self._hits:
            best = max((hit.score for hit in self._hits.values()), default=0.0)
            return len(self._wanted.asked[-1].word) > near.TRUSTED and best < GOOD_WHILE_TYPING
        return len(self._hits) < ENOUGH and all(hit.tier < BEGINS for hit in self._hits.values())

    async def _by_words(self, wanted: Wanted, nearby: Mapping[str, Mapping[str, int]]) -> None:
        """Things that have all words, or near ones."""
        facets = [(facet,) for facet in self._question.facets]
        closed = [self._group(one, nearby) for one in wanted.asked if not one.is_open]
        if not all(closed):
            return
        groups: list[Sequence[str]] = [*closed, *facets]
        opened = [one for one in wanted.asked if one.is_open]
        rarest = min((self._count(group) for group in groups), default=RARE + 1)
        if len(opened) == 1 and rarest <= RARE and opened[0].word.isalnum() and not nearby.get(opened[0].word):
            await self._have([groups], wanted, self._expected(groups), inside=opened[0].word)
            return
        for one in opened:
            begun = await near.begun(self._session, one.word)
            self._docs |= begun
            groups.append(list(dict.fromkeys([*self._group(one, nearby), *begun])))
        if groups and all(groups):
            await self._have([groups], wanted, self._expected(groups))

    async def _without_one(self, wanted: Wanted, nearby: Mapping[str, Mapping[str, int]]) -> None:
        """Things that have all words but one."""
        facets = [(facet,) for facet in self._question.facets]
        groups = [self._group(one, nearby) for one in wanted.asked]
        ways = [[*groups[:place], *groups[place + 1 :], *facets] for place in range(len(groups))]
        ways = [way for way in ways if way and all(way)]
        if ways:
            await self._have(ways, wanted, sum(map(self._expected, ways)))

    async def _have(
        self, ways: Sequence[statements.Groups], wanted: Wanted, expected: int, *, inside: str = ""
    ) -> None:
        ways = [way for way in ways if way]
        if not ways:
            return
        rows = await statements.having(
            self._session, self._question.kinds, ways, self._most, expected=expected, inside=inside
        )
        if rows and not inside:
            self._ways = ways
        if inside:
            rows = [hit for hit in rows if any(part.startswith(inside) for part in hit.text.split())]
        self._take(rows, wanted)

    def _take(self, rows: Sequence[Hit], wanted: Wanted) -> None:
        wanted_facets = set(self._question.facets)
        for hit in rows:
            if hit.place in self._hits or (wanted_facets and not wanted_facets <= set(hit.tags.split(" "))):
                continue
            rank(hit, wanted)
            self._hits[hit.place] = hit

    def _group(self, one: Asked, nearby: Mapping[str, Mapping[str, int]]) -> list[str]:
        """The words of the index that stand for a word that was asked for; none where there is none."""
        own = [word for word in one.words if word in self._docs]
        tags = [f"#{word}" for word in one.words if f"#{word}" in self._docs]
        return [*own, *tags, *(word for word in nearby.get(one.word, ()) if word not in own)]

    def _count(self, group: Sequence[str]) -> int:
        return sum(self._docs.get(word, 0) for word in group)

    def _expected(self, groups: statements.Groups) -> int:
        """How many things have a word of each group, if words were spread evenly."""
        every = self._docs.get(near.EVERY, 1)
        expected = float(every)
        for group in groups:
            expected *= min(1.0, self._count(group) / every)
        return round(expected)

    def results(self) -> Results:
        question = self._question
        found: dict[Kind, list[Hit]] = {kind: [] for kind in question.kinds}
        for hit in sorted(self._hits.values(), key=lambda hit: hit.rank, reverse=True):
            if question.after is None or hit.rank < question.after:
                found[kind_at(hit.place)].append(hit)
        more = {kind for kind, hits in found.items() if len(hits) > question.limit}
        ways = self._ways
        expected = sum(map(self._expected, ways))
        return Results(
            {kind: hits[: question.limit] for kind, hits in found.items()}, more, ways, expected, dict(self._hits)
        )
