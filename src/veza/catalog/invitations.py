"""Invitations: an owner writes to an address, and its person may become one of the artist's people.

Nothing here looks whether the address has an account, so neither the answer nor its duration can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    and_,
    delete,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import audit, people
from veza.accounts.audit import Act
from veza.catalog.acting import is_owner, owns
from veza.catalog.artists import Artist
from veza.catalog.limits import Limits
from veza.catalog.members import Member, add_member, count_members
from veza.catalog.text_fields import BadValue
from veza.kit import mail
from veza.kit.database import Base, Database, Session
from veza.kit.limits import Allowance, Limit
from veza.kit.messages import Message, gettext
from veza.kit.secret import digest, new_secret

LASTS = timedelta(days=7)
INVITING = Limit("inviting", 20, timedelta(minutes=10))
"""Of one person: a whole band at once, and no letter-writing machine."""
BEING_INVITED = Limit("being invited", 5, timedelta(hours=1))
"""Of one address, by all people together: strangers cannot fill a mailbox."""
EVERY = timedelta(hours=6)
BATCH = 500
MOST_BATCHES = 200
PAGE = "/invitation"


class Invitation(Base):
    """An invitation that waits to be accepted; of its link only the hash is kept.

    `invited_by` is the owner who made it, and while they are one it is good; null where an administrator did.
    """

    __tablename__ = "artist_invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"))
    email: Mapped[str]
    role: Mapped[str] = mapped_column("part")
    secret_hash: Mapped[str] = mapped_column(unique=True)
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("part IN ('owner', 'member')", name="part_known"),
        Index("uq_artist_invitations_artist_id_email", "artist_id", "email", unique=True),
        Index(None, "invited_by"),
        Index(None, "expires_at"),
    )


class UnknownInvitation(LookupError):
    """No such invitation waits."""

    def __init__(self) -> None:
        super().__init__(gettext("this invitation was accepted or taken back, or is too old: ask for a new one"))


class AnotherAddress(Exception):
    """The link is good, the account is not the one of the address it was sent to."""

    def __init__(self) -> None:
        super().__init__(
            gettext("this invitation was sent to another address than your account has: ask for one to yours")
        )


def inviting(actor: str, email: str) -> tuple[Allowance, Allowance]:
    """The tries of `actor`, and of the address that is written to; raises BadEmail."""
    return INVITING.of(actor), BEING_INVITED.of(people.clean_email(email))


async def invite(
    session: Session,
    artist: Artist,
    email: str,
    role: str,
    *,
    by: UUID | None,
    base_url: str,
    limits: Limits,
    language: str | None = None,
) -> Invitation:
    """Mail a link to `email`, in `language`, that makes its person an `owner` or `member` of a locked artist, for
    LASTS.

    Inviting the same address again sends a new link, and the one before it is good for nothing.
    Spend `inviting` first. Raises BadEmail, and BadValue when there would be more than `limits.people_per_artist`.
    """
    to = people.clean_email(email)
    gone = or_(Invitation.email == to, not_(_is_good(session)))
    await session.execute(delete(Invitation).where(Invitation.artist_id == artist.id, gone))
    await _demand_place(session, artist, limits.people_per_artist)
    secret = new_secret()
    row = Invitation(
        id=session.new_id(),
        artist_id=artist.id,
        email=to,
        role=role,
        secret_hash=digest(secret),
        invited_by=by if await is_owner(session, artist.id, by) else None,
        created_at=session.now,
        expires_at=session.now + LASTS,
    )
    session.add(row)
    await session.flush()
    mail.send(
        session,
        to,
        gettext("You are invited to {artist}", artist=artist.name),
        gettext(
            "{invited}\n"
            "Open this link to accept; it works once, for {days} days:\n\n"
            "{link}\n\n"
            "If you do not know them, ignore this mail: nothing happens.\n\n"
            "Veza, {base_url}\n",
            invited=_invitation_text(artist, role),
            days=LASTS.days,
            link=f"{base_url}{PAGE}?token={secret}",
            base_url=base_url,
        ),
        about=row.invited_by,
        language=language,
    )
    return row


def _invitation_text(artist: Artist, role: str) -> Message:
    return {
        "owner": gettext(
            "The people of {artist} invite you to act for this artist on Veza, as an owner, who may also change who "
            "else does.",
            artist=artist.name,
        ),
        "member": gettext(
            "The people of {artist} invite you to act for this artist on Veza, as a member.", artist=artist.name
        ),
    }[role]


async def pending(session: Session, artist_id: UUID) -> Sequence[Invitation]:
    """The artist's invitations that can still be accepted, newest first; with its people at most
    PEOPLE_PER_ARTIST."""
    waiting = select(Invitation).where(Invitation.artist_id == artist_id, _is_good(session))
    return (await session.scalars(waiting.order_by(Invitation.id.desc()))).all()


async def take_back(session: Session, artist: Artist, invitation_id: UUID) -> None:
    """The link of a locked artist's invitation is good for nothing any more. Raises UnknownInvitation."""
    waiting = select(Invitation).where(Invitation.id == invitation_id, Invitation.artist_id == artist.id)
    row = (await session.scalars(waiting.where(_is_good(session)))).one_or_none()
    if row is None:
        raise UnknownInvitation
    await session.delete(row)
    await session.flush()


