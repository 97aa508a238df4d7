"""The sandbox's state in one SQLite file, so that a restart continues where it stopped."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from veza.lab.sandbox.state import SCHEMA, DamagedState, demand_head, examine
from veza.lab.sandbox.world import World


class Store:
    """Keeps every object as JSON; what changed in a step is written in one transaction.

    WAL with `synchronous=OFF`: a crash of the process loses nothing, a power cut may lose the last steps, which
    is what test data is worth.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        demand_head(self.path)
        # The shell may create the sandbox in one thread and serve it from another, never from two at once.
        self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.execute(SCHEMA)
        except sqlite3.DatabaseError as error:
            self._db.close()
            if isinstance(error, sqlite3.OperationalError):  # locked, read-only, full: not the file's own fault
                raise
            raise DamagedState(self.path, str(error)) from None

    def load(self, world: World) -> None:
        """Fill an empty world with what was stored; raises DamagedState when that would fail later."""
        examine(self.path, world.tables)
        rows = self._db.execute("SELECT kind, position, json FROM objects ORDER BY kind, position").fetchall()
        tables = world.tables
        for kind, position, json in rows:
            tables[kind].restore(position, msgspec.json.decode(json))
        if rows:
            world.resume()

    def fact(self, name: str) -> object:
        """A stored fact, read before there is a world; None when it is not there."""
        for (json,) in self._db.execute("SELECT json FROM objects WHERE kind = 'facts'"):
            found = msgspec.json.decode(json)
            if found["id"] == name:
                return found["value"]
        return None

    @property
    def is_empty(self) -> bool:
        return self._db.execute("SELECT 1 FROM objects LIMIT 1").fetchone() is None

    def flush(self, world: World) -> None:
        """Write what changed since the last flush."""
        changed = world.changed
        if not changed:
            return
        tables = world.tables
        kept, gone = [], []
        for (kind, position), id in changed.items():
            table = tables[kind]
            row = table.get(id)
            if row is None or table.position(id) != position:
                gone.append((kind, position))
            else:
                kept.append((kind, position, msgspec.json.encode(row)))
        changed.clear()
        self._db.execute("BEGIN IMMEDIATE")
        if kept:
            self._db.executemany(
                "INSERT INTO objects (kind, position, json) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, position) DO UPDATE SET json = excluded.json",
                kept,
            )
        if gone:
            self._db.executemany("DELETE FROM objects WHERE kind = ? AND position = ?", gone)
        self._db.execute("COMMIT")

    def clear(self) -> None:
        """Forget everything that was stored."""
        self._db.execute("DELETE FROM objects")

    def close(self) -> None:
        self._db.close()
