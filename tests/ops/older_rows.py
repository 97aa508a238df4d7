"""Rows for tests of migrations: of a table as the code maps it, or of every table as an earlier version had it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Executable, MetaData, Table, inspect, select

from veza.kit.database import Database
from veza.tables import METADATA

_LATER = {"releases": {"heard_by", "has_preview"}, "covers": {"palette_hash", "palette_version"}}
"""Columns that are younger than the rows of these tests."""


def row_of(database: Database, table: str, **given: Any) -> Executable:
    """One row of a table as the code maps it; what is not given and has to be there is empty."""
    empty: dict[type, Any] = {str: "", int: 0, bool: False, object: [], datetime: database.clock.now()}
    columns = [one for one in METADATA.tables[table].columns if one.name not in _LATER.get(table, ())]
    blank = {
        one.name: database.ids.new() if one.type.python_type is UUID else empty[one.type.python_type]
        for one in columns
        if not one.nullable and one.default is None
    }
    # A table of these columns alone: of the whole one, the defaults of the others would be inserted, too.
    known = Table(table, MetaData(), *(Column(one.name, one.type, default=_default(one)) for one in columns))
    return known.insert().values({**blank, **given})


def _default(column: Column[Any]) -> Any:
    return None if column.default is None else column.default.arg


async def column_of(database: Database, table: str, column: str) -> list[Any]:
    """The values of a column by the order of the ids."""
    found = METADATA.tables[table].columns
    async with database.read() as session:
        return list((await session.scalars(select(found[column]).order_by(found["id"]))).all())


_CHOICES = re.compile(r"(\w+)\)?(?:::text)? (?:IN \(|= ANY \(+ARRAY\[)'(\w+)'")
_TOGETHER: dict[str, dict[str, Any]] = {
    "notice_preferences": {"address_hash": None},
    "payment_lines": {"gross_minor": 2},
    "seller_transfers": {"failed_step": None},
}
"""What checks of several columns of a table demand."""
_NAMES_OF_PAYMENTS = (
    "request_key", "stripe_checkout_session_id", "stripe_payment_intent_id", "stripe_charge_id",
)  # fmt: skip
"""Columns that no two payments share."""
_AT = datetime(2026, 1, 2, 10, 30, tzinfo=UTC)


def fill_every_table(connection: Connection) -> dict[str, dict[str, Any]]:
    """One row in each table that is empty, with something in every column; table → the row as the database shows it.

    A row that names others names those of this call: ids are equal throughout.
    """
    schema = MetaData()
    schema.reflect(connection)
    tables = [table for table in schema.sorted_tables if table.name != "alembic_version"]
    for table in tables:
        if connection.execute(select(table)).first() is None:
            connection.execute(table.insert().values(_filled(connection, table)))
        if table.name == "payments":  # a netting names two
            other = {**_filled(connection, table), "id": _uuid(table.c.id, 2), **dict.fromkeys(_NAMES_OF_PAYMENTS)}
            connection.execute(table.insert().values(other))
    return every_row(connection, tables)


def every_row(connection: Connection, tables: list[Table]) -> dict[str, dict[str, Any]]:
    """The first row of each table."""
    return {
        table.name: dict(
            connection.execute(select(table).order_by(*table.primary_key.columns)).mappings().first() or {}
        )
        for table in tables
    }


def _filled(connection: Connection, table: Table) -> dict[str, Any]:
    said = " ".join(str(one["sqltext"]) for one in inspect(connection).get_check_constraints(table.name))
    choices = dict(_CHOICES.findall(said))
    filled = {column.name: choices.get(column.name, _something(column)) for column in table.columns}
    return {**filled, **_TOGETHER.get(table.name, {})}


def _uuid(column: Any, number: int) -> Any:
    return UUID(int=number) if str(column.type).upper() == "UUID" else UUID(int=number).hex


def _something(column: Any) -> Any:
    kind = str(column.type).upper()
    if kind.startswith(("CHAR(32)", "UUID")):
        return _uuid(column, 2 if column.name == "debt_payment_id" else 1)
    if kind.startswith(("DATETIME", "TIMESTAMP")):
        return _AT
    if kind == "DATE":
        return date(2026, 1, 2)
    if kind.startswith("JSON"):
        return []
    if kind in ("BLOB", "BYTEA"):
        return b"x"
    if kind.startswith("BOOL"):
        return True
    return 1 if "INT" in kind or kind.startswith(("FLOAT", "DOUBLE")) else "x"
