"""Telling that a database was replaced under a process that uses it: restored or exchanged."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, bindparam, column, func, select, table

from veza.kit.database import Session

_POSTGRESQL = select(func.pg_relation_filenode(func.to_regclass(bindparam("relation", type_=String))))
_SQLITE: Any = select(column("schema_version")).select_from(table("pragma_schema_version"))


async def incarnation(session: Session, relation: str) -> str:
    """A value that stays the same as long as the tables are not replaced; `relation` is one of them.

    PostgreSQL: pg_restore, another database of this name and TRUNCATE give a table a new file; a restart of the server
    does not, and an older data directory under the same files is not seen. SQLite: `.restore` and its like raise the
    schema's version. Some harmless changes change it, too (VACUUM FULL, a migration).
    """
    if session.dialect == "postgresql":
        return str(await session.scalar(_POSTGRESQL, {"relation": relation}))
    return str(await session.scalar(_SQLITE))
