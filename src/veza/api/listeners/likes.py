"""Likes of tracks and releases, and their counts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.follows import AskedIds, Count, Counts
from veza.api.listeners.playlist_shapes import ARTIST_ID, AT, RELEASE_ID, TRACK_ID
from veza.api.listeners.playlists import BODYLESS
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import FORBIDDEN, NOT_FOUND
from veza.api.shapes import LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.community import likes
from veza.community.likes import Liked
from veza.kit.database import Database, Session

TAG = "likes"

LikedKind = Annotated[Liked, QueryParameter(description="Tracks or releases.")]


class LikeResponse(Struct, frozen=True):
    """A track or release you like; of a release, `release_id` is its own id."""

    subject_id: UUID
    title: str
    artist_id: UUID
    artist_name: str
    release_id: UUID
    release_title: str
    since: datetime


class Liking(Struct, frozen=True):
    """Whether you like it now, and how many do."""

    id: UUID
    kind: Liked
    is_liked: bool
    likes: int


LIKE_EXAMPLE: dict[str, Any] = {
    "subject_id": TRACK_ID,
    "title": "First light",
    "artist_id": ARTIST_ID,
    "artist_name": "Anna",
    "release_id": RELEASE_ID,
    "release_title": "Dawn",
    "since": AT,
}
LIKING_EXAMPLE: dict[str, Any] = {"id": TRACK_ID, "kind": "track", "is_liked": True, "likes": 4}
UNLIKED_EXAMPLE = {**LIKING_EXAMPLE, "is_liked": False, "likes": 3}
OF_RELEASE: dict[str, Any] = {"id": RELEASE_ID, "kind": "release"}


@put(
    "/me/likes/tracks/{track_id:uuid}",
    operation_id="likeTrack",
    tags=[TAG],
    summary="Like a track",
    opt=BODYLESS,
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(200, Liking, "You like it.", LIKING_EXAMPLE, FORBIDDEN, NOT_FOUND, *WRITE_PROBLEMS),
)
async def like_track(
    track_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[Liking]:
    """Keeps the track among your likes. Liking twice is liking once."""
    return await _like(idempotent, visitor, "track", track_id)


@delete(
    "/me/likes/tracks/{track_id:uuid}",
    status_code=200,
    operation_id="unlikeTrack",
    tags=[TAG],
    summary="Stop liking a track",
    opt=BODYLESS,
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(200, Liking, "You do not like it.", UNLIKED_EXAMPLE, FORBIDDEN, NOT_FOUND, *WRITE_PROBLEMS),
)
async def unlike_track(
    track_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[Liking]:
    """Takes the track off your likes; when it was not there, nothing changes."""
    return await _unlike(idempotent, visitor, "track", track_id)


@put(
    "/me/likes/releases/{release_id:uuid}",
    operation_id="likeRelease",
    tags=[TAG],
    summary="Like a release",
    opt=BODYLESS,
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(200, Liking, "You like it.", LIKING_EXAMPLE | OF_RELEASE, FORBIDDEN, NOT_FOUND, *WRITE_PROBLEMS),
)
async def like_release(
    release_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[Liking]:
    """Keeps the release among your likes. Liking twice is liking once."""
    return await _like(idempotent, visitor, "release", release_id)


@delete(
    "/me/likes/releases/{release_id:uuid}",
    status_code=200,
    operation_id="unlikeRelease",
    tags=[TAG],
    summary="Stop liking a release",
    opt=BODYLESS,
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, Liking, "You do not like it.", UNLIKED_EXAMPLE | OF_RELEASE, FORBIDDEN, NOT_FOUND, *WRITE_PROBLEMS
    ),
)
async def unlike_release(
    release_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[Liking]:
    """Takes the release off your likes; when it was not there, nothing changes."""
    return await _unlike(idempotent, visitor, "release", release_id)


@get(
    "/me/likes",
    operation_id="listLikes",
    tags=[TAG],
    summary="List what you like",
    opt=needs(Permission.LISTEN),
    dependencies=paged(likes.SORTS),
    responses=answers(
        200, Page[LikeResponse], "A page, latest first.", page_of(LIKE_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_likes(
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    kind: LikedKind = "track",
) -> Page[LikeResponse]:
    """Tracks (or releases) you like, the latest first. What is withdrawn is left out until it is back."""
    filters = {"person": visitor.person, "kind": kind}
    part = page_request.of("likes", filters)
    async with database.read() as session:
        rows = await likes.listed(session, visitor.person, kind, part.slice)
    return part.page(rows, lambda row: show(LikeResponse, row))


@get(
    "/like-counts",
    operation_id="countLikes",
    tags=[TAG],
    summary="Count likes",
    opt=needs(Permission.BROWSE),
    responses=answers(
        200, Counts, "One count for each.", {"items": [{"id": TRACK_ID, "count": 3, "is_mine": True}]}, FORBIDDEN
    ),
)
async def count_likes(
    asked: AskedIds,
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    kind: LikedKind = "track",
) -> Counts:
    """How many people like each of these tracks (or releases), and whether you do; 0 for one that is not there."""
    async with database.read() as session:
        found = await likes.counts(session, kind, asked)
        mine = await likes.liked(session, visitor.person_id, kind, asked) if visitor.person_id else set()
    return Counts([Count(one, found[one], one in mine) for one in asked])


async def _like(idempotent: Idempotent, visitor: Visitor, kind: Liked, subject_id: UUID) -> Response[Liking]:
    async def work(session: Session) -> Reply:
        await likes.like(session, visitor.person, kind, subject_id)
        return Reply(200, await _liking(session, kind, subject_id, True))

    return await idempotent.run(work)


async def _unlike(idempotent: Idempotent, visitor: Visitor, kind: Liked, subject_id: UUID) -> Response[Liking]:
    async def work(session: Session) -> Reply:
        await likes.unlike(session, visitor.person, kind, subject_id)
        return Reply(200, await _liking(session, kind, subject_id, False))

    return await idempotent.run(work)


async def _liking(session: Session, kind: Liked, subject_id: UUID, is_liked: bool) -> Liking:
    return Liking(subject_id, kind, is_liked, (await likes.counts(session, kind, [subject_id]))[subject_id])
