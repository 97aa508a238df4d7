"""The seat of a reader in a channel: their role and state there, found in one place, and what `rules` makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from veza.accounts.identity import Identity, SignInNeeded
from veza.accounts.people import NotConfirmed, Person
from veza.accounts.permissions import Permission
from veza.catalog import visibility
from veza.catalog.acting import acts
from veza.chat import channels, sanctions
from veza.chat.channels import MODERATOR, Channel, ChannelMember, UnknownChannel
from veza.chat.reach import PersonBlock
from veza.chat.rules import RANKS, Act, ChannelKind, ChannelRole, State, allows
from veza.chat.sanctions import ChannelSanction, SanctionKind
from veza.kit.database import Session
from veza.kit.messages import Message, gettext

MODERATES = frozenset({ChannelRole.MODERATOR, ChannelRole.HOST, ChannelRole.STAFF})


class NotAllowedHere(Exception):
    """The role does not allow it in this channel."""

    def __init__(self, act: Act, role: ChannelRole) -> None:
        super().__init__(
            gettext("to {act} is not for a {role} of this channel: docs/chat-rules.md says whom it is for",
                    act=act.value, role=role.value)
        )  # fmt: skip


class Muted(Exception):
    """The person is muted here."""

    def __init__(self, until: datetime | None, reason: str) -> None:
        super().__init__(_said(gettext("you are muted in this channel"), until, reason))


class Banned(Exception):
    """The person is banned from here."""

    def __init__(self, until: datetime | None, reason: str) -> None:
        super().__init__(_said(gettext("you are banned from this channel"), until, reason))


class TakesNoMessages(Exception):
    """The other person of a channel of two blocks this one."""

    def __init__(self) -> None:
        super().__init__(gettext("this person takes no messages from you"))


def _said(what: Message, until: datetime | None, reason: str) -> Message:
    if until is None:
        return gettext("{what}: {reason}", what=what, reason=reason)
    return gettext("{what} until {until}: {reason}", what=what, until=until, reason=reason)


@dataclass(frozen=True, slots=True)
class Seat:
    """One reader in one channel; `sanction` is what put the person into the state muted or banned."""

    channel: Channel
    person_id: UUID | None
    role: ChannelRole
    state: State
    sanction: ChannelSanction | None = None

    @property
    def kind(self) -> ChannelKind:
        return ChannelKind(self.channel.kind)

    @property
    def person(self) -> UUID:
        """Raises SignInNeeded for a visitor."""
        if self.person_id is None:
            raise SignInNeeded
        return self.person_id

    def may(self, act: Act) -> bool:
        """Whether the table allows it."""
        return allows(self.kind, self.role, self.state, act)

    def outranks(self, role: ChannelRole) -> bool:
        return RANKS[self.role] > RANKS[role]

    def demand(self, act: Act) -> None:
        """Raises UnknownChannel for a channel that is not for this reader's eyes; SignInNeeded, Banned, Muted,
        NotConfirmed, TakesNoMessages or NotAllowedHere unless the table allows it."""
        if self.may(act):
            return
        if not allows(self.kind, self.role, State.FINE, Act.READ):
            raise UnknownChannel(self.channel.id)
        if not allows(self.kind, self.role, State.FINE, act):
            raise SignInNeeded if self.role is ChannelRole.VISITOR else NotAllowedHere(act, self.role)
        if self.sanction is not None:
            refusal = Banned if self.state is State.BANNED else Muted
            raise refusal(self.sanction.until, self.sanction.reason)
        raise TakesNoMessages if self.state is State.REFUSED else NotConfirmed


async def take(session: Session, channel_id: UUID, identity: Identity, act: Act, *, lock: bool = False) -> Seat:
    """The seat of this identity, which may do `act` there. `lock` the channel to write: a mute that is being imposed is
    then waited for. Raises what `Seat.demand` does."""
    is_staff = identity.may(Permission.MODERATE)
    seat = await seat_of(session, channel_id, identity.person_id, is_staff=is_staff, lock=lock)
    seat.demand(act)
    return seat


async def seat_of(
    session: Session, channel_id: UUID, person_id: UUID | None, *, is_staff: bool = False, lock: bool = False
) -> Seat:
    """The seat of a person or a visitor. Raises UnknownChannel, also for the channel of what is not public, unless the
    reader is of its artist's people or of the staff."""
    channel = await channels.find(session, channel_id, lock=lock)
    if person_id is None:
        await _demand_public(session, channel, is_staff=is_staff)
        return Seat(channel, None, ChannelRole.STAFF if is_staff else ChannelRole.VISITOR, State.FINE)
    row = (await session.execute(_WHO, {"channel": channel_id, "person": person_id, "artist": channel.artist_id})).one()
    role = _role(channel, row.member_of, row.member_role, is_host=row.is_host, is_staff=is_staff)
    if role not in (ChannelRole.HOST, ChannelRole.STAFF):
        await _demand_public(session, channel, is_staff=False)
    held = await sanctions.of_person(session, channel_id, person_id, row.email)
    state, sanction = _state(held, is_confirmed=row.email_confirmed_at is not None)
    if state is State.FINE and channel.kind == ChannelKind.DIRECT and await _is_refused(session, channel_id, person_id):
        state = State.REFUSED
    return Seat(channel, person_id, role, state, sanction)


