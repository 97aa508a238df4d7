"""One Veza to a folder, and commands that find their own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import commands
from tests.commands import serving, veza
from veza.http.serving import address, listen
from veza.ops import running
from veza.settings import Settings


def test_a_second_veza_on_a_folder_ends_with_a_sentence_and_commands_find_the_first(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url, _):
        second = veza("serve", "--port", "0", cwd=tmp_path)
        assert second.returncode == 1
        assert second.stderr.startswith(
            f"veza: VAR_DIR var is in use by another Veza (process {process.pid} on {url}): stop that one"
        )
        assert veza("demo", cwd=tmp_path).stderr.startswith("veza: VAR_DIR var is in use"), "it plays the provider, too"

        # No PORT is given: the address that was written down is asked.
        assert veza("money", "reconcile", "--json", cwd=tmp_path).returncode == 0
        for settings in ({"VAR_DIR": "other"}, {"DATABASE_URL": "sqlite:///var/another.db"}):
            veza("migrate", cwd=tmp_path, **settings)
            for command in ("reconcile", "catch-up"):
                stranger = veza("money", command, cwd=tmp_path, **settings)
                assert stranger.returncode == 1
                assert "veza serve` " in stranger.stderr
                assert stranger.stderr.count("\n") == 1
            assert veza("worker", cwd=tmp_path, **settings).returncode == 1

        process.send_signal(signal.SIGKILL)
        process.wait()
    gone = veza("money", "reconcile", cwd=tmp_path)
    assert gone.stderr.startswith("veza: no `veza serve` runs on VAR_DIR var")
    with serving(tmp_path):
        pass  # a killed one holds nothing


def test_a_stranger_at_the_noted_address_is_asked_nothing(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with serving(tmp_path / "first") as (_, url, _), serving(tmp_path / "second"):
        note = tmp_path / "second" / "var" / "running.json"
        note.write_text(json.dumps(json.loads(note.read_text()) | {"address": url}))
        asked = veza("money", "catch-up", cwd=tmp_path / "second")
        assert asked.stderr.startswith(f"veza: what answers on {url} is not the Veza of this VAR_DIR")
        key = veza("sandbox", "key", cwd=tmp_path / "second").stdout.strip()
        refused = httpx.get(f"{url}/sandbox/v1/balance", headers={"Authorization": f"Bearer {key}"})
        assert refused.status_code == 401
        own = veza("sandbox", "key", cwd=tmp_path / "first").stdout.strip()
        taken = httpx.get(f"{url}/sandbox/v1/balance", headers={"Authorization": f"Bearer {own}"})
        assert taken.status_code == 200


def test_a_taken_port_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = address(taken).rpartition(":")[2]
        done = veza("serve", "--migrate", cwd=tmp_path, PORT=port)
    assert done.returncode == 1
    assert f"such as PORT={int(port) + 1}" in done.stderr
    assert not (tmp_path / "var" / "veza.db").exists()


def sandbox_finding(folder: Path) -> dict[str, Any]:
    """What the doctor says of the sandbox's file."""
    looked = json.loads(veza("doctor", "--json", cwd=folder).stdout)["checks"]
    return next(one for one in looked if one["name"] == "sandbox file")


def test_a_damaged_sandbox_is_told_before_ready_repaired_and_reset(tmp_path: Path) -> None:
    with serving(tmp_path):
        pass
    state = tmp_path / "var" / "sandbox.db"
    with sqlite3.connect(state) as database:
        delivery = {"id": "whd_1", "event": "evt_gone", "endpoint": "we_1", "status": "pending", "due": 0, "rank": 1}
        database.execute("INSERT INTO objects VALUES ('deliveries', 0, ?)", (json.dumps(delivery),))
    database.close()
    said = "veza: the sandbox's file var/sandbox.db is damaged: whd_1 of its deliveries names evt_gone"
    done = veza("serve", "--port", "0", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
    assert "`veza serve --repair`" in done.stderr
    assert "Traceback" not in done.stderr
    finding = sandbox_finding(tmp_path)
    assert not finding["ok"]
    assert "evt_gone" in finding["detail"]

    with serving(tmp_path, options=("--repair",)) as (repaired, _, said):
        line, ready, *_ = said.splitlines()
        assert line.startswith("var/sandbox.db: ")
        assert " 1 dropped (broken, or naming a lost one)" in line
        assert ready.startswith("Veza is ready on ")
        repaired.terminate()
        assert repaired.wait(commands.BOUND_SECONDS) == 0
    lacks = sandbox_finding(tmp_path)
    assert not lacks["ok"]
    assert "is whole, and lacks what a repair lost" in lacks["detail"]
    assert "1 dropped" in lacks["detail"]
    with serving(tmp_path):
        assert veza("money", "reconcile", cwd=tmp_path).returncode == 0
    assert sandbox_finding(tmp_path)["detail"] == "var/sandbox.db is whole"

    state.write_bytes(b"certainly no database" * 200)
    assert "file is not a database" in veza("serve", "--port", "0", cwd=tmp_path).stderr
    assert veza("sandbox", "reset", cwd=tmp_path).returncode == 0
    with serving(tmp_path):
        assert veza("sandbox", "reset", cwd=tmp_path).stderr.startswith("veza: VAR_DIR var is in use")
    assert len(list((tmp_path / "var").glob("sandbox.db.2*Z"))) == 2, "both damaged files are kept"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    away = {"VAR_DIR": "file/var", "DATABASE_URL": "sqlite:///veza.db"}
    done = veza("serve", "--migrate", "--port", "0", cwd=tmp_path, **away)
    assert done.returncode == 1
    assert done.stderr.startswith("veza: cannot write to VAR_DIR file/var (Not a directory): make it a folder")


def test_git_passes_over_the_folder_by_every_name(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    with running.held(Settings(var_dir=tmp_path / "another")):
        (tmp_path / "another" / "operator-token").write_text("secret")
    told = ["git", "-C", str(tmp_path), "status", "--short"]
    assert subprocess.run(told, capture_output=True, text=True, check=True).stdout == ""


def test_looking_for_a_running_veza_makes_no_folder(tmp_path: Path) -> None:
    assert running.find(Settings(var_dir=tmp_path / "var")) is None
    assert list(tmp_path.iterdir()) == []


def test_who_holds_the_folder_is_found_and_gone_afterwards(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path / "var", database_url="postgresql://me:secret@db/shop")
    with running.held(settings):
        running.note(settings, "http://127.0.0.1:8123")
        found = running.find(settings)
        assert found is not None
        assert (found.process, found.address) == (os.getpid(), "http://127.0.0.1:8123")
        assert "secret" not in (tmp_path / "var" / "running.json").read_text()
        said = f"process {os.getpid()} on http://127.0.0.1:8123"
        with pytest.raises(running.FolderInUse, match=said), running.held(settings):
            pytest.fail("held twice")
    assert running.find(settings) is None
