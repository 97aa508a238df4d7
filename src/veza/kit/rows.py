"""Rows of queries that read columns of several tables, so that a list is one statement."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Select

from veza.kit.database import Session

Found: TypeAlias = Any
"""One row: its columns are attributes."""
Rows: TypeAlias = Sequence[Found]
Query: TypeAlias = Select[*tuple[Any, ...]]


async def found_by(session: Session, query: Query, given: Mapping[str, Any] | None = None) -> Rows:
    """The rows of the query, as named tuples.

    Reading a column by name takes 0.02 µs on a named tuple and 0.5 µs on SQLAlchemy's Row, which was a third of the
    time of a list of fifty tracks.
    """
    result = await session.execute(query, given)
    return [*map(_named(tuple(result.keys()))._make, result)]


@cache
def _named(columns: tuple[str, ...]) -> Any:
    return namedtuple("Found", columns)
