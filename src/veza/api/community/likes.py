"""Likes of tracks and releases, and their counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.community.follows import Count, CountedIds, Counts
from veza.api.community.playlist_shapes import ARTIST_ID, AT, RELEASE_ID, TRACK_ID
from veza.api.operations import Declare, listing, read, write
from veza.api.shapes import show
from veza.community import likes
from veza.community.likes import Liked
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session

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


def _switch(
    by: Callable[..., Declare], kind: Liked, operation: str, summary: str, description: str, example: Any
) -> Declare:
    return by(
        f"/me/likes/{kind}s/{{{kind}_id:uuid}}",
        operation=operation,
        summary=summary,
        permission=Permission.LISTEN,
        any_body=True,
        gives=(200, Liking, description, example),
        problems=(NOT_FOUND,),
    )


@_switch(write.put, "track", "likeTrack", "Like a track", "You like it.", LIKING_EXAMPLE)
async def like_track(session: Session, track_id: UUID, identity: Identity) -> Liking:
    """Keeps the track among your likes. Liking twice is liking once."""
    await likes.like(session, identity.person, "track", track_id)
    return await _liking(session, "track", track_id, True)


@_switch(write.delete, "track", "unlikeTrack", "Stop liking a track", "You do not like it.", UNLIKED_EXAMPLE)
async def unlike_track(session: Session, track_id: UUID, identity: Identity) -> Liking:
    """Takes the track off your likes; when it was not there, nothing changes."""
    await likes.unlike(session, identity.person, "track", track_id)
    return await _liking(session, "track", track_id, False)


@_switch(write.put, "release", "likeRelease", "Like a release", "You like it.", LIKING_EXAMPLE | OF_RELEASE)
async def like_release(session: Session, release_id: UUID, identity: Identity) -> Liking:
    """Keeps the release among your likes. Liking twice is liking once."""
    await likes.like(session, identity.person, "release", release_id)
    return await _liking(session, "release", release_id, True)


@_switch(
    write.delete,
    "release",
    "unlikeRelease",
    "Stop liking a release",
    "You do not like it.",
    UNLIKED_EXAMPLE | OF_RELEASE,
)
async def unlike_release(session: Session, release_id: UUID, identity: Identity) -> Liking:
    """Takes the release off your likes; when it was not there, nothing changes."""
    await likes.unlike(session, identity.person, "release", release_id)
    return await _liking(session, "release", release_id, False)


async def _liking(session: Session, kind: Liked, subject_id: UUID, is_liked: bool) -> Liking:
    return Liking(subject_id, kind, is_liked, (await likes.counts(session, kind, [subject_id]))[subject_id])


@listing(
    "/me/likes",
    operation="listLikes",
    summary="List what you like",
    permission=Permission.LISTEN,
    sorts=likes.SORTS,
    gives=(LikeResponse, "A page, latest first.", LIKE_EXAMPLE),
)
async def list_likes(
    session: Session, page_request: PageRequest, identity: Identity, kind: LikedKind = "track"
) -> Page[LikeResponse]:
    """Tracks (or releases) you like, the latest first. What is withdrawn is left out until it is back."""
    filters = {"person": identity.person, "kind": kind}
    page = page_request.of("likes", filters)
    rows = await likes.listed(session, identity.person, kind, page.slice)
    return page.filled(rows, lambda row: show(LikeResponse, row))


@read(
    "/like-counts",
    operation="countLikes",
    summary="Count likes",
    permission=Permission.BROWSE,
    gives=(Counts, "One count for each.", {"items": [{"id": TRACK_ID, "count": 3, "is_mine": True}]}),
)
async def count_likes(session: Session, asked: CountedIds, identity: Identity, kind: LikedKind = "track") -> Counts:
    """How many people like each of these tracks (or releases), and whether you do; 0 for one that is not there."""
    found = await likes.counts(session, kind, asked)
    mine = await likes.liked(session, identity.person_id, kind, asked) if identity.person_id else set()
    return Counts([Count(one, found[one], one in mine) for one in asked])
