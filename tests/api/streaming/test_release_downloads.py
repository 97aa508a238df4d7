"""A release as one ZIP through the door: made first, packed while it is sent, resumed anywhere, closed by a refund."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import mutagen
import pytest
from PIL import Image

from tests import factories
from tests.api.streaming.counter import Counter, owner_headers
from tests.api.streaming.test_track_downloads import refunded, visitors
from tests.api.visitors import visiting
from tests.conftest import missing
from tests.ingest.pictures import picture
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import HiddenTrack
from veza.kit.worker import run_once
from veza.library.grants import ItemKind

LICENCE = "Do what you like,\nbut say my name: Džana."


async def bought(counter: Counter, *titles: str, **columns: Any) -> tuple[UUID, list[UUID], dict[str, str], UUID]:
    """A release with sound, cover and licence; its tracks, the headers of who owns it, and the grant's cause."""
    release_id, track_ids = await counter.label.album(*titles, **columns)
    await counter.label.cover(release_id, picture())
    await factories.change(counter.label.database, Release, release_id, licence=LICENCE)
    person_id = await factories.person(counter.label.database)
    cause_id = await counter.label.give(release_id, person_id=person_id)
    return release_id, track_ids, owner_headers(person_id), cause_id


async def made(counter: Counter, release_id: UUID, by: dict[str, str], wanted: str = "flac") -> Any:
    path = f"/releases/{release_id}/downloads"
    await counter.send("POST", path, {"format": wanted}, by=by)
    while await run_once(counter.label.worker):
        pass
    shown = await counter.get(f"{path}/{wanted}", by=by)
    assert shown["status"] == "ready", shown
    return shown


def opened(answer: httpx.Response) -> zipfile.ZipFile:
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def test_all_files_are_made_first_and_then_packed(counter: Counter) -> None:
    release_id, track_ids, owner, _ = await bought(counter, "Zimní slunce", "Led", "Sníh")
    path = f"/releases/{release_id}/downloads"
    await counter.refused("GET", f"{path}/flac", None, 404, "not-found", by=owner)
    asked = await counter.post(path, {"format": "flac"}, by=owner, expect=202)
    assert (asked["status"], asked["share"], asked["link"]) == ("making", 0.0, None)
    assert [one["status"] for one in asked["tracks"]] == ["waiting"] * 3
    await run_once(counter.label.worker, 1)
    halfway = await counter.get(f"{path}/flac", by=owner)
    assert (halfway["status"], round(halfway["share"], 2)) == ("making", 0.33)
    shown = await made(counter, release_id, owner)
    assert shown["file_name"] == "Džana - Ostrov.zip"
    answer = await counter.fetch(shown["link"])
    assert answer.headers["content-type"] == "application/zip"
    assert "filename*=UTF-8''D%C5%BEana%20-%20Ostrov.zip" in answer.headers["content-disposition"]
    with opened(answer) as archive:
        assert archive.testzip() is None
        folder = "Džana - Ostrov"
        assert archive.namelist() == [
            f"{folder}/01 Zimní slunce.flac", f"{folder}/02 Led.flac", f"{folder}/03 Sníh.flac",
            f"{folder}/cover.jpg", f"{folder}/License.txt",
        ]  # fmt: skip
        assert archive.read(f"{folder}/License.txt").decode() == f"{LICENCE}\n"
        assert Image.open(io.BytesIO(archive.read(f"{folder}/cover.jpg"))).size == (256, 256)
        file = mutagen.File(io.BytesIO(archive.read(f"{folder}/02 Led.flac")))
        assert (file["title"], file["tracknumber"]) == (["Led"], ["2"])
        assert file.pictures
    assert len(track_ids) == 3
    again = await counter.post(path, {"format": "flac"}, by=owner, expect=200)
    assert (await counter.fetch(again["link"])).headers["etag"] == answer.headers["etag"]


async def test_a_download_that_broke_off_goes_on_anywhere(counter: Counter) -> None:
    release_id, _, owner, _ = await bought(counter, "Zimní slunce", "Led")
    link = (await made(counter, release_id, owner, "mp3_v0"))["link"]
    whole, chance = await counter.fetch(link), random.Random(5)
    size, etag = len(whole.content), whole.headers["etag"]
    for _ in range(20):
        start = chance.randrange(size)
        rest = await counter.fetch(link, Range=f"bytes={start}-", If_Range=etag)
        assert (rest.status_code, rest.headers["content-range"]) == (206, f"bytes {start}-{size - 1}/{size}")
        assert rest.content == whole.content[start:]
    head = await counter.client.head(link)
    assert (head.headers["content-length"], head.content) == (str(size), b"")
    assert (await counter.fetch(link, Range=f"bytes={size}-")).status_code == 416
    assert (await counter.fetch(link, If_None_Match=etag)).status_code == 304


async def test_what_is_renamed_changes_the_next_archive_and_no_link(counter: Counter) -> None:
    release_id, (track_id,), owner, _ = await bought(counter, "Led")
    link = (await made(counter, release_id, owner))["link"]
    before = await counter.fetch(link)
    await factories.change(counter.label.database, Track, track_id, title="Ledy")
    await factories.change(counter.label.database, Release, release_id, licence="")
    assert (await counter.fetch(link)).content == before.content
    with opened(await counter.fetch((await made(counter, release_id, owner))["link"])) as archive:
        assert archive.namelist() == ["Džana - Ostrov/01 Ledy.flac", "Džana - Ostrov/cover.jpg"]


