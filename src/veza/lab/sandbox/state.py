"""A kept sandbox's file, looked at before it is used: what is damaged in it, and what of it can be saved."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from veza.lab.sandbox.salvage import salvage
from veza.lab.sandbox.wire import Obj

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
  kind TEXT NOT NULL, position INTEGER NOT NULL, json BLOB NOT NULL,
  PRIMARY KEY (kind, position)
)
"""
_ALL = "SELECT kind, position, json FROM objects ORDER BY kind, position"

_HEAD_BYTES = 100
"""What every SQLite file begins with."""

REFERENCES: dict[str, dict[str, str]] = {
    "charges": {"payment_intent": "payment_intents", "balance_transaction": "balance_transactions"},
    "deliveries": {"event": "events"},
    "disputes": {"charge": "charges", "payment_intent": "payment_intents"},
    "payment_intents": {"latest_charge": "charges"},
    "refunds": {
        "charge": "charges",
        "payment_intent": "payment_intents",
        "balance_transaction": "balance_transactions",
    },
    "reversals": {"transfer": "transfers", "balance_transaction": "balance_transactions"},
    "sessions": {"payment_intent": "payment_intents"},
    "transfers": {
        "destination": "accounts",
        "source_transaction": "charges",
        "balance_transaction": "balance_transactions",
    },
}
"""By table: which field names a row of which table. A row that names one which is gone would fail when it is used."""


class DamagedState(Exception):
    """The file cannot be used as it is; says what is wrong with it."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"the sandbox's file {path} is damaged: {what}")
        self.path, self.what = path, what


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did: rows that were kept and dropped, and where the file as it was lies now."""

    kept: int
    dropped: int
    damaged_copy: Path


@dataclass(frozen=True, slots=True)
class _Row:
    """One stored row; `object` is None where it is no object of a table that a sandbox has."""

    kind: str
    position: int
    json: bytes
    object: Obj | None


def examine(path: Path, kinds: Iterable[str]) -> None:
    """Raises DamagedState for the first thing that is wrong with the file; a file that is not there is well.

    `kinds` are the tables a sandbox has. Only reads, beside a sandbox that uses the file, too.
    """
    if not path.exists():
        return
    demand_head(path)
    for what in _wrong(_rows(path, set(kinds))):
        raise DamagedState(path, what)


def demand_head(path: Path) -> None:
    """Raises DamagedState for a file that is too short to be a database: SQLite would take it for a new one."""
    if path.exists() and path.stat().st_size < _HEAD_BYTES:
        raise DamagedState(path, f"it was cut off, {path.stat().st_size} bytes are left")


def repair(path: Path, kinds: Iterable[str], suffix: str) -> Repaired | None:
    """Keep what can be read and whose references are there; None when nothing was wrong.

    The file as it was stays beside it, with `suffix` at its end. Nothing may use the file meanwhile.
    """
    known = set(kinds)
    try:
        examine(path, known)
    except DamagedState:
        pass
    else:
        return None
    rows = _readable(path, known)
    kept = [row for row in rows if row.object is not None]
    while len(whole := _without_dangling(kept)) < len(kept):
        kept = whole
    copy = set_aside(path, suffix)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(SCHEMA)
        database.execute("BEGIN IMMEDIATE")
        stored = [(row.kind, row.position, row.json) for row in kept]
        database.executemany("INSERT INTO objects (kind, position, json) VALUES (?, ?, ?)", stored)
        database.execute("COMMIT")
    return Repaired(len(kept), len(rows) - len(kept), copy)


def repair_mark(path: Path) -> Path:
    """The file that says a repair of the sandbox's file at `path` lost rows, until a comparison finds nothing missing
    or the sandbox begins anew."""
    return path.with_name(f"{path.name}.repaired")


def set_aside(path: Path, suffix: str) -> Path:
    """Move the file, and what SQLite keeps beside it, out of the way; returns where it is now."""
    copy = path.with_name(f"{path.name}.{suffix}")
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(copy.with_name(copy.name + end))
    return copy


def _rows(path: Path, kinds: set[str]) -> list[_Row]:
    """Every row. Raises DamagedState when SQLite finds the file broken, or it is not a sandbox's."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
            if found != "ok":
                raise DamagedState(path, found.splitlines()[-1])
            tables = {str(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if tables and "objects" not in tables:
                raise DamagedState(path, "it is another program's database")
            return [_checked(kinds, *row) for row in database.execute(_ALL)] if tables else []
    except sqlite3.Error as error:
        raise DamagedState(path, str(error)) from None


def _readable(path: Path, kinds: set[str]) -> list[_Row]:
    """Every row that SQLite still gives before it meets the damage, and what else lies on pages that are whole."""
    rows: list[_Row] = []
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as database:
        for row in database.execute(_ALL):
            rows.append(_checked(kinds, *row))  # noqa: PERF401  (what came before an error is kept)
    seen = {(row.kind, row.position) for row in rows}
    for values in salvage(path):
        match values:
            case (bytes(kind), int(position), bytes(json)):
                found = _checked(kinds, kind.decode(errors="replace"), position, json)
                if found.object is not None and (found.kind, position) not in seen:
                    seen.add((found.kind, position))
                    rows.append(found)
    return sorted(rows, key=lambda row: (row.kind, row.position))


def _checked(kinds: set[str], kind: str, position: int, json: bytes) -> _Row:
    try:
        found: Any = msgspec.json.decode(json)
    except (ValueError, TypeError, RecursionError):  # not UTF-8, no JSON, another type, or nested without end
        found = None
    is_whole = kind in kinds and isinstance(found, dict) and isinstance(found.get("id"), str)
    return _Row(kind, position, json, found if is_whole else None)


def _wrong(rows: list[_Row]) -> Iterator[str]:
    """What is wrong, a sentence each."""
    ids = _ids(rows)
    for row in rows:
        if row.object is None:
            yield f"row {row.position} of its {row.kind} cannot be read"
        else:
            yield from _dangling(row, ids)


def _without_dangling(rows: list[_Row]) -> list[_Row]:
    ids = _ids(rows)
    return [row for row in rows if not any(_dangling(row, ids))]


def _ids(rows: list[_Row]) -> dict[str, set[str]]:
    ids: dict[str, set[str]] = {}
    for row in rows:
        if row.object is not None:
            ids.setdefault(row.kind, set()).add(row.object["id"])
    return ids


def _dangling(row: _Row, ids: dict[str, set[str]]) -> Iterator[str]:
    """The row's references to rows that are gone, a sentence each."""
    found = row.object or {}
    for field, kind in REFERENCES.get(row.kind, {}).items():
        value = found.get(field)
        if value is not None and str(value) not in ids.get(kind, set()):
            noun = kind.replace("_", " ")
            yield f"{found['id']} of its {row.kind} names {value}, which is not among its {noun}"
