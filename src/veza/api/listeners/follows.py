"""Follows of artists, their counts, and the feed of new releases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.catalog.shapes import NameFilter, ReleaseKind, searched
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.playlist_shapes import ARTIST_ID, AT, RELEASE_ID
from veza.api.listeners.playlists import BODYLESS
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import FORBIDDEN, NOT_FOUND
from veza.api.shapes import LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.community import follows
from veza.kit.database import Database, Session

TAG = "follows"
COUNTED_AT_ONCE_MOST = 100

AskedIds = Annotated[
    list[UUID],
    QueryParameter(name="id", min_items=1, max_items=COUNTED_AT_ONCE_MOST, description="Which; give it once for each."),
]


class FollowResponse(Struct, frozen=True):
    """An artist you follow."""

    artist_id: UUID
    name: str
    slug: str
    since: datetime


class Following(Struct, frozen=True):
    """Whether you follow the artist now, and how many do."""

    artist_id: UUID
    is_followed: bool
    followers: int


class Count(Struct, frozen=True):
    """How many people like or follow it, and whether you do."""

    id: UUID
    count: int
    is_mine: bool


class Counts(Struct, frozen=True):
    """One count for each id that was asked for, in that order."""

    items: list[Count]


class FeedRelease(Struct, frozen=True):
    """A release of an artist you follow."""

    id: UUID
    title: str
    slug: str
    kind: Literal["album", "ep", "single", "sample_pack"]
    artist_id: UUID
    artist_name: str
    artist_slug: str
    published_at: datetime


FOLLOW_EXAMPLE: dict[str, Any] = {"artist_id": ARTIST_ID, "name": "Anna", "slug": "anna", "since": AT}
COUNTS_EXAMPLE = {"items": [{"id": ARTIST_ID, "count": 3, "is_mine": True}]}
RELEASE_EXAMPLE: dict[str, Any] = {
    "id": RELEASE_ID,
    "title": "Dawn",
    "slug": "dawn",
    "kind": "album",
    "artist_id": ARTIST_ID,
    "artist_name": "Anna",
    "artist_slug": "anna",
    "published_at": AT,
}


@put(
    "/me/follows/{artist_id:uuid}",
    operation_id="followArtist",
    tags=[TAG],
    summary="Follow an artist",
    opt=BODYLESS,
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, Following, "You follow the artist.", {"artist_id": ARTIST_ID, "is_followed": True, "followers": 4},
        FORBIDDEN, NOT_FOUND, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def follow_artist(
    artist_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[Following]:
    """Their new releases come to your feed. Following twice is following once."""

    async def work(session: Session) -> Reply:
        await follows.follow(session, visitor.person, artist_id)
        return Reply(200, Following(artist_id, True, (await follows.counts(session, [artist_id]))[artist_id]))

    return await idempotent.run(work)


@delete(
    "/me/follows/{artist_id:uuid}",
    status_code=200,
    operation_id="unfollowArtist",
    tags=[TAG],
    summary="Stop following an artist",
    opt=BODYLESS,
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, Following, "You do not follow the artist.",
        {"artist_id": ARTIST_ID, "is_followed": False, "followers": 3}, FORBIDDEN, NOT_FOUND, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def unfollow_artist(
    artist_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[Following]:
    """Their releases leave your feed. Not following whom you never followed changes nothing."""

    async def work(session: Session) -> Reply:
        await follows.unfollow(session, visitor.person, artist_id)
        return Reply(200, Following(artist_id, False, (await follows.counts(session, [artist_id]))[artist_id]))

    return await idempotent.run(work)


@get(
    "/me/follows",
    operation_id="listFollows",
    tags=[TAG],
    summary="List whom you follow",
    opt=needs(Permission.LISTEN),
    dependencies=paged(follows.SORTS),
    responses=answers(
        200, Page[FollowResponse], "A page, latest first.", page_of(FOLLOW_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_follows(
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    text: NameFilter = None,
) -> Page[FollowResponse]:
    """Artists you follow, the latest first."""
    part = page_request.of("follows", {"person": visitor.person, "text": searched(text)})
    async with database.read() as session:
        rows = await follows.listed(session, visitor.person, part.slice, text=text)
    return part.page(rows, lambda row: show(FollowResponse, row))


@get(
    "/follower-counts",
    operation_id="countFollowers",
    tags=[TAG],
    summary="Count followers",
    opt=needs(Permission.BROWSE),
    responses=answers(200, Counts, "One count for each artist.", COUNTS_EXAMPLE, FORBIDDEN),
)
async def count_followers(
    asked: AskedIds, visitor: NamedDependency[Visitor], database: NamedDependency[Database]
) -> Counts:
    """How many people follow each of these artists, and whether you do; 0 for one that is not there."""
    async with database.read() as session:
        found = await follows.counts(session, asked)
        mine = await follows.followed(session, visitor.person_id, asked) if visitor.person_id else set()
    return Counts([Count(one, found[one], one in mine) for one in asked])


@get(
    "/me/feed",
    operation_id="showFeed",
    tags=[TAG],
    summary="New releases of artists you follow",
    opt=needs(Permission.LISTEN),
    dependencies=paged(follows.FEED_SORTS),
    responses=answers(
        200, Page[FeedRelease], "A page, latest first.", page_of(RELEASE_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def show_feed(
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    kind: Annotated[ReleaseKind | None, QueryParameter(description="Only of this kind.")] = None,
) -> Page[FeedRelease]:
    """What the artists you follow published, the latest first unless told otherwise."""
    part = page_request.of("feed", {"person": visitor.person, "kind": kind})
    async with database.read() as session:
        rows = await follows.feed(session, visitor.person, part.slice, kind=kind)
    return part.page(rows, lambda row: show(FeedRelease, row))
