"""The probe itself: a real server, worker and sandbox, on both databases."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import start, veza
from tests.conftest import POSTGRES
from veza.lab.probe.steps import STEPS

PROBE_SECONDS = 300


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_probe_finds_all_well(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    options = []
    if database == "postgresql":
        request.getfixturevalue("postgres_template")
        options = ["--database-url", POSTGRES.render_as_string(hide_password=False)]
    done = veza("probe", "--json", *options, cwd=tmp_path, bound_seconds=PROBE_SECONDS)
    said = json.loads(done.stdout)
    assert [step for step in said["steps"] if not step["ok"]] == []
    assert (done.returncode, said["ok"], said["database"]) == (0, True, database)
    assert len(said["steps"]) == len(STEPS) + 1
    assert all(set(step) == {"name", "ok", "ms", "detail"} for step in said["steps"])


def test_a_database_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = veza("probe", "--json", "--database-url", "postgresql://veza@127.0.0.1:1/veza", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("veza: the database does not answer")
    assert len(done.stderr.splitlines()) == 1


def test_a_probe_that_is_stopped_leaves_nothing_behind(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    probe = start("probe", cwd=tmp_path, stdout=subprocess.PIPE, stderr=sys.__stderr__, TMPDIR=str(temporary))
    assert probe.stdout
    assert "start a server and a worker" in probe.stdout.readline()
    (folder,) = temporary.glob("veza-probe-*")
    probe.terminate()
    assert probe.wait(timeout=60) == 143
    probe.stdout.close()
    assert list(temporary.iterdir()) == []
    assert not [one for one in environments() if f"VAR_DIR={folder}" in one]


def environments() -> list[str]:
    """What every process of this machine we may look at was started with."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            found.append(path.read_text(errors="replace"))
    return found
