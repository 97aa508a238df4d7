"""`veza demo`: a believable label's money, made once, over the wire, with something left for an operator."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests.commands import Process, veza
from tests.waiting import until

DEMO_SECONDS = 180
"""It takes a quarter of a minute; the machine may be busy."""
NO_MUSIC = {"DEMO_MUSIC": "false"}
"""Music is made for as long as a process runs, and takes a whole processor: only one test hears it."""


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


async def test_the_demo_is_made_once_leaves_something_in_every_state_and_is_the_same_for_its_seed(
    tmp_path: Path,
) -> None:
    port = free_port()
    server = Process("server", ("serve", "--migrate"), tmp_path, {"PORT": port, "DEMO_DATA": "true", **NO_MUSIC})
    try:
        assert (await server.start(r"The demo is there: .* (\d+) sales", DEMO_SECONDS))[1] == "16"
        for name in ("label", "moderator", "listener-1", "listener-6"):
            await _signs_in(f"http://127.0.0.1:{port}", f"{name}@demo.example")
    finally:
        await server.stop()

    assert counted(tmp_path, "SELECT count(*), count(DISTINCT currency) FROM artists") == [(8, 3)]
    assert counted(tmp_path, "SELECT count(*) FROM releases WHERE cover_id IS NOT NULL") == [(20,)]
    for table, known in (
        ("releases", {"draft", "scheduled", "published", "withdrawn"}),
        ("orders", {"open", "paid", "partly_refunded", "refunded", "expired", "canceled"}),
        ("refund_requests", {"asked", "declined", "refunded"}),
        ("reports", {"open", "upheld", "dismissed"}),
        ("seller_transfers", {"completed", "reversed", "reversal_pending", "permanently_failed"}),
    ):
        assert {row[0] for row in counted(tmp_path, f"SELECT DISTINCT status FROM {table}")} == known, table
    assert {row[0] for row in counted(tmp_path, "SELECT DISTINCT currency FROM orders")} == {"EUR", "GBP", "USD"}
    for table, count in (
        ("playlists WHERE is_collaborative", 1), ("playlist_people", 1), ("comments", 15), ("follows", 18),
        ("products WHERE kind = 'track'", 6), ("products WHERE pricing = 'minimum'", 3),
        ("download_codes WHERE redeemed_at IS NOT NULL", 1), ("reports WHERE claimed_by IS NOT NULL", 1),
        ("orders WHERE person_id IS NULL AND status = 'paid'", 1), ("orders WHERE amount_minor = 0", 1),
    ):  # fmt: skip
        assert counted(tmp_path, f"SELECT count(*) FROM {table}") == [(count,)], table
    unbelievable = (
        "comments JOIN tracks ON track_id = tracks.id WHERE at_ms > duration_ms",
        "(SELECT playlist_id FROM playlist_items GROUP BY playlist_id, track_id HAVING count(*) > 1)",
        "releases WHERE status = 'published' AND release_date > published_at",
        "releases WHERE status IN ('draft', 'scheduled') AND release_date IS NOT NULL",
    )
    for rows in unbelievable:
        assert counted(tmp_path, f"SELECT count(*) FROM {rows}") == [(0,)], rows
    assert [row["kind"] for row in listed(tmp_path, "findings")] == ["seller_debt"]
    assert veza("money", "check", cwd=tmp_path).returncode == 0

    again = veza("demo", cwd=tmp_path, PORT=port, **NO_MUSIC)
    assert (again.returncode, again.stdout) == (0, "There is data already: nothing was done.\n")
    payments = listed(tmp_path, "payments")
    assert (len(payments), payments[0]["status"]) == (20, "succeeded")

    _covers_are_completed(tmp_path, port)
    _is_made_again(tmp_path, tmp_path / "again")

    # As a kill leaves it: begun, with payments missing.
    with closing(sqlite3.connect(tmp_path / "var" / "veza.db")) as base, base:
        base.execute("DELETE FROM payments WHERE id IN (SELECT id FROM payments ORDER BY id DESC LIMIT 3)")
    short = veza("demo", "--json", cwd=tmp_path, PORT=port, **NO_MUSIC)
    assert short.returncode == 1
    assert json.loads(short.stdout)["error"].startswith("the demo here was cut short, with 17 of its 20 payments: ")


def _covers_are_completed(folder: Path, port: str) -> None:
    """What a stop left without a cover is given one; what people took away stays away."""
    unfinished = "SELECT id FROM releases ORDER BY title LIMIT 3"
    with closing(sqlite3.connect(folder / "var" / "veza.db")) as base, base:
        covers = base.execute(f"SELECT cover_id FROM releases WHERE id IN ({unfinished})").fetchall()
        taken = base.execute("SELECT id, cover_id FROM releases ORDER BY title DESC LIMIT 1").fetchone()
        base.execute(f"UPDATE releases SET cover_id = NULL WHERE id IN ({unfinished}) OR id = ?", (taken[0],))
        base.executemany("DELETE FROM covers WHERE id = ?", covers)
    again = veza("demo", cwd=folder, PORT=port, **NO_MUSIC)
    assert (again.returncode, again.stdout) == (0, "There is data already: nothing was done.\n")
    assert counted(folder, "SELECT id FROM releases WHERE cover_id IS NULL") == [(taken[0],)]
    with closing(sqlite3.connect(folder / "var" / "veza.db")) as base, base:
        base.execute("UPDATE releases SET cover_id = ? WHERE id = ?", (taken[1], taken[0]))


def _is_made_again(once: Path, folder: Path) -> None:
    """By the command and in another folder, to the last byte of its covers."""
    folder.mkdir()
    made = veza("demo", "--json", cwd=folder, bound_seconds=DEMO_SECONDS, PORT=free_port(), **NO_MUSIC)
    assert json.loads(made.stdout) == {"ok": True, "sales": 16}
    first = label(once)
    assert label(folder) == first
    assert all(first)
    assert len({row[-1] for row in first[1]}) == 20  # no cover twice


async def test_a_visitor_hears_the_first_song_before_the_covers_are_made_and_a_kill_loses_none(tmp_path: Path) -> None:
    begun = {"PORT": free_port(), "DEMO_DATA": "true"}
    server = Process("server", ("serve", "--migrate"), tmp_path, begun)
    try:
        await server.start(r"Veza is ready on (\S+)", DEMO_SECONDS)
        await until(partial(_has_a_cover, tmp_path), "a cover", within=DEMO_SECONDS)
        ((first,),) = counted(tmp_path, "SELECT track_id FROM audio_versions ORDER BY created_at LIMIT 1")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{begun['PORT']}") as visitor:
            answer = await visitor.get(f"/stream/{UUID(first)}/master.m3u8")
            assert answer.status_code == 200, answer.text
    finally:
        await server.kill()
    order = "SELECT (SELECT min(created_at) FROM audio_versions) < min(created_at) FROM covers"
    assert counted(tmp_path, order) == [(1,)]

    again = Process("again", ("serve",), tmp_path, {**begun, **NO_MUSIC})
    try:
        await again.start(r"Veza is ready on (\S+)", DEMO_SECONDS)
        await until(lambda: counted(tmp_path, COVERED) == [(20,)], "every cover", within=DEMO_SECONDS)
    finally:
        await again.stop()


COVERED = "SELECT count(*) FROM releases WHERE cover_id IS NOT NULL"


def _has_a_cover(folder: Path) -> bool:
    return counted(folder, COVERED) != [(0,)]


async def _signs_in(url: str, email: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        said = {"email": email, "password": "demo-listener-demo"}
        answer = await client.post("/api/v1/session", json=said, headers={"Idempotency-Key": email})
        assert answer.status_code == 201, answer.text


WHAT_A_LABEL_IS = (
    "SELECT name, country, currency, bio FROM artists ORDER BY id",
    "SELECT title, kind, status, release_date, source_hash FROM releases JOIN covers ON cover_id = covers.id"
    " ORDER BY title",
    "SELECT title, duration_ms FROM tracks ORDER BY 1, 2",
    "SELECT pricing, price_minor, currency, count(*) FROM products GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    "SELECT title, gross_minor, orders.currency, status FROM order_lines JOIN orders ON order_id = orders.id"
    " ORDER BY orders.id, position",
    "SELECT name, email FROM people ORDER BY email",
    "SELECT playlists.title, tracks.title FROM playlists JOIN playlist_items ON playlist_id = playlists.id"
    " JOIN tracks ON track_id = tracks.id ORDER BY playlists.id, playlist_items.position",
    "SELECT text, at_ms FROM comments ORDER BY id",
)


def label(folder: Path) -> list[list[tuple[Any, ...]]]:
    return [counted(folder, query) for query in WHAT_A_LABEL_IS]


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
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "var" / "veza.db").exists()
