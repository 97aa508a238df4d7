"""Slowing down guesses: one row per thing that is limited, one statement per try, right however many processes ask.

The generic cell rate algorithm: a row holds the instant up to which its allowance is spent. A try pushes it ahead by
`per`, and is refused when that would put it more than `burst` tries into the future. A try that turned out to be
right is given back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any

from sqlalchemy import BigInteger, bindparam, case, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session


class Throttle(Base):
    """How far the allowance of `key` is spent, in milliseconds since 1970."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    spent_until_ms: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` tries at once, then one each `per`."""

    burst: int
    per: timedelta


class Throttled(Exception):
    """Too many tries; says when the next one is open."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"too many tries: wait {wait_seconds} s, then try again")
        self.retry_after_seconds = wait_seconds


SIGN_IN_FROM_ADDRESS = Limit(30, timedelta(seconds=10))
SIGN_IN_AS_STRANGER = Limit(10, timedelta(minutes=1))
"""On one account, by all devices that never signed in to it, together. The account's own devices do not notice; its
person on a new device resets the password by mail, which makes the device known."""
SIGN_IN_ON_DEVICE = Limit(10, timedelta(minutes=1))
SECOND_FACTOR = Limit(10, timedelta(minutes=5))
"""Codes are six digits: at this pace a guess of one succeeds once in three years. Of one account, by all devices that
never gave a right one, together; a device that did has tries of its own."""
PASSWORD_AGAIN = Limit(10, timedelta(minutes=1))
CODE_AGAIN = SECOND_FACTOR
"""Where somebody signed in is asked for a code: apart from sign-in, so that whoever has only the password cannot keep
the person from changing it."""
SIGN_UP_FROM_ADDRESS = Limit(20, timedelta(minutes=1))
MAIL_ASKED_FROM_ADDRESS = Limit(20, timedelta(seconds=30))
MAIL_TO_PERSON = Limit(5, timedelta(minutes=15))
"""Nobody's mailbox is filled by strangers. Beyond it the answer stays the same, only no mail is sent."""


def key_of(what: str, whom: object) -> str:
    """The key of a row; what identifies a person is hashed."""
    return f"{what}:{hashlib.sha256(str(whom).encode()).hexdigest()[:32]}"


def network(address: str) -> str:
    """The address as one customer of an internet provider has it: an IPv6 network of 64 bits, an IPv4 address."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return found.exploded[:19]
    return address


async def spend(session: Session, *wanted: tuple[str, Limit]) -> None:
    """Take one try of each `(key, limit)`; raises Throttled, and takes none, when one has no try left."""
    for key, limit in sorted(wanted, key=lambda pair: pair[0]):  # in one order, so that no two wait for each other
        wait = await _spend_one(session, key, limit)
        if wait is not None:
            raise Throttled(wait)


async def may(session: Session, key: str, limit: Limit) -> bool:
    """Take one try, or tell that none is left."""
    return await _spend_one(session, key, limit) is None


async def give_back(session: Session, wanted: Sequence[tuple[str, Limit]]) -> None:
    """Undo `spend`: the try was right."""
    for key, limit in sorted(wanted, key=lambda pair: pair[0]):
        back = update(Throttle).where(Throttle.key == key)
        await session.execute(back.values(spent_until_ms=Throttle.spent_until_ms - _ms(limit.per)))


async def _spend_one(session: Session, key: str, limit: Limit) -> int | None:
    """None, or the seconds until the next try is open."""
    now, per = int(session.now.timestamp() * 1000), _ms(limit.per)
    latest = now + (limit.burst - 1) * per
    numbers = {"key": key, "now": now, "per": per, "first": now + per, "latest": latest}
    spent = (await session.execute(_SPEND[session.dialect], numbers)).first()
    if spent is not None:
        return None
    until = (await session.execute(select(Throttle.spent_until_ms).where(Throttle.key == key))).scalar_one()
    return max(1, ceil((until - latest) / 1000))


def _ms(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)


def _spending(insert: Any) -> Any:
    def number(name: str) -> Any:
        return bindparam(name, type_=BigInteger)

    spent = Throttle.spent_until_ms
    since = case((spent > number("now"), spent), else_=number("now"))
    added = insert(Throttle).values(key=bindparam("key"), spent_until_ms=number("first"))
    return added.on_conflict_do_update(
        index_elements=["key"], set_={"spent_until_ms": since + number("per")}, where=spent <= number("latest")
    ).returning(spent)


_SPEND = {"postgresql": _spending(postgresql.insert), "sqlite": _spending(sqlite.insert)}
