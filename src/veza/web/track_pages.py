"""A track's page: what is shared of a track, and where the lines of a playlist's file lead.

The API's rule decides who may see it. All others get one and the same page, whether the track is unknown, hidden,
withdrawn or not published yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from sqlalchemy import Row

from veza.audio.apart import Stage
from veza.catalog import listings, slugs, visibility
from veza.catalog.facade import Catalog
from veza.http.errors.table import kind_of
from veza.http.identity import Authenticate
from veza.http.problems import NOT_FOUND
from veza.http.requests import DoorRequest
from veza.ingest.audio_versions import versions_of
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.market import products
from veza.streaming.local_hearing import LocalHearing
from veza.web.pages import Pages, Refused

STEPS: list[str] = [Stage.FIRST_RUNG, Stage.ALL_RUNGS, Stage.PREVIEW]
"""What the processing of a track goes through."""


def track_routes(catalog: Catalog, hearing: LocalHearing, authenticate: Authenticate) -> list[ControllerRouterHandler]:
    """/tracks/{id}."""
    pages = Pages(catalog.database.clock)

    @get("/tracks/{track_id:str}")
    async def track_page(request: DoorRequest, track_id: FromPath[str]) -> Response[bytes]:
        """One track: public to every visitor, else for the people who may see it in the API."""
        wanted = slugs.as_id(track_id)
        if wanted is None:
            raise _nothing()
        identity = await authenticate(request)
        try:
            async with catalog.database.read() as session:
                track = await listings.seen_track(session, wanted, identity)
                is_public = bool(await visibility.visible(session, "track", [wanted]))
                offers = await products.for_sale_with(session, track.release_id, wanted)
                heard = await hearing.part_of(session, identity, wanted)
                progress = await _progress(session, wanted) if track.audio_state == "processing" else None
        except Exception as error:
            if kind_of(error) is NOT_FOUND:
                raise _nothing() from None
            raise
        return pages.show(
            request,
            "plain/track.html",
            track=track,
            is_public=is_public,
            hears=heard,
            sound=track.audio_state,
            progress=progress,
            offers=offers,
            cover=_cover(track),
            address=f"{catalog.base_url}/tracks/{wanted}",
            base_url=catalog.base_url,
        )

    return [pages.router("/", [track_page])]


def _nothing() -> Refused:
    return Refused(NOT_FOUND, gettext("it is not public, it is gone, or it never was"), title=gettext("No such track"))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the processing of a track is: `percent` of a step is done, None where the file does not say."""

    step: int
    steps: int
    percent: int | None


async def _progress(session: Session, track_id: UUID) -> Progress | None:
    """None where no worker has begun."""
    for version in await versions_of(session, track_id):
        if version.is_on_its_way and version.stage in STEPS:
            percent = None if version.share is None else int(100 * version.share)
            return Progress(STEPS.index(version.stage) + 1, len(STEPS), percent)
    return None


def _cover(track: Row[Any]) -> dict[str, Any] | None:
    """Where the pictures of its release are, and how many pixels the largest has on each side."""
    if track.cover_id is None or not track.sizes:
        return None
    return {"base": f"/covers/{track.cover_id}", "sizes": sorted(track.sizes), "side": max(track.sizes)}
