"""Search: artists, releases, tracks, playlists and people by what was typed; suggestions while it is typed."""

from __future__ import annotations

from typing import Annotated

from litestar import Response
from litestar.params import QueryParameter

from veza.accounts.permissions import Permission
from veza.api.operations import read
from veza.api.search.shapes import (
    SEARCH_EXAMPLE,
    SUGGESTIONS_EXAMPLE,
    KindFound,
    SearchResponse,
    SuggestionsResponse,
    results_shown,
    suggestion,
)
from veza.api.shapes import PLAIN
from veza.http.endpoints import Address
from veza.http.paging import LONGEST_CURSOR
from veza.http.problems import BAD_CURSOR, RATE_LIMITED
from veza.http.ranked_cursors import cursor_after, rank_of
from veza.http.whole_request import one_fault
from veza.http.words import FORMAT, LANGUAGE_TAG, MAYBE_NOTHING, PRICE_STEP
from veza.kit.database import Session
from veza.kit.limits import network
from veza.kit.messages import gettext
from veza.search.facade import MOST, Search, Wanted
from veza.search.facets import Facet
from veza.search.finding import LONGEST

TAG = "search"
KEPT = {"Cache-Control": "public, max-age=10"}
"""Shared: the answer is the same for every visitor. Short: what is hidden is gone at once from the index, and from what
others keep after these seconds."""

_Query = Annotated[
    str,
    QueryParameter(
        max_length=LONGEST, pattern=MAYBE_NOTHING, description="What was typed, in any script; typos are forgiven."
    ),
]
_Kind = Annotated[KindFound | None, QueryParameter(description="Only of this kind, in pages.")]
_Tag = Annotated[str | None, QueryParameter(max_length=40, pattern=PLAIN, description="With this tag.")]
_Format = Annotated[
    str | None,
    QueryParameter(max_length=20, pattern=FORMAT, description="album, ep, single, sample_pack, or flac: without loss."),
]
_Price = Annotated[
    str | None,
    QueryParameter(
        max_length=20, pattern=PRICE_STEP,
        description="free, or a currency and a step as `facets` names them: EUR:0-5, EUR:20-.",
    ),
]  # fmt: skip
_Language = Annotated[
    str | None, QueryParameter(min_length=2, max_length=8, pattern=LANGUAGE_TAG, description="BCP 47.")
]
_Limit = Annotated[int, QueryParameter(ge=1, le=MOST, description="Most results of each kind.")]
_After = Annotated[
    str | None,
    QueryParameter(max_length=LONGEST_CURSOR, description="`next_cursor` of the page before; it needs `kind`."),
]


@read(
    "/search",
    operation="search",
    summary="Search",
    permission=Permission.BROWSE,
    gives=(SearchResponse, "What was found.", SEARCH_EXAMPLE),
    problems=(BAD_CURSOR, RATE_LIMITED),
)
async def search_everything(
    session: Session,
    search: Search,
    address: Address,
    q: _Query = "",
    kind: _Kind = None,
    tag: _Tag = None,
    format: _Format = None,
    price: _Price = None,
    language: _Language = None,
    limit: _Limit = 10,
    after: _After = None,
) -> Response[SearchResponse]:
    """Finds what is public by name, artist, release and tags: exact names first, then names that begin so, then those
    that have the words, then near words; of equal ones the most played first. Without `q` the most played things with
    the given tag, format, price or language. One kind is read in pages, up to 1000 results."""
    search.pace.spend(network(address))
    given: dict[Facet, str | None] = {"tag": tag, "format": format, "price": price, "language": language}
    narrowed = {facet: value for facet, value in given.items() if value is not None}
    filters: dict[str, object] = {"q": q, "kind": kind, "tag": tag, "format": format, "price": price, "lang": language}
    if after is not None and kind is None:
        raise one_fault("query", "after", gettext("needs kind: results of every kind have no pages"))
    rank = rank_of(after, filters)
    answer = await search.answer(session, Wanted(q, kind, narrowed, limit, rank), counts=True)
    return Response(results_shown(answer, cursor_after(answer.last, filters)), headers=KEPT)


@read(
    "/search/suggestions",
    operation="suggest",
    summary="Suggest while one types",
    permission=Permission.BROWSE,
    gives=(SuggestionsResponse, "What may be meant.", SUGGESTIONS_EXAMPLE),
    problems=(RATE_LIMITED,),
)
async def suggest(session: Session, search: Search, address: Address, q: _Query = "") -> Response[SuggestionsResponse]:
    """The best things whose names begin as `q` does, or have its words, the last of which may be unfinished; the most
    played first. At most eight, of every kind."""
    search.pace.spend(network(address))
    found = await search.suggest(session, q)
    return Response(SuggestionsResponse([suggestion(one) for one in found]), headers=KEPT)
