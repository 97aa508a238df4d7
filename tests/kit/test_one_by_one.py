"""What cannot be done stops nothing else, and leaves nothing half done."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.limits import Throttle
from veza.kit.one_by_one import one_by_one


async def kept(database: Database) -> list[str]:
    async with database.read() as session:
        return sorted(await session.scalars(select(Throttle.key)))


async def write(session: Session, name: str) -> str:
    session.add(Throttle(key=name, spent_until_ms=1))
    await session.flush()
    if name.startswith("odd"):
        raise ValueError(name)
    return name.upper()


async def test_those_that_cannot_be_done_are_named_and_the_others_are_done(database: Database) -> None:
    done, odd = await one_by_one(database, "test", ["a", "odd 1", "b", "odd 2"], write)
    assert (done, [(name, str(error)) for name, error in odd]) == (["A", "B"], [("odd 1", "odd 1"), ("odd 2", "odd 2")])
    assert await kept(database) == ["a", "b"]


async def test_with_nothing_odd_it_is_one_transaction(database: Database) -> None:
    seen: set[int] = set()

    async def note(session: Session, name: str) -> str:
        seen.add(id(session))
        return await write(session, name)

    assert await one_by_one(database, "test", ["a", "b", "c"], note) == (["A", "B", "C"], [])
    assert len(seen) == 1


async def test_a_database_that_is_away_is_no_items_fault(database: Database) -> None:
    async def gone(session: Session, name: str) -> None:
        raise DatabaseUnavailable("away")

    with pytest.raises(DatabaseUnavailable):
        await one_by_one(database, "test", ["a", "b"], gone)
    assert await kept(database) == []
