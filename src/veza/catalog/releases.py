"""Releases: albums, EPs, singles and sample packs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base

KINDS = ("album", "ep", "single", "sample_pack")
STATUSES = ("draft", "scheduled", "published", "withdrawn")


class Release(Base):
    """What an artist publishes; `attempt` counts its versions, so that of two who change it at once one is told."""

    __tablename__ = "releases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"))
    slug: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    description: Mapped[str] = mapped_column(default="")
    licence: Mapped[str] = mapped_column(default="")
    language: Mapped[str | None]
    musicbrainz_id: Mapped[UUID | None]
    tags: Mapped[list[Any]]
    cover_id: Mapped[UUID | None]
    release_date: Mapped[date | None] = mapped_column(Date)
    publish_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("kind IN ('album', 'ep', 'single', 'sample_pack')", name="kind_known"),
        CheckConstraint("status IN ('draft', 'scheduled', 'published', 'withdrawn')", name="status_known"),
        Index("uq_releases_artist_id_slug", "artist_id", "slug", unique=True),
    )
