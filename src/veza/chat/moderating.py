"""What moderators of a channel do: hide messages, mute and ban people, slow the channel down, appoint others.

Each act is an entry of the audit log, with the channel's id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from veza.accounts import audit, people
from veza.accounts.audit import Act as Audited
from veza.accounts.identity import Identity
from veza.accounts.people import Person
from veza.chat import channels, journal, messages, sanctions, seats
from veza.chat.channels import MODERATOR, Channel, ChannelMember
from veza.chat.messages import SLOWEST, ChatMessage
from veza.chat.rules import Act, ChannelRole
from veza.chat.sanctions import SanctionKind
from veza.chat.seats import NotAllowedHere, Seat
from veza.kit.database import Session
from veza.kit.field_faults import FieldChecks, FieldFault
from veza.kit.messages import gettext
from veza.kit.text import one_line

REASON_MOST = 500
LONGEST = timedelta(days=365)
"""A sanction with an end; one without lasts until it is lifted."""


class OutranksYou(Exception):
    """Their role is not below one's own."""

    def __init__(self, role: ChannelRole) -> None:
        super().__init__(gettext("this person is a {role} of this channel, which is not below you", role=role.value))


class BadPace(FieldFault):
    """A duration that is not possible."""

    def __init__(self, most_seconds: int) -> None:
        super().__init__(gettext("between 0 and {most} seconds are possible", most=most_seconds))


@dataclass(frozen=True, slots=True)
class SanctionDraft:
    """Why, and for how many seconds; without end where `seconds` is None."""

    reason: str
    seconds: int | None = None


_IMPOSED = {SanctionKind.MUTE: Audited.CHAT_MUTED, SanctionKind.BAN: Audited.CHAT_BANNED}
_LIFTED = {SanctionKind.MUTE: Audited.CHAT_MUTE_LIFTED, SanctionKind.BAN: Audited.CHAT_BAN_LIFTED}


async def sanction(
    session: Session, channel_id: UUID, person_id: UUID, identity: Identity, kind: SanctionKind, draft: SanctionDraft
) -> None:
    """Mute or ban a person of a lower role, in the place of what holds of that kind. Raises what `seats.take` raises,
    UnknownPerson, OutranksYou, BadText, BadPace."""
    seat, person = await _over(session, channel_id, person_id, identity)
    checks, reason, until = FieldChecks(), "", None
    with checks.field("reason"):
        reason = one_line(draft.reason, gettext("the reason"), most=REASON_MOST)
    with checks.field("seconds"):
        if draft.seconds is not None:
            until = session.now + timedelta(seconds=_bounded(draft.seconds, LONGEST))
    checks.demand()
    await sanctions.impose(session, channel_id, person, kind, until, reason)
    if kind is SanctionKind.BAN:
        await channels.leave(session, channel_id, person_id)
    _note(session, _IMPOSED[kind], seat, person_id)


async def lift(session: Session, channel_id: UUID, person_id: UUID, identity: Identity, kind: SanctionKind) -> None:
    """The person may talk, or read, again; nothing changes where there was no sanction. Raises what `sanction` does."""
    seat, person = await _over(session, channel_id, person_id, identity)
    if await sanctions.lift(session, channel_id, person, kind):
        _note(session, _LIFTED[kind], seat, person_id)


async def appoint(
    session: Session, channel_id: UUID, person_id: UUID, identity: Identity, *, is_moderator: bool
) -> None:
    """Make the person a moderator of the channel, or no longer. Raises what `seats.take` raises, UnknownPerson."""
    seat = await seats.take(session, channel_id, identity, Act.APPOINT, lock=True)
    await people.find(session, person_id)
    if is_moderator:
        await channels.join(session, channel_id, person_id)
    own = (ChannelMember.channel_id == channel_id, ChannelMember.person_id == person_id)
    changed = update(ChannelMember).where(
        *own, ChannelMember.role.is_distinct_from(MODERATOR if is_moderator else None)
    )
    found = await session.execute(
        changed.values(role=MODERATOR if is_moderator else None).returning(ChannelMember.person_id),
        execution_options={"synchronize_session": False},
    )
    if found.all():
        act = Audited.CHAT_MODERATOR_APPOINTED if is_moderator else Audited.CHAT_MODERATOR_DISMISSED
        _note(session, act, seat, person_id)


async def slow_down(session: Session, channel_id: UUID, identity: Identity, seconds: int) -> None:
    """From now on a person may post one message in so many seconds; 0 ends it. Moderators are not slowed down. Raises
    what `seats.take` raises, BadPace."""
    seat = await seats.take(session, channel_id, identity, Act.MODERATE, lock=True)
    checks = FieldChecks()
    with checks.field("seconds"):
        _bounded(seconds, SLOWEST)
    checks.demand()
    if seat.channel.slow_seconds == seconds:
        return
    await session.execute(update(Channel).where(Channel.id == channel_id).values(slow_seconds=seconds))
    await journal.note(session, channel_id, "slow")
    audit.note(session, Audited.CHAT_SLOWED, None, detail=f"channel {channel_id}: {seconds} s")


async def hide(session: Session, channel_id: UUID, message_id: UUID, identity: Identity) -> ChatMessage:
    """Its text is for moderators and its author from now on. Raises what `seats.take` raises, UnknownMessage."""
    seat = await seats.take(session, channel_id, identity, Act.MODERATE, lock=True)
    message = await messages.find(session, seat, message_id)
    if message.hidden_by in ("channel", "moderator"):
        return message
    message.hidden_by = _hider(seat)
    await session.flush()
    await journal.note(session, channel_id, "hide", message_id)
    _note(session, Audited.CHAT_MESSAGE_HIDDEN, seat, message.author_id, message_id)
    return message


async def show_again(session: Session, channel_id: UUID, message_id: UUID, identity: Identity) -> ChatMessage:
    """Show a message that was hidden or is held; what a moderator of the site hid is theirs to show. Raises what
    `seats.take` raises, UnknownMessage, NotAllowedHere."""
    seat = await seats.take(session, channel_id, identity, Act.MODERATE, lock=True)
    message = await messages.find(session, seat, message_id)
    if message.hidden_by == "moderator" and seat.role is not ChannelRole.STAFF:
        raise NotAllowedHere(Act.MODERATE, seat.role)
    if message.hidden_by is None:
        return message
    message.hidden_by = None
    await session.flush()
    await journal.note(session, channel_id, "show", message_id)
    _note(session, Audited.CHAT_MESSAGE_SHOWN, seat, message.author_id, message_id)
    return message


async def _over(session: Session, channel_id: UUID, person_id: UUID, identity: Identity) -> tuple[Seat, Person]:
    """The moderator's seat, and the person, whose role is lower."""
    seat = await seats.take(session, channel_id, identity, Act.MODERATE, lock=True)
    person = await people.find(session, person_id)
    theirs = await seats.seat_of(session, channel_id, person_id)
    if not seat.outranks(theirs.role):
        raise OutranksYou(theirs.role)
    return seat, person


def _hider(seat: Seat) -> str:
    return "moderator" if seat.role is ChannelRole.STAFF else "channel"


def _bounded(seconds: int, most: timedelta) -> int:
    if not 0 <= seconds <= most.total_seconds():
        raise BadPace(int(most.total_seconds()))
    return seconds


def _note(session: Session, act: Audited, seat: Seat, person_id: UUID | None, message_id: UUID | None = None) -> None:
    about = f", message {message_id}" if message_id is not None else ""
    audit.note(session, act, person_id, detail=f"channel {seat.channel.id}{about}")
