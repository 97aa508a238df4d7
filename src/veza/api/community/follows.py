"""Follows of artists, their counts, and the feed of new releases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.catalog.shapes import NameFilter, ReleaseKind, searched
from veza.api.community.playlist_shapes import ARTIST_ID, AT, RELEASE_ID
from veza.api.operations import listing, read, write
from veza.api.shapes import show
from veza.community import follows
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session

TAG = "follows"
COUNTED_AT_ONCE_MOST = 100

CountedIds = Annotated[
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


@write.put(
    "/me/follows/{artist_id:uuid}",
    operation="followArtist",
    summary="Follow an artist",
    permission=Permission.LISTEN,
    any_body=True,
    gives=(200, Following, "You follow the artist.", {"artist_id": ARTIST_ID, "is_followed": True, "followers": 4}),
    problems=(NOT_FOUND,),
)
async def follow_artist(session: Session, artist_id: UUID, identity: Identity) -> Following:
    """Their new releases come to your feed. Following twice is following once."""
    await follows.follow(session, identity.person, artist_id)
    return Following(artist_id, True, (await follows.counts(session, [artist_id]))[artist_id])


@write.delete(
    "/me/follows/{artist_id:uuid}",
    operation="unfollowArtist",
    summary="Stop following an artist",
    permission=Permission.LISTEN,
    any_body=True,
    gives=(
        200,
        Following,
        "You do not follow the artist.",
        {"artist_id": ARTIST_ID, "is_followed": False, "followers": 3},
    ),
    problems=(NOT_FOUND,),
)
async def unfollow_artist(session: Session, artist_id: UUID, identity: Identity) -> Following:
    """Their releases leave your feed. Not following whom you never followed changes nothing."""
    await follows.unfollow(session, identity.person, artist_id)
    return Following(artist_id, False, (await follows.counts(session, [artist_id]))[artist_id])


@listing(
    "/me/follows",
    operation="listFollows",
    summary="List whom you follow",
    permission=Permission.LISTEN,
    sorts=follows.SORTS,
    gives=(FollowResponse, "A page, latest first.", FOLLOW_EXAMPLE),
)
async def list_follows(
    session: Session, page_request: PageRequest, identity: Identity, text: NameFilter = None
) -> Page[FollowResponse]:
    """Artists you follow, the latest first."""
    page = page_request.of("follows", {"person": identity.person, "text": searched(text)})
    rows = await follows.listed(session, identity.person, page.slice, text=text)
    return page.filled(rows, lambda row: show(FollowResponse, row))


@read(
    "/follower-counts",
    operation="countFollowers",
    summary="Count followers",
    permission=Permission.BROWSE,
    gives=(Counts, "One count for each artist.", COUNTS_EXAMPLE),
)
async def count_followers(session: Session, asked: CountedIds, identity: Identity) -> Counts:
    """How many people follow each of these artists, and whether you do; 0 for one that is not there."""
    found = await follows.counts(session, asked)
    mine = await follows.followed(session, identity.person_id, asked) if identity.person_id else set()
    return Counts([Count(one, found[one], one in mine) for one in asked])


@listing(
    "/me/feed",
    operation="showFeed",
    summary="New releases of artists you follow",
    permission=Permission.LISTEN,
    sorts=follows.FEED_SORTS,
    gives=(FeedRelease, "A page, latest first.", RELEASE_EXAMPLE),
)
async def show_feed(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    kind: Annotated[ReleaseKind | None, QueryParameter(description="Only of this kind.")] = None,
) -> Page[FeedRelease]:
    """What the artists you follow published, the latest first unless told otherwise."""
    page = page_request.of("feed", {"person": identity.person, "kind": kind})
    rows = await follows.feed(session, identity.person, page.slice, kind=kind)
    return page.filled(rows, lambda row: show(FeedRelease, row))
