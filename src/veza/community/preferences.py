"""Which notices a recipient wants: one row per recipient, kind and channel; without a row the pace is *at once*.

A recipient is a person or, for a buyer without an account, a mail address. Of an address only its hash is kept: it is
enough to look the answer up, and a table of addresses that refused mail would be worth stealing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import people
from veza.kit.database import Base, Session
from veza.kit.messages import Message, gettext


class NoticeKind(StrEnum):
    """What a notice is about; one switch each."""

    SALE = "sale"
    REFUND_REQUEST = "refund_request"
    ORDER = "order"
    REFUND = "refund"


class Channel(StrEnum):
    """How a notice travels."""

    MAIL = "mail"


class Pace(StrEnum):
    """When a notice is sent."""

    AT_ONCE = "at_once"
    NEVER = "never"


MEANING: dict[NoticeKind, Message] = {
    NoticeKind.SALE: gettext("a buyer paid for a release or track of one of your artists"),
    NoticeKind.REFUND_REQUEST: gettext("a buyer asks for a refund, and its deadline comes near"),
    NoticeKind.ORDER: gettext("the confirmation of what you bought"),
    NoticeKind.REFUND: gettext("the answer to a refund you asked for, and money that went back to you"),
}
"""Each kind in words for its recipient."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who a notice is for: `address` is where a mail goes, in `language` (None: English), with times in
    `time_zone` (None: UTC); `person_id` is None for a buyer without an account."""

    address: str
    person_id: UUID | None = None
    language: str | None = None
    time_zone: str | None = None

    @property
    def address_hash(self) -> str | None:
        """What is kept of the address of a buyer without an account."""
        return None if self.person_id is not None else hash_of(self.address)


class NoticePreference(Base):
    """One recipient's pace for one kind on one channel."""

    __tablename__ = "notice_preferences"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    address_hash: Mapped[str | None]
    kind: Mapped[str]
    channel: Mapped[str]
    pace: Mapped[str]
    changed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (address_hash IS NULL)", name="one_recipient"),
        CheckConstraint("pace IN ('at_once', 'never')", name="pace_known"),
        Index("uq_notice_preferences_person", "person_id", "kind", "channel", unique=True),
        Index("uq_notice_preferences_address", "address_hash", "kind", "channel", unique=True),
    )


def hash_of(address: str) -> str:
    """What is kept of an address (as `people.clean_email` gives it)."""
    return hashlib.sha256(f"notices to {address.lower()}".encode()).hexdigest()


async def wanting(
    session: Session, recipients: Collection[Recipient], kind: NoticeKind, channel: Channel = Channel.MAIL
) -> list[Recipient]:
    """Those of the recipients whose pace for this kind is not *never*, in one statement."""
    if not recipients:
        return []
    persons = [one.person_id for one in recipients if one.person_id is not None]
    addresses = [one.address_hash for one in recipients if one.address_hash is not None]
    refusing = select(NoticePreference.person_id, NoticePreference.address_hash).where(
        NoticePreference.kind == kind.value,
        NoticePreference.channel == channel.value,
        NoticePreference.pace == Pace.NEVER.value,
        or_(NoticePreference.person_id.in_(persons), NoticePreference.address_hash.in_(addresses)),
    )
    refused = {(row.person_id, row.address_hash) for row in await session.execute(refusing)}
    return [one for one in recipients if (one.person_id, one.address_hash) not in refused]


async def of_person(session: Session, person_id: UUID) -> dict[tuple[NoticeKind, Channel], Pace]:
    """Every kind and channel with the person's pace."""
    mine = select(NoticePreference).where(NoticePreference.person_id == person_id)
    chosen = {(row.kind, row.channel): Pace(row.pace) for row in await session.scalars(mine)}
    return {
        (kind, channel): chosen.get((kind.value, channel.value), Pace.AT_ONCE)
        for kind in NoticeKind
        for channel in Channel
    }


async def choose(session: Session, person_id: UUID, kind: NoticeKind, channel: Channel, pace: Pace) -> None:
    """The person's pace for a kind from now on; raises UnknownPerson. Of two choices at once the later one stays."""
    await people.hold(session, person_id)
    await _write(session, kind, channel, pace, person_id=person_id)


async def refuse(session: Session, address_hash: str, kind: NoticeKind, channel: Channel = Channel.MAIL) -> None:
    """A buyer without an account wants no more notices of this kind at this address."""
    await _write(session, kind, channel, Pace.NEVER, address_hash=address_hash)


async def forget_person(session: Session, person_id: UUID) -> None:
    """The account goes, and what it chose goes with it."""
    await session.execute(delete(NoticePreference).where(NoticePreference.person_id == person_id))


async def export_of(session: Session, person_id: UUID) -> Sequence[dict[str, str]]:
    """What a person chose, for the export of their data."""
    chosen = await of_person(session, person_id)
    return [
        {"kind": kind.value, "channel": channel.value, "pace": pace.value} for (kind, channel), pace in chosen.items()
    ]


async def _write(session: Session, kind: NoticeKind, channel: Channel, pace: Pace, **recipient: Any) -> None:
    """The one row of this recipient, kind and channel; `recipient` is its one column and value."""
    insert: Any = postgresql.insert if session.dialect == "postgresql" else sqlite.insert
    values = {
        "id": session.new_id(), "person_id": None, "address_hash": None, **recipient, "kind": kind.value,
        "channel": channel.value, "pace": pace.value, "changed_at": session.now,
    }  # fmt: skip
    changed = {"pace": pace.value, "changed_at": session.now}
    await session.execute(
        insert(NoticePreference)
        .values(values)
        .on_conflict_do_update(index_elements=[*recipient, "kind", "channel"], set_=changed)
    )
