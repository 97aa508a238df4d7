"""The demo's accounts have a password that stands in the README: on a public address none of them may keep it."""

from __future__ import annotations

import asyncio
import secrets
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from veza.accounts import passwords, sessions, tokens
from veza.accounts.passwords import Password
from veza.accounts.people import Person
from veza.kit.database import Database
from veza.lab.demo.opening import HOST, PASSWORD

MOST_ACCOUNTS = 1_000
NEW_BYTES = 12


class DemoAccountsOpen(Exception):
    """Accounts of the demo can be signed in to by every reader of the README; says which and what to do."""

    def __init__(self, addresses: list[str]) -> None:
        shown = ", ".join(addresses[:3]) + (f" and {len(addresses) - 3} more" if len(addresses) > 3 else "")
        super().__init__(
            f"HOST or PUBLIC_URL lets others in, and the demo's accounts ({shown}) have the password of the README:"
            " run `veza demo --new-passwords`, or begin with an empty database"
        )


async def demand_no_open_demo_account(database: Database) -> None:
    """Raises DemoAccountsOpen while an account of the demo has the documented password."""
    if open_ones := await _open(database):
        raise DemoAccountsOpen([address for _, address in open_ones])


async def give_new_passwords(database: Database) -> list[tuple[str, str]]:
    """Give each such account a random password, and end what is signed in to it; returns addresses and passwords."""
    given = []
    for person_id, address in await _open(database):
        password = secrets.token_urlsafe(NEW_BYTES)
        hashed = await asyncio.to_thread(PasswordHasher().hash, password)
        async with database.write("demo") as session:
            await passwords.replace(session, person_id, hashed)
            await sessions.end_all(session, person_id)
            await tokens.revoke_all(session, person_id)
        given.append((address, password))
    return given


async def _open(database: Database) -> list[tuple[UUID, str]]:
    rows = (
        select(Person.id, Person.email, Password.hash)
        .join(Password, Password.person_id == Person.id)
        .where(Person.email.endswith(f"@{HOST}", autoescape=True))
        .order_by(Person.email)
        .limit(MOST_ACCOUNTS)
    )
    async with database.read() as session:
        found = (await session.execute(rows)).all()
    still = [row for row in found if await asyncio.to_thread(_is_documented, row.hash)]
    return [(row.id, str(row.email)) for row in still]


def _is_documented(hashed: str) -> bool:
    try:
        return PasswordHasher().verify(hashed, PASSWORD)
    except (VerificationError, InvalidHashError):
        return False
