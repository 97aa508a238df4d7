"""Reauthentication: before changes of credentials, of rights and of who is paid, a person proves the password again.

One rule everywhere: the password, and with a second factor an unused code. How recent the sign-in was does not count: a
session left open or stolen is mostly a recent one. An operation with a password in its own form checks it there
(`given`, `demand`). Any other operation takes a voucher (`voucher`, `spend`), which the person got for the password a
moment ago, and which is valid once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from veza.accounts import audit, links, passwords, people, second_factor, warnings
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import actor_of
from veza.accounts.limits import CODE_AGAIN, HASHING_FROM_NETWORK, PASSWORD_AGAIN
from veza.accounts.links import Purpose
from veza.accounts.second_factor import CodeReused, WrongCode
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.limits import Allowance
from veza.kit.messages import gettext


class WrongPassword(Exception):
    """A signed-in person gave a wrong password where it is asked for again."""

    def __init__(self) -> None:
        super().__init__(gettext("this is not your password"))


@dataclass(frozen=True, slots=True)
class Proof:
    """A person whose password was right a moment ago, and the code that came with it, not looked at yet; `address` is
    where from."""

    person_id: UUID
    verified_hash: str
    code: str | None
    address: str
    spent: tuple[Allowance, ...]


class ProofNeeded(Exception):
    """The request has no voucher, or one that was used, has expired or is another person's."""

    def __init__(self) -> None:
        super().__init__(
            gettext("show once more that it is you: this takes a fresh proof, which is good once and for five minutes")
        )


@asynccontextmanager
async def given(
    accounts: Accounts, person_id: UUID, password: str, code: str | None, address: str
) -> AsyncIterator[Proof]:
    """Check the password with no transaction open; the block opens one, and lets it `demand` the proof.

    Raises WrongPassword, RateLimited, TooBusy, UnknownPerson; a wrong code in the block is written down.
    """
    proof = await _checked(accounts, person_id, password, code, address)
    try:
        yield proof
    except CodeReused:
        await warnings.code_reused(accounts, person_id, address)
        raise
    except WrongCode:
        await _note(accounts, person_id, Act.CODE_WRONG, address)
        raise


async def demand(session: Session, proof: Proof) -> None:
    """Use the proof up in the transaction of the operation that needs it; locks the person.

    Raises CodeNeeded, WrongCode, UnknownPerson, and WrongPassword when the password has changed since it was checked.
    """
    await people.lock(session, proof.person_id)
    if not await passwords.is_still(session, proof.person_id, proof.verified_hash):
        raise WrongPassword
    await second_factor.demand(session, proof.person_id, proof.code, proof.address)
    await limits.restore(session, *proof.spent)


async def voucher(session: Session, proof: Proof) -> str:
    """Use the proof up, and give a voucher for it: a secret that `spend` takes once, within five minutes.

    The person has one at a time. Raises what `demand` raises.
    """
    await demand(session, proof)
    await links.forget(session, proof.person_id, Purpose.PROOF)
    audit.note(session, Act.PROOF_GIVEN, proof.person_id, address=proof.address)
    return links.make(session, Purpose.PROOF, proof.person_id)


async def spend(session: Session, person_id: UUID | None, secret: str | None) -> None:
    """Use the voucher up in the transaction of the operation that needs it; raises ProofNeeded.

    `person_id` is None for the operator, whose token is the proof.
    """
    if person_id is None:
        return
    try:
        link = await links.use(session, secret or "", Purpose.PROOF)
    except links.BadLink:
        raise ProofNeeded from None
    if link.person_id != person_id:
        raise ProofNeeded


async def _checked(accounts: Accounts, person_id: UUID, password: str, code: str | None, address: str) -> Proof:
    again, network = PASSWORD_AGAIN.of(person_id), limits.network(address)
    async with accounts.database.read() as session:
        await people.find(session, person_id)
    await limits.spend_now(accounts.database, actor_of(person_id), HASHING_FROM_NETWORK.of(network), again)
    async with accounts.database.read() as session:
        stored = await passwords.stored(session, person_id)
    if stored is None or not (await accounts.passwords.verify(stored, password, network)).fits:
        await _note(accounts, person_id, Act.PASSWORD_WRONG, address)
        raise WrongPassword
    async with accounts.database.write(actor_of(person_id)) as session:
        await limits.restore(session, again)
    if code is None:
        return Proof(person_id, stored, None, address, ())
    spent = CODE_AGAIN.of(person_id)
    await limits.spend_now(accounts.database, actor_of(person_id), spent)
    return Proof(person_id, stored, code, address, (spent,))


async def _note(accounts: Accounts, person_id: UUID, act: Act, address: str) -> None:
    async with accounts.database.write(actor_of(person_id)) as session:
        audit.note(session, act, person_id, address=address)
