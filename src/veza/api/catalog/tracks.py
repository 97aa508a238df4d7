"""Tracks: add them to a release, list them, look at one, change and remove them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import UnsetType

from veza.accounts.permissions import Permission
from veza.api.catalog.problems import BAD_VALUE, NOT_NOW
from veza.api.catalog.release_shapes import release_to_edit
from veza.api.catalog.shapes import (
    REMOVED_EXAMPLE,
    OfArtist,
    Removed,
    TagFilter,
    TitleFilter,
    asker_of,
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
from veza.api.editing import editing
from veza.api.idempotency import Idempotent, Reply
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import FORBIDDEN, NOT_FOUND
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, answers, page_of
from veza.api.visitors import Visitor, needs
from veza.catalog import listings, releases, tracks
from veza.catalog.facade import Catalog
from veza.catalog.tracks import TrackDraft
from veza.kit.database import Session

TAG = "tracks"
NEW_EXAMPLE = {"title": "Night Bus", "credits": [{"name": "Ben", "part": "guitar"}], "isrc": "FR-Z03-98-00212"}
WRITES = (BAD_VALUE, NOT_FOUND, FORBIDDEN, *EDIT_PROBLEMS)


@post(
    "/releases/{release_id:uuid}/tracks",
    opt=needs(Permission.PUBLISH),
    operation_id="addTrack",
    tags=[TAG],
    summary="Add a track",
    dependencies=editing(release_to_edit),
    responses=answers(201, TrackResponse, "The track, last of its release.", TRACK_EXAMPLE, *WRITES),
)
async def add_track(
    release_id: FromPath[UUID],
    data: Annotated[NewTrack, BodyKwarg(examples=[Example(value=NEW_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    catalog: NamedDependency[Catalog],
) -> Response[TrackResponse]:
    """Puts a track at the end of a release; TRACKS_PER_RELEASE says how many it may have."""
    said = {name: getattr(data, name) for name in data.__struct_fields__}
    wanted = TrackDraft(**{**said, "credits": _pairs(data.credits)})

    async def work(session: Session) -> Reply:
        release = await releases.release_to_change(session, release_id, asker_of(visitor))
        (row,) = await tracks.add_tracks(session, release, [wanted], limits=catalog.limits)
        shown = track_shown(await listings.track_card(session, row.id))
        return Reply(201, shown, location=f"/api/v1/tracks/{row.id}")

    return await idempotent.run(work)


@get(
    "/tracks",
    opt=needs(Permission.BROWSE),
    operation_id="listTracks",
    tags=[TAG],
    summary="List tracks",
    dependencies=paged(listings.TRACK_SORTS),
    responses=answers(200, Page[TrackResponse], "A page.", page_of(TRACK_EXAMPLE), *LIST_PROBLEMS),
)
async def list_tracks(
    page_request: NamedDependency[PageRequest],
    catalog: NamedDependency[Catalog],
    artist: OfArtist = None,
    release: Annotated[UUID | None, QueryParameter(description="Only of this release.")] = None,
    tag: TagFilter = None,
    text: TitleFilter = None,
) -> Page[TrackResponse]:
    """Tracks of published releases, by when they were published or by title."""
    filters = {"artist": artist, "release": release, "tag": tag.lower() if tag else None, "text": searched(text)}
    part = page_request.of("tracks", filters)
    async with catalog.database.read() as session:
        rows = await listings.tracks(session, part.slice, **filters)
    return part.page(rows, track_shown)


@get(
    "/tracks/{track_id:uuid}",
    opt=needs(Permission.BROWSE),
    operation_id="showTrack",
    tags=[TAG],
    summary="Show a track",
    responses=answers(200, TrackResponse, "The track.", TRACK_EXAMPLE, NOT_FOUND),
)
async def show_track(
    track_id: FromPath[UUID], visitor: NamedDependency[Visitor], catalog: NamedDependency[Catalog]
) -> TrackResponse:
    """One track. What is not published only the artist's people and moderators see."""
    async with catalog.database.read() as session:
        return track_shown(await listings.seen_track(session, track_id, asker_of(visitor)))


@patch(
    "/tracks/{track_id:uuid}",
    opt=needs(Permission.PUBLISH),
    operation_id="editTrack",
    tags=[TAG],
    summary="Change a track",
    dependencies=editing(track_to_edit),
    responses=answers(200, TrackResponse, "The track as it is now.", TRACK_EXAMPLE, *WRITES),
)
async def edit_track(
    track_id: FromPath[UUID],
    data: Annotated[TrackChanges, BodyKwarg(examples=[Example(value={"title": "Night Bus (live)"})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[TrackResponse]:
    """Changes what is named; of two who name the same at once, the later one's stands."""
    changes = given(data)
    if not isinstance(data.credits, UnsetType):
        changes["credits"] = _pairs(data.credits)

    async def work(session: Session) -> Reply:
        _, row = await tracks.track_to_change(session, track_id, asker_of(visitor))
        await tracks.edit_track(session, row, changes)
        return Reply(200, track_shown(await listings.track_card(session, track_id)))

    return await idempotent.run(work)


@delete(
    "/tracks/{track_id:uuid}",
    status_code=200,
    opt=needs(Permission.PUBLISH),
    operation_id="removeTrack",
    tags=[TAG],
    summary="Remove a track",
    dependencies=editing(track_to_edit),
    responses=answers(
        200, Removed, "The track is gone.", REMOVED_EXAMPLE, NOT_FOUND, FORBIDDEN, NOT_NOW, *EDIT_PROBLEMS
    ),
)
async def remove_track(
    track_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[Removed]:
    """Takes a track out of a release that was never published; those after it move up."""

    async def work(session: Session) -> Reply:
        release, row = await tracks.track_to_change(session, track_id, asker_of(visitor))
        await tracks.remove_track(session, release, row)
        return Reply(200, Removed(track_id))

    return await idempotent.run(work)


def _pairs(credits: list[Credit]) -> list[tuple[str, str]]:
    return [(one.name, one.part) for one in credits]
