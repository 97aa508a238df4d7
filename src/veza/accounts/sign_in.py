"""Signing in: the same work and the same answer whether there is such an account or not.

First, with no transaction open, the password (`check`); then, in one, the second factor and the new session (`begin`).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from veza.accounts import audit, passwords, people, second_factor, sessions, throttle
from veza.accounts.audit import Act
from veza.accounts.room import Accounts
from veza.accounts.throttle import (
    PASSWORD_AGAIN,
    SECOND_FACTOR,
    SIGN_IN_AS_STRANGER,
    SIGN_IN_FROM_ADDRESS,
    SIGN_IN_ON_DEVICE,
    Limit,
)
from veza.kit.database import Session


class WrongCredentials(Exception):
    """Address and password do not belong together; which of them is wrong is not said."""

    def __init__(self) -> None:
        super().__init__("address and password do not belong together")


class WrongPassword(Exception):
    """Somebody signed in gave a wrong password where it is asked for again."""

    def __init__(self) -> None:
        super().__init__("this is not your password")


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a request comes from: the network address, what the browser calls itself, and its device cookie."""

    address: str
    agent: str
    device_cookie: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A person whose password was right a moment ago; `spent` are the tries to give back."""

    person_id: UUID
    verified_hash: str
    new_hash: str | None
    spent: tuple[tuple[str, Limit], ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """The secrets for the two cookies of a browser that has signed in."""

    session_secret: str
    device_cookie: str


async def check(accounts: Accounts, email: str, password: str, browser: Browser, *, with_code: bool) -> Checked:
    """Whose address and password these are; raises WrongCredentials, Throttled, TooBusy."""
    try:
        email = people.clean_email(email)
    except people.BadEmail:
        raise WrongCredentials from None
    async with accounts.database.read() as session:
        person = await people.by_email(session, email)
        stored = await passwords.stored(session, person.id if person is not None else UUID(int=0))
    device = accounts.devices.read(browser.device_cookie, person.id if person is not None else None)
    spent = [(throttle.key_of("sign-in from", throttle.network(browser.address)), SIGN_IN_FROM_ADDRESS)]
    if device is not None:
        spent.append((throttle.key_of("sign-in on", f"{device.name} {email}"), SIGN_IN_ON_DEVICE))
    else:
        spent.append((throttle.key_of("sign-in to", email), SIGN_IN_AS_STRANGER))
    async with accounts.database.write("sign-in") as session:
        await throttle.spend(session, *spent)
    verified = await accounts.passwords.verify(stored, password)
    if person is None or stored is None or not verified.fits:
        await _note_failure(accounts, person.id if person is not None else None, browser, "password")
        raise WrongCredentials
    if with_code:
        code = (throttle.key_of("code", person.id), SECOND_FACTOR)
        async with accounts.database.write("sign-in") as session:
            await throttle.spend(session, code)
        spent.append(code)
    new_hash = await accounts.passwords.hash(password) if verified.is_outdated else None
    return Checked(person.id, stored, new_hash, tuple(spent))


async def begin(
    session: Session,
    accounts: Accounts,
    checked: Checked,
    code: str | None,
    browser: Browser,
    *,
    instead_of: str | None,
) -> Begun:
    """A new session, also where the browser had one: `instead_of` is the secret of its cookie.

    Raises CodeNeeded, WrongCode, and WrongCredentials when the password has changed since it was checked.
    """
    await people.lock(session, checked.person_id)
    if not await passwords.is_still(session, checked.person_id, checked.verified_hash):
        raise WrongCredentials
    await second_factor.demand(session, checked.person_id, code)
    await throttle.give_back(session, checked.spent)
    if checked.new_hash is not None:
        await passwords.replace(session, checked.person_id, checked.new_hash)
    if instead_of is not None:
        await sessions.end_secret(session, instead_of)
    secret = await sessions.begin(
        session, checked.person_id, accounts.rules.session_max, address=browser.address, agent=browser.agent
    )
    audit.note(session, Act.SIGNED_IN, checked.person_id, address=browser.address)
    return Begun(secret, accounts.devices.signed_in(browser.device_cookie, checked.person_id))


async def code_was_wrong(accounts: Accounts, checked: Checked, browser: Browser) -> None:
    """Write it down; the transaction of `begin` is gone."""
    await _note_failure(accounts, checked.person_id, browser, "second factor")


async def check_again(accounts: Accounts, person_id: UUID, password: str, address: str) -> str:
    """The person's own password, asked for before something that matters; returns the hash it fits.

    Raises WrongPassword, Throttled, TooBusy, UnknownPerson.
    """
    again = (throttle.key_of("password again", person_id), PASSWORD_AGAIN)
    async with accounts.database.write(f"person {person_id}") as session:
        await people.find(session, person_id)
        await throttle.spend(session, again)
        stored = await passwords.stored(session, person_id)
    if stored is None or not (await accounts.passwords.verify(stored, password)).fits:
        async with accounts.database.write(f"person {person_id}") as session:
            audit.note(session, Act.PASSWORD_WRONG, person_id, address=address)
        raise WrongPassword
    async with accounts.database.write(f"person {person_id}") as session:
        await throttle.give_back(session, [again])
    return stored


async def demand_still(session: Session, person_id: UUID, verified_hash: str) -> None:
    """Raises WrongPassword when the password has changed since `check_again`."""
    if not await passwords.is_still(session, person_id, verified_hash):
        raise WrongPassword


async def _note_failure(accounts: Accounts, person_id: UUID | None, browser: Browser, what: str) -> None:
    async with accounts.database.write("sign-in") as session:
        audit.note(session, Act.SIGN_IN_FAILED, person_id, address=browser.address, detail=what)
