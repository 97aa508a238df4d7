"""Checks that an SQLite file exists before it is opened.

SQLite makes a file for any path: a mistyped one, or one removed under a process that runs, would become an empty
database.
Only migrations make one here.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url

from veza.kit.database_trouble import NO_FILE, DatabaseMissing


def missing_file(url: str) -> str | None:
    """The path of the missing SQLite file that `url` names; None if it exists, or if the database is another."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or _is_there(parsed.database or ":memory:"):
        return None
    return parsed.database


def demand_file(file: str) -> None:
    """Raise DatabaseMissing if `file` (a path, or a URI as SQLite takes it) does not exist."""
    if not _is_there(file):
        raise DatabaseMissing(NO_FILE)


def _is_there(file: str) -> bool:
    return file.startswith((":memory:", "file:")) or Path(file).exists()
