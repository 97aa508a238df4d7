"""Finding artists, records and tracks by how their names begin, or by a tag."""

from __future__ import annotations

from veza.accounts.permissions import Permission
from veza.catalog import listings
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.listing import Slice
from veza.library import access
from veza.library.grants import ItemKind
from veza.market import products
from veza.web.answers import Shown
from veza.web.declared import page

MOST = 24
LONGEST = 100


@page("/search", permission=Permission.BROWSE)
async def search_page(session: Session, request: DoorRequest) -> Shown:
    """What begins with the query, by kind; with a tag alone, the newest records of it."""
    query = request.query_params.get("q", "").strip()[:LONGEST]
    tag = request.query_params.get("tag", "").strip().lower()[:LONGEST] or None
    if not query and tag is None:
        return Shown("search.html", is_public=True, query="", tag=None, artists=(), releases=(), tracks=())
    text = query or None
    artists = await listings.artists(session, Slice(listings.ARTIST_SORTS["name"], MOST, None), text=text, tag=tag)
    releases = await listings.releases(session, Slice(listings.RELEASE_SORTS["title"], MOST, None), text=text, tag=tag)
    tracks = await listings.tracks(session, Slice(listings.TRACK_SORTS["title"], MOST, None), text=text, tag=tag)
    shown = [row.id for row in releases]
    prices, audible = await products.on_sale(session, ItemKind.RELEASE, shown), await access.audible(session, shown)
    return Shown(
        "search.html", is_public=True, query=query, tag=tag, artists=artists, releases=releases, tracks=tracks,
        prices=prices, audible=audible,
    )  # fmt: skip
