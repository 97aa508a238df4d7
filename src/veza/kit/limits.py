"""Rate limits: one row per thing that is limited, one statement per try, right however many processes ask.

The generic cell rate algorithm (GCRA): a row holds the instant up to which its allowance is spent. A try pushes that
instant ahead by `per`, and is refused when it would then lie more than `burst` tries in the future. A try that turned
out to be right is restored. A limit is spent before the work it limits: before a password is hashed, before a mail is
written, before the payment provider is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any

from sqlalchemy import BigInteger, bindparam, case, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Database, Session
from veza.kit.messages import gettext


class Throttle(Base):
    """How far the allowance of `key` is spent, in milliseconds since 1970."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    spent_until_ms: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` tries at once, then one each `per`; `name` says what is limited and is part of the row's key."""

    name: str
    burst: int
    per: timedelta

    def of(self, whom: object) -> Allowance:
        """The tries of one person, e-mail address, network or device. The key holds only a digest of `whom`."""
        return Allowance(f"{self.name}:{hashlib.sha256(str(whom).encode()).hexdigest()[:32]}", self)


@dataclass(frozen=True, slots=True)
class Allowance:
    """The tries of one `key`."""

    key: str
    limit: Limit


class RateLimited(Exception):
    """No try is left; says how many there are, and how many seconds it takes until the next one is open."""

    def __init__(self, limit: Limit, wait_seconds: int) -> None:
        super().__init__(
            gettext(
                "too many tries ({burst} tries at once, then one every {seconds:g} s): "
                "wait {wait_seconds} s, then try again",
                burst=limit.burst,
                seconds=limit.per.total_seconds(),
                wait_seconds=wait_seconds,
            )
        )
        self.retry_after_seconds = wait_seconds


@lru_cache(maxsize=4_096)
def network(address: str) -> str:
    """The network that one customer of an internet provider has: 64 bits of an IPv6 address, all of an IPv4 address.

    Text that is no IP address is returned as it is.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return found.exploded[:19]
    return address


def demand_open(database: Database, *allowances: Allowance) -> None:
    """Raises RateLimited if this process knows that an allowance has no try left; asks no database, takes no try."""
    now_ms = _ms_of(database.clock.now())
    for one in allowances:
        opens_ms = database.refusals.opens_ms(one.key, now_ms)
        if opens_ms is not None:
            raise RateLimited(one.limit, _seconds(opens_ms - now_ms))


async def demand_left(database: Database, *allowances: Allowance) -> None:
    """Raises RateLimited if an allowance has no try left; takes none, and writes nothing.

    For work that has to come before `spend`, such as checking a password for the transaction that spends.
    """
    demand_open(database, *allowances)
    async with database.read() as session:
        spent = select(Throttle.key, Throttle.spent_until_ms).where(Throttle.key.in_([one.key for one in allowances]))
        until_ms = {key: int(until) for key, until in await session.execute(spent)}
        now = _ms_of(session.now)
    for one in _in_order(allowances):
        opens_ms = until_ms.get(one.key, 0) - (one.limit.burst - 1) * _ms(one.limit.per)
        if opens_ms > now:
            database.refusals.note(one.key, now, opens_ms)
            raise RateLimited(one.limit, _seconds(opens_ms - now))


@asynccontextmanager
async def turn(database: Database, *allowances: Allowance) -> AsyncIterator[None]:
    """Around a transaction that spends these allowances: other tries of them in this process wait outside the database,
    and are refused if this one is. Raises RateLimited for an allowance that is known to be spent."""
    demand_open(database, *allowances)
    async with database.refusals.turn(one.key for one in allowances):
        demand_open(database, *allowances)
        yield


async def spend_now(database: Database, actor: str, *allowances: Allowance) -> None:
    """`spend` in a transaction of its own, in the name of `actor`; none is opened for an allowance known to be
    spent."""
    async with turn(database, *allowances), database.write(actor) as session:
        await spend(session, *allowances)


async def spend(session: Session, *allowances: Allowance, tries: int = 1) -> None:
    """Take one try of each allowance, or `tries` at once (at most all there are); raises RateLimited, and takes none,
    if any has fewer left."""
    for one in _in_order(allowances):
        wait = await _spend_one(session, one, tries)
        if wait is not None:
            raise RateLimited(one.limit, wait)


async def try_spend(session: Session, allowance: Allowance) -> bool:
    """Take one try; False, and nothing is raised, when none is left."""
    return await _spend_one(session, allowance) is None


async def restore(session: Session, *allowances: Allowance) -> None:
    """Undo `spend`: the try was right."""
    for one in _in_order(allowances):
        earlier = update(Throttle).where(Throttle.key == one.key)
        await session.execute(earlier.values(spent_until_ms=Throttle.spent_until_ms - _ms(one.limit.per)))
        session.refusals.forget(one.key)


def _in_order(allowances: Iterable[Allowance]) -> list[Allowance]:
    """By key: two transactions that lock the same rows never wait for each other."""
    return sorted(allowances, key=lambda one: one.key)


async def _spend_one(session: Session, one: Allowance, tries: int = 1) -> int | None:
    """None, or the seconds until so many tries are open."""
    now, per, tries = _ms_of(session.now), _ms(one.limit.per), min(tries, one.limit.burst)
    latest = now + (one.limit.burst - tries) * per
    numbers = {"key": one.key, "now": now, "per": tries * per, "first": now + tries * per, "latest": latest}
    spent = (await session.execute(_SPEND[session.dialect], numbers)).first()
    if spent is not None:
        return None
    until = (await session.execute(select(Throttle.spent_until_ms).where(Throttle.key == one.key))).scalar_one()
    if tries == 1:  # another may take fewer tries than this one
        session.refusals.note(one.key, now, now + until - latest)
    return _seconds(until - latest)


def _seconds(wait_ms: int) -> int:
    return max(1, ceil(wait_ms / 1000))


def _ms_of(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


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
