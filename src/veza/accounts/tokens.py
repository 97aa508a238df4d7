"""Personal API tokens: shown once, limited to scopes, with a last use, an end and a way to revoke them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, bindparam, delete, false, func, not_, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import people
from veza.accounts.people import Person
from veza.accounts.permissions import Role, Scope
from veza.accounts.roles import PersonRole
from veza.accounts.second_factor import SecondFactor
from veza.accounts.sessions import SEEN_EVERY, Authenticated
from veza.kit.database import Base, Session
from veza.kit.listing import Slice, by_age
from veza.kit.messages import gettext
from veza.kit.secret import digest, new_secret

PREFIX = "veza_"
"""Tells an API token from the operator's token, and lets scanners find one that leaked into a repository."""
MOST_PER_PERSON = 50


class ApiToken(Base):
    """One token. `hint` is its last four characters, to tell one from another; null `expires_at`: until revoked."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("people.id"))
    name: Mapped[str]
    hint: Mapped[str]
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


Index("ix_api_tokens_person_id", ApiToken.person_id)


class UnknownToken(LookupError):
    """No such token of this person, or not any more."""

    def __init__(self, wanted: UUID) -> None:
        super().__init__(gettext("you have no token {wanted}", wanted=wanted))


class TooManyTokens(Exception):
    """The person has the most tokens allowed."""

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "you have {most_per_person} tokens, which is the most: revoke one first",
                most_per_person=MOST_PER_PERSON,
            )
        )


async def make(
    session: Session, person_id: UUID, name: str, scopes: Iterable[Scope], lasts: timedelta | None
) -> tuple[ApiToken, str]:
    """A new token and its text, of which only the hash is stored; raises NotConfirmed, TooManyTokens, BadName."""
    person = await people.lock(session, person_id)
    if not person.is_confirmed:
        raise people.NotConfirmed
    mine = select(func.count()).select_from(ApiToken).where(ApiToken.person_id == person_id)
    if (await session.execute(mine)).scalar_one() >= MOST_PER_PERSON:
        raise TooManyTokens
    text = PREFIX + new_secret()
    row = ApiToken(
        id=session.new_id(),
        secret_hash=digest(text),
        person_id=person_id,
        name=people.clean_name(name),
        hint=text[-4:],
        scopes=sorted({scope.value for scope in scopes}),
        created_at=session.now,
        last_used_at=None,
        expires_at=session.now + lasts if lasts is not None else None,
    )
    session.add(row)
    await session.flush()
    return row, text


_VALID = (
    select(
        ApiToken.id, ApiToken.person_id, ApiToken.scopes, ApiToken.last_used_at,
        Person.email_confirmed_at, PersonRole.role, SecondFactor.confirmed_at,
    )
    .join(Person, Person.id == ApiToken.person_id)
    .outerjoin(PersonRole, PersonRole.person_id == ApiToken.person_id)
    .outerjoin(SecondFactor, SecondFactor.person_id == ApiToken.person_id)
    .where(
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > bindparam("now")),
        Person.deleted_at.is_(None),
        Person.suspended_at.is_(None),
    )
)  # fmt: skip
_BY_SECRET = _VALID.where(ApiToken.secret_hash == bindparam("secret_hash"))
_BY_ID = _VALID.where(ApiToken.id == bindparam("id"))


async def authenticate(session: Session, text: str) -> tuple[Authenticated, frozenset[Scope]] | None:
    """The person and the scopes of a token; None for a token that has ended or never was."""
    return await _read(session, _BY_SECRET, {"secret_hash": digest(text)})


async def find_valid(session: Session, token_id: UUID) -> tuple[Authenticated, frozenset[Scope]] | None:
    """The same of a token that was sent before, with the roles that its person has now."""
    return await _read(session, _BY_ID, {"id": token_id})


async def _read(session: Session, wanted: Any, asked: dict[str, Any]) -> tuple[Authenticated, frozenset[Scope]] | None:
    rows = (await session.execute(wanted, {"now": session.now, **asked})).all()
    if not rows:
        return None
    first = rows[0]
    roles = frozenset({Role.LISTENER, *(Role(row.role) for row in rows if row.role is not None)})
    stale = first.last_used_at is None or session.now - first.last_used_at >= SEEN_EVERY
    whose = Authenticated(
        first.id,
        first.person_id,
        roles,
        is_confirmed=first.email_confirmed_at is not None,
        wants_note=stale,
        has_second_factor=first.confirmed_at is not None,
    )
    return whose, frozenset(Scope(one) for one in first.scopes)


_USED = (
    update(ApiToken)
    .where(ApiToken.id == bindparam("token_id"))
    .values(last_used_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)


async def used(session: Session, token_id: UUID) -> None:
    """Note that the token was used just now."""
    await session.execute(_USED, {"token_id": token_id, "now": session.now})


SORTS = by_age(ApiToken.id)


async def listed(
    session: Session, person_id: UUID, page: Slice, *, has_ended: bool | None = None
) -> Sequence[ApiToken]:
    """The person's tokens: all, only ended ones, or only valid ones."""
    found = select(ApiToken).where(ApiToken.person_id == person_id)
    if has_ended is not None:
        ended = func.coalesce(ApiToken.expires_at <= session.now, false())
        found = found.where(ended if has_ended else not_(ended))
    return (await session.scalars(page.of(found))).all()


async def revoke(session: Session, person_id: UUID, token_id: UUID) -> None:
    """Make the token invalid; raises UnknownToken."""
    mine = delete(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == person_id).returning(ApiToken.id)
    if (await session.execute(mine)).first() is None:
        raise UnknownToken(token_id)


async def revoke_all(session: Session, person_id: UUID) -> int:
    """Make every token of the person invalid; returns how many were valid."""
    mine = delete(ApiToken).where(ApiToken.person_id == person_id).returning(ApiToken.expires_at)
    ends = (await session.scalars(mine)).all()
    return len([end for end in ends if end is None or end > session.now])
