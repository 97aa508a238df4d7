"""What a first start says before Veza is there: a taken port, progress, and one sentence without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from setup import install
from setup.install import sentence

from veza.http.serving import address, listen
from veza.settings import environment_for_children

ROOT = Path(__file__).parents[2]


def ask_port(cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(ROOT / "setup" / "port.py")],
        cwd=cwd, env=environment_for_children() | settings, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("written", ["environment", ".env", "export", "quoted"])
def test_a_taken_port_is_told_with_the_line_to_type(tmp_path: Path, written: str) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = address(taken).rpartition(":")[2]
        lines = {".env": f"PORT={port}", "export": f"export PORT={port} # mine", "quoted": f'PORT="{port}"'}
        (tmp_path / ".env").write_text(lines.get(written, "") + "\n")
        done = ask_port(tmp_path, **({"PORT": port} if written == "environment" else {}))
    assert done.returncode == 1
    assert done.stderr.startswith(f"veza: cannot listen on 127.0.0.1:{port} (Address already in use); choose another")
    assert done.stderr.rstrip().endswith(" make run")
    offered = int(done.stderr.rpartition("PORT=")[2].split()[0])
    assert offered > int(port)
    assert ask_port(tmp_path, PORT=str(offered)).returncode == 0


def test_our_own_veza_on_the_port_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    with listen("127.0.0.1", 0) as taken:
        url = address(taken)
        note = f'{{"process": {os.getpid()}, "address": "{url}", "database": ""}}'
        (tmp_path / "var" / "running.json").write_text(note)
        said = ask_port(tmp_path, PORT=url.rpartition(":")[2]).stderr
    assert f"Veza runs there already, process {os.getpid()}: open {url}, or stop it with kill {os.getpid()}" in said
    assert "choose another port" not in said  # the folder is in use there, too


@pytest.mark.parametrize("port", ["0", "nonsense", "70000"])
def test_what_is_no_port_is_left_to_veza_to_say(tmp_path: Path, port: str) -> None:
    assert ask_port(tmp_path, PORT=port).returncode == 0


def test_make_run_asks_for_the_port_before_it_installs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "\nrun: port setup " in makefile


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError(': Failed to establish')'\n"
            "ERROR: Could not find a version that satisfies the requirement aiohttp\n",
            "the package index cannot be reached: the first start needs the network; check it, then run make again",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
            "the disk is full",
        ),
        ("Collecting x\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n", "pip could not install: THESE PACKAGES"),
    ],
)
def test_a_failed_installation_is_one_sentence(said: str, told: str) -> None:
    assert sentence(said).startswith(told)
    assert "\n" not in sentence(said)


def test_without_a_network_one_sentence_is_said_and_pips_pages_are_kept(tmp_path: Path) -> None:
    # The interpreter's own pip, sent to an address where nothing listens.
    lock = tmp_path / "some.lock"
    lock.write_text("a-package-of-no-name==1.0 --hash=sha256:" + "0" * 64 + "\n")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        [sys.executable, str(ROOT / "setup" / "install.py"), str(lock)],
        cwd=tmp_path, env=environment_for_children() | nowhere, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip().startswith("veza: the package index cannot be reached")
    assert "the first start needs the network; check it, then run make again" in done.stderr
    assert done.stderr.strip().count("\n") == 0


def test_a_mistyped_database_path_makes_no_shop_in_silence(tmp_path: Path) -> None:
    def migrate(url: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "veza", "migrate"],
            cwd=tmp_path, env=environment_for_children() | {"DATABASE_URL": url}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    mistyped = migrate("sqlite:///vra/veza.db")
    assert mistyped.returncode == 1
    assert mistyped.stderr.startswith("veza: there is no folder vra for the database: correct DATABASE_URL")
    assert not (tmp_path / "vra").exists()
    made = migrate("sqlite:///other.db")
    assert made.returncode == 0
    assert made.stderr == f"veza: made a new, empty database: {tmp_path / 'other.db'}\n"
    assert migrate("sqlite:///other.db").stderr == ""


def test_unpacking_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(install.sysconfig, "get_path", lambda _: str(tmp_path))
    (tmp_path / "pip-1.dist-info").mkdir()
    said: list[str] = []

    def unpack_one_more(what: str) -> None:
        said.append(what)
        (tmp_path / f"p{len(said)}-1.dist-info").mkdir()
        if len(said) == 3:
            done.set()

    monkeypatch.setattr(install, "tell", unpack_one_more)
    install.follow(2, done, every_seconds=0)
    assert said == [f"Unpacking {there} of 2 packages" for there in (0, 1, 2)]


def test_a_checkout_that_cannot_be_written_to_is_named() -> None:
    assert '\t@test -w . || { echo "veza: cannot write to $(CURDIR)' in (ROOT / "Makefile").read_text()
