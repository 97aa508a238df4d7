"""What a track looks like: as it is sent, and as it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from veza.accounts.identity import Identity
from veza.api.catalog.shapes import (
    COVER_EXAMPLE,
    AudioState,
    CoverResponse,
    HasPreview,
    HeardBy,
    LanguageCode,
    Name,
    Tags,
    cover_of,
)
from veza.api.shapes import PLAIN, show
from veza.catalog import acting, listings
from veza.kit.database import Session

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


class TrackResponse(Struct, frozen=True):
    """A track, with the names of its release and artist; `position` counts from 1. `heard_by` and `has_preview` are
    said of its release; `showAccess` says what is open to one reader."""

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
    audio_state: AudioState
    heard_by: HeardBy
    has_preview: HasPreview
    created_at: datetime
    cover: CoverResponse | None


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
    "audio_state": "ready",
    "heard_by": "owners",
    "has_preview": True,
    "created_at": "2026-01-02T10:30:00Z",
    "cover": COVER_EXAMPLE,
}


def track_shown(row: Any) -> TrackResponse:
    """A row of a list of tracks."""
    credits = [Credit(one["name"], one["part"]) for one in row.credits]
    return show(TrackResponse, row, credits=credits, cover=cover_of(row))


async def track_to_edit(session: Session, track_id: UUID, identity: Identity) -> TrackResponse:
    """The track of a path, locked with its release, as GET shows it to this visitor; raises UnknownTrack, NotYours."""
    _, row = await acting.track_to_change(session, track_id, identity)
    return track_shown(await listings.seen_track(session, row.id, identity))
