"""Errors of databases as one sentence for an operator, and mistakes in the use of a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from veza.kit.messages import Message, gettext


class DatabaseUnavailable(Exception):
    """The database cannot do what was asked now: gone, locked, read-only or full. Nothing was changed."""

    retry_after_seconds = 30
    """Says that it is worth trying again; Stripe retries webhooks by its own schedule."""


class DatabaseMissing(DatabaseUnavailable):
    """There is no file, or there are no tables in it: unlike one that is away, it does not come back by itself."""


class DiskFull(DatabaseUnavailable):
    """The disk under the database is full, or fails as a full one does."""


class RowLocked(DatabaseUnavailable):
    """Another transaction kept a lock for longer than this one waits for it: `Database.write(gives_way=True)`."""


class ReaderWrites(Exception):
    """A session that only reads was asked to write or to lock: a mistake of ours. Nothing was changed."""


NO_TABLES = gettext("the database has no tables yet: run `veza migrate`")
NO_FILE = gettext("the database file is gone: put it back, or correct DATABASE_URL")
"""Without its path, which strangers would read in a 503."""
NO_ANSWER = gettext("the database does not answer: is it running, and does DATABASE_URL point to it?")
RESTARTING = gettext("the database is stopping or starting: try again in a moment")
DISK_FAILS = gettext("the disk under the database is full or reports errors: free some space, check the machine")
DISK_FULL = gettext("the disk under the database is full: free some space")

_BY_TEXT = (
    ("readonly database", gettext("the database is read-only: check the permissions of its file and folder")),
    ("database is locked", gettext("the database stayed locked for 5 s: another program is writing to it")),
    ("disk is full", DISK_FULL),
    ("No space left", DISK_FULL),
    (
        "unable to open database file",
        gettext("the database file does not open: does its folder exist and may we write there?"),
    ),
    ("no such table", NO_TABLES),
    (
        "not a database",
        gettext("the database file is not an SQLite database: point DATABASE_URL elsewhere or restore a backup"),
    ),
    ("disk I/O error", DISK_FAILS),
    ("malformed", gettext("the database file is damaged: restore a backup")),
)
"""What SQLite says, which has no stable codes in SQLAlchemy's errors."""

LOCK_NOT_AVAILABLE = "55P03"
_BY_STATE = {
    "08": NO_ANSWER,
    "25006": gettext("the database is read-only: is this a standby server?"),
    "25P": gettext("the database ended this session: it had a transaction open for too long"),
    "40": gettext("two transactions waited for each other and the database ended this one: try again"),
    "42P01": NO_TABLES,
    "53100": DISK_FULL,
    "53300": gettext("the database has no connection left for us: lower DATABASE_POOL_SIZE"),
    LOCK_NOT_AVAILABLE: gettext("a row stayed locked by another transaction: try again"),
    "57": RESTARTING,
}
"""By SQLSTATE, or the beginning of one: https://www.postgresql.org/docs/current/errcodes-appendix.html."""


def _refused(said: str) -> Message:
    return gettext("the database refused: {said}", said=said)


_QUOTING: dict[str, Callable[[str], Message]] = {
    "28": _refused,
    "3D": _refused,
    "42501": _refused,
    "53": lambda said: gettext("the database is short of something: {said}", said=said),
    "55000": _refused,
    "55006": _refused,
    "57014": lambda said: gettext("the database ended a statement that took too long: {said}", said=said),
    "58": lambda said: gettext("the database's machine reports an error: {said}", said=said),
    "F0": _refused,
    "XX": lambda said: gettext("the database reports an error of its own: {said}", said=said),
}
"""By SQLSTATE, where what the database said belongs to it."""

_ENDS_THE_SESSION = ("08", "25P03", "25P04", "57P")
"""States after which the server closes the connection, though it may look open for another moment."""


def explain(error: BaseException) -> Message | None:
    """One sentence for an operator when `error` means the database cannot serve now; None for any other error.

    Takes SQLAlchemy's errors, and asyncpg's own: SQLAlchemy passes on as they are those that happen while connecting.
    """
    if isinstance(error, PoolTimeout):
        return gettext("all database connections are busy: raise DATABASE_POOL_SIZE or wait")
    said = _said(error)
    state = _state(error)
    for length in range(len(state), 1, -1):
        if sentence := _BY_STATE.get(state[:length]):
            return sentence
        if quoting := _QUOTING.get(state[:length]):
            return quoting(said)
    if isinstance(error, DBAPIError):
        for sign, sentence in _BY_TEXT:
            if sign in said:
                return sentence
    if isinstance(error, OSError) or is_connection_lost(error):
        return NO_ANSWER
    return _refused(said) if isinstance(error, OperationalError) else None


def is_connection_lost(error: BaseException) -> bool:
    """Whether the connection that raised `error` is unusable, also where the driver believes it is not.

    A statement that had no answer within its bound counts: what the server sends later answers nothing we ask.
    """
    if isinstance(error, TimeoutError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return True
    if state := _state(error):
        return state.startswith(_ENDS_THE_SESSION)
    raised = _by_driver(error)
    # What asyncpg itself raises without a state is about the connection, or (ValueError) about our arguments.
    return type(raised).__module__.startswith("asyncpg.") and not isinstance(raised, ValueError)


def _by_driver(error: BaseException) -> BaseException:
    """The driver's own error inside SQLAlchemy's, of whose two layers each names the one below as its cause."""
    inner = getattr(error, "orig", None) or error
    return inner.__cause__ or inner


def _state(error: BaseException) -> str:
    return str(getattr(_by_driver(error), "sqlstate", None) or "")


def _said(error: BaseException) -> str:
    lines = str(_by_driver(error)).splitlines()
    return lines[0] if lines else type(error).__name__


def _kind_of(error: BaseException, sentence: Message) -> type[DatabaseUnavailable]:
    if _state(error) == LOCK_NOT_AVAILABLE:
        return RowLocked
    if sentence in (DISK_FULL, DISK_FAILS):
        return DiskFull
    return DatabaseMissing if sentence == NO_TABLES else DatabaseUnavailable


@contextmanager
def database_errors_said() -> Iterator[None]:
    """Raises DatabaseUnavailable with that sentence instead of the drivers' errors; others pass as they are."""
    try:
        yield
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        raise _kind_of(error, sentence)(sentence) from error
