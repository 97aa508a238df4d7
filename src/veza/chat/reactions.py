"""Reactions: an emoji of a person on a message."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, case, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.identity import Identity
from veza.accounts.people import Person
from veza.chat import journal, messages, seats, words
from veza.chat.messages import ChatMessage, UnknownMessage
from veza.chat.rules import Act
from veza.kit import limits
from veza.kit.database import Base, Session
from veza.kit.insert_ignore import insert_ignore
from veza.kit.limits import Limit
from veza.kit.messages import gettext

KINDS_MOST = 20
"""Different emoji on one message."""
REACTING = Limit("reactions of", 20, timedelta(seconds=1))


class MessageReaction(Base):
    """One person, one message, one emoji."""

    __tablename__ = "message_reactions"

    message_id: Mapped[UUID] = mapped_column(ForeignKey(ChatMessage.id), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    emoji: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]

    __table_args__ = (Index(None, "person_id"),)


class TooManyReactions(ValueError):
    """The message has as many different emoji as may be."""

    def __init__(self) -> None:
        super().__init__(gettext("a message has at most {most} different reactions: take one of them", most=KINDS_MOST))


@dataclass(frozen=True, slots=True)
class ReactionCount:
    """How many people gave this emoji, and whether the reader did."""

    emoji: str
    count: int
    is_mine: bool


async def react(
    session: Session, channel_id: UUID, message_id: UUID, identity: Identity, emoji: str, *, is_given: bool
) -> ChatMessage:
    """Give the emoji, or take it back; twice is once. Raises what `seats.take` raises, RateLimited, UnknownMessage,
    BadReaction, TooManyReactions."""
    seat = await seats.take(session, channel_id, identity, Act.REACT, lock=True)
    kept = words.clean_emoji(emoji)
    message = await messages.find(session, seat, message_id)
    if not message.is_shown:
        raise UnknownMessage(message_id)
    await limits.spend(session, REACTING.of(seat.person))
    row = await session.get(MessageReaction, (message_id, seat.person, kept))
    if (row is not None) == is_given:
        return message
    if is_given:
        await _demand_room(session, message_id, kept)
        given = {"message_id": message_id, "person_id": seat.person, "emoji": kept, "since": session.now}
        await insert_ignore(session, MessageReaction, given)
    else:
        mine = (MessageReaction.message_id == message_id, MessageReaction.person_id == seat.person)
        await session.execute(delete(MessageReaction).where(*mine, MessageReaction.emoji == kept))
    await journal.note(session, channel_id, "react", message_id)
    return message


async def _demand_room(session: Session, message_id: UUID, emoji: str) -> None:
    found = await session.scalars(
        select(MessageReaction.emoji).where(MessageReaction.message_id == message_id).distinct()
    )
    kinds = set(found.all())
    if emoji not in kinds and len(kinds) >= KINDS_MOST:
        raise TooManyReactions


async def counts(
    session: Session, message_ids: Collection[UUID], person_id: UUID | None
) -> Mapping[UUID, list[ReactionCount]]:
    """Message → its reactions, the first given first."""
    if not message_ids:
        return {}
    is_mine = case((MessageReaction.person_id == person_id, 1), else_=0)
    found = (
        select(
            MessageReaction.message_id,
            MessageReaction.emoji,
            func.count().label("people"),
            func.sum(is_mine).label("own"),
        )
        .where(MessageReaction.message_id.in_(message_ids))
        .group_by(MessageReaction.message_id, MessageReaction.emoji)
        .order_by(func.min(MessageReaction.since), MessageReaction.emoji)
    )
    counted: dict[UUID, list[ReactionCount]] = {}
    for row in await session.execute(found):
        counted.setdefault(row.message_id, []).append(ReactionCount(row.emoji, row.people, bool(row.own)))
    return counted