async def look(session: Session, secret: str) -> tuple[Invitation, Artist]:
    """The invitation of a link and whose it is, not locked; raises UnknownInvitation."""
    found = await session.execute(
        select(Invitation, Artist)
        .join(Artist, Artist.id == Invitation.artist_id)
        .where(Invitation.secret_hash == digest(secret), _is_good(session))
        .execution_options(populate_existing=True)
    )
    row = found.one_or_none()
    if row is None:
        raise UnknownInvitation
    return row[0], row[1]


async def accept(
    session: Session, secret: str, person_id: UUID, address: str, *, limits: Limits
) -> tuple[Artist, Member]:
    """The person becomes one of the artist's people, and the link is used up. The mail reached them, so that their
    address is confirmed as well.

    Raises UnknownInvitation (of two at once one gets it), AnotherAddress, AlreadyMember, UnknownPerson, and BadValue
    when there are `limits.people_per_artist`.
    """
    _, artist = await look(session, secret)
    # The artist's row is the lock on who its people are, and on who is invited: looked at again under it.
    await session.refresh(artist, with_for_update=True)
    row, _ = await look(session, secret)
    person = await people.find(session, person_id)
    if person.email != row.email:
        raise AnotherAddress
    role = row.role
    await session.delete(row)
    await session.flush()
    if not person.is_confirmed:
        await people.confirm(session, person_id)
        audit.note(session, Act.EMAIL_CONFIRMED, person_id, address=address)
    return artist, await add_member(session, artist, person_id, role, limits=limits)


async def forget_of(session: Session, person_id: UUID) -> None:
    """An account goes: the invitations its person made go with it, and those to its confirmed address."""
    theirs = or_(Invitation.invited_by == person_id, Invitation.email == address_of(person_id))
    await session.execute(delete(Invitation).where(theirs))


def address_of(person_id: UUID) -> ScalarSelect[str | None]:
    """A subquery: the person's address, once they have shown that it is theirs."""
    mine = select(people.Person.email).where(
        people.Person.id == person_id, people.Person.email_confirmed_at.is_not(None)
    )
    return mine.scalar_subquery()


async def sweep(database: Database) -> int:
    """Forget the addresses of invitations that are no good any more, at most MOST_BATCHES times BATCH; returns how
    many."""
    gone = 0
    for _ in range(MOST_BATCHES):
        async with database.write("invitation sweep") as session:
            ids = (await session.scalars(select(Invitation.id).where(not_(_is_good(session))).limit(BATCH))).all()
            if ids:
                await session.execute(delete(Invitation).where(Invitation.id.in_(ids)))
        gone += len(ids)
        if len(ids) < BATCH:
            break
    return gone


def _is_good(session: Session) -> ColumnElement[bool]:
    by_owner = owns(Invitation.artist_id, Invitation.invited_by)
    return and_(Invitation.expires_at > session.now, or_(Invitation.invited_by.is_(None), by_owner))


async def _demand_place(session: Session, artist: Artist, most: int) -> None:
    """One place for each invitation: who accepts it is not told that there is none."""
    invited = select(func.count()).select_from(Invitation).where(Invitation.artist_id == artist.id)
    count = await count_members(session, artist.id) + int(await session.scalar(invited) or 0)
    if count >= most:
        raise BadValue(
            gettext(
                "{artist_name} has {count} people and invitations, at most {most} are possible",
                artist_name=artist.name,
                count=count,
                most=most,
            )
        )
