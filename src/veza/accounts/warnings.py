"""Mails that warn a person of acts that may be a thief's. They belong to the account, and no preference turns them off.

They go to confirmed addresses only: an unconfirmed one may be a stranger's.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from veza.accounts import audit, emails, people
from veza.accounts.audit import Act, AuditEntry
from veza.accounts.emails import Addressee
from veza.accounts.facade import Accounts
from veza.accounts.identity import actor_of
from veza.accounts.limits import WARNING_TO_PERSON
from veza.accounts.people import Person
from veza.accounts.tokens import ApiToken
from veza.kit import limits
from veza.kit.database import Session

NEWCOMER = timedelta(hours=1)
"""The first sign-in within this time after signing up is from the device that signed up."""


async def new_device(session: Session, accounts: Accounts, person_id: UUID, address: str, agent: str) -> None:
    """A browser that never signed in to the account did now. Call it before the sign-in is written down."""
    person = await people.find(session, person_id)
    if session.now - person.created_at < NEWCOMER and not await _has_signed_in(session, person_id):
        return
    if to := await _addressee(session, person):
        said = "".join(one for one in agent if one.isprintable())[:200]
        emails.new_device(session, accounts.rules.base_url, to, at=session.now, address=address, agent=said)


async def token_made(session: Session, accounts: Accounts, row: ApiToken) -> None:
    """An API token was made."""
    if to := await _addressee(session, await people.find(session, row.person_id)):
        scopes, ends_at = ", ".join(row.scopes), row.expires_at
        base_url = accounts.rules.base_url
        emails.token_made(session, base_url, to, name=row.name, scopes=scopes, ends_at=ends_at)


async def code_reused(accounts: Accounts, person_id: UUID, address: str) -> None:
    """A right code was given for the second time, and refused."""
    async with accounts.database.write(actor_of(person_id)) as session:
        audit.note(session, Act.CODE_REUSED, person_id, address=address)
        if to := await _addressee(session, await people.find(session, person_id)):
            emails.code_reused(session, accounts.rules.base_url, to, at=session.now, address=address)


async def _addressee(session: Session, person: Person) -> Addressee | None:
    """Whom to warn; None without a confirmed address, and once the limit of warnings is reached."""
    if person.email is None or not person.is_confirmed:
        return None
    may_mail = await limits.try_spend(session, WARNING_TO_PERSON.of(person.id))
    return Addressee(person.id, person.email, person.language, person.time_zone) if may_mail else None


async def _has_signed_in(session: Session, person_id: UUID) -> bool:
    mine = select(AuditEntry.id).where(AuditEntry.person_id == person_id, AuditEntry.act == Act.SIGNED_IN.value)
    return (await session.execute(mine.limit(1))).first() is not None