async def test_who_owns_one_track_gets_that_one(sqlite_counter: Counter) -> None:
    counter = sqlite_counter
    release_id, (_, track_id), _, _ = await bought(counter, "Zimní slunce", "Led")
    person_id = await factories.person(counter.label.database)
    await counter.label.give(release_id, ItemKind.TRACK, track_id, person_id=person_id)
    shown = await made(counter, release_id, owner_headers(person_id))
    assert [one["track_id"] for one in shown["tracks"]] == [str(track_id)]
    with opened(await counter.fetch(shown["link"])) as archive:
        assert archive.namelist()[0] == "Džana - Ostrov/02 Led.flac"


async def test_tracks_without_a_sound_are_named_and_left_out(sqlite_counter: Counter) -> None:
    counter = sqlite_counter
    release_id, (heard, silent) = await counter.label.release("Led", "Ticho")
    artist = visiting(counter.label.person_id, "artist")
    path = f"/releases/{release_id}/downloads"
    await counter.refused("POST", path, {"format": "flac"}, 409, "no-sound-yet", by=artist)
    await counter.label.sing(heard)
    shown = await made(counter, release_id, artist)
    assert ([one["track_id"] for one in shown["tracks"]], shown["left_out"]) == ([str(heard)], [str(silent)])


async def test_one_lossy_upload_keeps_a_release_from_lossless_formats(sqlite_counter: Counter) -> None:
    counter = sqlite_counter
    release_id, (_, lossy) = await counter.label.album("Led", "Sníh")
    await counter.label.sing(lossy, "MP3 CBR")
    artist = visiting(counter.label.person_id, "artist")
    said = await counter.refused(
        "POST", f"/releases/{release_id}/downloads", {"format": "wav"}, 409, "format-not-offered", by=artist
    )
    assert said.startswith("“Sníh” was uploaded as mp3")


@pytest.mark.parametrize("state", ["published", "withdrawn", "draft", "hidden"])
async def test_who_may_download_a_release_in_each_state(sqlite_counter: Counter, state: str) -> None:
    counter, database = sqlite_counter, sqlite_counter.label.database
    release_id, (track_id,), owner, _ = await bought(counter, "Led")
    who = await visitors(counter, release_id, track_id)
    await made(counter, release_id, owner)
    if state == "hidden":
        await factories.change(database, Release, release_id, hidden_at=counter.clock.now())
    else:
        await factories.change(database, Release, release_id, status=state)
    found = {}
    for name, headers in who.items():
        answer = await counter.send("POST", f"/releases/{release_id}/downloads", {"format": "flac"}, by=headers)
        found[name] = answer.status_code
        if answer.status_code == 200:
            assert (await counter.fetch(answer.json()["link"])).status_code == 200
    allowed = {"artist"} if state == "hidden" else {"owner", "track owner", "artist"}
    refused = 403 if state == "published" else 404
    expected = {name: 200 if name in allowed else refused for name in who}
    assert found == {**expected, "anonymous": 401 if state == "published" else 404}


async def test_a_refund_closes_the_link_of_a_release(counter: Counter) -> None:
    release_id, _, owner, cause_id = await bought(counter, "Led")
    link = (await made(counter, release_id, owner))["link"]
    await refunded(counter.label.database, cause_id)
    assert (await counter.fetch(link, Range="bytes=5-")).status_code == 403


async def test_a_track_that_is_hidden_closes_the_link_and_the_next_archive_has_the_rest(counter: Counter) -> None:
    release_id, (hidden, _), owner, _ = await bought(counter, "Led", "Sníh")
    link = (await made(counter, release_id, owner))["link"]
    async with counter.label.database.write("test") as session:
        session.add(HiddenTrack(track_id=hidden, hidden_at=session.now))
    assert (await counter.fetch(link)).status_code == 404
    with opened(await counter.fetch((await made(counter, release_id, owner))["link"])) as archive:
        assert "Džana - Ostrov/02 Sníh.flac" in archive.namelist()
        assert "Džana - Ostrov/01 Led.flac" not in archive.namelist()


async def test_a_link_of_a_release_ends_after_a_day(sqlite_counter: Counter) -> None:
    counter = sqlite_counter
    release_id, _, owner, _ = await bought(counter, "Led")
    link = (await made(counter, release_id, owner))["link"]
    counter.clock.advance(timedelta(hours=23, minutes=59))
    assert (await counter.fetch(link)).status_code == 200
    counter.clock.advance(timedelta(minutes=2))
    assert (await counter.fetch(link)).status_code == 410


TITLES = ["a.b.c", "a.b.c", "AC/DC", "🎧", "שלום", "x" * 400, "cover.jpg"]


async def test_names_are_right_in_every_program(sqlite_counter: Counter, tmp_path: Path) -> None:
    counter = sqlite_counter
    release_id, _, owner, _ = await bought(counter, *TITLES, title="What? .. No/Yes " + "ž" * 300)
    shown = await made(counter, release_id, owner, "opus")
    answer = await counter.fetch(shown["link"])
    with opened(answer) as archive:
        folders, names = zip(*(one.split("/") for one in archive.namelist()), strict=True)
    assert len(set(folders)) == 1
    assert all(len(one.encode()) <= 255 for one in [*folders, *names])
    assert len(shown["file_name"].encode()) <= 255
    assert shown["file_name"].endswith(".zip")
    assert names[:5] == ("01 a.b.c.opus", "02 a.b.c.opus", "03 AC_DC.opus", "04 🎧.opus", "05 שלום.opus")
    assert names[-3:] == ("07 cover.jpg.opus", "cover.jpg", "License.txt")
    path = tmp_path / "a.zip"
    path.write_bytes(answer.content)
    unpack(path)


def unpack(path: Path) -> None:
    """Debian's unzip finds nothing wrong in it."""
    if shutil.which("unzip") is None:
        missing("unzip is not installed (Debian: apt-get install unzip)")
    done = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
