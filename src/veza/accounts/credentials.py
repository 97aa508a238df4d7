"""Changing the credentials: a forgotten password, a new password, another address."""

from __future__ import annotations

from uuid import UUID

from veza.accounts import audit, emails, links, passwords, people, reauthentication, sessions, tokens
from veza.accounts.audit import Act
from veza.accounts.emails import Addressee
from veza.accounts.facade import Accounts
from veza.accounts.identity import actor_of
from veza.accounts.limits import (
    EMAIL_CHANGE,
    HASHING_FROM_NETWORK,
    MAIL_FROM_NETWORK,
    MAIL_TO_ADDRESS,
    RESET_FROM_NETWORK,
)
from veza.accounts.links import Purpose
from veza.accounts.reauthentication import Proof
from veza.kit import limits, outbox
from veza.kit.database import Database, Session
from veza.kit.field_faults import FieldChecks
from veza.kit.limits import Allowance
from veza.kit.subscriptions import After, Event

FORGOTTEN = "password.forgotten"
"""Published for every address that is asked for, with the `person_id` to mail, or null if no account has it."""


def asking(address: str) -> Allowance:
    """The tries of `forgot` of one network."""
    return MAIL_FROM_NETWORK.of(limits.network(address))


def changing_address(person_id: UUID) -> Allowance:
    """The tries of `ask_email_change` of one person."""
    return EMAIL_CHANGE.of(person_id)


async def forgot(session: Session, email: str, address: str) -> None:
    """Mail a link to set a new password, if an account has this address; neither answer nor duration tells.

    Link and mail are made from the outbox (`mail_reset`), so that this does the same for every address.
    Raises RateLimited.
    """
    await limits.spend(session, asking(address))
    may_mail = await limits.try_spend(session, MAIL_TO_ADDRESS.of(email))
    person = await people.by_email(session, email)
    audit.note(session, Act.PASSWORD_RESET_ASKED, person.id if person is not None else None, address=address)
    to = str(person.id) if person is not None and may_mail else None
    await outbox.publish(session, FORGOTTEN, {"person_id": to})


def mail_reset(base_url: str) -> After:
    """Hears `password.forgotten`: mails the link to the person, if the account still exists."""

    async def on_forgotten(database: Database, event: Event) -> None:
        person_id = event.payload["person_id"]
        if person_id is None:
            return
        async with database.write("accounts") as session:
            # Locked: whose account ends at this moment is not written to afterwards.
            person = await session.get(people.Person, UUID(person_id), with_for_update=True)
            if person is not None and person.email is not None:
                secret = links.make(session, Purpose.RESET, person.id, person.email)
                emails.reset(session, base_url, Addressee(person.id, person.email, person.language), secret)

    return on_forgotten


async def prepare_reset(accounts: Accounts, secret: str, password: str, address: str) -> str:
    """Check the link, judge and hash the new password; raises RateLimited, BadLink, BadPassword, TooBusy."""
    network = limits.network(address)
    spent = HASHING_FROM_NETWORK.of(network), RESET_FROM_NETWORK.of(network)
    await limits.spend_now(accounts.database, "link", *spent)
    async with accounts.database.read() as session:
        link = await links.look(session, secret, Purpose.RESET)
        assert link.person_id is not None
        person = await people.find(session, link.person_id)
    return await _made(accounts, "password", password, (link.email or "", person.name), network)


async def reset(session: Session, accounts: Accounts, secret: str, password_hash: str, address: str) -> UUID:
    """Set the new password: every session and API token ends, every other link becomes invalid, and the address is
    confirmed.

    Returns the person's id; raises BadLink.
    """
    link = await links.use(session, secret, Purpose.RESET)
    assert link.person_id is not None
    person = await people.lock(session, link.person_id)
    if person.email is None or person.email != link.email:
        raise links.BadLink
    await passwords.replace(session, person.id, password_hash)
    await links.forget(session, person.id)
    await people.confirm(session, person.id)
    ended, revoked = await sessions.end_all(session, person.id), await tokens.revoke_all(session, person.id)
    audit.note(session, Act.PASSWORD_RESET, person.id, address=address, detail=_ended(ended, revoked))
    to = Addressee(person.id, person.email, person.language)
    emails.password_changed(session, accounts.rules.base_url, to, tokens_revoked=revoked)
    return person.id


