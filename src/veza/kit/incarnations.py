"""Telling that a database was replaced under a process: restored, exchanged, or served by another server."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, column, func, select, table

from veza.kit.database import Session

_POSTGRESQL = select(
    func.concat(
        func.pg_postmaster_start_time(), " ", func.pg_relation_filenode(func.to_regclass(bindparam("relation")))
    )
)
_SQLITE: Any = select(column("schema_version")).select_from(table("pragma_schema_version"))


async def incarnation(session: Session, relation: str) -> str:
    """What stays the same while the tables that were there stay there; `relation` is one of them.

    PostgreSQL: a server that was started again may have been given an older data directory, or be a standby that lags;
    pg_restore and TRUNCATE give a table a new file. SQLite: `.restore` and its like raise the schema's version. Some
    harmless changes change it, too (a restart, VACUUM FULL, a migration).
    """
    if session.dialect == "postgresql":
        return str(await session.scalar(_POSTGRESQL, {"relation": relation}))
    return str(await session.scalar(_SQLITE))
