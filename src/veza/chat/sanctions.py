"""Sanctions: who is muted in a channel or banned from it, until when, and why.

A ban is bound to the account and to a hash of its e-mail address: another name changes nothing, nor does a new account
with the same address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, and_, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.people import Person
from veza.chat.channels import Channel
from veza.kit.database import Base, Session
from veza.kit.listing import Slice, by_age
from veza.kit.rows import Rows, found_by


class SanctionKind(StrEnum):
    """Who is muted reads on; who is banned does not."""

    MUTE = "mute"
    BAN = "ban"


class ChannelSanction(Base):
    """`until` is null for one that lasts until it is lifted; `person_id` is null once the account is gone."""

    __tablename__ = "channel_sanctions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(ForeignKey(Channel.id))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    address_hash: Mapped[str | None]
    kind: Mapped[str]
    until: Mapped[datetime | None]
    reason: Mapped[str]
    by: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('mute', 'ban')", name="kind_known"),
        CheckConstraint("person_id IS NOT NULL OR address_hash IS NOT NULL", name="bound_to_somebody"),
        Index("uq_channel_sanctions_person", "channel_id", "person_id", "kind", unique=True),
        Index(None, "channel_id", "address_hash"),
        Index(None, "channel_id", "id"),
        Index(None, "person_id"),
    )


def hash_of(address: str) -> str:
    """What is kept of an address (as `people.clean_email` gives it)."""
    return hashlib.sha256(f"chat bans of {address.lower()}".encode()).hexdigest()


async def of_person(
    session: Session, channel_id: UUID, person_id: UUID, address: str | None
) -> Sequence[ChannelSanction]:
    """What holds for the person in the channel now."""
    own = [ChannelSanction.person_id == person_id]
    if address is not None:
        own.append(
            and_(ChannelSanction.kind == SanctionKind.BAN.value, ChannelSanction.address_hash == hash_of(address))
        )
    lasts = or_(ChannelSanction.until.is_(None), ChannelSanction.until > session.now)
    found = select(ChannelSanction).where(ChannelSanction.channel_id == channel_id, or_(*own), lasts)
    return (await session.scalars(found)).all()


async def impose(
    session: Session, channel_id: UUID, person: Person, kind: SanctionKind, until: datetime | None, reason: str
) -> None:
    """In the place of one of the same kind that the person has."""
    await lift(session, channel_id, person, kind)
    row = ChannelSanction(
        id=session.new_id(),
        channel_id=channel_id,
        person_id=person.id,
        address_hash=hash_of(person.email) if kind is SanctionKind.BAN and person.email else None,
        kind=kind.value,
        until=until,
        reason=reason,
        by=session.actor,
        created_at=session.now,
    )
    session.add(row)
    await session.flush()


async def lift(session: Session, channel_id: UUID, person: Person, kind: SanctionKind) -> bool:
    """Also one that an earlier account with the same address has; False where there was none."""
    own = [ChannelSanction.person_id == person.id]
    if person.email is not None:
        own.append(ChannelSanction.address_hash == hash_of(person.email))
    mine = (ChannelSanction.channel_id == channel_id, ChannelSanction.kind == kind.value, or_(*own))
    lifted = await session.execute(delete(ChannelSanction).where(*mine).returning(ChannelSanction.id))
    return bool(lifted.all())


SORTS = by_age(ChannelSanction.id)


async def listed(session: Session, channel_id: UUID, page: Slice) -> Rows:
    """Those of a channel that hold now (id, person_id, name, kind, until, reason, by, created_at)."""
    lasts = or_(ChannelSanction.until.is_(None), ChannelSanction.until > session.now)
    found = select(
        ChannelSanction.id, ChannelSanction.person_id, Person.name, ChannelSanction.kind, ChannelSanction.until,
        ChannelSanction.reason, ChannelSanction.by, ChannelSanction.created_at,
    )  # fmt: skip
    found = found.join(Person, Person.id == ChannelSanction.person_id)
    return await found_by(session, page.of(found.where(ChannelSanction.channel_id == channel_id, lasts)))
