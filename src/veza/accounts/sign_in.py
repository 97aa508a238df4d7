"""Signing in: the same work and the same answer whether there is such an account or not.

First, with no transaction open, the password (`checked`); then, in one, the second factor (`accept`) and the new
session (`begin`). Where the code is asked for on a page of its own, a challenge leads from the password to it
(`challenge`, `answered`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from veza.accounts import audit, passwords, people, second_factor, sessions, site_texts, warnings
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.limits import (
    CODE_OF_ACCOUNT,
    CODE_ON_DEVICE,
    HASHING_FROM_NETWORK,
    SIGN_IN_AS_STRANGER,
    SIGN_IN_FROM_NETWORK,
    SIGN_IN_ON_DEVICE,
)
from veza.accounts.second_factor import CodeNeeded, CodeReused, WrongCode
from veza.accounts.site_texts import SiteTextName
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.limits import Allowance
from veza.kit.messages import gettext


class WrongCredentials(Exception):
    """Address and password do not belong together; which of them is wrong is not said."""

    def __init__(self) -> None:
        super().__init__(gettext("address and password do not belong together"))


class AccountSuspended(Exception):
    """An operator suspended it; said only where the password was right."""

    def __init__(self, *, has_imprint: bool) -> None:
        super().__init__(
            gettext("this account is suspended: the imprint, at the foot of each page, says whom you can write to")
            if has_imprint
            else gettext("this account is suspended: write to the people who run this site")
        )


class ChallengeOver(WrongCredentials):
    """The password was given too long ago, or has changed since: it has to be given again."""

    def __init__(self) -> None:
        Exception.__init__(self, gettext("that took too long, or your password has changed: sign in again"))


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser of a request: its network address, its user agent, and its device cookie."""

    address: str
    agent: str
    device_cookie: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A person whose password was right a moment ago, and the code that came with it; `address` is where from, `spent`
    is to be given back."""

    person_id: UUID
    verified_hash: str
    new_hash: str | None
    code: str | None
    address: str
    spent: tuple[Allowance, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """The secrets for the two cookies of a browser that has signed in."""

    session_secret: str
    device_cookie: str


@asynccontextmanager
async def checked(
    accounts: Accounts, email: str, password: str, code: str | None, browser: Browser
) -> AsyncIterator[Checked]:
    """The person of an address and password; the block opens the transaction that signs in (`accept`, `begin`).

    Raises WrongCredentials, RateLimited, TooBusy. A wrong code in the block is counted; a missing code
    costs no try.
    """
    found = await _check(accounts, email, password, code, browser)
    async with _counted(accounts, found, browser):
        yield found


async def challenge(accounts: Accounts, found: Checked) -> str:
    """What the browser of a person whose code is still wanted carries to the second step. An outdated hash is renewed
    here: the second step knows no password."""
    verified = found.verified_hash
    if found.new_hash is not None:
        async with accounts.database.write("sign-in") as session:
            await people.lock(session, found.person_id)
            if await passwords.is_still(session, found.person_id, verified):
                await passwords.replace(session, found.person_id, found.new_hash)
                verified = found.new_hash
    return accounts.challenges.write(found.person_id, verified)


@asynccontextmanager
async def answered(accounts: Accounts, challenge: str, code: str, browser: Browser) -> AsyncIterator[Checked]:
    """The person of a challenge, and the code that answers it; the block is that of `checked`.

    Raises ChallengeOver, RateLimited.
    """
    given = accounts.challenges.read(challenge)
    if given is None:
        raise ChallengeOver
    async with accounts.database.read() as session:
        stored = await passwords.stored(session, given.person_id)
    if stored is None or not accounts.challenges.is_still(given, stored):
        raise ChallengeOver
    tries = _tries_of_codes(accounts, given.person_id, browser)
    await limits.spend_now(accounts.database, "sign-in", tries)
    found = Checked(given.person_id, stored, None, code, browser.address, (tries,))
    async with _counted(accounts, found, browser):
        yield found


@asynccontextmanager
async def _counted(accounts: Accounts, found: Checked, browser: Browser) -> AsyncIterator[None]:
    try:
        yield
    except CodeNeeded:
        async with accounts.database.write("sign-in") as session:
            await limits.restore(session, *found.spent)
        raise
    except CodeReused:
        await warnings.code_reused(accounts, found.person_id, browser.address)
        raise
    except WrongCode:
        await _note_failure(accounts, found.person_id, browser, "second factor")
        raise


async def accept(session: Session, found: Checked) -> bool:
    """Check the second factor, use its code up and restore the tries; locks the person.

    Returns whether a code of a second factor was given.
    Raises CodeNeeded, WrongCode, AccountSuspended, and WrongCredentials when the password has changed since it was
    checked.
    """
    person = await people.lock(session, found.person_id)
    if not await passwords.is_still(session, found.person_id, found.verified_hash):
        raise WrongCredentials
    by_code = await second_factor.demand(session, found.person_id, found.code, found.address)
    if person.is_suspended:
        raise AccountSuspended(has_imprint=SiteTextName.IMPRINT in await site_texts.written(session))
    await limits.restore(session, *found.spent)
    if found.new_hash is not None:
        await passwords.replace(session, found.person_id, found.new_hash)
    return by_code


async def begin(
    session: Session, accounts: Accounts, found: Checked, browser: Browser, *, instead_of: str | None
) -> Begun:
    """Begin a session; `instead_of` is the secret of the session that the browser had before. Raises as `accept`."""
    by_code = await accept(session, found)
    if instead_of is not None:
        await sessions.end_secret(session, instead_of)
    secret = await sessions.begin(
        session,
        found.person_id,
        accounts.rules.session_max,
        address=browser.address,
        agent=browser.agent,
        with_second_factor=by_code,
    )
    if accounts.devices.read(browser.device_cookie, found.person_id) is None:
        await warnings.new_device(session, accounts, found.person_id, browser.address, browser.agent)
    audit.note(session, Act.SIGNED_IN, found.person_id, address=browser.address)
    return Begun(secret, accounts.devices.signed_in(browser.device_cookie, found.person_id))


async def _check(accounts: Accounts, email: str, password: str, code: str | None, browser: Browser) -> Checked:
    try:
        email = people.clean_email(email)
    except people.BadEmail:
        raise WrongCredentials from None
    network = limits.network(browser.address)
    from_network = HASHING_FROM_NETWORK.of(network), SIGN_IN_FROM_NETWORK.of(network)
    limits.demand_open(accounts.database, *from_network)
    async with accounts.database.read() as session:
        person = await people.by_email(session, email)
        stored = await passwords.stored(session, person.id if person is not None else UUID(int=0))
    device = accounts.devices.read(browser.device_cookie, person.id if person is not None else None)
    hashing, spent = from_network[0], [from_network[1]]
    if device is not None:
        spent.append(SIGN_IN_ON_DEVICE.of(f"{device.name} {email}"))
    else:
        spent.append(SIGN_IN_AS_STRANGER.of(email))
    await limits.spend_now(accounts.database, "sign-in", hashing, *spent)
    verified = await accounts.passwords.verify(stored, password, network)
    if person is None or stored is None or not verified.fits:
        await _note_failure(accounts, person.id if person is not None else None, browser, "password")
        raise WrongCredentials
    if code is not None:
        spent.append(_tries_of_codes(accounts, person.id, browser))
        await limits.spend_now(accounts.database, "sign-in", spent[-1])
    new_hash = await accounts.passwords.hash(password, network) if verified.is_outdated else None
    return Checked(person.id, stored, new_hash, code, browser.address, tuple(spent))


def _tries_of_codes(accounts: Accounts, person_id: UUID, browser: Browser) -> Allowance:
    device = accounts.devices.read(browser.device_cookie, person_id)
    # A device that only opened a mail may belong to a thief who reads the mailbox: no tries of its own.
    if device is not None and person_id not in device.by_mail:
        return CODE_ON_DEVICE.of(f"{device.name} {person_id}")
    return CODE_OF_ACCOUNT.of(person_id)


async def _note_failure(accounts: Accounts, person_id: UUID | None, browser: Browser, what: str) -> None:
    async with accounts.database.write("sign-in") as session:
        audit.note(session, Act.SIGN_IN_FAILED, person_id, address=browser.address, detail=what)
