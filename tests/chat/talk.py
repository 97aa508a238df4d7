"""Channels for tests: who asks, what they say, and what a reader sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from veza.accounts.identity import Identity
from veza.accounts.permissions import Role
from veza.chat import channels, history, messages, seats
from veza.chat.channels import Channel
from veza.chat.history import ShownEvent, ShownMessage
from veza.chat.messages import ChatMessage, MessageDraft
from veza.chat.rules import Act, ChannelKind
from veza.kit.database import Database
from veza.kit.listing import Slice, start_of

ALL = 1_000


def of(person_id: UUID | None, *roles: Role) -> Identity:
    """The identity of a person, of a visitor without one."""
    if person_id is None:
        return Identity(None, frozenset({Role.VISITOR}), "visitor")
    return Identity(person_id, frozenset({Role.LISTENER, *roles}), f"person {person_id}", is_confirmed=True)


async def opened(database: Database, kind: ChannelKind = ChannelKind.SITE, subject: UUID | None = None) -> UUID:
    """The id of a public channel."""
    async with database.write() as session:
        return (await channels.open_public(session, kind, subject)).id


async def said(database: Database, channel: UUID, who: UUID, text: str = "hello", **more: Any) -> ChatMessage:
    async with database.write(f"person {who}") as session:
        return await messages.post(session, channel, of(who), MessageDraft(text, **more))


async def read(database: Database, channel: UUID, who: UUID | None, **how: Any) -> list[ShownMessage]:
    """Everything that this reader sees of the channel, the oldest first."""
    async with database.read() as session:
        seat = await seats.take(session, channel, of(who), Act.READ)
        page = Slice(history.SORTS["oldest"], ALL)
        return await history.listed(session, seat, page, **how)


async def texts(database: Database, channel: UUID, who: UUID | None, **how: Any) -> list[str]:
    return [one.text for one in await read(database, channel, who, **how)]


async def events(database: Database, channel: UUID, who: UUID | None, after: int = 0) -> Sequence[ShownEvent]:
    async with database.read() as session:
        seat = await seats.take(session, channel, of(who), Act.READ)
        return await history.events(session, seat, start_of(history.EVENT_SORTS, ALL), after=after)


async def row_of(database: Database, channel: UUID) -> Channel:
    async with database.read() as session:
        return await channels.find(session, channel)
