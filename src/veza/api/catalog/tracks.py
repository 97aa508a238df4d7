"""Tracks: add them to a release, list them, look at one, change, move and remove them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from veza.accounts.permissions import Permission
from veza.api.catalog.problems import BAD_VALUE, NOT_NOW
from veza.api.catalog.shapes import (
    COVER_EXAMPLE,
    REMOVED_EXAMPLE,
    CoverShown,
    LanguageCode,
    Name,
    OfArtist,
    Removed,
    TagFilter,
    Tags,
    TitleFilter,
    asker_of,
    cover_of,
    given,
)
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import FORBIDDEN, NOT_FOUND
from veza.api.shapes import LIST_PROBLEMS, PLAIN, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.catalog import listings, releases, tracks
from veza.catalog.room import CatalogRoom
from veza.catalog.tracks import MOST_TRACKS, TrackWanted
from veza.kit.database import Session

TAG = "tracks"
IsrcCode = Annotated[
    str, Meta(min_length=12, max_length=20, pattern=PLAIN, description="Such as FR-Z03-98-00212, dashes or not.")
]
Duration = Annotated[int, Meta(ge=0, le=86_400_000, description="In milliseconds.")]


class Credit(Struct, forbid_unknown_fields=True):
    """Who did what: `part` is free text, such as “guitar”."""

    name: Name
    part: Annotated[str, Meta(min_length=1, max_length=120, pattern=PLAIN)]


Credits = Annotated[list[Credit], Meta(max_length=50)]


class NewTrack(Struct, forbid_unknown_fields=True):
    """A track to be put at the end of a release."""

    title: Name
    credits: Credits = []
    explicit: bool = False
    isrc: IsrcCode | None = None
    musicbrainz_id: UUID | None = None
    language: LanguageCode | None = None
    tags: Tags = []
    duration_ms: Duration | None = None


class TrackChanges(Struct, forbid_unknown_fields=True):
    """What is to change; what is not named stays."""

    title: Name | UnsetType = UNSET
    credits: Credits | UnsetType = UNSET
    explicit: bool | UnsetType = UNSET
    isrc: IsrcCode | UnsetType | None = UNSET
    musicbrainz_id: UUID | UnsetType | None = UNSET
    language: LanguageCode | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    duration_ms: Duration | UnsetType | None = UNSET


class Place(Struct, forbid_unknown_fields=True):
    """Where a track is to be; 1 is first, past the end is last."""

    position: Annotated[int, Meta(ge=1, le=MOST_TRACKS)]


class TrackOrder(Struct, forbid_unknown_fields=True):
    """Every track of the release once, in the order they are to have."""

    track_ids: Annotated[list[UUID], Meta(max_length=MOST_TRACKS)]


class TrackShown(Struct, frozen=True):
    """A track, with the names of its release and artist; `position` counts from 1."""

    id: UUID
    release_id: UUID
    release_slug: str
    release_title: str
    artist_id: UUID
    artist_slug: str
    artist_name: str
    position: int
    title: str
    credits: list[Credit]
    explicit: bool
    isrc: str | None
    musicbrainz_id: UUID | None
    language: str | None
    tags: list[str]
    duration_ms: int | None
    created_at: datetime
    cover: CoverShown | None


class TrackList(Struct, frozen=True):
    """A release's tracks in order."""

    items: list[TrackShown]


TRACK_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-0000000000e1",
    "release_id": "01890000-0000-7000-8000-0000000000d1",
    "release_slug": "blue-hours",
    "release_title": "Blue Hours",
    "artist_id": "01890000-0000-7000-8000-0000000000a1",
    "artist_slug": "dzana-kovac",
    "artist_name": "Džana Kovač",
    "position": 1,
    "title": "Night Bus",
    "credits": [{"name": "Ben", "part": "guitar"}],
    "explicit": False,
    "isrc": "FRZ039800212",
    "musicbrainz_id": None,
    "language": "bs",
    "tags": ["folk"],
    "duration_ms": 214000,
    "created_at": "2026-01-02T10:30:00Z",
    "cover": COVER_EXAMPLE,
}
NEW_EXAMPLE = {"title": "Night Bus", "credits": [{"name": "Ben", "part": "guitar"}], "isrc": "FR-Z03-98-00212"}
WRITES = (BAD_VALUE, NOT_FOUND, FORBIDDEN, *WRITE_PROBLEMS)


