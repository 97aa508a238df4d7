"""The statements a block asks its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from veza.kit.database import Database


@contextmanager
def counted(database: Database, *, with_begin: bool = False) -> Iterator[list[str]]:
    """Every statement that runs meanwhile, as it is sent; the beginning of a transaction only on demand."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if with_begin or not statement.startswith("BEGIN"):
            said.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
