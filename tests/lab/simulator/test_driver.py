"""SQLite in this thread serves sessions and plain connections like any asynchronous driver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from veza.kit.database import Database, Session, table_of
from veza.lab.simulator import ground, processes
from veza.lab.simulator.driver import URL_IN_THREAD, InThreadSession
from veza.lab.simulator.play import Played
from veza.lab.simulator.simulate import simulate
from veza.money.sellers import Seller


async def test_a_plain_connection_executes_and_commits() -> None:
    database = Database.open(URL_IN_THREAD)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER)"))
        await connection.execute(text("INSERT INTO t VALUES (:n)"), [{"n": 1}, {"n": 2}])
    async with database.engine.connect() as connection:
        assert list(await connection.scalars(text("SELECT n FROM t ORDER BY n"))) == [1, 2]
    await database.close()


async def test_what_is_not_committed_is_rolled_back() -> None:
    database = Database.open(URL_IN_THREAD)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER)"))
    async with database.engine.connect() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
    async with database.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM t"))).scalar() == 0
    await database.close()


async def test_the_shortcut_tells_the_same_stories_as_sqlalchemys_own_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Played] = []
    short = await simulate(300, 4, on_run=told.append)
    monkeypatch.setattr(processes, "InThreadSession", Session)
    monkeypatch.setattr(ground, "InThreadDialect", type("NoDialect", (), {"driver": "none"}))
    ordinary = await simulate(300, 4, on_run=told.append)
    assert [one.story for one in told[:4]] == [one.story for one in told[4:]]
    assert short.coverage.moves == ordinary.coverage.moves
    assert short.coverage.outcomes == ordinary.coverage.outcomes


@pytest.fixture
async def session() -> AsyncIterator[InThreadSession]:
    async with ground.ground() as engine:
        made = InThreadSession(engine, expire_on_commit=False, autoflush=False)
        made.raw, made.only_reads = engine.dialect.raw, False  # type: ignore[attr-defined]  # our own dialect
        made.now = datetime(2026, 1, 5, 9, tzinfo=UTC)
        async with made:
            yield made


async def test_a_row_is_one_object_in_a_session_whichever_way_it_is_read(session: InThreadSession) -> None:
    values = {"id": "ada", "name": "Ada", "country": "DE", "transfers_active": False, "created_at": session.now}
    await session.execute(insert(Seller), values)
    mine = select(Seller).where(Seller.id == "ada")
    (read,) = (await session.scalars(mine)).all()
    assert read is await session.get(Seller, "ada") is session.sync_session.scalars(mine).one()
    assert (read.name, read.created_at, read.transfers_active) == ("Ada", session.now, False)
    await session.execute(update(table_of(Seller)).values(name="Bea"))
    assert (await session.scalars(mine)).one().name == "Ada"
    assert (await session.scalars(mine.execution_options(populate_existing=True))).one().name == "Bea"


async def test_a_statement_built_on_another_has_a_plan_of_its_own(session: InThreadSession) -> None:
    both = select(Seller.id).order_by(Seller.id)
    row = {"name": "x", "country": "DE", "transfers_active": False, "created_at": session.now}
    await session.execute(insert(table_of(Seller)), [{**row, "id": "ada"}, {**row, "id": "bea"}])
    assert (await session.scalars(both)).all() == ["ada", "bea"]
    assert (await session.scalars(both.where(Seller.id == "bea"))).all() == ["bea"]
    some = select(Seller.id).where(Seller.id.in_(bindparam("ids", expanding=True))).order_by(Seller.id)
    assert [(await session.scalars(some, {"ids": ids})).all() for ids in ([], ["bea"], ["bea", "ada"])] == [
        [],
        ["bea"],
        ["ada", "bea"],
    ]


async def test_a_row_the_database_refuses_raises_what_sqlalchemy_raises(session: InThreadSession) -> None:
    with pytest.raises(IntegrityError):
        await session.execute(insert(table_of(Seller)), {"id": "ada"})
