"""Search as the composition root builds it, and as the doors are given it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from veza.kit.database import Database, Session
from veza.kit.limits import Limit
from veza.kit.pace import Pace
from veza.search import facets, finding, rebuild, showing
from veza.search.facets import Counts, Facet
from veza.search.finding import Question
from veza.search.places import KINDS, Kind
from veza.search.popularity import Popularity
from veza.search.rebuild import Progress, Tell
from veza.search.showing import Shown

SEARCHES = Limit("searches", burst=120, per=timedelta(milliseconds=200))
"""Of one network: a household that types quickly, on several devices."""
SUGGESTED = 8
MOST = 50
"""Results of a kind on one page."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor asks for: `query` as it was typed, of one kind or of all, with values of facets. `limit` of each
    kind; `after` is the rank that the page before ended with, and needs a kind."""

    query: str = ""
    kind: Kind | None = None
    narrowed: Mapping[Facet, str] = field(default_factory=dict)
    limit: int = 10
    after: tuple[float, int] | None = None
    is_typing: bool = False

    @property
    def question(self) -> Question:
        """The same as the index is asked."""
        kinds: Sequence[Kind] = KINDS if self.kind is None else (self.kind,)
        words = [facets.word_of(facet, value) for facet, value in self.narrowed.items()]
        return Question(
            self.query, kinds, words, self.limit, self.after, is_typing=self.is_typing, is_deep=self.kind is not None
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, by kind, the best first; `more` are the kinds of which there is more. `last` is the rank that the
    next page of one kind begins after; None on its last page, and where all kinds were asked for."""

    found: Mapping[Kind, Sequence[Shown]]
    more: frozenset[Kind]
    counts: Counts | None
    last: tuple[float, int] | None


class Search:
    """The index on this database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.pace = Pace(SEARCHES, database.clock)
        self.popularity = Popularity(database)

    async def answer(self, session: Session, wanted: Wanted, *, counts: bool = False) -> Answer:
        """What a page of results shows; with `counts` also how many results have each value of each facet."""
        question = wanted.question
        results = await finding.found(session, question)
        counted = await finding.counts(session, question, results) if counts else None
        found = await showing.shown(session, results.hits)
        hits = results.hits.get(wanted.kind, []) if wanted.kind is not None else []
        last = hits[-1].rank if wanted.kind in results.more and hits else None
        return Answer(found, frozenset(results.more), counted, last)

    async def suggest(self, session: Session, query: str, limit: int = SUGGESTED) -> list[Shown]:
        """What a box shows while a visitor types: the best of every kind, the best first."""
        results = await finding.found(session, Question(query, limit=limit, is_typing=True))
        ranked = sorted((hit for hits in results.hits.values() for hit in hits), key=lambda hit: hit.rank, reverse=True)
        best = ranked[:limit]
        found = await showing.shown(session, {kind: [hit for hit in best if hit.kind == kind] for kind in KINDS})
        rows = [one for some in found.values() for one in some]
        return sorted(rows, key=lambda one: one.hit.rank, reverse=True)

    async def rebuild(self, tell: Tell, *, from_start: bool = False) -> Progress:
        """Write the index anew, or go on with it (see `rebuild.rebuild`)."""
        return await rebuild.rebuild(self.database, tell, from_start=from_start)

    async def keep_up(self) -> None:
        """What is done each day (see `rebuild.keep_up`)."""
        await rebuild.keep_up(self.database)
