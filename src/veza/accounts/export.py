"""The export of a person's data as JSON: this module's section, and one of each other module under its name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from veza.accounts import audit, people, roles, second_factor, sessions, tokens
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.kit import mail
from veza.kit.database import Session
from veza.kit.listing import start_of

MOST_ENTRIES = 10_000


async def everything(session: Session, accounts: Accounts, person_id: UUID, address: str) -> dict[str, Any]:
    """Name of the section → its data; raises UnknownPerson. It holds no secret, hashed or not."""
    parts: dict[str, Any] = {"account": await _account(session, accounts, person_id)}
    for name, exporter in accounts.exporters.items():
        parts[name] = await exporter(session, person_id)
    audit.note(session, Act.EXPORTED, person_id, address=address)
    return parts


async def _account(session: Session, accounts: Accounts, person_id: UUID) -> dict[str, Any]:
    person = await people.find(session, person_id)
    opened = await sessions.listed(
        session, person_id, accounts.rules.session_idle, start_of(sessions.SORTS, sessions.MOST_PER_PERSON)
    )
    made = await tokens.listed(session, person_id, start_of(tokens.SORTS, tokens.MOST_PER_PERSON))
    acts = await audit.entries(session, start_of(audit.SORTS, MOST_ENTRIES), person_id=person_id)
    # Other mails sent to an unconfirmed address may be a stranger's.
    mails = await mail.concerning(session, person_id, person.email if person.is_confirmed else None, MOST_ENTRIES)
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "language": person.language,
        "time_zone": person.time_zone,
        "email_confirmed_at": person.email_confirmed_at,
        "created_at": person.created_at,
        "suspended_at": person.suspended_at,
        "suspension_reason": person.suspension_reason,
        "roles": [role.value for role in (await roles.of(session, [person_id]))[person_id]],
        "second_factor": {
            "is_on": await second_factor.is_on(session, person_id),
            "recovery_codes_left": await second_factor.recovery_codes_left(session, person_id),
        },
        "sessions": [_fields(row, "created_at", "last_seen_at", "expires_at", "address", "agent") for row in opened],
        "tokens": [_fields(row, "name", "scopes", "created_at", "last_used_at", "expires_at") for row in made],
        "audit_log": [_fields(row, "at", "act", "address", "detail") for row in acts],
        # Their texts may hold links that open the account.
        "mails": [_fields(row, "to", "subject", "created_at") for row in mails],
    }


def _fields(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
