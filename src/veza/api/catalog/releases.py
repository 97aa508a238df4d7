"""Releases: create a draft, list, look at one by id or slug, change it, delete what was never published."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.params import PathParameter, QueryParameter

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.catalog.release_shapes import (
    DETAIL_EXAMPLE,
    RELEASE_EXAMPLE,
    NewRelease,
    ReleaseChanges,
    ReleaseDetail,
    ReleaseResponse,
    Status,
    release_detail,
    release_shown,
    release_to_edit,
    with_tracks,
)
from veza.api.catalog.shapes import (
    MOVED,
    REMOVED_EXAMPLE,
    ArtistRef,
    OfArtist,
    ReleaseKind,
    Removed,
    TagFilter,
    TitleFilter,
    given,
    moved,
    searched,
)
from veza.api.operations import listing, read, write
from veza.catalog import acting, deleting, listings, releases, slugs
from veza.catalog.releases import ReleaseDraft
from veza.http.editing import read_version
from veza.http.errors.catalog import BAD_VALUE, NOT_NOW, OUTDATED
from veza.http.idempotency import Idempotent
from veza.http.paging import Page, PageRequest
from veza.http.problems import CONFLICT, NOT_FOUND
from veza.kit.database import Session

TAG = "releases"
ReleaseSlug = Annotated[str, PathParameter(min_length=1, max_length=100, description="Current or former.")]
NEW_EXAMPLE = {"title": "Blue Hours", "kind": "album", "language": "bs", "tags": ["folk"]}


@write.post(
    "/artists/{artist:str}/releases",
    operation="createRelease",
    summary="Make a release",
    permission=Permission.PUBLISH,
    body=NEW_EXAMPLE,
    gives=(201, ReleaseDetail, "The draft.", {**DETAIL_EXAMPLE, "status": "draft"}),
    location="/api/v1/releases/{shown.id}",
    problems=(BAD_VALUE, NOT_FOUND, CONFLICT),
)
async def create_release(session: Session, artist: ArtistRef, data: NewRelease, identity: Identity) -> ReleaseDetail:
    """Makes a draft, which only the artist's people see. Add tracks and a cover, then publish or schedule it."""
    wanted = ReleaseDraft(**{name: getattr(data, name) for name in data.__struct_fields__})
    owner = await acting.artist_to_change(session, artist, identity)
    row = await releases.create_release(session, owner, wanted)
    return await release_detail(session, row.id)


@listing(
    "/releases",
    operation="listReleases",
    summary="List releases",
    permission=Permission.BROWSE,
    sorts=listings.RELEASE_SORTS,
    gives=(ReleaseResponse, "A page.", RELEASE_EXAMPLE),
)
async def list_releases(
    session: Session,
    page_request: PageRequest,
    artist: OfArtist = None,
    kind: Annotated[ReleaseKind | None, QueryParameter(description="Only of this kind.")] = None,
    tag: TagFilter = None,
    text: TitleFilter = None,
) -> Page[ReleaseResponse]:
    """Everything that is published. An artist's own list has its drafts as well."""
    filters = {"artist": artist, "kind": kind, "tag": tag.lower() if tag else None, "text": searched(text)}
    page = page_request.of("releases", filters)
    rows = await listings.releases(session, page.slice, **filters)
    return page.filled(rows, release_shown)


@listing(
    "/artists/{artist:str}/releases",
    operation="listReleasesOfArtist",
    summary="List an artist's releases",
    permission=Permission.BROWSE,
    sorts=listings.OWN_RELEASE_SORTS,
    gives=(ReleaseResponse, "A page, newest first.", RELEASE_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_releases_of_artist(
    session: Session,
    artist: ArtistRef,
    page_request: PageRequest,
    identity: Identity,
    status: Annotated[Status | None, QueryParameter(description="Only in this state.")] = None,
    kind: Annotated[ReleaseKind | None, QueryParameter(description="Only of this kind.")] = None,
) -> Page[ReleaseResponse]:
    """An artist's releases: all of them for the artist's people, the published ones for other readers."""
    filters = {"status": status, "kind": kind}
    page = page_request.of(f"releases of {artist}", filters)
    row = await acting.seen_artist(session, artist, identity)
    sees_all = await acting.sees_all_of(session, row.id, identity)
    rows = await listings.releases_of(session, row.id, page.slice, public_only=not sees_all, **filters)
    return page.filled(rows, release_shown)


@read(
    "/artists/{artist:str}/releases/{slug:str}",
    operation="showReleaseOfArtist",
    summary="Show a release by its slug",
    permission=Permission.BROWSE,
    gives=(ReleaseDetail, "The release.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
    answers_too={308: MOVED},
)
async def show_release_of_artist(
    session: Session, artist: ArtistRef, slug: ReleaseSlug, identity: Identity
) -> Response[ReleaseDetail]:
    """One release with its tracks. A slug that it or its artist had before a rename answers 308."""
    owner = await acting.seen_artist(session, artist, identity)
    row = await listings.seen_release_of(session, owner, slug, identity)
    if slug != row.slug or (artist != owner.slug and slugs.as_id(artist) is None):
        return moved(f"/api/v1/artists/{owner.slug}/releases/{row.slug}")
    return Response(await with_tracks(session, row, identity))


@read(
    "/releases/{release_id:uuid}",
    operation="showRelease",
    summary="Show a release",
    permission=Permission.BROWSE,
    gives=(ReleaseDetail, "The release.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_release(session: Session, release_id: UUID, identity: Identity) -> ReleaseDetail:
    """One release with its tracks in order. What is not published only the artist's people and moderators see."""
    return await with_tracks(session, await listings.seen_release(session, release_id, identity), identity)


@write.patch(
    "/releases/{release_id:uuid}",
    operation="editRelease",
    summary="Change a release",
    permission=Permission.PUBLISH,
    edits=release_to_edit,
    body={"version": 3, "title": "Bluer Hours"},
    gives=(200, ReleaseDetail, "The release as it is now.", DETAIL_EXAMPLE),
    problems=(BAD_VALUE, NOT_FOUND, OUTDATED, CONFLICT),
)
async def edit_release(
    session: Session, release_id: UUID, data: ReleaseChanges, identity: Identity, idempotent: Idempotent
) -> ReleaseDetail:
    """Changes what is named. Of two who change it at once one is told: by 412 who sent
    `If-Match`, by 409 and the version it is at now who sent `version`; one of them is needed. A new
    title makes a new slug; the former one leads there for ever."""
    changes = given(data)
    version = read_version(changes, idempotent)
    row = await acting.release_to_change(session, release_id, identity)
    await releases.edit_release(session, row, version, changes)
    return await release_detail(session, release_id)


@write.delete(
    "/releases/{release_id:uuid}",
    operation="deleteRelease",
    summary="Delete a draft",
    permission=Permission.PUBLISH,
    edits=release_to_edit,
    gives=(200, Removed, "The draft is gone.", REMOVED_EXAMPLE),
    problems=(NOT_FOUND, NOT_NOW),
)
async def delete_release(session: Session, release_id: UUID, identity: Identity) -> Removed:
    """Deletes a draft with its tracks. What was published can be withdrawn, not deleted: a buyer may own it."""
    row = await acting.release_to_change(session, release_id, identity)
    await deleting.delete_release(session, row)
    return Removed(release_id)
