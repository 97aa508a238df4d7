"""Sessions: a random secret in the browser's cookie, its digest here, with an idle and an absolute end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.people import Person
from veza.accounts.permissions import Role
from veza.accounts.roles import PersonRole
from veza.kit.database import Base, Session
from veza.kit.listing import Slice, by_age
from veza.kit.messages import gettext
from veza.kit.secret import digest, new_secret

MOST_PER_PERSON = 50
"""Sessions of one person; beyond that the one used longest ago ends."""
SEEN_EVERY = timedelta(minutes=1)
LONGEST_AGENT = 200


class SignIn(Base):
    """One browser of one person. It ends when it was idle for too long, and at `expires_at` in any case."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("people.id"))
    address: Mapped[str | None]
    agent: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    """When a code was given in the session; null if none was, and after the second factor was turned off."""


Index("ix_sessions_person_id", SignIn.person_id)
Index("ix_sessions_last_seen_at", SignIn.last_seen_at)


class UnknownSession(LookupError):
    """No such session of this person, or not any more."""

    def __init__(self, wanted: UUID) -> None:
        super().__init__(gettext("you have no session {wanted}", wanted=wanted))


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Whose session or token it is and what they are; `wants_note` when its last use should be written down.

    `has_second_factor`: the session was begun with a code; of a token, its person has a second factor.
    """

    id: UUID
    person_id: UUID
    roles: frozenset[Role]
    is_confirmed: bool
    wants_note: bool
    has_second_factor: bool


async def begin(
    session: Session,
    person_id: UUID,
    lasts: timedelta,
    *,
    address: str | None = None,
    agent: str = "",
    with_second_factor: bool = False,
) -> str:
    """A new session, begun with a code or without; returns the secret for the cookie."""
    secret = new_secret()
    session.add(
        SignIn(
            id=session.new_id(),
            secret_hash=digest(secret),
            person_id=person_id,
            address=address,
            agent="".join(one for one in agent if one.isprintable())[:LONGEST_AGENT],
            created_at=session.now,
            last_seen_at=session.now,
            expires_at=session.now + lasts,
            second_factor_at=session.now if with_second_factor else None,
        )
    )
    await session.flush()
    newest = (
        select(SignIn.id).where(SignIn.person_id == person_id).order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
    )
    others = (await session.scalars(newest.offset(MOST_PER_PERSON))).all()
    if others:
        await session.execute(delete(SignIn).where(SignIn.id.in_(others)))
    return secret


_ALIVE = (
    select(
        SignIn.id,
        SignIn.person_id,
        SignIn.last_seen_at,
        SignIn.second_factor_at,
        Person.email_confirmed_at,
        PersonRole.role,
    )
    .join(Person, Person.id == SignIn.person_id)
    .outerjoin(PersonRole, PersonRole.person_id == SignIn.person_id)
    .where(
        SignIn.expires_at > bindparam("now"),
        SignIn.last_seen_at > bindparam("seen_after"),
        Person.deleted_at.is_(None),
        Person.suspended_at.is_(None),
    )
)
_BY_SECRET = _ALIVE.where(SignIn.secret_hash == bindparam("secret_hash"))
_BY_ID = _ALIVE.where(SignIn.id.in_(bindparam("ids", expanding=True)))


async def authenticate(session: Session, secret: str, idle: timedelta) -> Authenticated | None:
    """The person of a session; None for a session that has ended or never was."""
    found = await _read(session, _BY_SECRET, idle, {"secret_hash": digest(secret)})
    return next(iter(found.values()), None)


async def alive_among(session: Session, session_ids: Collection[UUID], idle: timedelta) -> dict[UUID, Authenticated]:
    """Those of these sessions that have not ended, with the roles that their people have now."""
    return await _read(session, _BY_ID, idle, {"ids": list(session_ids)})


async def _read(session: Session, wanted: Any, idle: timedelta, asked: dict[str, Any]) -> dict[UUID, Authenticated]:
    rows = await session.execute(wanted, {"now": session.now, "seen_after": session.now - idle, **asked})
    of_each: dict[UUID, list[Any]] = {}
    for row in rows:
        of_each.setdefault(row.id, []).append(row)
    return {session_id: _authenticated(session, each) for session_id, each in of_each.items()}


def _authenticated(session: Session, rows: Sequence[Any]) -> Authenticated:
    first = rows[0]
    return Authenticated(
        first.id,
        first.person_id,
        frozenset({Role.LISTENER, *(Role(row.role) for row in rows if row.role is not None)}),
        is_confirmed=first.email_confirmed_at is not None,
        wants_note=session.now - first.last_seen_at >= SEEN_EVERY,
        has_second_factor=first.second_factor_at is not None,
    )


_SEEN = (
    update(SignIn)
    .where(SignIn.id == bindparam("session_id"), SignIn.last_seen_at < bindparam("now"))
    .values(last_seen_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)


async def seen(session: Session, session_id: UUID) -> None:
    """Note that the session was used just now."""
    await session.execute(_SEEN, {"session_id": session_id, "now": session.now})


SORTS = by_age(SignIn.id)


async def listed(
    session: Session,
    person_id: UUID,
    idle: timedelta,
    page: Slice,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> Sequence[SignIn]:
    """The person's open sessions: all, `only` one, or all `but` one."""
    query = select(SignIn).where(
        SignIn.person_id == person_id, SignIn.expires_at > session.now, SignIn.last_seen_at > session.now - idle
    )
    if only is not None:
        query = query.where(SignIn.id == only)
    if but is not None:
        query = query.where(SignIn.id != but)
    return (await session.scalars(page.of(query))).all()


async def code_given(session: Session, session_id: UUID) -> None:
    """Note that a code was given in this session."""
    await session.execute(update(SignIn).where(SignIn.id == session_id).values(second_factor_at=session.now))


async def codes_count_no_more(session: Session, person_id: UUID) -> None:
    """The person's second factor was turned off: no session counts as begun with a code any more."""
    await session.execute(update(SignIn).where(SignIn.person_id == person_id).values(second_factor_at=None))


async def end(session: Session, person_id: UUID, session_id: UUID) -> None:
    """End one session of the person; raises UnknownSession."""
    mine = delete(SignIn).where(SignIn.id == session_id, SignIn.person_id == person_id).returning(SignIn.id)
    if (await session.execute(mine)).first() is None:
        raise UnknownSession(session_id)


async def end_secret(session: Session, secret: str) -> None:
    """End the session of a cookie, if it is still open."""
    await session.execute(delete(SignIn).where(SignIn.secret_hash == digest(secret)))


async def end_all(session: Session, person_id: UUID, *, but: UUID | None = None) -> int:
    """End every session of the person, except `but`; returns how many went."""
    mine = delete(SignIn).where(SignIn.person_id == person_id).returning(SignIn.id)
    if but is not None:
        mine = mine.where(SignIn.id != but)
    return len((await session.execute(mine)).all())
