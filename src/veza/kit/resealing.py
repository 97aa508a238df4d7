"""Sealing every stored secret again with the newest key, a bounded batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_, update

from veza.kit.database import Base, Database, Session, table_of
from veza.kit.secret_box import CannotOpen

BATCH = 200


@dataclass(frozen=True, slots=True)
class SealedColumns:
    """The columns of one table that hold sealed values."""

    model: type[Base]
    columns: tuple[str, ...]


@dataclass
class Resealed:
    """How many rows were sealed again, and how many could not be opened with any key."""

    rows: int = 0
    lost: int = 0


async def reseal_all(database: Database, sealed: Sequence[SealedColumns]) -> Resealed:
    """Seal every stored secret again with the newest key. What no key opens stays as it is and is counted."""
    done = Resealed()
    for one in sealed:
        last: Sequence[object] | None = None
        while True:
            async with database.write("keys") as session:
                last = await _batch(session, one, last, done)
            if last is None:
                break
    return done


async def _batch(
    session: Session, one: SealedColumns, last: Sequence[object] | None, done: Resealed
) -> Sequence[object] | None:
    """One batch after the key `last`; returns the key of its last row, None when there was none."""
    table = table_of(one.model)
    key = list(table.primary_key.columns)
    found = select(*key, *(table.c[name] for name in one.columns)).order_by(*key).limit(BATCH).with_for_update()
    if last is not None:
        found = found.where(tuple_(*key) > tuple_(*last))
    rows = (await session.execute(found)).all()
    for row in rows:
        ours = [column == value for column, value in zip(key, row, strict=False)]
        try:
            values = {
                name: session.box.reseal(value)
                for name, value in zip(one.columns, row[len(key) :], strict=True)
                if value is not None and len(value) > 0
            }
        except CannotOpen:
            done.lost += 1
            continue
        if values:
            await session.execute(update(table).where(*ours).values(values))
            done.rows += 1
    return tuple(rows[-1][: len(key)]) if rows else None
