"""The channels in a person's list, each with what the person has not read yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update

from veza.accounts.people import Person
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.visibility import VISIBLE_ARTIST, VISIBLE_RELEASE
from veza.chat import channels
from veza.chat.channels import Channel, ChannelMember, UnknownChannel
from veza.chat.messages import ChatMessage
from veza.chat.reach import blocks
from veza.chat.rules import ChannelKind
from veza.chat.seats import Seat
from veza.kit.database import Session
from veza.kit.listing import Slice, by_time
from veza.kit.rows import Found, Query, Rows, found_by

UNREAD_MOST = 1_000
"""The newest messages of a channel among which unread ones are counted."""


@dataclass(frozen=True, slots=True)
class Party:
    """A person of a direct channel, by the name that others see."""

    person_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class ShownChannel:
    """A channel as a reader sees it. `title` is the artist's name or the release's title; `parties` are the people of a
    direct channel; `last_read_number` is null where the channel is not in the reader's list."""

    id: UUID
    kind: str
    subject_id: UUID | None
    title: str
    parties: Sequence[Party]
    event_sequence: int
    message_number: int
    last_read_number: int | None
    unread: int
    slow_seconds: int
    last_message_at: datetime


SORTS = by_time(Channel.last_message_at, Channel.id, "last_message_at")
_CHANNELS: Query = (
    select(
        Channel.id,
        Channel.kind,
        Channel.subject_id,
        case((Channel.kind == ChannelKind.RELEASE.value, Release.title), else_=func.coalesce(Artist.name, "")).label(
            "title"
        ),
        Channel.event_sequence,
        Channel.message_number,
        ChannelMember.last_read_number,
        Channel.slow_seconds,
        Channel.last_message_at,
    )
    .outerjoin(Artist, Artist.id == Channel.artist_id)
    .outerjoin(Release, and_(Release.id == Channel.subject_id, Channel.kind == ChannelKind.RELEASE.value))
)
_IS_PUBLIC = or_(
    Channel.artist_id.is_(None),
    and_(Channel.kind == ChannelKind.ARTIST.value, VISIBLE_ARTIST),
    and_(Channel.kind == ChannelKind.RELEASE.value, VISIBLE_RELEASE),
)


async def mine(
    session: Session, person_id: UUID, page: Slice, *, kind: ChannelKind | None = None
) -> list[ShownChannel]:
    """The channels in the person's list, those with the newest message first; without those of what is not public."""
    found = _CHANNELS.join(ChannelMember, _membership(person_id)).where(_IS_PUBLIC)
    if kind is not None:
        found = found.where(Channel.kind == kind.value)
    return await _filled(session, person_id, await found_by(session, page.of(found)))


async def shown(session: Session, channel_id: UUID, person_id: UUID | None) -> ShownChannel:
    """One channel, whose seat the caller has taken. Raises UnknownChannel."""
    found = _CHANNELS.outerjoin(ChannelMember, _membership(person_id)).where(Channel.id == channel_id)
    rows = await found_by(session, found)
    if not rows:
        raise UnknownChannel(channel_id)
    return (await _filled(session, person_id, rows))[0]


async def mark_read(session: Session, seat: Seat, number: int) -> None:
    """Everything up to this message is read, on every device. A mark goes only forward, and not beyond the
    newest message."""
    await channels.join(session, seat.channel.id, seat.person)
    own = (ChannelMember.channel_id == seat.channel.id, ChannelMember.person_id == seat.person)
    reached = min(number, seat.channel.message_number)
    moved = update(ChannelMember).where(*own, ChannelMember.last_read_number < reached)
    await session.execute(moved.values(last_read_number=reached), execution_options={"synchronize_session": False})


def _membership(person_id: UUID | None) -> ColumnElement[bool]:
    return and_(ChannelMember.channel_id == Channel.id, ChannelMember.person_id == person_id)


async def _filled(session: Session, person_id: UUID | None, rows: Rows) -> list[ShownChannel]:
    unread = await _unread(session, person_id, [row.id for row in rows if row.last_read_number is not None])
    parties = await _parties(session, [row.id for row in rows if row.kind == ChannelKind.DIRECT])
    return [_shown(row, parties.get(row.id, ()), unread.get(row.id, 0)) for row in rows]


def _shown(row: Found, parties: Sequence[Party], unread: int) -> ShownChannel:
    return ShownChannel(
        id=row.id,
        kind=row.kind,
        subject_id=row.subject_id,
        title=row.title,
        parties=parties,
        event_sequence=row.event_sequence,
        message_number=row.message_number,
        last_read_number=row.last_read_number,
        unread=unread,
        slow_seconds=row.slow_seconds,
        last_message_at=row.last_message_at,
    )


async def _unread(session: Session, person_id: UUID | None, channel_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Channel → its messages after the last one read, without the person's own and those that do not arrive."""
    if person_id is None or not channel_ids:
        return {}
    found = (
        select(ChatMessage.channel_id, func.count().label("count_"))
        .join(
            ChannelMember,
            and_(ChannelMember.channel_id == ChatMessage.channel_id, ChannelMember.person_id == person_id),
        )
        .join(Channel, Channel.id == ChatMessage.channel_id)
        .where(
            ChatMessage.channel_id.in_(channel_ids),
            ChatMessage.number > ChannelMember.last_read_number,
            ChatMessage.number > Channel.message_number - UNREAD_MOST,
            ChatMessage.deleted_at.is_(None),
            ChatMessage.hidden_by.is_(None),
            ChatMessage.author_id != person_id,
            ~blocks(person_id, ChatMessage.author_id),
        )
        .group_by(ChatMessage.channel_id)
    )
    return {row.channel_id: row.count_ for row in await session.execute(found)}


async def _parties(session: Session, channel_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Party]]:
    if not channel_ids:
        return {}
    found = select(ChannelMember.channel_id, Person.id, Person.name).join(Person, Person.id == ChannelMember.person_id)
    found = found.where(ChannelMember.channel_id.in_(channel_ids)).order_by(Person.name, Person.id)
    parties: dict[UUID, list[Party]] = {}
    for channel_id, person_id, name in await session.execute(found):
        parties.setdefault(channel_id, []).append(Party(person_id, name))
    return parties
