"""Releases: create a draft, list, look at one by id or slug, change it, delete what was never published."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, PathParameter, QueryParameter

from veza.accounts.permissions import Permission
from veza.api.catalog.problems import BAD_VALUE, NOT_NOW, OUTDATED
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
    asker_of,
    given,
    moved,
    searched,
)
from veza.api.editing import editing, read_version
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import CONFLICT, FORBIDDEN, NOT_FOUND
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of
from veza.api.visitors import Visitor, needs
from veza.catalog import artists, deleting, listings, releases, slugs
from veza.catalog.facade import Catalog
from veza.catalog.releases import ReleaseDraft
from veza.kit.database import Session

TAG = "releases"
ReleaseSlug = Annotated[str, PathParameter(min_length=1, max_length=100, description="Current or former.")]
NEW_EXAMPLE = {"title": "Blue Hours", "kind": "album", "language": "bs", "tags": ["folk"]}


@post(
    "/artists/{artist:str}/releases",
    opt=needs(Permission.PUBLISH),
    operation_id="createRelease",
    tags=[TAG],
    summary="Make a release",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, ReleaseDetail, "The draft.", {**DETAIL_EXAMPLE, "status": "draft"},
        BAD_VALUE, NOT_FOUND, FORBIDDEN, CONFLICT, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def create_release(
    artist: ArtistRef,
    data: Annotated[NewRelease, BodyKwarg(examples=[Example(value=NEW_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[ReleaseDetail]:
    """Makes a draft, which only the artist's people see. Add tracks and a cover, then publish or schedule it."""
    wanted = ReleaseDraft(**{name: getattr(data, name) for name in data.__struct_fields__})

    async def work(session: Session) -> Reply:
        owner = await artists.artist_to_change(session, artist, asker_of(visitor))
        row = await releases.create_release(session, owner, wanted)
        return Reply(201, await release_detail(session, row.id), location=f"/api/v1/releases/{row.id}")

    return await idempotent.run(work)


@get(
    "/releases",
    opt=needs(Permission.BROWSE),
    operation_id="listReleases",
    tags=[TAG],
    summary="List releases",
    dependencies=paged(listings.RELEASE_SORTS),
    responses=answers(200, Page[ReleaseResponse], "A page.", page_of(RELEASE_EXAMPLE), *LIST_PROBLEMS),
)
async def list_releases(
    page_request: NamedDependency[PageRequest],
    catalog: NamedDependency[Catalog],
    artist: OfArtist = None,
    kind: Annotated[ReleaseKind | None, QueryParameter(description="Only of this kind.")] = None,
    tag: TagFilter = None,
    text: TitleFilter = None,
) -> Page[ReleaseResponse]:
    """Everything that is published. An artist's own list has its drafts as well."""
    filters = {"artist": artist, "kind": kind, "tag": tag.lower() if tag else None, "text": searched(text)}
    part = page_request.of("releases", filters)
    async with catalog.database.read() as session:
        rows = await listings.releases(session, part.slice, **filters)
    return part.page(rows, release_shown)


@get(
    "/artists/{artist:str}/releases",
    opt=needs(Permission.BROWSE),
    operation_id="listReleasesOfArtist",
    tags=[TAG],
    summary="List an artist's releases",
    dependencies=paged(listings.OWN_RELEASE_SORTS),
    responses=answers(
        200, Page[ReleaseResponse], "A page, newest first.", page_of(RELEASE_EXAMPLE), NOT_FOUND, *LIST_PROBLEMS
    ),
)
async def list_releases_of_artist(
    artist: ArtistRef,
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    catalog: NamedDependency[Catalog],
    status: Annotated[Status | None, QueryParameter(description="Only in this state.")] = None,
    kind: Annotated[ReleaseKind | None, QueryParameter(description="Only of this kind.")] = None,
) -> Page[ReleaseResponse]:
    """An artist's releases: to its people all of them, to everybody else those that are published."""
    filters = {"status": status, "kind": kind}
    part = page_request.of(f"releases of {artist}", filters)
    asker = asker_of(visitor)
    async with catalog.database.read() as session:
        row = await artists.seen_artist(session, artist, asker)
        sees_all = asker.sees_everything or await artists.acts_for(session, row.id, asker)
        rows = await listings.releases_of(session, row.id, part.slice, public_only=not sees_all, **filters)
    return part.page(rows, release_shown)


