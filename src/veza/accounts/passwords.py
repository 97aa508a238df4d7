"""Passwords: judged and hashed (Argon2id) in threads, with no transaction open, few at once, and fairly.

19 MiB, two passes, one lane: OWASP's password storage cheat sheet (2024), first choice for Argon2id.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, Uuid, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import password_strength
from veza.kit.database import Base, Session
from veza.kit.messages import gettext
from veza.kit.turns import NoTurn, Turns

AT_ONCE = 2
"""Each takes 19 MiB and a core for some 30 ms."""
MOST_WAITING = 64
"""One second's worth. Beyond it the network that waits most is told to come back."""

T = TypeVar("T")


class Password(Base):
    """One person's password, as an Argon2id hash with its parameters."""

    __tablename__ = "passwords"

    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("people.id"), primary_key=True)
    hash: Mapped[str]
    changed_at: Mapped[datetime]


class TooBusy(Exception):
    """More passwords wait to be checked than this process gets done in a moment."""

    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "too many sign-ins at once: try again in {retry_after_seconds} s",
                retry_after_seconds=self.retry_after_seconds,
            )
        )


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password fits, and whether its hash was made with other parameters than today's."""

    fits: bool
    is_outdated: bool = False


class Passwords:
    """Judges, hashes and verifies in threads, AT_ONCE at a time. Never call it with a transaction open.

    `whom` names the network or person that causes the work: names take turns, so that one of them cannot keep the
    others from signing in. `site_words` are refused as passwords.
    """

    def __init__(self, hasher: PasswordHasher | None = None, site_words: Sequence[str] = ()) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._site_words = tuple(site_words)
        self._turns = Turns(AT_ONCE, MOST_WAITING)
        self._dummy = self._hasher.hash("nobody's password")

    async def make(self, password: str, own_words: Sequence[str], whom: str) -> str:
        """The hash of a new password; raises BadPassword for one that is too easy to guess, and TooBusy.

        `own_words` are the address and, where it is known, the name of its person.
        """

        def judged() -> str:
            password_strength.demand(password, (*own_words, *self._site_words))
            return self._hasher.hash(_same(password))

        return await self._in_turn(whom, judged)

    async def judge(self, password: str, own_words: Sequence[str], whom: str) -> str:
        """Raises what `make` raises; hashes nothing, and returns an empty text."""
        await self._in_turn(whom, lambda: password_strength.demand(password, (*own_words, *self._site_words)))
        return ""

    async def hash(self, password: str, whom: str) -> str:
        """The hash of a password that was good enough when it was set; raises TooBusy."""
        return await self._in_turn(whom, lambda: self._hasher.hash(_same(password)))

    async def verify(self, stored: str | None, password: str, whom: str) -> Verified:
        """Whether `password` fits `stored`. Without a stored hash it takes as long, and does not fit. Raises
        TooBusy."""
        against = self._dummy if stored is None else stored
        verified = await self._in_turn(whom, lambda: self._verify(against, password))
        return verified if stored is not None else Verified(False)

    def _verify(self, stored: str, password: str) -> Verified:
        try:
            self._hasher.verify(stored, _same(password))
        except (VerificationError, InvalidHashError):
            return Verified(False)
        return Verified(True, self._hasher.check_needs_rehash(stored))

    async def _in_turn(self, whom: str, work: Callable[[], T]) -> T:
        try:
            async with self._turns.of(whom):
                return await asyncio.to_thread(work)
        except NoTurn:
            raise TooBusy from None


def _same(password: str) -> str:
    """The same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFC", password)


_OF = select(Password.hash).where(Password.person_id == bindparam("person_id"))
_OF_LOCKED = _OF.with_for_update()


async def stored(session: Session, person_id: UUID) -> str | None:
    """The person's hash."""
    return (await session.scalars(_OF, {"person_id": person_id})).one_or_none()


async def is_still(session: Session, person_id: UUID, verified: str) -> bool:
    """Whether the hash that was verified before this transaction is still the person's; locks it."""
    return (await session.scalars(_OF_LOCKED, {"person_id": person_id})).one_or_none() == verified


async def add(session: Session, person_id: UUID, hashed: str) -> None:
    """Store the hash of a new person's password."""
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
