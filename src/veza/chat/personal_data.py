"""What the chat holds of one person: all of it for an export, and what becomes of it when the account goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from veza.chat import journal
from veza.chat.channels import ChannelMember
from veza.chat.messages import ChatMessage, MessageMention
from veza.chat.reach import ChatSetting, PersonBlock
from veza.chat.reactions import MessageReaction
from veza.chat.sanctions import ChannelSanction, SanctionKind
from veza.kit.database import Session
from veza.kit.plain_rows import plain_rows
from veza.moderation import reports


async def export_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """Everything a person said, gave and chose in channels, one query for each kind."""
    return {
        "messages": await plain_rows(
            session,
            (ChatMessage.author_id == person_id) & ChatMessage.deleted_at.is_(None),
            ChatMessage.id, ChatMessage.channel_id, ChatMessage.text, ChatMessage.edited_at, ChatMessage.created_at,
        ),
        "reactions": await plain_rows(
            session, MessageReaction.person_id == person_id,
            MessageReaction.message_id, MessageReaction.emoji, MessageReaction.since,
        ),
        "mentions": await plain_rows(session, MessageMention.person_id == person_id, MessageMention.message_id),
        "channels": await plain_rows(
            session, ChannelMember.person_id == person_id,
            ChannelMember.channel_id, ChannelMember.role, ChannelMember.last_read_number, ChannelMember.since,
        ),
        "channel_sanctions": await plain_rows(
            session, ChannelSanction.person_id == person_id,
            ChannelSanction.channel_id, ChannelSanction.kind, ChannelSanction.until, ChannelSanction.reason,
            ChannelSanction.created_at,
        ),
        "blocked_people": await plain_rows(
            session, PersonBlock.person_id == person_id, PersonBlock.blocked_id, PersonBlock.since
        ),
        "chat_settings": await plain_rows(
            session, ChatSetting.person_id == person_id, ChatSetting.who_may_write, ChatSetting.changed_at
        ),
    }  # fmt: skip


async def forget_person(session: Session, person_id: UUID) -> None:
    """Messages stay as empty places: others have answered them. A ban stays with the hash of the address alone, so that
    a new account is no way around it; everything else goes."""
    await _empty_messages(session, person_id)
    for gone in (MessageReaction, MessageMention, ChannelMember, ChatSetting):
        await session.execute(delete(gone).where(gone.person_id == person_id))
    own = or_(PersonBlock.person_id == person_id, PersonBlock.blocked_id == person_id)
    await session.execute(delete(PersonBlock).where(own))
    of_person = ChannelSanction.person_id == person_id
    unbound = or_(ChannelSanction.kind != SanctionKind.BAN.value, ChannelSanction.address_hash.is_(None))
    await session.execute(delete(ChannelSanction).where(of_person, unbound))
    await session.execute(update(ChannelSanction).where(of_person).values(person_id=None, reason=""))


async def _empty_messages(session: Session, person_id: UUID) -> None:
    mine = ChatMessage.author_id == person_id
    spoken_in = (await session.scalars(select(ChatMessage.channel_id).where(mine).distinct())).all()
    if not spoken_in:
        return
    await journal.note_erased(session, spoken_in)
    own = select(ChatMessage.id).where(mine)
    await reports.forget_labels(session, "message", own, even_open=True)
    for about in (MessageMention, MessageReaction):
        await session.execute(delete(about).where(about.message_id.in_(own)))
    blank = {"author_id": None, "text": "", "search_text": ""}
    deleted_at = func.coalesce(ChatMessage.deleted_at, session.now)
    await session.execute(update(ChatMessage).where(mine).values({**blank, "deleted_at": deleted_at}))
