"""A track before it has a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TrackDraft:
    """A track as it was sent; `credits` are (name, role)."""

    title: str
    credits: Sequence[tuple[str, str]] = ()
    explicit: bool = False
    isrc: str | None = None
    musicbrainz_id: UUID | None = None
    language: str | None = None
    tags: Sequence[str] = ()
    duration_ms: int | None = None
