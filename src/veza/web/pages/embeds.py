"""The players that pages of other sites frame: of a track, and of a release.

They show every reader what a visitor sees: so caches keep them, and no cookie is needed. What is heard is
asked of the stream: a preview, where the listener has no right to all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from veza.accounts.permissions import Permission
from veza.catalog import listings
from veza.catalog.releases import UnknownRelease
from veza.catalog.tracks import UnknownTrack
from veza.http.identity import anonymous
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.library.grants import ItemKind
from veza.market import products
from veza.market.products import Product
from veza.web.answers import Shown
from veza.web.declared import page
from veza.web.embedding import COMPACT, LARGE
from veza.web.pages.releases import hears_of


@page("/embed/tracks/{track_id:uuid}", permission=Permission.BROWSE)
async def embedded_track(session: Session, track_id: UUID, request: DoorRequest) -> Shown:
    """The player of one track."""
    try:
        track = await listings.seen_track(session, track_id, anonymous(request))
    except UnknownTrack:
        return _gone(request)
    alone = await products.on_sale(session, ItemKind.TRACK, [track_id])
    whole = await products.on_sale(session, ItemKind.RELEASE, [track.release_id])
    product = alone.get(track_id) or whole.get(track.release_id)
    return await _player(session, request, track, [track], f"/tracks/{track_id}", product)


@page("/embed/releases/{release_id:uuid}", permission=Permission.BROWSE)
async def embedded_release(session: Session, release_id: UUID, request: DoorRequest) -> Shown:
    """The player of a release: its tracks, one after the other."""
    visitor = anonymous(request)
    try:
        release = await listings.seen_release(session, release_id, visitor)
    except UnknownRelease:
        return _gone(request)
    tracks = await listings.seen_cards_of_release(session, release_id, visitor)
    product = (await products.on_sale(session, ItemKind.RELEASE, [release_id])).get(release_id)
    return await _player(session, request, release, tracks, f"/releases/{release_id}", product)


async def _player(
    session: Session, request: DoorRequest, row: Any, tracks: Sequence[Any], path: str, product: Product | None
) -> Shown:
    release_id = tracks[0].release_id if tracks else row.id
    hears = await hears_of(session, release_id, tracks, anonymous(request))
    return Shown(
        "embed.html",
        is_framed=True,
        size=_size(request),
        row=row,
        tracks=tracks,
        played=[one for one in tracks if one.id in hears],
        hears=hears,
        page_path=path,
        is_release=path.startswith("/releases"),
        product=product,
    )


def _gone(request: DoorRequest) -> Shown:
    """A page of an error frames nowhere: what was withdrawn says so in the frame itself."""
    return Shown("embed_gone.html", status=404, is_framed=True, size=_size(request))


def _size(request: DoorRequest) -> str:
    return COMPACT if request.query_params.get("size") == COMPACT else LARGE
