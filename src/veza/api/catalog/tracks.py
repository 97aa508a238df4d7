"""Tracks: add them to a release, list them, look at one, change and remove them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import UnsetType

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.catalog.release_shapes import release_to_edit
from veza.api.catalog.shapes import (
    REMOVED_EXAMPLE,
    OfArtist,
    Removed,
    TagFilter,
    TitleFilter,
    given,
    searched,
)
from veza.api.catalog.track_shapes import (
    TRACK_EXAMPLE,
    Credit,
    NewTrack,
    TrackChanges,
    TrackResponse,
    track_shown,
    track_to_edit,
)
from veza.api.operations import listing, read, write
from veza.api.shapes import EDIT_PROBLEMS
from veza.catalog import acting, listings, tracks
from veza.catalog.facade import Catalog
from veza.catalog.track_drafts import TrackDraft
from veza.http.errors.catalog import BAD_VALUE, NOT_NOW
from veza.http.paging import Page, PageRequest
from veza.http.problems import FORBIDDEN, NOT_FOUND
from veza.kit.database import Session

TAG = "tracks"
NEW_EXAMPLE = {"title": "Night Bus", "credits": [{"name": "Ben", "part": "guitar"}], "isrc": "FR-Z03-98-00212"}
WRITES = (BAD_VALUE, NOT_FOUND, FORBIDDEN, *EDIT_PROBLEMS)


@write.post(
    "/releases/{release_id:uuid}/tracks",
    operation="addTrack",
    summary="Add a track",
    permission=Permission.PUBLISH,
    edits=release_to_edit,
    body=NEW_EXAMPLE,
    gives=(201, TrackResponse, "The track, last of its release.", TRACK_EXAMPLE),
    location="/api/v1/tracks/{shown.id}",
    problems=(*WRITES,),
)
async def add_track(
    session: Session, release_id: UUID, data: NewTrack, identity: Identity, catalog: Catalog
) -> TrackResponse:
    """Puts a track at the end of a release; TRACKS_PER_RELEASE says how many it may have."""
    said = {name: getattr(data, name) for name in data.__struct_fields__}
    wanted = TrackDraft(**{**said, "credits": _pairs(data.credits)})
    release = await acting.release_to_change(session, release_id, identity)
    (row,) = await tracks.add_tracks(session, release, [wanted], limits=catalog.limits)
    return track_shown(await listings.track_card(session, row.id))


@listing(
    "/tracks",
    operation="listTracks",
    summary="List tracks",
    permission=Permission.BROWSE,
    sorts=listings.TRACK_SORTS,
    gives=(TrackResponse, "A page.", TRACK_EXAMPLE),
)
async def list_tracks(
    session: Session,
    page_request: PageRequest,
    artist: OfArtist = None,
    release: Annotated[UUID | None, QueryParameter(description="Only of this release.")] = None,
    tag: TagFilter = None,
    text: TitleFilter = None,
) -> Page[TrackResponse]:
    """Tracks of published releases, by when they were published or by title."""
    filters = {"artist": artist, "release": release, "tag": tag.lower() if tag else None, "text": searched(text)}
    page = page_request.of("tracks", filters)
    rows = await listings.tracks(session, page.slice, **filters)
    return page.filled(rows, track_shown)


@read(
    "/tracks/{track_id:uuid}",
    operation="showTrack",
    summary="Show a track",
    permission=Permission.BROWSE,
    gives=(TrackResponse, "The track.", TRACK_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_track(session: Session, track_id: UUID, identity: Identity) -> TrackResponse:
    """One track. What is not published only the artist's people and moderators see."""
    return track_shown(await listings.seen_track(session, track_id, identity))


@write.patch(
    "/tracks/{track_id:uuid}",
    operation="editTrack",
    summary="Change a track",
    permission=Permission.PUBLISH,
    edits=track_to_edit,
    body={"title": "Night Bus (live)"},
    gives=(200, TrackResponse, "The track as it is now.", TRACK_EXAMPLE),
    problems=(*WRITES,),
)
async def edit_track(session: Session, track_id: UUID, data: TrackChanges, identity: Identity) -> TrackResponse:
    """Changes what is named; of two who name the same at once, the later one's stands."""
    changes = given(data)
    if not isinstance(data.credits, UnsetType):
        changes["credits"] = _pairs(data.credits)
    _, row = await acting.track_to_change(session, track_id, identity)
    await tracks.edit_track(session, row, changes)
    return track_shown(await listings.track_card(session, track_id))


@write.delete(
    "/tracks/{track_id:uuid}",
    operation="removeTrack",
    summary="Remove a track",
    permission=Permission.PUBLISH,
    edits=track_to_edit,
    gives=(200, Removed, "The track is gone.", REMOVED_EXAMPLE),
    problems=(NOT_FOUND, NOT_NOW),
)
async def remove_track(session: Session, track_id: UUID, identity: Identity) -> Removed:
    """Takes a track out of a release that was never published; those after it move up."""
    release, row = await acting.track_to_change(session, track_id, identity)
    await tracks.remove_track(session, release, row)
    return Removed(track_id)


def _pairs(credits: list[Credit]) -> list[tuple[str, str]]:
    return [(one.name, one.part) for one in credits]
