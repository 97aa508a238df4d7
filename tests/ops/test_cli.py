"""The command line from outside: what it prints, and the exit code that tells a program how it went.

Started cold: the help, the first start in a new folder, and what the wheel holds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.commands import BOUND_SECONDS, serving, veza
from tests.ops import in_process
from veza.generated_pages import generated_pages
from veza.ops.application import Application, Program
from veza.ops.cli import command_line
from veza.ops.migrations import newest_revision
from veza.settings import Settings

ROOT = Path(__file__).parents[2]


def test_help_names_every_command(tmp_path: Path) -> None:
    done = veza("--help", cwd=tmp_path, cold=True)
    assert done.returncode == 0
    for command in ("serve", "worker", "migrate", "doctor", "pages"):
        assert f" {command} " in done.stdout


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_settings_that_make_no_sense_end_with_2_and_a_sentence_each(tmp_path: Path, command: str) -> None:
    done = veza(command, cwd=tmp_path, REVERSAL_MAX_RETRIES="-1", LOG_LEVEL="loud")
    assert done.returncode == 2
    assert sorted(done.stderr.splitlines()) == [
        "settings: LOG_LEVEL “loud”: must be 'debug', 'info', 'warning' or 'error'",
        "settings: REVERSAL_MAX_RETRIES “-1”: must be at least 1",
    ]
    assert list(tmp_path.iterdir()) == []


def test_migrate_makes_the_database_and_the_doctor_is_content(tmp_path: Path) -> None:
    red = veza("doctor", "--json", cwd=tmp_path)
    assert (red.returncode, json.loads(red.stdout)["ok"]) == (1, False)
    assert veza("migrate", cwd=tmp_path).returncode == 0
    assert (tmp_path / "var" / "veza.db").exists()
    well = veza("doctor", "--json", cwd=tmp_path)
    assert (well.returncode, json.loads(well.stdout)["ok"]) == (0, True)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://veza@127.0.0.1:1/veza", "the database does not answer"),
        ("sqlite:////proc/no/veza.db", "there is no folder /proc/no for the database"),
    ],
)
def test_a_database_that_cannot_be_had_is_one_sentence(tmp_path: Path, url: str, sentence: str) -> None:
    done = in_process.veza("migrate", "--database-url", url, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"veza: {sentence}")
    assert len(done.stderr.splitlines()) == 1


def test_a_program_reads_what_went_wrong_as_json(tmp_path: Path) -> None:
    asked = ("migrate", "--json", "--database-url", "postgresql://veza@127.0.0.1:1/veza")
    done = veza(*asked, cwd=tmp_path)
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert not said["ok"]
    assert said["error"].startswith("the database does not answer")
    wrong = veza("migrate", "--json", cwd=tmp_path, LOG_LEVEL="loud")
    assert (wrong.returncode, json.loads(wrong.stdout)["ok"]) == (2, False)
    well = in_process.veza("migrate", "--json", cwd=tmp_path)
    assert (well.returncode, json.loads(well.stdout)) == (0, {"ok": True, "revision": newest_revision()})


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",)])
def test_without_tables_nothing_starts_and_the_way_on_is_said(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "new.db").touch()
    done = veza(*command, cwd=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/new.db")
    assert done.returncode == 1
    assert "ready" not in done.stdout
    assert done.stderr.splitlines()[-1] == "veza: the database has no tables yet: run `veza migrate`"


@pytest.mark.parametrize(
    "command",
    [
        ("serve", "--port", "0"),
        ("worker",),
        ("money", "list"),
        ("money", "reconcile", "--since", "1d"),
        ("keys", "rotate"),
        ("import", ".", "--artist", "A"),
        ("demo", "--new-passwords"),
    ],
    ids=" ".join,
)
def test_a_command_without_a_database_makes_none_and_leaves_nothing(tmp_path: Path, command: tuple[str, ...]) -> None:
    run = veza if command[0] in {"serve", "worker"} else in_process.veza
    done = run(*command, cwd=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/mistyped.db")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"veza: there is no database file {tmp_path / 'mistyped.db'}: correct DATABASE_URL, or make a new, empty"
        " database with `veza migrate`"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_option_ends_with_2(tmp_path: Path) -> None:
    assert veza("serve", "--prot", "1", cwd=tmp_path).returncode == 2


def test_the_generated_pages_of_this_checkout_are_current() -> None:
    stale = [path for path, text in generated_pages().items() if (ROOT / path).read_text() != text]
    assert stale == [], "run `make format` and commit"


def test_a_stale_page_is_named_and_only_written_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = Path("docs/page.md")

    def build(_settings: Settings, _http: bool) -> Application:
        raise AssertionError("pages need no application")

    cli = command_line(Program(build=build, pages=lambda: {page: "new"}))
    page.parent.mkdir()
    page.write_text("old")
    stale = CliRunner().invoke(cli, ["pages", "--check"])
    assert (stale.exit_code, page.read_text()) == (1, "old")
    assert "out of date: docs/page.md" in stale.output
    assert CliRunner().invoke(cli, ["pages"]).exit_code == 0
    assert page.read_text() == "new"
    assert CliRunner().invoke(cli, ["pages", "--check"]).exit_code == 0


def test_the_wheel_carries_its_migrations_and_templates(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as package:
        package.extractall(tmp_path / "installed")
    # Run from the unpacked wheel alone: the checkout is not on the path.
    done = subprocess.run(
        [sys.executable, "-m", "veza", "migrate"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "installed")}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    installed = {str(path.relative_to(tmp_path / "installed")) for path in (tmp_path / "installed").rglob("*")}
    assert {"veza/migrations/env.py", "veza/api/templates/docs.html", "veza/py.typed"} <= installed
    assert assets_missing_in(installed) == set()


ASSETS = frozenset({
    "veza/web/vendor/htmx.js", "veza/web/vendor/tus.js", "veza/web/styles/tokens.css", "veza/web/styles/fonts.css",
    "veza/web/scripts/main.js", "veza/web/scripts/player/player.js", "veza/web/templates/layout.html",
    "veza/locale/fr/LC_MESSAGES/veza.po",
    *(f"veza/web/vendor/commissioner-{one}.woff2" for one in ("latin", "latin-ext", "cyrillic", "greek", "vietnamese")),
    "veza/web/vendor/vazirmatn-arabic.woff2", "veza/api/vendor/noto-sans-latin-wght-normal.woff2",
    "veza/api/vendor/noto-sans.json",
})  # fmt: skip
"""What pages are made of, built from the npm lock file or written here: a user of the wheel has no Node."""


def assets_missing_in(installed: set[str]) -> set[str]:
    """ASSETS that are not there, and the licences of what was taken from npm: one for each program and family."""
    vendored = [Path(one) for one in installed | ASSETS if "/vendor/" in one and one.endswith((".js", ".woff2"))]
    licences = {str(one.with_name(f"{one.stem.partition('-')[0]}.LICENSE")) for one in vendored if "web" in one.parts}
    licences |= {
        f"{one.removesuffix('.json')}.LICENSE" for one in installed if "/vendor/noto-" in one and "json" in one
    }
    return {*ASSETS, *licences} - installed


def test_a_wheel_without_what_npm_brings_would_be_noticed() -> None:
    bare = {one for one in ASSETS if "/vendor/" not in one}
    missing = assets_missing_in(bare)
    assert {"veza/web/vendor/htmx.js", "veza/web/vendor/htmx.LICENSE", "veza/web/vendor/vazirmatn.LICENSE"} <= missing
    assert "veza/api/vendor/noto-sans.LICENSE" in assets_missing_in({"veza/api/vendor/noto-sans.json"})
    assert missing.isdisjoint(bare)


def test_a_fresh_folder_becomes_a_running_veza_and_stops_with_0(tmp_path: Path) -> None:
    with serving(tmp_path, cold=True) as (process, url, _):
        assert url.startswith("http://127.0.0.1:")
        answer = httpx.get(f"{url}/health/ready", timeout=30)
        assert (answer.status_code, answer.json()["ready"]) == (200, True)
        assert "veza_database_up 1.0" in httpx.get(f"{url}/metrics", timeout=30).text
        assert httpx.get(f"{url}/api/docs", timeout=30).status_code == 200
        process.terminate()
        assert process.wait(BOUND_SECONDS) == 0
    assert (tmp_path / "var" / "operator-token").stat().st_mode & 0o777 == 0o600
