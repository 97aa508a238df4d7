"""`veza demo`: a believable label's money, made once, over the wire, with something left for an operator."""

from __future__ import annotations

import json
import socket
from collections import Counter
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


def test_the_demo_is_made_once_and_leaves_an_operator_something_to_do(tmp_path: Path) -> None:
    port = free_port()
    made = veza("demo", "--json", cwd=tmp_path, PORT=port)
    assert (made.returncode, json.loads(made.stdout)) == (0, {"ok": True, "sales": 14}), made.stderr

    payments = listed(tmp_path, "payments")
    assert {row["status"] for row in payments} == {"succeeded"}
    assert {row["currency"] for row in payments} == {"EUR", "USD"}
    assert [row["amount_minor"] for row in reversed(payments)][:6] == [900, 2200, 700, 1200, 700, 1500]
    assert len(listed(tmp_path, "sellers")) == 3
    states = Counter(row["status"] for row in listed(tmp_path, "transfers"))
    assert (states["permanently_failed"], states["reversal_pending"]) == (1, 1)
    assert states["reversed"] >= 1
    assert [row["kind"] for row in listed(tmp_path, "findings")] == ["seller_debt"]
    (disputed,) = [row for row in payments if row["order_ref"] == "demo-order-4"]
    shown = veza("money", "show", disputed["id"], "--json", cwd=tmp_path)
    assert [row["status"] for row in json.loads(shown.stdout)["disputes"]] == ["withdrawn"]
    assert veza("money", "check", cwd=tmp_path).returncode == 0

    again = veza("demo", cwd=tmp_path, PORT=port)
    assert (again.returncode, again.stdout) == (0, "There is data already: nothing was done.\n")
    assert len(listed(tmp_path, "payments")) == 14


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
