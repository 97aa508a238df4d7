"""Direct channels: of two to eight people, one channel for the same people."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from veza.accounts import people
from veza.accounts.people import NotConfirmed
from veza.chat import channels, reach
from veza.chat.channels import Channel, ChannelMember
from veza.chat.rules import ChannelKind
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.field_faults import FieldFault
from veza.kit.limits import Limit
from veza.kit.messages import gettext

PARTIES_LEAST, PARTIES_MOST = 2, 8
OPENING = Limit("direct channels opened by", 10, timedelta(minutes=1))
"""Of one person: who writes to more strangers than that is no acquaintance of theirs."""


class BadParties(FieldFault):
    """Too few people, or too many."""

    def __init__(self, count: int) -> None:
        super().__init__(
            gettext(
                "a direct channel is of {least} to {most} people with yourself, these are {count}",
                least=PARTIES_LEAST,
                most=PARTIES_MOST,
                count=count,
            )
        )


async def open_direct(session: Session, person_id: UUID, others: Collection[UUID]) -> Channel:
    """The channel of this person with the others, made unless it is there. Each of the others who is not in it, or
    left it, must let the person write to them.

    Raises UnknownPerson, NotConfirmed, BadParties, NotReachable, RateLimited.
    """
    parties = {person_id, *others}
    if not PARTIES_LEAST <= len(parties) <= PARTIES_MOST:
        raise BadParties(len(parties))
    await people.hold(session, person_id)
    if not (await people.find(session, person_id)).is_confirmed:
        raise NotConfirmed
    key = _key_of(parties)
    row = await channels.by_key(session, key)
    inside = await parties_of(session, row.id) if row is not None else set()
    if row is not None and inside == parties:
        return row
    await limits.spend(session, OPENING.of(person_id))
    if away := parties - inside - {person_id}:
        await reach.demand_reachable(session, person_id, away)
    row = row or await channels.made(session, ChannelKind.DIRECT, key)
    for one in sorted(parties - inside):
        await channels.join(session, row.id, one)
    return row


async def parties_of(session: Session, channel_id: UUID) -> set[UUID]:
    """The people who are in a direct channel now."""
    found = select(ChannelMember.person_id).where(ChannelMember.channel_id == channel_id)
    return set((await session.scalars(found)).all())


def _key_of(parties: Collection[UUID]) -> str:
    """The same for the same people in any order."""
    return "direct " + hashlib.sha256(" ".join(sorted(str(one) for one in parties)).encode()).hexdigest()
