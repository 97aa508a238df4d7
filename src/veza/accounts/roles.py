"""Roles are given and taken, and at least one admin is always left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, Uuid, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import audit, people
from veza.accounts.audit import Act, AuditEntry
from veza.accounts.people import Person
from veza.accounts.permissions import STAFF, Role
from veza.kit.database import Base, Session
from veza.kit.messages import gettext

GIVEN = (Role.ARTIST, Role.MODERATOR, Role.ADMIN)
"""The roles that are given and taken. Every signed-in person is a listener and all others are visitors."""


class PersonRole(Base):
    """One role of one person, by whom it was given (an actor) and when."""

    __tablename__ = "person_roles"

    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    given_by: Mapped[str]
    given_at: Mapped[datetime]


Index("ix_person_roles_role_person_id", PersonRole.role, PersonRole.person_id)


class NotGiven(ValueError):
    """A role that is never given or taken: every person, or every visitor, has it."""

    def __init__(self, role: Role) -> None:
        super().__init__(
            gettext(
                "the role {value} is neither given nor taken, only {given} are",
                value=role.value,
                given=", ".join(GIVEN),
            )
        )


class LastAdmin(Exception):
    """Without an admin no person could give roles any more."""

    def __init__(self) -> None:
        super().__init__(gettext("this is the last admin: make another person admin first"))


async def give(session: Session, person_id: UUID, role: Role, *, by: str, address: str | None = None) -> bool:
    """Give a role, `by` an actor; False when the person had it. Raises UnknownPerson, NotGiven."""
    _demand_given(role)
    await people.lock(session, person_id)
    insert: Any = postgresql.insert if session.dialect == "postgresql" else sqlite.insert
    values = {"person_id": person_id, "role": role.value, "given_by": by, "given_at": session.now}
    added = insert(PersonRole).values(values).on_conflict_do_nothing().returning(PersonRole.role)
    if (await session.execute(added)).first() is None:
        return False
    audit.note(session, Act.ROLE_GIVEN, person_id, address=address, detail=role.value)
    return True


async def take(session: Session, person_id: UUID, role: Role, *, address: str | None = None) -> bool:
    """Take a role; False when the person did not have it. Raises UnknownPerson, NotGiven, LastAdmin."""
    _demand_given(role)
    await people.find(session, person_id)
    if role is Role.ADMIN:
        await demand_another_admin(session, person_id)
    mine = (PersonRole.person_id == person_id, PersonRole.role == role.value)
    taken = await session.execute(delete(PersonRole).where(*mine).returning(PersonRole.role))
    if taken.first() is None:
        return False
    audit.note(session, Act.ROLE_TAKEN, person_id, address=address, detail=role.value)
    return True


async def forget(session: Session, person_id: UUID) -> None:
    """Take all roles of an account that is deleted; raises LastAdmin."""
    await demand_another_admin(session, person_id)
    await session.execute(delete(PersonRole).where(PersonRole.person_id == person_id))


async def demand_another_admin(session: Session, person_id: UUID) -> None:
    """Raises LastAdmin when the person is the only one who is not suspended. Locks all of them, and asks who is
    suspended after that: two admins never take away each other."""
    admins = select(PersonRole.person_id).where(PersonRole.role == Role.ADMIN.value)
    found = (await session.scalars(admins.order_by(PersonRole.person_id).with_for_update())).all()
    suspended = select(Person.id).where(Person.id.in_(found), Person.suspended_at.is_not(None))
    if set(found) - set(await session.scalars(suspended)) == {person_id}:
        raise LastAdmin


async def is_there_an_admin(session: Session) -> bool:
    admins = select(PersonRole.person_id).where(PersonRole.role == Role.ADMIN.value).limit(1)
    return (await session.execute(admins)).first() is not None


async def of(session: Session, person_ids: Iterable[UUID]) -> Mapping[UUID, list[Role]]:
    """The roles of many people at once, that of listener included."""
    found: dict[UUID, list[Role]] = {person_id: [Role.LISTENER] for person_id in person_ids}
    rows = select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_(list(found)))
    for person_id, role in await session.execute(rows.order_by(PersonRole.role)):
        found[person_id].append(Role(role))
    return found


async def staff_ever(session: Session) -> Mapping[UUID, str]:
    """The people who have or had a role of staff, by name. Who had one is known as long as the audit log keeps it."""
    names = [role.value for role in STAFF]
    now = select(PersonRole.person_id).where(PersonRole.role.in_(names))
    before = select(AuditEntry.person_id).where(AuditEntry.act == Act.ROLE_GIVEN.value, AuditEntry.detail.in_(names))
    people_of = select(Person.id, Person.name).where(or_(Person.id.in_(now), Person.id.in_(before)))
    return {row[0]: row[1] for row in await session.execute(people_of)}


def having(role: Role) -> Select[UUID]:
    """A subquery: the ids of the people with the role."""
    return select(PersonRole.person_id).where(PersonRole.role == role.value)


def _demand_given(role: Role) -> None:
    if role not in GIVEN:
        raise NotGiven(role)
