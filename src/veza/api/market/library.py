"""The library: what one owns, and what one may do with a track."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.catalog.shapes import TitleFilter, searched
from veza.api.market.filters import OfArtist, OfKind, OfReleaseKind
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import NOT_FOUND, Problem
from veza.api.shapes import LIST_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.catalog.tracks import Track
from veza.kit.database import Database
from veza.library import access, shelf

TAG = "library"


class OwnedResponse(Struct, frozen=True):
    """One thing that is owned; a release comes with its tracks. `by` says what gave it."""

    kind: Literal["release", "track"]
    item_id: UUID
    release_id: UUID
    title: str
    artist_id: UUID
    artist: str
    given_at: datetime
    by: Literal["order_line", "download_code"]


SOUND_IS_KEPT = False
"""No recording is kept in this version: whoever owns a track can neither hear nor download it here yet."""


class AccessResponse(Struct, frozen=True):
    """What one can do with the track now, and in a few words what one is to it. All three are false as long as no
    recording of it is kept (`has_sound`), also for its owner."""

    stream: bool
    preview: bool
    download: bool
    has_sound: bool
    because: str


OWNED_EXAMPLE: dict[str, Any] = {
    "kind": "release",
    "item_id": "01890000-0000-7000-8000-000000000021",
    "release_id": "01890000-0000-7000-8000-000000000021",
    "title": "Blue Hours",
    "artist_id": "01890000-0000-7000-8000-000000000020",
    "artist": "Anna Berg",
    "given_at": "2026-01-02T10:31:00Z",
    "by": "order_line",
}
ACCESS_EXAMPLE = {"stream": False, "preview": False, "download": False, "has_sound": False, "because": "owned"}


@get(
    "/library",
    operation_id="listLibrary",
    tags=[TAG],
    summary="List what one owns",
    opt=needs(Permission.OWN_ACCOUNT),
    dependencies=paged(shelf.SORTS),
    responses=answers(200, Page[OwnedResponse], "A page, last given first.", page_of(OWNED_EXAMPLE), *LIST_PROBLEMS),
)
async def list_library(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    kind: OfKind = None,
    artist: OfArtist = None,
    release_kind: OfReleaseKind = None,
    text: TitleFilter = None,
) -> Page[OwnedResponse]:
    """What the signed-in person bought or was given, without what went back."""
    filters: dict[str, Any] = {"kind": kind, "artist_id": artist, "release_kind": release_kind, "text": searched(text)}
    part = page_request.of("library", filters)
    async with database.read() as session:
        rows = await shelf.owned_by(session, visitor.person, part.slice, **filters)
    return part.page(rows, lambda row: show(OwnedResponse, row, by=row.cause_kind))


@get(
    "/library/tracks/{track_id:uuid}",
    operation_id="showAccess",
    tags=[TAG],
    summary="Show what one may do with a track",
    opt=needs(Permission.BROWSE),
    responses=answers(200, AccessResponse, "What is open to the visitor.", ACCESS_EXAMPLE, NOT_FOUND),
)
async def show_access(
    track_id: FromPath[UUID], database: NamedDependency[Database], visitor: NamedDependency[Visitor]
) -> AccessResponse:
    """Whether the visitor can hear all of it, a preview, or download it. A track that is not for the visitor is not
    there."""
    async with database.read() as session:
        track = await session.get(Track, track_id)
        found = await access.may(session, visitor.person_id, track) if track is not None else None
    if found is None or not found.preview:
        raise Problem(NOT_FOUND, f"there is no track {track_id}")
    return AccessResponse(
        stream=found.stream and SOUND_IS_KEPT,
        preview=found.preview and SOUND_IS_KEPT,
        download=found.download and SOUND_IS_KEPT,
        has_sound=SOUND_IS_KEPT,
        because=found.because,
    )
