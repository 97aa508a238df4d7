"""Finding artists, records, tracks, playlists and people by what was typed, narrowed by links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.endpoints import Address
from veza.http.ranked_cursors import cursor_after, rank_of
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.limits import network
from veza.library import access
from veza.library.grants import ItemKind
from veza.market import products
from veza.search.facade import Answer, Search, Wanted
from veza.search.facets import Counts
from veza.search.places import KINDS, Kind
from veza.web.answers import Shown
from veza.web.declared import page
from veza.web.narrowing import FACET_NAMES, KIND_NAMES, Searched, facets, kinds
from veza.web.pages.releases import parts_of
from veza.web.pages.turning import next_address
from veza.web.waves import Waves

FIRST: Mapping[Kind, int] = {"artist": 4, "release": 12, "track": 10, "playlist": 4, "person": 4}
"""Results of each kind beside others: sleeves fill whole rows of six, of four and of two."""
OF_ONE = 24
"""Results of one kind alone, on a page."""
_NOTHING = Answer({}, frozenset(), Counts(), None)


@page("/search", permission=Permission.BROWSE)
async def search_page(
    session: Session, request: DoorRequest, identity: Identity, address: Address, search: NamedDependency[Search],
    waves: NamedDependency[Waves],
) -> Shown:  # fmt: skip
    """What is found, by kind, the best first; with a facet alone, the most played things that have it."""
    searched = Searched.of(request.query_params)
    answer = _NOTHING
    if not searched.is_empty:
        search.pace.spend(network(address))
        limit = max(FIRST.values()) if searched.kind is None else OF_ONE
        rank = rank_of(searched.cursor, searched.filters)
        wanted = Wanted(searched.query, searched.kind, searched.narrowed, limit, rank)
        answer = await search.answer(session, wanted, counts=True)
    counts, rows = answer.counts or Counts(), {kind: rows_of(answer, kind) for kind in KINDS}
    more = set[Kind]()
    if searched.kind is None:
        more = {kind for kind in KINDS if kind in answer.more or len(rows[kind]) > FIRST[kind]}
        rows = {kind: some[: FIRST[kind]] for kind, some in rows.items()}
    releases, tracks = rows["release"], rows["track"]
    shown, track_ids = [row.id for row in releases], [row.id for row in tracks]
    may = await access.may_these(session, identity.person_id, track_ids)
    return Shown(
        "search.html", is_public=True, query=searched.query, searched=searched,
        artists=rows["artist"], releases=releases, tracks=tracks, playlists=rows["playlist"], people=rows["person"],
        prices=await products.on_sale(session, ItemKind.RELEASE, shown), audible=await access.audible(session, shown),
        singles=await products.on_sale(session, ItemKind.TRACK, track_ids), hears=parts_of(tracks, may),
        waves=await waves.of_rows(session, tracks),
        more={kind: searched.address(kind=kind) for kind in more},
        next_page=next_address(request, cursor_after(answer.last, searched.filters)),
        counts=counts, kinds=kinds(searched, counts), facets=facets(searched, counts),
        kind_names=KIND_NAMES, facet_names=FACET_NAMES,
    )  # fmt: skip


def rows_of(answer: Answer, kind: Kind) -> Sequence[Any]:
    """What was found of a kind, as its lists have it."""
    return [one.row for one in answer.found.get(kind, ())]
