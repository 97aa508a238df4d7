"""What a database cannot do now, in one sentence for an operator; and what a session must not be asked."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class DatabaseUnavailable(Exception):
    """The database cannot do what was asked now: gone, locked, read-only or full. Nothing was changed."""


class ReaderWrites(Exception):
    """A session that only reads was asked to write or to lock: a mistake of ours. Nothing was changed."""


NO_TABLES = "the database has no tables yet: run `veza migrate`"
_SENTENCES = (
    ("readonly database", "the database is read-only: check the permissions of its file and folder"),
    ("read-only transaction", "the database is read-only: is this a standby server?"),
    ("database is locked", "the database stayed locked for 5 s: another program is writing to it"),
    ("disk is full", "the disk under the database is full: free some space"),
    ("No space left", "the disk under the database is full: free some space"),
    ("unable to open database file", "the database file does not open: does its folder exist and may we write there?"),
    ("no such table", NO_TABLES),
    ("not a database", "the database file is not an SQLite database: point DATABASE_URL elsewhere or restore a backup"),
    ("disk I/O error", "the disk under the database is full or reports errors: free some space, check the machine"),
    ("deadlock detected", "two transactions waited for each other and the database ended this one: try again"),
    ("too many clients", "the database has no connection left for us: lower DATABASE_POOL_SIZE"),
)  # fmt: skip


def explain(error: BaseException) -> str | None:
    """One sentence for an operator when `error` means the database cannot serve now; None for any other error."""
    said = f"{type(getattr(error, 'orig', None)).__name__} {error}"
    for sign, sentence in _SENTENCES:
        if sign in said:
            return sentence
    if isinstance(error, PoolTimeout):
        return "all database connections are busy: raise DATABASE_POOL_SIZE or wait"
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(error, OSError):
        return "the database does not answer: is it running, and does DATABASE_URL point to it?"
    state = str(getattr(getattr(error, "orig", None), "sqlstate", "") or "")
    if state == "42P01":  # undefined_table
        return NO_TABLES
    # SQLSTATE class 28: this user or password is not let in; 3D: no such database.
    if state[:2] in {"28", "3D"} and isinstance(error, DBAPIError):
        return f"the database refused: {str(error.orig).rpartition(': ')[2]}"
    if isinstance(error, OperationalError):
        return f"the database refused: {str(error.orig).splitlines()[0]}"
    name = type(getattr(error, "orig", None)).__name__
    if isinstance(error, DBAPIError) and name in {"InterfaceError", "ConnectionDoesNotExistError"}:
        return "the database does not answer: is it running, and does DATABASE_URL point to it?"
    return None


def translated(error: Exception) -> Exception:
    """DatabaseUnavailable with that sentence, or the error itself."""
    sentence = explain(error)
    return DatabaseUnavailable(sentence) if sentence else error
