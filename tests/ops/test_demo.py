"""`veza demo`: a believable label's money, made once, over the wire, with something left for an operator."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.ops.test_cli import veza


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def listed(folder: Path, what: str) -> list[dict[str, Any]]:
    done = veza("money", "list", what, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    items: list[dict[str, Any]] = json.loads(done.stdout)["items"]
    return items


def counted(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "var" / "veza.db")) as base:
        return base.execute(query).fetchall()


def test_the_demo_is_made_once_and_leaves_something_in_every_state(tmp_path: Path) -> None:
    port = free_port()
    made = veza("demo", "--json", cwd=tmp_path, PORT=port)
    assert (made.returncode, json.loads(made.stdout)) == (0, {"ok": True, "sales": 13}), made.stderr

    assert counted(tmp_path, "SELECT count(*), count(DISTINCT currency) FROM artists") == [(8, 3)]
    assert counted(tmp_path, "SELECT count(*) FROM releases WHERE cover_id IS NOT NULL") == [(20,)]
    for table, known in (
        ("releases", {"draft", "scheduled", "published", "withdrawn"}),
        ("orders", {"open", "paid", "partly_refunded", "refunded", "expired", "canceled"}),
        ("refund_requests", {"asked", "declined", "refunded"}),
        ("seller_transfers", {"completed", "reversed", "reversal_pending", "permanently_failed"}),
    ):
        assert {row[0] for row in counted(tmp_path, f"SELECT DISTINCT status FROM {table}")} == known, table
    assert {row[0] for row in counted(tmp_path, "SELECT DISTINCT currency FROM orders")} == {"EUR", "GBP", "USD"}
    ((playlists, comments),) = counted(
        tmp_path, "SELECT (SELECT count(*) FROM playlists), (SELECT count(*) FROM comments)"
    )
    assert (playlists, comments) == (3, 8)
    assert [row["kind"] for row in listed(tmp_path, "findings")] == ["seller_debt"]
    assert veza("money", "check", cwd=tmp_path).returncode == 0

    again = veza("demo", cwd=tmp_path, PORT=port)
    assert (again.returncode, again.stdout) == (0, "There is data already: nothing was done.\n")
    payments = listed(tmp_path, "payments")
    assert (len(payments), payments[0]["status"]) == (17, "succeeded")


def test_the_demo_needs_the_sandbox(tmp_path: Path) -> None:
    done = veza("demo", cwd=tmp_path, STRIPE_SECRET_KEY="sk_test_x")
    assert done.returncode == 2
    assert done.stderr.startswith("settings: DEMO_DATA works with the built-in sandbox only")
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = veza("demo", cwd=tmp_path, PORT=str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"veza: cannot listen on 127.0.0.1:{port}")
