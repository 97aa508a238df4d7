"""What a reader of a channel is shown: its messages by number, its events by sequence, each message as it is now.

What a blocked person wrote is left out; a deleted or hidden message keeps its place, without text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from veza.accounts.people import DELETED_NAME, Person
from veza.chat import reactions, words
from veza.chat.journal import ChannelEvent
from veza.chat.messages import ChatMessage, MessageMention, UnknownMessage, reads_hidden
from veza.chat.reach import blocks
from veza.chat.reactions import ReactionCount
from veza.chat.seats import Seat
from veza.kit.database import Session
from veza.kit.listing import Slice, Sort
from veza.kit.rows import Found, Query, Rows, found_by

SEARCHED_MOST = 10_000
"""The newest messages of a channel that a search looks at: it reads each of them."""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as its reader sees it."""

    id: UUID
    channel_id: UUID
    event_sequence: int
    number: int
    author_id: UUID | None
    author: str
    client_id: UUID
    text: str
    reply_to: UUID | None
    mentions: Sequence[UUID]
    reactions: Sequence[ReactionCount]
    is_deleted: bool
    is_hidden: bool
    created_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event with its message as that is now; `slow_seconds` is the channel's now."""

    sequence: int
    kind: str
    at: datetime
    message: ShownMessage | None
    slow_seconds: int


SORTS = {
    "newest": Sort(ChatMessage.event_sequence, is_descending=True, id_of="event_sequence"),
    "oldest": Sort(ChatMessage.event_sequence, id_of="event_sequence"),
}
EVENT_SORTS = {"oldest": Sort(ChannelEvent.sequence, id_of="sequence")}
_SHOWN: Query = select(
    ChatMessage.id,
    ChatMessage.channel_id,
    ChatMessage.event_sequence,
    ChatMessage.number,
    ChatMessage.author_id,
    func.coalesce(Person.name, DELETED_NAME).label("author"),
    ChatMessage.client_id,
    ChatMessage.text,
    ChatMessage.reply_to,
    ChatMessage.created_at,
    ChatMessage.edited_at,
    ChatMessage.deleted_at,
    ChatMessage.hidden_by,
).outerjoin(Person, Person.id == ChatMessage.author_id)


async def shown(session: Session, seat: Seat, message_id: UUID) -> ShownMessage:
    """One message of the channel; raises UnknownMessage, also for one of a person whom the reader blocks."""
    found = await _by_ids(session, seat, [message_id])
    if message_id not in found:
        raise UnknownMessage(message_id)
    return found[message_id]


async def listed(
    session: Session,
    seat: Seat,
    page: Slice,
    *,
    before: int | None = None,
    after: int | None = None,
    text: str | None = None,
) -> list[ShownMessage]:
    """Messages between two event sequences, both left out; with `text`, those among the newest that have it in them."""
    found = _SHOWN.where(ChatMessage.channel_id == seat.channel.id)
    if before is not None:
        found = found.where(ChatMessage.event_sequence < before)
    if after is not None:
        found = found.where(ChatMessage.event_sequence > after)
    if text is not None:
        found = found.where(
            ChatMessage.number > seat.channel.message_number - SEARCHED_MOST,
            ChatMessage.search_text.contains(words.fold(text), autoescape=True),
            ChatMessage.hidden_by.is_(None),
        )
    return await _filled(session, seat, await found_by(session, page.of(_unblocked(found, seat))))


async def events(session: Session, seat: Seat, page: Slice, *, after: int = 0) -> list[ShownEvent]:
    """What happened after an event sequence. An event of a blocked person's message is left out, so sequences have
    gaps for some readers."""
    found: Query = select(ChannelEvent.sequence, ChannelEvent.kind, ChannelEvent.message_id, ChannelEvent.at)
    found = found.outerjoin(ChatMessage, ChatMessage.id == ChannelEvent.message_id)
    found = found.where(ChannelEvent.channel_id == seat.channel.id, ChannelEvent.sequence > after)
    rows = await found_by(session, page.of(_unblocked(found, seat)))
    about = await _by_ids(session, seat, {row.message_id for row in rows if row.message_id is not None})
    slow = seat.channel.slow_seconds
    return [ShownEvent(row.sequence, row.kind, row.at, about.get(row.message_id), slow) for row in rows]


def _unblocked(found: Query, seat: Seat) -> Query:
    return found if seat.person_id is None else found.where(~blocks(seat.person_id, ChatMessage.author_id))


async def _by_ids(session: Session, seat: Seat, ids: Collection[UUID]) -> Mapping[UUID, ShownMessage]:
    if not ids:
        return {}
    found = _SHOWN.where(ChatMessage.channel_id == seat.channel.id, ChatMessage.id.in_(ids))
    return {row.id: row for row in await _filled(session, seat, await found_by(session, _unblocked(found, seat)))}


async def _filled(session: Session, seat: Seat, rows: Rows) -> list[ShownMessage]:
    """The rows with their reactions and mentions, one statement for each kind."""
    ids = [row.id for row in rows]
    counts = await reactions.counts(session, ids, seat.person_id)
    mentions: dict[UUID, list[UUID]] = {}
    if ids:
        named = select(MessageMention.message_id, MessageMention.person_id).where(MessageMention.message_id.in_(ids))
        for message_id, person_id in await session.execute(named.order_by(MessageMention.person_id)):
            mentions.setdefault(message_id, []).append(person_id)
    return [_shown(seat, row, counts.get(row.id, ()), mentions.get(row.id, ())) for row in rows]


def _shown(seat: Seat, row: Found, counts: Sequence[ReactionCount], mentions: Sequence[UUID]) -> ShownMessage:
    is_hidden = row.hidden_by is not None
    is_read = row.deleted_at is None and (not is_hidden or reads_hidden(seat, row.author_id))
    return ShownMessage(
        id=row.id,
        channel_id=row.channel_id,
        event_sequence=row.event_sequence,
        number=row.number,
        author_id=row.author_id,
        author=row.author,
        client_id=row.client_id,
        text=row.text if is_read else "",
        reply_to=row.reply_to,
        mentions=mentions if is_read else (),
        reactions=counts if is_read else (),
        is_deleted=row.deleted_at is not None,
        is_hidden=is_hidden,
        created_at=row.created_at,
        edited_at=row.edited_at,
    )
