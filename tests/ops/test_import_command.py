"""`veza import` from outside: what it says, and the exit code that tells a program how it went."""

from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests import commands
from tests.factories import person
from tests.ingest.pictures import picture
from tests.ingest.recordings import recording
from tests.ops.in_process import veza
from tests.waiting import until
from veza.catalog.artists import Artist
from veza.catalog.covers import Cover
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.database import Database
from veza.ops.import_command import in_lines


@pytest.fixture
def here(migrated: Path, tmp_path: Path) -> Path:
    """A folder with a migrated database, one person, and an album."""
    with sqlite3.connect(migrated / "veza.db") as connection:
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
    first = commands.veza("import", "music", *OPEN, cwd=here)
    assert first.returncode == 0, first.stderr
    assert "Blue Hours" in first.stdout
    assert "1 new draft: " in first.stdout
    again = commands.veza("import", "music", "--artist", "dzana", "--json", cwd=here)
    said = json.loads(again.stdout)
    assert (again.returncode, said["ok"], said["artist"]["slug"]) == (0, True, "dzana")
    assert [(one["result"], one["slug"]) for one in said["releases"]] == [("unchanged", "blue-hours")]


def test_what_was_not_imported_is_exit_code_1(here: Path) -> None:
    (here / "music" / "broken.mp3").write_bytes(b"nothing")
    (here / "music" / "notes.txt").write_text("of the session")
    done = veza("import", "music", *OPEN, cwd=here)
    assert done.returncode == 1
    assert "not imported: broken.mp3: it is no MP3 file that can be read" in done.stdout
    assert "1 other file passed over" in done.stdout


def test_a_cue_sheet_is_told_with_its_tracks(here: Path) -> None:
    lines = ('TITLE "Side A"', "FILE 1.wav WAVE", "TRACK 01 AUDIO", 'TITLE "Rain"', "INDEX 01 00:00:00")
    more = ("TRACK 02 AUDIO", 'TITLE "Snow"', 'PERFORMER "Ben"', "INDEX 01 03:41:15")
    (here / "music" / "a.cue").write_text("\n".join((*lines, *more)))
    done = veza("import", "music", *OPEN, cwd=here)
    assert done.returncode == 1
    assert "cue sheet a.cue: it names 2 tracks: sound is not cut yet, so 1.mp3 was imported as one track" in done.stdout
    assert "  01 Rain, from 0:00.00\n  02 Snow · Ben, from 3:41.20\n" in done.stdout
    said = json.loads(veza("import", "music", "--artist", "Džana", "--json", cwd=here).stdout)
    assert [track["begins_ms"] for track in said["cue_sheets"][0]["tracks"]] == [0, 221_200]


def test_a_run_is_taken_back_once_and_says_nothing_of_taking_it_back_again(here: Path) -> None:
    veza("import", "music", *OPEN, cwd=here)
    recording(here / "music" / "3.mp3", title="T3", album="Blue Hours", track="3")
    run_id = json.loads(veza("import", "music", *OPEN, "--json", cwd=here).stdout)["run_id"]
    undone = veza("import", "--undo", run_id, cwd=here)
    assert undone.returncode == 0
    assert "1 track that this import added went; what it changed stays" in undone.stdout
    assert "--undo" not in undone.stdout
    again = veza("import", "--undo", run_id, cwd=here)
    assert (again.returncode, f"import {run_id} was taken back already" in again.stderr) == (2, True)


def test_a_film_beside_the_songs_is_named_and_leaves_nothing_out(here: Path) -> None:
    (here / "music" / "film.avi").write_bytes(b"RIFF\0\1\0\0AVI strh\x38\0\0\0vids" + bytes(400))
    done = veza("import", "music", *OPEN, cwd=here)
    assert done.returncode == 0
    assert "1 film passed over: film.avi" in done.stdout
    assert json.loads(veza("import", "music", *OPEN, "--json", cwd=here).stdout)["films"] == ["film.avi"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("music", "--artist", "Nobody"), 2, "there is no artist “Nobody”"),
        (("music", "--artist", "X", "--person", "anna@example.org"), 2, "to open one give --country, such as DE"),
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


ALBUMS = 12


