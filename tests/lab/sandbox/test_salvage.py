"""What is whole in a damaged file is saved, whichever page the damage hit."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from veza.lab.sandbox.salvage import salvage
from veza.lab.sandbox.state import DamagedState, demand_head, examine, repair
from veza.lab.sandbox.store import Store

PAGE = 4096
ROWS = 400


def _file(path: Path, *, in_wal: bool = False) -> Path:
    """A sandbox's file with accounts, every tenth of which takes pages of overflow."""
    store = Store(path)
    names = ["é" * (9_000 if number % 10 == 0 else 40) for number in range(ROWS)]
    rows = [
        ("accounts", number, f'{{"id": "acct_{number}", "name": "{name}"}}'.encode())
        for number, name in enumerate(names)
    ]
    store._db.executemany("INSERT INTO objects (kind, position, json) VALUES (?, ?, ?)", rows)
    if not in_wal:
        store.close()
        return path
    copy = path.with_name("copy.db")  # as a kill leaves it: nothing was written back from the log
    for end in ("", "-wal"):
        copy.with_name(copy.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    store.close()
    return copy


def _accounts(path: Path) -> set[int]:
    return {row[1] for row in salvage(path) if len(row) == 3 and row[0] == b"accounts" and isinstance(row[1], int)}


@pytest.mark.parametrize("in_wal", [False, True])
def test_every_row_of_a_whole_file_is_read_as_sqlite_reads_it(tmp_path: Path, *, in_wal: bool) -> None:
    path = _file(tmp_path / "a.db", in_wal=in_wal)
    found = {(row[0], row[1], row[2]) for row in salvage(path) if len(row) == 3}
    with contextlib.closing(sqlite3.connect(path)) as database:
        stored = {(kind.encode(), position, json) for kind, position, json in database.execute("SELECT * FROM objects")}
    assert len(stored) == ROWS
    assert stored <= found


def _junk(raw: bytes, first: int, count: int) -> bytes:
    start, end = (first - 1) * PAGE, (first - 1 + count) * PAGE
    return raw[:start] + random.Random(7).randbytes(len(raw[start:end])) + raw[end:]


@pytest.mark.parametrize(
    ("damage", "least"),
    [
        pytest.param(lambda raw: _junk(raw, 1, 1), ROWS, id="its head"),
        pytest.param(lambda raw: _junk(raw, 2, 2), ROWS - 200, id="the roots of table and index"),
        pytest.param(lambda raw: raw[: len(raw) // 2 // PAGE * PAGE], ROWS // 4, id="cut in the middle"),
        pytest.param(lambda raw: _junk(raw, 4, len(raw) // PAGE), 0, id="all but its first pages"),
    ],
)
def test_a_repair_keeps_what_lies_on_whole_pages(tmp_path: Path, damage: Callable[[bytes], bytes], least: int) -> None:
    path = _file(tmp_path / "a.db")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedState):
        examine(path, ["accounts"])
    done = repair(path, ["accounts"], "damaged")
    assert done is not None
    assert done.kept >= least
    examine(path, ["accounts"])
    assert len(_accounts(path)) == done.kept


def test_junk_of_any_kind_ends_in_a_repair(tmp_path: Path) -> None:
    path, chance = tmp_path / "a.db", random.Random(11)
    whole = _file(path).read_bytes()
    for turn in range(60):
        raw = bytearray(whole)
        for _ in range(chance.randrange(1, 400)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        path.write_bytes(bytes(raw[: chance.randrange(100, len(raw))]))
        done = repair(path, ["accounts"], str(turn))
        examine(path, ["accounts"])
        assert done is None or len(_accounts(path)) == done.kept


@pytest.mark.parametrize("left", [0, 1, 99])
def test_a_file_cut_to_next_to_nothing_is_damaged_and_not_new(tmp_path: Path, left: int) -> None:
    path = tmp_path / "a.db"
    demand_head(path)  # none at all is a new one
    path.write_bytes(b"S" * left)
    with pytest.raises(DamagedState, match=f"it was cut off, {left} bytes are left"):
        examine(path, [])
    with pytest.raises(DamagedState, match="it was cut off"):
        Store(path)