async def prepare_password(accounts: Accounts, proof: Proof, new: str) -> str:
    """The hash of the new password, with no transaction open; raises RateLimited, BadPassword, TooBusy, UnknownPerson.

    `proof` was checked: its tries are spent before this work.
    """
    network = limits.network(proof.address)
    await limits.spend_now(accounts.database, actor_of(proof.person_id), HASHING_FROM_NETWORK.of(network))
    async with accounts.database.read() as session:
        person = await people.find(session, proof.person_id)
    return await _made(accounts, "new", new, (person.email or "", person.name), network)


async def change_password(
    session: Session,
    accounts: Accounts,
    proof: Proof,
    new_hash: str,
    *,
    keep: UUID | None,
    keep_tokens: bool,
    address: str,
) -> None:
    """Set the new password and end every session but `keep`, and every API token unless `keep_tokens`.

    Tokens go because a thief who knew the old password may have made some; a person who changes it for another reason
    may keep them. Raises what `reauthentication.demand` raises.
    """
    await reauthentication.demand(session, proof)
    person = await people.lock(session, proof.person_id)
    await passwords.replace(session, person.id, new_hash)
    await links.forget(session, person.id, Purpose.RESET, Purpose.CHANGE_EMAIL, Purpose.PROOF)
    ended = await sessions.end_all(session, person.id, but=keep)
    revoked = 0 if keep_tokens else await tokens.revoke_all(session, person.id)
    audit.note(session, Act.PASSWORD_CHANGED, person.id, address=address, detail=_ended(ended, revoked))
    if person.email is not None:
        to = Addressee(person.id, person.email, person.language)
        emails.password_changed(session, accounts.rules.base_url, to, tokens_revoked=revoked)


async def ask_email_change(session: Session, accounts: Accounts, proof: Proof, email: str, address: str) -> None:
    """Mail a link to the new address and a notice to the old one; the address changes when the link is opened.

    Raises RateLimited, and what `reauthentication.demand` raises. An address that has an account gets a mail that says
    so instead: as many links and mails either way. An address that was never confirmed gets no notice: it may have been
    mistyped at sign-up, and belong to a stranger.
    """
    await limits.spend(session, changing_address(proof.person_id))
    await reauthentication.demand(session, proof)
    person = await people.lock(session, proof.person_id)
    audit.note(session, Act.EMAIL_CHANGE_ASKED, person.id, address=address)
    base_url = accounts.rules.base_url
    if person.is_confirmed and person.email is not None:
        emails.notice_of_change(session, base_url, Addressee(person.id, person.email, person.language))
    await links.forget(session, person.id, Purpose.CHANGE_EMAIL)
    may_mail = await limits.try_spend(session, MAIL_TO_ADDRESS.of(email))
    owner = await people.by_email(session, email)
    if not may_mail:
        return
    if owner is None:
        secret = links.make(session, Purpose.CHANGE_EMAIL, person.id, email)
        emails.change_asked(session, base_url, Addressee(person.id, email, person.language), secret)
    elif owner.id != person.id:
        secret = links.make(session, Purpose.RESET, owner.id, email)
        emails.exists_already(session, base_url, Addressee(owner.id, email, owner.language), secret)


async def _made(accounts: Accounts, field: str, password: str, own_words: tuple[str, str], network: str) -> str:
    """The hash of a new password; an error names `field`. Raises BadPassword, TooBusy."""
    checks, hashed = FieldChecks(), ""
    with checks.field(field):
        hashed = await accounts.passwords.make(password, own_words, network)
    checks.demand()
    return hashed


def _ended(sessions_ended: int, tokens_revoked: int) -> str:
    return f"sessions ended: {sessions_ended}, tokens revoked: {tokens_revoked}"