def _role(
    channel: Channel, member_of: UUID | None, member_role: str | None, *, is_host: bool, is_staff: bool
) -> ChannelRole:
    if channel.kind == ChannelKind.DIRECT:
        return ChannelRole.PARTY if member_of is not None else ChannelRole.PERSON
    if is_staff:
        return ChannelRole.STAFF
    if is_host:
        return ChannelRole.HOST
    return ChannelRole.MODERATOR if member_role == MODERATOR else ChannelRole.PERSON


def _state(held: Sequence[ChannelSanction], *, is_confirmed: bool) -> tuple[State, ChannelSanction | None]:
    """The gravest."""
    by_kind = {one.kind: one for one in held}
    if (ban := by_kind.get(SanctionKind.BAN)) is not None:
        return State.BANNED, ban
    if (mute := by_kind.get(SanctionKind.MUTE)) is not None:
        return State.MUTED, mute
    return (State.FINE if is_confirmed else State.UNCONFIRMED), None


async def _demand_public(session: Session, channel: Channel, *, is_staff: bool) -> None:
    if channel.subject_id is None or is_staff:
        return
    if not await visibility.visible(session, channel.kind, [channel.subject_id]):
        raise UnknownChannel(channel.id)


async def _is_refused(session: Session, channel_id: UUID, person_id: UUID) -> bool:
    """Whether this is a channel of two whose other person blocks this one."""
    others = select(ChannelMember.person_id, PersonBlock.id.label("block"))
    mine = (PersonBlock.person_id == ChannelMember.person_id, PersonBlock.blocked_id == person_id)
    others = others.outerjoin(PersonBlock, mine[0] & mine[1])
    found = (
        await session.execute(
            others.where(ChannelMember.channel_id == channel_id, ChannelMember.person_id != person_id).limit(2)
        )
    ).all()
    return len(found) == 1 and found[0].block is not None


_ARTIST = bindparam("artist", type_=Uuid())
_WHO = (
    select(
        Person.email,
        Person.email_confirmed_at,
        ChannelMember.person_id.label("member_of"),
        ChannelMember.role.label("member_role"),
        acts(_ARTIST, bindparam("person", type_=Uuid())).label("is_host"),
    )
    .select_from(Person)
    .outerjoin(
        ChannelMember,
        (ChannelMember.person_id == Person.id) & (ChannelMember.channel_id == bindparam("channel", type_=Uuid())),
    )
    .where(Person.id == bindparam("person", type_=Uuid()))
)
