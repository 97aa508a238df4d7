"""The journal of a channel: everything that happens in it, in one order, so that a reader who was away catches up.

An event says what happened to which message; a reader is shown the message as it is by then. So an event that is read
twice changes nothing, and an edit of a message that was deleted since shows nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.chat.channels import Channel
from veza.kit.database import Base, Session, table_of

WAKE = "chat"
"""Rung in every process when something happened in some channel."""
EventKind = Literal["message", "edit", "delete", "react", "hide", "show", "slow", "erase"]
"""`slow` changes the channel's slow mode; `erase` empties every message of a person whose account is gone."""
KINDS: tuple[str, ...] = get_args(EventKind)


class ChannelEvent(Base):
    """One event. `message_id` is null for `slow` and `erase`."""

    __tablename__ = "channel_events"

    channel_id: Mapped[UUID] = mapped_column(ForeignKey(Channel.id), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    # No foreign key: the rows of one transaction are written at its end.
    message_id: Mapped[UUID | None]
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ({})".format(", ".join(f"'{kind}'" for kind in KINDS)), name="kind_known"),
        CheckConstraint("(message_id IS NULL) = (kind IN ('slow', 'erase'))", name="message_named"),
    )


class Place(NamedTuple):
    """Where something stands in its channel."""

    sequence: int
    number: int


async def note(
    session: Session, channel_id: UUID, kind: EventKind, message_id: UUID | None = None, *, numbered: bool = False
) -> Place:
    """The next event of the channel, and with `numbered` the next number of a message.

    The update holds the channel's row until the transaction ends: writers of one channel stand in line, and an event
    can be read only when all before it can.
    """
    grown: dict[str, Any] = {"event_sequence": Channel.event_sequence + 1}
    if numbered:
        grown |= {"message_number": Channel.message_number + 1, "last_message_at": session.now}
    channels = table_of(Channel)
    moved = update(channels).where(channels.c.id == channel_id).values(grown)
    sequence, number = (
        await session.execute(moved.returning(channels.c.event_sequence, channels.c.message_number))
    ).one()
    _append(session, channel_id, sequence, kind, message_id)
    return Place(sequence, number)


async def note_erased(session: Session, channel_ids: Collection[UUID]) -> None:
    """In each of these channels messages of one person became empty."""
    channels = table_of(Channel)
    moved = update(channels).where(channels.c.id.in_(channel_ids))
    moved = moved.values(event_sequence=channels.c.event_sequence + 1)
    for channel_id, sequence in await session.execute(moved.returning(channels.c.id, channels.c.event_sequence)):
        _append(session, channel_id, sequence, "erase", None)


def _append(session: Session, channel_id: UUID, sequence: int, kind: EventKind, message_id: UUID | None) -> None:
    event = {"channel_id": channel_id, "sequence": sequence, "kind": kind, "message_id": message_id, "at": session.now}
    session.append(ChannelEvent, event)
    session.wake(WAKE)
