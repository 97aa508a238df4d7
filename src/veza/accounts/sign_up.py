"""Signing up: one answer whether the address is new or has an account already; the difference is in the mail."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from veza.accounts import audit, emails, links, passwords, people
from veza.accounts.audit import Act
from veza.accounts.emails import Addressee
from veza.accounts.facade import Accounts
from veza.accounts.limits import HASHING_FROM_NETWORK, MAIL_TO_ADDRESS, SIGN_UP_FROM_NETWORK
from veza.accounts.links import Purpose
from veza.accounts.password_strength import demand_length
from veza.accounts.people import Person
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.field_faults import FieldChecks
from veza.kit.limits import Allowance


@dataclass(frozen=True, slots=True)
class SignUp:
    """The address, name and password hash of a new person, checked and ready to be written."""

    email: str
    name: str
    password_hash: str
    address: str
    language: str | None


async def prepare(
    accounts: Accounts, email: str, name: str, password: str, address: str, language: str | None = None
) -> SignUp:
    """Check address and name, judge and hash the password, with no transaction open. The person's mails are written in
    `language`.

    Raises BadEmail, BadName, RateLimited, BadPassword, TooBusy.
    """
    network, checks, hashed = limits.network(address), FieldChecks(), ""
    with checks.field("email"):
        email = people.clean_email(email)
    with checks.field("name"):
        name = people.clean_name(name)
    with checks.field("password"):
        demand_length(password)
        spent = HASHING_FROM_NETWORK.of(network), SIGN_UP_FROM_NETWORK.of(network)
        await limits.spend_now(accounts.database, "sign-up", *spent)
        work = accounts.passwords.make if checks.all_right else accounts.passwords.judge
        hashed = await work(password, (email, name), network)
    checks.demand()
    return SignUp(email, name, hashed, address, language)


async def finish(session: Session, accounts: Accounts, wanted: SignUp) -> UUID | None:
    """Add the person and mail a link to confirm; if the address has an account, mail that to it instead.

    Either way takes the same number of statements. Returns the new person's id, or None.
    """
    base_url = accounts.rules.base_url
    may_mail = await limits.try_spend(session, MAIL_TO_ADDRESS.of(wanted.email))
    added = await people.add(session, wanted.email, wanted.name, wanted.language)
    if added is None:
        owner = await people.by_email(session, wanted.email)
        audit.note(session, Act.SIGN_UP_AGAIN, owner.id if owner is not None else None, address=wanted.address)
        if owner is not None and may_mail:
            secret = links.make(session, Purpose.RESET, owner.id, wanted.email)
            emails.exists_already(session, base_url, Addressee(owner.id, wanted.email, owner.language), secret)
        return None
    await passwords.add(session, added, wanted.password_hash)
    audit.note(session, Act.SIGNED_UP, added, address=wanted.address)
    if may_mail:
        secret = links.make(session, Purpose.CONFIRM, added, wanted.email)
        emails.welcome(session, base_url, Addressee(added, wanted.email, wanted.language), secret)
    return added


async def mailing_again(accounts: Accounts, person_id: UUID) -> list[Allowance]:
    """The tries that `mail_again` takes; none for a confirmed address, to which it mails nothing."""
    async with accounts.database.read() as session:
        person = await people.find(session, person_id)
    return [MAIL_TO_ADDRESS.of(person.email)] if person.email is not None and not person.is_confirmed else []


async def mail_again(session: Session, accounts: Accounts, person_id: UUID) -> None:
    """Another mail to confirm the address, unless it is confirmed; raises RateLimited."""
    person = await people.lock(session, person_id)
    if person.is_confirmed or person.email is None:
        return
    await limits.spend(session, MAIL_TO_ADDRESS.of(person.email))
    await links.forget(session, person_id, Purpose.CONFIRM)
    secret = links.make(session, Purpose.CONFIRM, person_id, person.email)
    to = Addressee(person.id, person.email, person.language)
    emails.welcome(session, accounts.rules.base_url, to, secret)


async def confirm(session: Session, secret: str, address: str) -> Person:
    """The link of a mail was opened: the address is the person's, at sign-up or after a change.

    Raises BadLink, and EmailTaken if another person has the new address by now.
    """
    link = await links.use(session, secret, Purpose.CONFIRM, Purpose.CHANGE_EMAIL)
    assert link.person_id is not None
    person = await people.lock(session, link.person_id)
    if link.purpose == Purpose.CHANGE_EMAIL.value:
        return await _change(session, person, str(link.email), address)
    if person.email != link.email:
        raise links.BadLink
    await people.confirm(session, person.id)
    # A person who signed up with a stranger's address may have asked for a change to their own before.
    await links.forget(session, person.id, Purpose.CHANGE_EMAIL)
    await session.refresh(person)
    audit.note(session, Act.EMAIL_CONFIRMED, person.id, address=address)
    return person


async def _change(session: Session, person: Person, email: str, address: str) -> Person:
    owner = await people.by_email(session, email)
    if owner is not None and owner.id != person.id:
        raise people.EmailTaken
    person.email, person.email_confirmed_at = email, session.now
    try:
        await session.flush()
    except IntegrityError:  # another request took it between the check and this
        raise people.EmailTaken from None
    await links.forget(session, person.id)
    audit.note(session, Act.EMAIL_CHANGED, person.id, address=address)
    return person
