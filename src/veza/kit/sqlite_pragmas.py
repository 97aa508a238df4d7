"""What is said to each SQLite connection, and how its transactions begin."""

from __future__ import annotations

from typing import Any


def say_pragmas(connection: Any, _record: Any) -> None:
    """Hears SQLAlchemy's `connect`."""
    try:
        _run_pragmas(connection.cursor())
    except Exception:
        # The pool forgets a connection that failed here, and its thread would outlive us.
        connection.close()
        raise


def _run_pragmas(cursor: Any) -> None:
    # How long a lock is waited for is a parameter of the driver.
    # FULL: a committed transfer must survive a power cut; WAL with NORMAL may lose the last commits.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-32768",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin(connection: Any) -> None:
    """Hears SQLAlchemy's `begin`."""
    connection.exec_driver_sql(connection.get_execution_options().get("veza_begin", "BEGIN"))
