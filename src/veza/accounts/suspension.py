"""Suspending an account and lifting it: its person is signed out at once, and neither password nor token opens it.

What was published stays public until moderators decide otherwise, and money that is owed goes out by its own rules.
"""

from __future__ import annotations

from uuid import UUID

from veza.accounts import audit, people, roles, sessions
from veza.accounts.audit import Act
from veza.accounts.people import Person
from veza.kit.database import Session
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import gettext
from veza.kit.text import paragraphs

REASON_MOST = 1_000
"""Characters; for the site's people, who read it when the person writes to them."""


class AlreadySuspended(Exception):
    """The account is suspended; another operator was quicker."""

    def __init__(self, person: Person) -> None:
        super().__init__(gettext("the account of {name} is suspended already", name=person.name))


class NotSuspended(Exception):
    """There is nothing to lift."""

    def __init__(self, person: Person) -> None:
        super().__init__(gettext("the account of {name} is not suspended", name=person.name))


async def suspend(session: Session, person_id: UUID, reason: str, *, address: str | None = None) -> Person:
    """End every session, and begin none until `lift`. Raises UnknownPerson, AlreadySuspended, LastAdmin, FieldFault."""
    person = await people.lock(session, person_id)
    if person.is_suspended:
        raise AlreadySuspended(person)
    await roles.demand_another_admin(session, person_id)
    checks = FieldChecks()
    with checks.field("reason"):
        person.suspension_reason = paragraphs(reason, gettext("the reason"), most=REASON_MOST, least=1)
        person.suspended_at = session.now
    checks.demand()
    await session.flush()
    await sessions.end_all(session, person_id)
    await people.tell_changed(session, person_id)
    audit.note(session, Act.SUSPENDED, person_id, address=address)
    return person


async def lift(session: Session, person_id: UUID, *, address: str | None = None) -> Person:
    """Its password and tokens open it again. Raises UnknownPerson, NotSuspended."""
    person = await people.lock(session, person_id)
    if not person.is_suspended:
        raise NotSuspended(person)
    person.suspended_at = person.suspension_reason = None
    await session.flush()
    await people.tell_changed(session, person_id)
    audit.note(session, Act.SUSPENSION_LIFTED, person_id, address=address)
    return person