@post(
    "/releases/{release_id:uuid}/tracks",
    opt=needs(Permission.PUBLISH),
    operation_id="addTrack",
    tags=[TAG],
    summary="Add a track",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(201, TrackShown, "The track, last of its release.", TRACK_EXAMPLE, *WRITES),
)
async def add_track(
    release_id: FromPath[UUID],
    data: Annotated[NewTrack, BodyKwarg(examples=[Example(value=NEW_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[TrackShown]:
    """Puts a track at the end of a release, which may have at most 300."""
    said = {name: getattr(data, name) for name in data.__struct_fields__}
    wanted = TrackWanted(**{**said, "credits": _pairs(data.credits)})

    async def work(session: Session) -> Reply:
        release = await releases.release_to_change(session, release_id, asker_of(visitor))
        (row,) = await tracks.add_tracks(session, release, [wanted])
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
    responses=answers(200, Page[TrackShown], "A page.", page_of(TRACK_EXAMPLE), *LIST_PROBLEMS),
)
async def list_tracks(
    page_request: NamedDependency[PageRequest],
    catalog: NamedDependency[CatalogRoom],
    artist: OfArtist = None,
    release: Annotated[UUID | None, QueryParameter(description="Only of this release.")] = None,
    tag: TagFilter = None,
    text: TitleFilter = None,
) -> Page[TrackShown]:
    """Tracks of published releases, by when they were published or by title."""
    filters = {"artist": artist, "release": release, "tag": tag.lower() if tag else None, "text": text}
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
    responses=answers(200, TrackShown, "The track.", TRACK_EXAMPLE, NOT_FOUND),
)
async def show_track(
    track_id: FromPath[UUID], visitor: NamedDependency[Visitor], catalog: NamedDependency[CatalogRoom]
) -> TrackShown:
    """One track. What is not published only the artist's people and moderators see."""
    async with catalog.database.read() as session:
        return track_shown(await listings.seen_track(session, track_id, asker_of(visitor)))


@patch(
    "/tracks/{track_id:uuid}",
    opt=needs(Permission.PUBLISH),
    operation_id="editTrack",
    tags=[TAG],
    summary="Change a track",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(200, TrackShown, "The track as it is now.", TRACK_EXAMPLE, *WRITES),
)
async def edit_track(
    track_id: FromPath[UUID],
    data: Annotated[TrackChanges, BodyKwarg(examples=[Example(value={"title": "Night Bus (live)"})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[TrackShown]:
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
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, Removed, "The track is gone.", REMOVED_EXAMPLE, NOT_FOUND, FORBIDDEN, NOT_NOW, *WRITE_PROBLEMS
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


@post(
    "/tracks/{track_id:uuid}/move",
    status_code=200,
    opt=needs(Permission.PUBLISH),
    operation_id="moveTrack",
    tags=[TAG],
    summary="Move a track",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(200, TrackList, "Its release's tracks in their order.", {"items": [TRACK_EXAMPLE]}, *WRITES),
)
async def move_track(
    track_id: FromPath[UUID],
    data: Annotated[Place, BodyKwarg(examples=[Example(value={"position": 1})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[TrackList]:
    """Puts a track at a position; the others close up, without gaps."""

    async def work(session: Session) -> Reply:
        release, row = await tracks.track_to_change(session, track_id, asker_of(visitor))
        release_id = release.id
        await tracks.move_track(session, release, row, data.position)
        return Reply(200, await _in_order(session, release_id))

    return await idempotent.run(work)


@put(
    "/releases/{release_id:uuid}/tracks/order",
    opt=needs(Permission.PUBLISH),
    operation_id="reorderTracks",
    tags=[TAG],
    summary="Order a release's tracks",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(200, TrackList, "The tracks in their new order.", {"items": [TRACK_EXAMPLE]}, *WRITES),
)
async def reorder_tracks(
    release_id: FromPath[UUID],
    data: Annotated[TrackOrder, BodyKwarg(examples=[Example(value={"track_ids": [TRACK_EXAMPLE["id"]]})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[TrackList]:
    """Puts all tracks in the order given. Refused unless it names each once: somebody may have added one."""

    async def work(session: Session) -> Reply:
        release = await releases.release_to_change(session, release_id, asker_of(visitor))
        await tracks.reorder_tracks(session, release, data.track_ids)
        return Reply(200, await _in_order(session, release_id))

    return await idempotent.run(work)


def track_shown(row: Any) -> TrackShown:
    """A row of a list of tracks."""
    credits = [Credit(one["name"], one["part"]) for one in row.credits]
    return show(TrackShown, row, credits=credits, cover=cover_of(row))


async def _in_order(session: Session, release_id: UUID) -> TrackList:
    return TrackList([track_shown(one) for one in await listings.track_cards(session, release_id)])


def _pairs(credits: list[Credit]) -> list[tuple[str, str]]:
    return [(one.name, one.part) for one in credits]
