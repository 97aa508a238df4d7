"""Inserting a row that may exist already: a second insert, also at the same instant, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from veza.kit.database import Base, Session, table_of

_DIALECTS: dict[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}


async def insert_ignore(session: Session, model: type[Base], row: Mapping[str, Any]) -> None:
    """Insert `row` unless one of its keys is taken."""
    await session.execute(_DIALECTS[session.dialect].insert(table_of(model)).values(**row).on_conflict_do_nothing())
