"""What an artist's people see of plays."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.operations import listing
from veza.catalog import acting
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session
from veza.streaming import play_lists
from veza.streaming.play_lists import PlaysOfDay

TAG = "plays"


class PlaysResponse(Struct, frozen=True):
    """How often a track was played on a day (UTC); `title` is null if the track is gone."""

    day: date
    track_id: UUID
    title: str | None
    plays: int


PLAYS_EXAMPLE: dict[str, Any] = {
    "day": "2026-01-02",
    "track_id": "01890000-0000-7000-8000-0000000000e1",
    "title": "Night Bus",
    "plays": 12,
}


First = Annotated[date | None, QueryParameter(name="from", description="Not before this day (UTC).")]
Last = Annotated[date | None, QueryParameter(name="to", description="Not after this day (UTC).")]


@listing(
    "/artists/{artist_id:uuid}/plays",
    operation="listPlays",
    summary="List an artist's plays by day and track",
    permission=Permission.PUBLISH,
    sorts=play_lists.SORTS,
    gives=(PlaysResponse, "A page, newest first.", PLAYS_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_plays(
    session: Session,
    artist_id: UUID,
    page_request: PageRequest,
    identity: Identity,
    first: First = None,
    last: Last = None,
    track: Annotated[UUID | None, QueryParameter(description="Only of this track.")] = None,
) -> Page[PlaysResponse]:
    """For the artist's people. A play is 30 s or half a track, once for each stream; previews and the people's own
    hearings are none (docs/audio.md). Listeners are not named."""
    filters: dict[str, Any] = {"first": first, "last": last, "track_id": track}
    page = page_request.of(f"plays of {artist_id}", filters)
    await acting.artist_for(session, artist_id, identity)
    return page.filled(await play_lists.of_artist(session, artist_id, page.slice, **filters), _shown)


def _shown(one: PlaysOfDay) -> PlaysResponse:
    return PlaysResponse(one.total.day, one.total.track_id, one.title, one.total.plays)
