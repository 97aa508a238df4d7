"""The pace's slots in one row of PostgreSQL, by the database's clock: one statement per reservation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base
from veza.kit.database_trouble import database_errors_said
from veza.money.pace import SILENCE_SECONDS, FarClock, Intervals, Lane

PROVIDER = "stripe"


class ProviderPace(Base):
    """One row per provider: when each lane's next slot is, and when that was last asked (seconds since 1970)."""

    __tablename__ = "provider_paces"

    provider: Mapped[str] = mapped_column(primary_key=True)
    worker_at: Mapped[float]
    person_at: Mapped[float]
    seen_at: Mapped[float]


# The clock is read after the row is locked, so a wait for the lock is no lost slot. Losing the last
# reservations in a crash costs nothing: every process is gone with them, so the commit need not be flushed.
_RESERVE = text(
    """
    WITH pace AS MATERIALIZED (
        SELECT worker_at, person_at, seen_at FROM provider_paces WHERE provider = :provider FOR UPDATE
    ), asked AS MATERIALIZED (
        SELECT *, extract(epoch FROM clock_timestamp())::float8 AS now,
               set_config('synchronous_commit', 'off', true) FROM pace
    ), free AS (
        SELECT now,
               greatest(now, CASE WHEN seen_at > now + :silence THEN now + :silence ELSE worker_at END) AS worker,
               greatest(now, CASE WHEN seen_at > now + :silence THEN now + :silence ELSE person_at END) AS person
        FROM asked
    ), slot AS MATERIALIZED (
        SELECT *, CAST(:is_person AS boolean) AND CAST(:person_interval AS float8) > 0 AND person <= worker AS own
        FROM free
    )
    UPDATE provider_paces
    SET worker_at = CASE WHEN own THEN worker ELSE worker + CAST(:span AS float8) END,
        person_at = CASE WHEN own THEN person + CAST(:person_interval AS float8) ELSE person END,
        seen_at = now
    FROM slot WHERE provider = :provider
    RETURNING CASE WHEN own THEN person ELSE worker END AS slot, now
    """
).bindparams(provider=PROVIDER, silence=SILENCE_SECONDS)

_NOW = text("SELECT extract(epoch FROM clock_timestamp())::float8")
FIRST_LOOKS = 10

_PUSH_BACK = text(
    """
    UPDATE provider_paces
    SET worker_at = greatest(worker_at, extract(epoch FROM clock_timestamp())::float8 + CAST(:seconds AS float8))
    WHERE provider = :provider
    """
).bindparams(provider=PROVIDER)

_INSTALL = text(
    "INSERT INTO provider_paces (provider, worker_at, person_at, seen_at) VALUES (:provider, 0, 0, 0)"
    " ON CONFLICT DO NOTHING"
).bindparams(provider=PROVIDER)


class PostgresSlots:
    """Slots of every process on this database."""

    def __init__(self, engine: AsyncEngine) -> None:
        # One statement is one transaction: no round trip to begin it, none to commit it.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._clock = FarClock()

    async def reserve(self, lane: Lane, count: int, intervals: Intervals) -> float:
        if not self._clock.is_known:
            await self._read_clock()
        row = await self._asked(
            {
                "is_person": lane is Lane.PERSON,
                "person_interval": intervals.person,
                "span": count * intervals.worker,
            }
        )
        return self._clock.here(row.now, row.slot)

    async def _read_clock(self) -> None:
        """A process that has just started answers itself late: the quickest of several looks is near the truth."""
        with database_errors_said():
            async with self._engine.connect() as connection:
                for _ in range(FIRST_LOOKS):
                    now = (await connection.execute(_NOW)).scalar_one()
                    self._clock.here(now, now)

    async def push_back(self, seconds: float) -> None:
        with database_errors_said():
            async with self._engine.connect() as connection:
                await connection.execute(_PUSH_BACK, {"seconds": seconds})

    async def _asked(self, values: dict[str, Any]) -> Any:
        with database_errors_said():
            async with self._engine.connect() as connection:
                row = (await connection.execute(_RESERVE, values)).one_or_none()
                if row is None:
                    await connection.execute(_INSTALL)
                    row = (await connection.execute(_RESERVE, values)).one()
        return row
