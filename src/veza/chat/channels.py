"""Channels: of the site, of an artist, of a release; direct ones are in `direct`. Each is made when first opened."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.people import Person
from veza.catalog import visibility
from veza.catalog.releases import Release
from veza.chat.rules import ChannelKind
from veza.kit.database import Base, Session
from veza.kit.insert_ignore import insert_ignore
from veza.kit.messages import gettext

MODERATOR = "moderator"


class Channel(Base):
    """`event_sequence` counts everything that happens in a channel, `message_number` its messages. Both grow by
    `UPDATE … RETURNING` in the writing transaction (`journal`), so there is one order for all readers.

    `key` says what the channel is of, once: `site`, `artist …`, `release …`, or a digest of the people of a direct one.
    `artist_id` is whose people are its hosts. `slow_seconds` is the time between two messages of one person.
    """

    __tablename__ = "channels"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    # No foreign keys: an artist's page and a draft may be deleted.
    subject_id: Mapped[UUID | None]
    artist_id: Mapped[UUID | None]
    event_sequence: Mapped[int] = mapped_column(default=0)
    message_number: Mapped[int] = mapped_column(default=0)
    slow_seconds: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    last_message_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ({})".format(", ".join(f"'{kind}'" for kind in ChannelKind)), name="kind_known"),
        CheckConstraint("(artist_id IS NULL) = (kind IN ('site', 'direct'))", name="hosts_possible"),
        CheckConstraint("message_number BETWEEN 0 AND event_sequence", name="numbers_possible"),
        CheckConstraint("slow_seconds >= 0", name="pace_possible"),
    )


class ChannelMember(Base):
    """A person who has the channel in their list. `role` is null, or `moderator`; what was read counts on every
    device."""

    __tablename__ = "channel_members"

    channel_id: Mapped[UUID] = mapped_column(ForeignKey(Channel.id), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    role: Mapped[str | None]
    last_read_number: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("role IS NULL OR role = 'moderator'", name="role_known"),
        CheckConstraint("last_read_number >= 0", name="mark_possible"),
        Index(None, "person_id", "channel_id"),
    )


class UnknownChannel(LookupError):
    """No such channel, or none that the reader may see."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no channel {wanted}", wanted=wanted))


async def find(session: Session, channel_id: UUID, *, lock: bool = False) -> Channel:
    """The channel, locked against other writers if it is to be written to; raises UnknownChannel."""
    how = {"with_for_update": True, "populate_existing": True} if lock else {}
    row = await session.get(Channel, channel_id, **how)  # type: ignore[arg-type]
    if row is None:
        raise UnknownChannel(channel_id)
    return row


async def open_public(session: Session, kind: ChannelKind, subject_id: UUID | None) -> Channel:
    """The channel of the site, of a public artist or of a public release, made unless it is there. Raises NothingThere,
    UnknownChannel for a kind that has a subject and came without one."""
    if kind is ChannelKind.SITE:
        return await made(session, kind, kind.value)
    if subject_id is None or kind is ChannelKind.DIRECT:
        raise UnknownChannel(kind.value)
    key = f"{kind.value} {subject_id}"
    row = await by_key(session, key)
    if row is not None:
        return row
    await visibility.must_be_visible(session, kind.value, subject_id)
    artist_id = subject_id
    if kind is ChannelKind.RELEASE:
        artist_id = (await session.get_one(Release, subject_id)).artist_id
    return await made(session, kind, key, subject_id=subject_id, artist_id=artist_id)


async def made(
    session: Session, kind: ChannelKind, key: str, *, subject_id: UUID | None = None, artist_id: UUID | None = None
) -> Channel:
    """The channel with this key; of two that make it at once both get the same."""
    row = await by_key(session, key)
    if row is not None:
        return row
    now = session.now
    numbers = {"event_sequence": 0, "message_number": 0, "slow_seconds": 0}
    what = {"id": session.new_id(), "kind": kind.value, "key": key, "subject_id": subject_id, "artist_id": artist_id}
    await insert_ignore(session, Channel, {**what, **numbers, "created_at": now, "last_message_at": now})
    return (await session.scalars(select(Channel).where(Channel.key == key))).one()


async def by_key(session: Session, key: str) -> Channel | None:
    """The channel with this key; None before it was first opened."""
    return (await session.scalars(select(Channel).where(Channel.key == key))).one_or_none()


async def join(session: Session, channel_id: UUID, person_id: UUID) -> None:
    """The channel stands in the person's list from now on; joining twice is joining once."""
    row = {"channel_id": channel_id, "person_id": person_id, "role": None, "last_read_number": 0, "since": session.now}
    await insert_ignore(session, ChannelMember, row)


async def leave(session: Session, channel_id: UUID, person_id: UUID) -> None:
    """The channel leaves the person's list. Who leaves a direct channel reads it no more, until it is opened again."""
    mine = (ChannelMember.channel_id == channel_id, ChannelMember.person_id == person_id)
    await session.execute(delete(ChannelMember).where(*mine))
