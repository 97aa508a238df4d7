"""Artists, and the people who run them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base


class Artist(Base):
    """Who publishes and is paid: to the money room the seller `str(id)`. `fee_bps` null: the platform's fee."""

    __tablename__ = "artists"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    bio: Mapped[str] = mapped_column(default="")
    country: Mapped[str]
    currency: Mapped[str]
    fee_bps: Mapped[int | None]
    created_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("fee_bps IS NULL OR fee_bps BETWEEN 0 AND 10000", name="fee_possible"),)


class ArtistMember(Base):
    """A person who may act for an artist: an `owner` may change who does, a `member` may not."""

    __tablename__ = "artist_members"

    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    part: Mapped[str]
    since: Mapped[datetime]

    __table_args__ = (CheckConstraint("part IN ('owner', 'member')", name="part_known"), Index(None, "person_id"))
