"""Passwords: Argon2id, never in the event loop, never in a transaction, and never twice at once too often.

19 MiB, two passes, one lane: OWASP's password storage cheat sheet (2024), first choice for Argon2id.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, Uuid, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session

SHORTEST, LONGEST = 10, 200
AT_ONCE = 2
"""Each takes 19 MiB and a core for some 30 ms."""
MOST_WAITING = 64
"""Two seconds' worth: whoever comes after that is told to come back instead of waiting longer."""

# From the lists of what is tried first everywhere; those shorter than SHORTEST are refused for that.
COMMON = frozenset(
    """
    1234567890 0123456789 9876543210 0987654321 12345678910 123456789a 1234567891 1q2w3e4r5t 1q2w3e4r5t6y qwertyuiop
    qwerty1234 qwerty12345 qwerty123456 qwertyuiop123 password12 password123 password1234 password12345 passw0rd123
    p@ssw0rd123 iloveyou123 iloveyou12 letmein123 letmein1234 welcome123 welcome1234 administrator admin12345
    admin123456 changeme123 changeme1234 abcdefghij abcdefghijk abcd123456 abc1234567 abc123456789 football123
    baseball123 superman123 princess123 sunshine123 dragon12345 monkey12345 master12345 trustno1trustno1 1111111111
    0000000000 2222222222 5555555555 6666666666 7777777777 8888888888 9999999999 11111111111 1111122222 1212121212
    1231231231 123123123123 123321123321 1357924680 147258369147 159753159753 aaaaaaaaaa zxcvbnm123 zxcvbnm1234
    asdfghjkl1 asdfghjkl123 asdfasdfasdf qwerqwerqwer q1w2e3r4t5 q1w2e3r4t5y6 1qaz2wsx3edc 1qazxsw23edc zaq12wsxcde3
    correcthorsebatterystaple thequickbrownfox passwordpassword secretsecret musicmusic veza123456 vezavezaveza
    """.split()
)

T = TypeVar("T")


class Password(Base):
    """One person's password, as an Argon2id hash with its parameters."""

    __tablename__ = "passwords"

    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("people.id"), primary_key=True)
    hash: Mapped[str]
    changed_at: Mapped[datetime]


class BadPassword(ValueError):
    """A new password that is not good enough; says why."""


class TooBusy(Exception):
    """More passwords wait to be checked than this process gets done in a moment."""

    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__(f"too many sign-ins at once: try again in {self.retry_after_seconds} s")


def check(password: str, email: str | None) -> None:
    """Raises BadPassword for a new password that is too short, too long, the address, or known everywhere."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword(f"a password has {SHORTEST} to {LONGEST} characters, this one has {len(password)}")
    plain = password.casefold().strip()
    if email is not None and plain in (email.casefold(), email.partition("@")[0].casefold()):
        raise BadPassword("a password may not be the e-mail address")
    if plain in COMMON or len(set(plain)) < 4:
        raise BadPassword("this password is among those that are tried first: choose another one")


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password fits, and whether its hash was made with other parameters than today's."""

    fits: bool
    is_outdated: bool = False


class Passwords:
    """Hashes and verifies in threads, AT_ONCE at a time. Never call it with a transaction open."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._dummy = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """Raises TooBusy."""
        return await self._in_a_slot(lambda: self._hasher.hash(_same(password)))

    async def verify(self, stored: str | None, password: str) -> Verified:
        """Whether `password` fits `stored`; without one it takes as long and does not. Raises TooBusy."""
        verified = await self._in_a_slot(lambda: self._verify(self._dummy if stored is None else stored, password))
        return verified if stored is not None else Verified(False)

    def _verify(self, stored: str, password: str) -> Verified:
        try:
            self._hasher.verify(stored, _same(password))
        except (VerificationError, InvalidHashError):
            return Verified(False)
        return Verified(True, self._hasher.check_needs_rehash(stored))

    async def _in_a_slot(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise TooBusy
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _same(password: str) -> str:
    """The same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFC", password)


_OF = select(Password.hash).where(Password.person_id == bindparam("person_id"))
_OF_LOCKED = _OF.with_for_update()


async def stored(session: Session, person_id: UUID) -> str | None:
    """The person's hash."""
    return (await session.scalars(_OF, {"person_id": person_id})).one_or_none()


async def is_still(session: Session, person_id: UUID, verified: str) -> bool:
    """Whether the hash that was verified before this transaction is the person's still; locks it."""
    return (await session.scalars(_OF_LOCKED, {"person_id": person_id})).one_or_none() == verified


async def add(session: Session, person_id: UUID, hashed: str) -> None:
    """Store what `Passwords.hash` gave for somebody new."""
    session.add(Password(person_id=person_id, hash=hashed, changed_at=session.now))
    await session.flush()


async def replace(session: Session, person_id: UUID, hashed: str) -> None:
    """Store what `Passwords.hash` gave."""
    row = await session.get(Password, person_id, with_for_update=True, populate_existing=True)
    if row is None:
        session.add(Password(person_id=person_id, hash=hashed, changed_at=session.now))
    else:
        row.hash, row.changed_at = hashed, session.now
    await session.flush()


async def forget(session: Session, person_id: UUID) -> None:
    await session.execute(delete(Password).where(Password.person_id == person_id))
