"""Deleting an account: personal data is removed; the person's row and the records of money stay."""

from __future__ import annotations

from uuid import UUID

from veza.accounts import audit, emails, links, passwords, people, roles, second_factor, sessions, tokens
from veza.accounts.audit import Act
from veza.accounts.emails import Addressee
from veza.accounts.identity import actor_of
from veza.accounts.people import DELETED_NAME
from veza.kit import mail, outbox
from veza.kit.database import Session

TOPIC = "person.deleted"
"""Published inside the transaction with `person_id`: other modules then delete the person's data.

The person's row still has name and address then, so that data found by the address can be deleted too; the event
itself stays in the outbox and holds no personal data.
"""


async def delete(session: Session, base_url: str, person_id: UUID, *, address: str | None = None) -> None:
    """Remove everything personal and tell the person by a last mail; raises UnknownPerson, LastAdmin."""
    person = await people.lock(session, person_id)  # before the roles, in the order in which a fresh proof locks them
    await roles.demand_another_admin(session, person_id)
    email, is_theirs, language = person.email, person.is_confirmed, person.language
    await roles.forget(session, person_id)
    await passwords.forget(session, person_id)
    await second_factor.forget(session, person_id)
    await sessions.end_all(session, person_id)
    await tokens.revoke_all(session, person_id)
    await links.forget(session, person_id)
    await audit.forget_addresses(session, person_id)
    await outbox.publish(session, TOPIC, {"person_id": str(person_id)})
    person.email, person.email_confirmed_at, person.name, person.deleted_at = None, None, DELETED_NAME, session.now
    person.language = person.time_zone = person.suspended_at = person.suspension_reason = None
    person.is_findable = None
    await session.flush()
    by_themselves = session.actor == actor_of(person_id)
    audit.note(session, Act.DELETED, person_id, address=None if by_themselves else address)
    await mail.forget_about(session, [person_id])
    if email is not None:
        if is_theirs:  # an unconfirmed address may be a stranger's, and so may the other mails sent there
            await mail.forget_address(session, email)
        emails.deleted(session, base_url, Addressee(person_id, email, language))
