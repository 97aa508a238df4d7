"""Messages as subjects of moderation."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from veza.catalog.visibility import NothingThere
from veza.chat import channels, journal, messages, seats
from veza.chat.messages import ChatMessage, UnknownMessage
from veza.chat.rules import Act
from veza.kit.database import Session
from veza.moderation.subjects import Subject, Subjects


async def _label(session: Session, message_id: UUID, reader_id: UUID) -> str:
    message = await session.get(ChatMessage, message_id)
    if message is None:
        raise UnknownMessage(message_id)
    seat = await seats.seat_of(session, message.channel_id, reader_id)
    seat.demand(Act.READ)
    return (await messages.find(session, seat, message_id)).text


async def _hide(session: Session, message_id: UUID) -> None:
    """A moderator's hiding stands above the channel's. Raises NothingThere."""
    message = await _lock(session, message_id)
    if message is None:
        raise NothingThere("message", message_id)
    if message.hidden_by != "moderator":
        message.hidden_by = "moderator"
        await session.flush()
        await journal.note(session, message.channel_id, "hide", message_id)


async def _restore(session: Session, message_id: UUID) -> bool:
    message = await _lock(session, message_id)
    if message is None or message.hidden_by != "moderator":
        return False
    message.hidden_by = None
    await session.flush()
    await journal.note(session, message.channel_id, "show", message_id)
    return True


async def _hidden(session: Session, ids: Collection[UUID]) -> set[UUID]:
    found = select(ChatMessage.id).where(ChatMessage.id.in_(ids), ChatMessage.hidden_by.is_not(None))
    return set((await session.scalars(found)).all()) if ids else set()


async def _is_gone(session: Session, message_id: UUID) -> bool:
    message = await session.get(ChatMessage, message_id)
    return message is None or message.deleted_at is not None


async def _owners(session: Session, message_id: UUID) -> list[UUID]:
    message = await session.get(ChatMessage, message_id)
    return [message.author_id] if message is not None and message.author_id is not None else []


async def _lock(session: Session, message_id: UUID) -> ChatMessage | None:
    """The message as it is once its channel is locked, as every writer of a channel does."""
    message = await session.get(ChatMessage, message_id)
    if message is None:
        return None
    await channels.find(session, message.channel_id, lock=True)
    await session.refresh(message)
    return message


CHAT_SUBJECTS: Subjects = {
    "message": Subject(label=_label, hide=_hide, restore=_restore, hidden=_hidden, is_gone=_is_gone, owners=_owners)
}