async def _has_made(database: Database, count: int, process: commands.Running) -> bool:
    assert process.poll() is None, "it ended before it made anything"
    return len(await _made(database)) >= count


async def _made(database: Database) -> dict[str, list[str]]:
    """The titles on every release, by the release's title."""
    query = select(Release.title, Track.title).join(Track, Track.release_id == Release.id, isouter=True)
    made: dict[str, list[str]] = {}
    async with database.read() as session:
        for release, track in (await session.execute(query.order_by(Release.id, Track.position))).all():
            made.setdefault(release, []).append(track)
    return made


async def test_an_import_killed_in_the_middle_is_done_again_without_anything_twice(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await person(database, "Anna", email="anna@example.org")
    for album in range(ALBUMS):
        for number in ("1", "2"):
            cover = picture(size=(700, 700), colour=(album, 0, 0))
            recording(
                tmp_path / "music" / f"{album:02}" / f"{number}.mp3", cover=cover,
                title=f"T{number}", album=f"Album {album:02}", track=number,
            )  # fmt: skip
    command = ("import", "music", *OPEN, "--database-url", database_url)
    seen = 0
    for _ in range(2):
        with Path(os.devnull).open("wb") as nowhere:  # noqa: ASYNC230
            process = commands.start(*command, cwd=tmp_path, stdout=nowhere, stderr=nowhere)
        await until(partial(_has_made, database, seen + 2, process), "two releases")
        process.kill()
        assert process.wait(commands.BOUND_SECONDS) == -signal.SIGKILL
        seen = len(await _made(database))
        assert 0 < seen < ALBUMS
    done = commands.veza(*command, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    results = Counter(one["result"] for one in json.loads(done.stdout)["releases"])
    assert results == {"made": ALBUMS - seen, "unchanged": seen}
    assert await _made(database) == {f"Album {album:02}": ["T1", "T2"] for album in range(ALBUMS)}
    async with database.read() as session:
        assert await session.scalar(select(func.count()).where(Artist.name_key == "dzana")) == 1
        assert await session.scalar(select(func.count()).where(Release.cover_id.is_(None))) == 0
        assert await session.scalar(select(func.count()).select_from(Cover)) == ALBUMS
    again = commands.veza(*command, "--json", cwd=tmp_path)
    assert {one["result"] for one in json.loads(again.stdout)["releases"]} == {"unchanged"}


def test_a_terminal_shows_how_far_it_is(here: Path) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb") as screen:
        with tempfile.TemporaryFile("w+") as said, os.fdopen(theirs, "wb") as terminal:
            process = commands.start(
                "import", "music", *OPEN, cwd=here, stdout=said, stderr=terminal, TERM="xterm", COLUMNS="100"
            )
            assert process.wait(commands.BOUND_SECONDS) == 0
            said.seek(0)
            assert "\x1b" not in said.read()
        shown = os.read(screen.fileno(), 100_000).decode()
    assert "reading" in shown
    assert "importing" in shown
    assert "1/1" in shown


def test_without_a_terminal_a_line_says_now_and_then_how_far_it_is() -> None:
    said: list[str] = []
    seconds = iter((0.0, 3.0, 11.0, 11.0, 12.0))
    on_step = in_lines(said.append, lambda: next(seconds))
    for done in (1, 2, 3):
        on_step("reading", done, 2000)
    assert said == ["reading: 2 of 2000"]


def test_a_storage_check_names_what_is_kept_for_nothing_and_removes_it_when_told(here: Path) -> None:
    objects = here / "var" / "objects" / "originals"
    assert veza("storage", "check", cwd=here).returncode == 0
    objects.mkdir(parents=True)
    stray = objects / "stray"
    stray.write_bytes(b"x" * 1234)
    os.utime(stray, (0, 0))
    found = veza("storage", "check", cwd=here)
    assert found.returncode == 1
    assert "1 objects; 1 kept for nothing (1,234 bytes)\n  originals/stray  1,234 bytes\n" in found.stdout
    assert stray.exists()
    fixed = json.loads(veza("storage", "check", "--fix", "--json", cwd=here).stdout)
    assert (fixed["ok"], fixed["removed"], stray.exists()) == (True, 1, False)
