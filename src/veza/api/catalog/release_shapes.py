"""What a release looks like: as it is sent, and as it is shown, alone or with its tracks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from veza.accounts.identity import Identity
from veza.api.catalog.shapes import (
    COVER_EXAMPLE,
    CoverResponse,
    HasPreview,
    HeardBy,
    LanguageCode,
    Name,
    Prose,
    ReleaseKind,
    Tags,
    cover_of,
)
from veza.api.catalog.track_shapes import TRACK_EXAMPLE, TrackResponse, track_shown
from veza.api.shapes import show
from veza.catalog import acting, listings
from veza.kit.database import Session
from veza.kit.rows import Rows

Status = Literal["draft", "scheduled", "published", "withdrawn"]
Precision = Annotated[
    Literal["day", "month", "year"],
    Meta(description="How much of `release_date` is known, which is then the first day of its month or year."),
]
Licence = Annotated[Prose, Meta(description="What a buyer may do with it; a sample pack needs one.")]


class NewRelease(Struct, forbid_unknown_fields=True):
    """A release to be made; it begins as a draft."""

    title: Name
    kind: ReleaseKind
    description: Prose = ""
    licence: Licence = ""
    language: LanguageCode | None = None
    musicbrainz_id: UUID | None = None
    tags: Tags = []
    heard_by: HeardBy = "owners"
    has_preview: HasPreview = True
    release_date: date | None = None
    release_date_precision: Precision | None = None


class ReleaseChanges(Struct, forbid_unknown_fields=True):
    """What is to change; what is not named stays. `version` is the one you read; `If-Match` says it as well."""

    version: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    title: Name | UnsetType = UNSET
    kind: ReleaseKind | UnsetType = UNSET
    description: Prose | UnsetType = UNSET
    licence: Licence | UnsetType = UNSET
    language: LanguageCode | UnsetType | None = UNSET
    musicbrainz_id: UUID | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    heard_by: HeardBy | UnsetType = UNSET
    has_preview: HasPreview | UnsetType = UNSET
    release_date: date | UnsetType | None = UNSET
    release_date_precision: Precision | UnsetType = UNSET


class ReleaseResponse(Struct, frozen=True):
    """A release; `version` goes up with each change of it and is sent back with the next one."""

    id: UUID
    artist_id: UUID
    artist_slug: str
    artist_name: str
    slug: str
    title: str
    kind: ReleaseKind
    status: Status
    version: int
    language: str | None
    tags: list[str]
    heard_by: HeardBy
    has_preview: HasPreview
    release_date: date | None
    release_date_precision: Precision | None
    publish_at: datetime | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    cover: CoverResponse | None


class ReleaseDetail(ReleaseResponse, frozen=True):
    """A release with its words and its tracks in order."""

    description: str
    licence: str
    musicbrainz_id: UUID | None
    tracks: list[TrackResponse]


RELEASE_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-0000000000d1",
    "artist_id": "01890000-0000-7000-8000-0000000000a1",
    "artist_slug": "dzana-kovac",
    "artist_name": "Džana Kovač",
    "slug": "blue-hours",
    "title": "Blue Hours",
    "kind": "album",
    "status": "published",
    "version": 3,
    "language": "bs",
    "tags": ["folk"],
    "heard_by": "owners",
    "has_preview": True,
    "release_date": "2026-02-01",
    "release_date_precision": "day",
    "publish_at": None,
    "published_at": "2026-02-01T09:00:00Z",
    "created_at": "2026-01-02T10:30:00Z",
    "updated_at": "2026-02-01T09:00:00Z",
    "cover": COVER_EXAMPLE,
}
DETAIL_EXAMPLE = {
    **RELEASE_EXAMPLE, "description": "Recorded in one night.", "licence": "", "musicbrainz_id": None,
    "tracks": [TRACK_EXAMPLE],
}  # fmt: skip


def release_shown(row: Any) -> ReleaseResponse:
    """A row of a list of releases; its version has the name of the stored column."""
    return show(ReleaseResponse, row, version=row.attempt, cover=cover_of(row))


async def release_detail(session: Session, release_id: UUID) -> ReleaseDetail:
    """A release as this transaction leaves it, with its tracks."""
    await session.flush()
    card = await listings.release_card(session, release_id)
    return _detail(card, await listings.cards_of_release(session, release_id))


async def with_tracks(session: Session, row: Any, identity: Identity) -> ReleaseDetail:
    """A release with the tracks this identity may see."""
    return _detail(row, await listings.seen_cards_of_release(session, row.id, identity))


def _detail(row: Any, tracks: Rows) -> ReleaseDetail:
    shown = [track_shown(one) for one in tracks]
    return show(ReleaseDetail, row, version=row.attempt, cover=cover_of(row), tracks=shown)


async def release_to_edit(session: Session, release_id: UUID, identity: Identity) -> ReleaseDetail:
    """The release of a path, locked, as GET shows it to this visitor; raises UnknownRelease, NotYours."""
    row = await acting.release_to_change(session, release_id, identity)
    return await with_tracks(session, await listings.seen_release(session, row.id, identity), identity)
