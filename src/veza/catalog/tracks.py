"""Tracks: what is on a release, in order."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base


class Track(Base):
    """One track; `artist_id` repeats its release's, for lists. `credits` are {"name", "part"} objects."""

    __tablename__ = "tracks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id"))
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"))
    position: Mapped[int]
    title: Mapped[str]
    credits: Mapped[list[Any]]
    explicit: Mapped[bool] = mapped_column(default=False)
    isrc: Mapped[str | None]
    musicbrainz_id: Mapped[UUID | None]
    language: Mapped[str | None]
    tags: Mapped[list[Any]]
    duration_ms: Mapped[int | None]
    created_at: Mapped[datetime]

    __table_args__ = (Index(None, "release_id", "position"), Index(None, "artist_id"))