@get(
    "/artists/{artist:str}/releases/{slug:str}",
    opt=needs(Permission.BROWSE),
    operation_id="showReleaseOfArtist",
    tags=[TAG],
    summary="Show a release by its slug",
    responses={**answers(200, ReleaseDetail, "The release.", DETAIL_EXAMPLE, NOT_FOUND), 308: MOVED},
)
async def show_release_of_artist(
    artist: ArtistRef, slug: ReleaseSlug, visitor: NamedDependency[Visitor], catalog: NamedDependency[Catalog]
) -> Response[ReleaseDetail]:
    """One release with its tracks. A slug that it or its artist had before a rename answers 308."""
    asker = asker_of(visitor)
    async with catalog.database.read() as session:
        owner = await artists.seen_artist(session, artist, asker)
        row = await listings.seen_release_of(session, owner, slug, asker)
        if slug != row.slug or (artist != owner.slug and slugs.as_id(artist) is None):
            return moved(f"/api/v1/artists/{owner.slug}/releases/{row.slug}")
        return Response(await with_tracks(session, row, asker))


@get(
    "/releases/{release_id:uuid}",
    opt=needs(Permission.BROWSE),
    operation_id="showRelease",
    tags=[TAG],
    summary="Show a release",
    responses=answers(200, ReleaseDetail, "The release.", DETAIL_EXAMPLE, NOT_FOUND),
)
async def show_release(
    release_id: FromPath[UUID], visitor: NamedDependency[Visitor], catalog: NamedDependency[Catalog]
) -> ReleaseDetail:
    """One release with its tracks in order. What is not published only the artist's people and moderators see."""
    async with catalog.database.read() as session:
        asker = asker_of(visitor)
        return await with_tracks(session, await listings.seen_release(session, release_id, asker), asker)


@patch(
    "/releases/{release_id:uuid}",
    opt=needs(Permission.PUBLISH),
    operation_id="editRelease",
    tags=[TAG],
    summary="Change a release",
    dependencies=editing(release_to_edit),
    responses=answers(
        200, ReleaseDetail, "The release as it is now.", DETAIL_EXAMPLE,
        BAD_VALUE, NOT_FOUND, FORBIDDEN, OUTDATED, CONFLICT, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def edit_release(
    release_id: FromPath[UUID],
    data: Annotated[ReleaseChanges, BodyKwarg(examples=[Example(value={"version": 3, "title": "Bluer Hours"})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[ReleaseDetail]:
    """Changes what is named. Of two who change it at once one is told: by 412 who sent
    `If-Match`, by 409 and the version it is at now who sent `version`; one of them is needed. A new
    title makes a new slug; the former one leads there for ever."""
    changes = given(data)
    version = read_version(changes, idempotent)

    async def work(session: Session) -> Reply:
        row = await releases.release_to_change(session, release_id, asker_of(visitor))
        await releases.edit_release(session, row, version, changes)
        return Reply(200, await release_detail(session, release_id))

    return await idempotent.run(work)


@delete(
    "/releases/{release_id:uuid}",
    status_code=200,
    opt=needs(Permission.PUBLISH),
    operation_id="deleteRelease",
    tags=[TAG],
    summary="Delete a draft",
    dependencies=editing(release_to_edit),
    responses=answers(
        200, Removed, "The draft is gone.", REMOVED_EXAMPLE, NOT_FOUND, FORBIDDEN, NOT_NOW, *EDIT_PROBLEMS
    ),
)
async def delete_release(
    release_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[Removed]:
    """Deletes a draft with its tracks. What was published can be withdrawn, not deleted: somebody may own it."""

    async def work(session: Session) -> Reply:
        row = await releases.release_to_change(session, release_id, asker_of(visitor))
        await deleting.delete_release(session, row)
        return Reply(200, Removed(release_id))

    return await idempotent.run(work)
