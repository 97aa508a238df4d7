"""Changing what one signs in with: a forgotten password, a new one, another address."""

from __future__ import annotations

from uuid import UUID

from veza.accounts import audit, letters, links, passwords, people, sessions, sign_in, throttle
from veza.accounts.audit import Act
from veza.accounts.links import Purpose
from veza.accounts.room import Accounts
from veza.accounts.throttle import MAIL_ASKED_FROM_ADDRESS, MAIL_TO_PERSON
from veza.kit.database import Session


async def forgot(session: Session, accounts: Accounts, email: str, address: str) -> None:
    """Mail a link to set a new password, if somebody has this address; nothing tells whether. Raises Throttled.

    The caller has spent a password verification before (`Passwords.verify(None, …)`), which hides the rest.
    """
    from_here = throttle.key_of("mail from", throttle.network(address))
    await throttle.spend(session, (from_here, MAIL_ASKED_FROM_ADDRESS))
    may_mail = await throttle.may(session, throttle.key_of("mail", email), MAIL_TO_PERSON)
    person = await people.by_email(session, email)
    audit.note(session, Act.PASSWORD_RESET_ASKED, person.id if person is not None else None, address=address)
    if person is not None and may_mail:
        secret = links.make(session, Purpose.RESET, person.id, email)
        letters.reset(session, accounts.rules.base_url, email, secret)


async def prepare_reset(accounts: Accounts, secret: str, password: str) -> str:
    """Check the link and the new password, and hash it; raises BadLink, BadPassword, TooBusy."""
    async with accounts.database.read() as session:
        link = await links.look(session, secret, Purpose.RESET)
    passwords.check(password, link.email)
    return await accounts.passwords.hash(password)


async def reset(session: Session, accounts: Accounts, secret: str, password_hash: str, address: str) -> UUID:
    """Set the new password: every session ends, every other link is good for nothing, and the address is confirmed.

    Returns whose it is; raises BadLink.
    """
    link = await links.use(session, secret, Purpose.RESET)
    assert link.person_id is not None
    person = await people.lock(session, link.person_id)
    if person.email is None or person.email != link.email:
        raise links.BadLink
    await passwords.replace(session, person.id, password_hash)
    await sessions.end_all(session, person.id)
    await links.forget(session, person.id)
    await people.confirm(session, person.id)
    audit.note(session, Act.PASSWORD_RESET, person.id, address=address)
    letters.password_changed(session, accounts.rules.base_url, person.email)
    return person.id


async def prepare_password(
    accounts: Accounts, person_id: UUID, current: str, new: str, address: str
) -> tuple[str, str]:
    """The hash of the current password, which was right, and of the new one.

    Raises WrongPassword, BadPassword, Throttled, TooBusy.
    """
    async with accounts.database.read() as session:
        email = (await people.find(session, person_id)).email
    passwords.check(new, email)
    verified = await sign_in.check_again(accounts, person_id, current, address)
    return verified, await accounts.passwords.hash(new)


async def change_password(
    session: Session, accounts: Accounts, person_id: UUID, verified: str, new: str, keep: UUID | None, address: str
) -> None:
    """Set the new password and end every session but `keep`; raises WrongPassword when it has changed meanwhile."""
    person = await people.lock(session, person_id)
    await sign_in.demand_still(session, person_id, verified)
    await passwords.replace(session, person_id, new)
    await sessions.end_all(session, person_id, but=keep)
    await links.forget(session, person_id, Purpose.RESET, Purpose.CHANGE_EMAIL)
    audit.note(session, Act.PASSWORD_CHANGED, person_id, address=address)
    if person.email is not None:
        letters.password_changed(session, accounts.rules.base_url, person.email)


async def ask_email_change(
    session: Session, accounts: Accounts, person_id: UUID, verified: str, email: str, address: str
) -> None:
    """Mail a link to the new address and a notice to the old one; the address changes when the link is opened.

    Raises NotConfirmed, WrongPassword, Throttled. An address that has an account gets a mail that says so instead.
    """
    person = await people.lock(session, person_id)
    await sign_in.demand_still(session, person_id, verified)
    if not person.is_confirmed or person.email is None:
        raise people.NotConfirmed
    await throttle.spend(session, (throttle.key_of("mail", person.email), MAIL_TO_PERSON))
    audit.note(session, Act.EMAIL_CHANGE_ASKED, person_id, address=address)
    base_url = accounts.rules.base_url
    may_mail = await throttle.may(session, throttle.key_of("mail", email), MAIL_TO_PERSON)
    owner = await people.by_email(session, email)
    if owner is not None:
        letters.notice_of_change(session, base_url, person.email)
        if may_mail and owner.id != person_id:
            secret = links.make(session, Purpose.RESET, owner.id, email)
            letters.exists_already(session, base_url, email, secret)
        return
    await links.forget(session, person_id, Purpose.CHANGE_EMAIL)
    secret = links.make(session, Purpose.CHANGE_EMAIL, person_id, email)
    letters.change_asked(session, base_url, email, person.email, secret)
