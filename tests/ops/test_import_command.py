"""`veza import` from outside: what it says, and the exit code that tells a program how it went."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.catalog.recordings import recording
from tests.ops.test_cli import veza


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a migrated database, one person, and an album."""
    assert veza("migrate", cwd=tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "var" / "veza.db") as connection:
        connection.execute(
            "INSERT INTO people (id, email, name, email_confirmed_at, created_at) VALUES (?, ?, ?, ?, ?)",
            ("01890000000070008000000000000001", "anna@example.org", "Anna", "2026-01-01 00:00:00", "2026-01-01"),
        )
    connection.close()
    for number in (1, 2):
        tags = {"title": f"T{number}", "album": "Blue Hours", "track": str(number)}
        recording(tmp_path / "music" / f"{number}.mp3", **tags)
    return tmp_path


OPEN = ("--artist", "Džana", "--person", "anna@example.org", "--country", "BA")


def test_an_import_says_what_it_made_and_the_second_that_nothing_changed(here: Path) -> None:
    first = veza("import", "music", *OPEN, cwd=here)
    assert first.returncode == 0, first.stderr
    assert "Blue Hours" in first.stdout
    assert "1 new drafts" in first.stdout
    again = veza("import", "music", "--artist", "dzana", "--json", cwd=here)
    said = json.loads(again.stdout)
    assert (again.returncode, said["ok"], said["artist"]["slug"]) == (0, True, "dzana")
    assert [(one["result"], one["slug"]) for one in said["releases"]] == [("unchanged", "blue-hours")]


def test_what_was_not_imported_is_exit_code_1(here: Path) -> None:
    (here / "music" / "broken.mp3").write_bytes(b"nothing")
    done = veza("import", "music", *OPEN, cwd=here)
    assert done.returncode == 1
    assert "not imported: broken.mp3: it is no MP3 file that can be read" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("music", "--artist", "Nobody"), 2, "there is no artist “Nobody”"),
        (("gone", *OPEN), 2, "there is no gone"),
        (("music", "--artist", "X", "--person", "eve@example.org", "--country", "BA"), 1, "there is no person"),
        (("music", "--artist", "X", "--person", "anna@example.org", "--country", "B"), 1, "is no country"),
    ],
)
def test_what_cannot_be_is_one_sentence(here: Path, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    done = veza("import", *arguments, cwd=here)
    assert done.returncode == code
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
