"""Rows as plain JSON values, for the export of a person's data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Label, select
from sqlalchemy.orm import InstrumentedAttribute

from veza.kit.database import Session

Column: TypeAlias = InstrumentedAttribute[Any] | Label[Any]


async def plain_rows(session: Session, mine: ColumnElement[bool], *columns: Column) -> list[dict[str, Any]]:
    """The rows for which `mine` holds, each as {its name or label: plain value}, by the last column, then the first."""
    rows = await session.execute(select(*columns).where(mine).order_by(columns[-1], columns[0]))
    return [{column.key: _plain(value) for column, value in zip(columns, row, strict=True)} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
