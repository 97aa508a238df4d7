"""Downloads of a whole Veza in a process of its own: made by its worker, opened by other programs, resumed, bounded."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import mutagen
import pytest
from sqlalchemy import select

from tests import factories
from tests.commands import Server
from tests.conftest import missing
from tests.migrated import put_migrated
from tests.streaming.world import Label
from tests.waiting import until
from veza.audio.download_formats import DownloadFormat
from veza.kit.clock import SystemClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.settings import Settings
from veza.streaming.asking import Holder
from veza.streaming.downloads import Download
from veza.streaming.facade import Streaming
from veza.streaming.links import Links
from veza.streaming.release_asking import ask_for_release
from veza.streaming.rules import DownloadRules

MOST_MOVED_BYTES = 32 << 20
SPACE = 1 << 20


@dataclass
class Site:
    """A Veza whose server is started and killed by the test, and its rows."""

    label: Label
    server: Server
    client: httpx.AsyncClient | None = None
    cookie: dict[str, str] = field(default_factory=dict)

    async def start(self) -> None:
        """Start it, anew where it has ended."""
        address = await self.server.start("--port", "0")
        if self.client is not None:
            await self.client.aclose()
        self.client = httpx.AsyncClient(base_url=address, headers=self.cookie, timeout=60)

    async def sign_in(self, person_id: UUID) -> None:
        self.cookie = await factories.cookie(self.label.database, person_id)
        assert self.client is not None
        self.client.headers.update(self.cookie)

    async def ask(self, path: str, wanted: str) -> Any:
        assert self.client is not None
        answer = await self.client.post(
            f"/api/v1{path}/downloads", json={"format": wanted}, headers={"Idempotency-Key": str(uuid4())}
        )
        assert answer.status_code in (200, 202), answer.text
        return answer.json()

    async def ready(self, path: str, wanted: str) -> Any:
        """What GET shows once it is made."""
        shown: Any = None

        async def is_ready() -> bool:
            nonlocal shown
            assert self.client is not None
            shown = (await self.client.get(f"/api/v1{path}/downloads/{wanted}")).json()
            assert shown["status"] not in ("failed", "evicted"), shown
            return bool(shown["status"] == "ready")

        await until(is_ready, lambda: f"{path} as {wanted}: {shown}", every=0.1)
        return shown

    async def fetch(self, link: str, path: Path, start: int = 0, end: int | None = None) -> httpx.Response:
        """Append what is asked for to a file."""
        assert self.client is not None
        headers = {"Range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end is not None else {}
        with path.open("ab") as file:
            async with self.client.stream("GET", link, headers=headers) as answer:
                async for chunk in answer.aiter_bytes(SPACE):
                    file.write(chunk)
        return answer


@asynccontextmanager
async def site_in(folder: Path) -> AsyncIterator[Site]:
    settings = Settings(var_dir=put_migrated(folder / "var"))
    database = Database.open(settings.database_url, clock=SystemClock())
    objects = Objects.in_folder(folder / "var" / "objects")
    person_id = await factories.person(database)
    artist_id = await factories.artist(database, "Džana", run_by=person_id)
    streaming = Streaming(database, objects, DownloadRules(folder / "making"), Links("unused"))
    server = Server(folder, {"VAR_DIR": str(folder / "var"), "LOG_LEVEL": "warning"})
    site = Site(Label(streaming, artist_id, person_id, folder), server)
    try:
        yield site
    finally:
        if site.client is not None:
            await site.client.aclose()
        await site.server.end()
        await database.close()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with site_in(tmp_path) as one:
        yield one


def run(*command: str) -> str:
    if shutil.which(command[0]) is None:
        missing(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def test_a_track_and_its_release_are_made_and_opened_by_other_programs(site: Site, tmp_path: Path) -> None:
    release_id, (track_id, _) = await site.label.album("Zimní slunce", "Led")
    await site.start()
    await site.sign_in(site.label.person_id)
    assert (await site.ask(f"/tracks/{track_id}", "alac"))["status"] in ("waiting", "making")
    shown = await site.ready(f"/tracks/{track_id}", "alac")
    track = tmp_path / "a.m4a"
    answer = await site.fetch(shown["link"], track)
    assert (answer.status_code, size_of(track)) == (200, shown["size_bytes"])
    wanted = ("-select_streams", "a", "-show_entries", "stream=codec_name,duration_ts", "-of", "csv=p=0")
    probed = run("ffprobe", "-v", "error", *wanted, str(track))
    assert probed.strip(" ,\n") == "alac,44100"
    assert mutagen.File(track)["\xa9nam"] == ["Zimní slunce"]
    await site.ask(f"/releases/{release_id}", "flac")
    shown = await site.ready(f"/releases/{release_id}", "flac")
    whole, pieces = tmp_path / "whole.zip", tmp_path / "pieces.zip"
    size = int((await site.fetch(shown["link"], whole)).headers["content-length"])
    run("unzip", "-t", str(whole))
    chance, at = random.Random(6), 0
    while at < size:
        end = min(size, at + chance.randrange(1, size // 5))
        assert (await site.fetch(shown["link"], pieces, at, end)).status_code == 206
        at = end
    assert are_equal(pieces, whole)


async def test_a_server_killed_while_it_makes_a_file_finishes_it_by_itself(site: Site) -> None:
    _, (track_id,) = await site.label.release("Led")
    await site.label.sing(track_id, seconds=240)
    await site.start()
    await site.sign_in(site.label.person_id)
    await site.ask(f"/tracks/{track_id}", "mp3_v0")
    (row,) = await rows_of(site)

    async def is_in_the_middle() -> bool:
        share = (await site.label.download(row.id)).share
        return share is not None and 0 < share < 1

    await until(is_in_the_middle, "the middle of the work")
    await site.server.kill()
    killed = await site.label.download(row.id)
    assert (killed.status, killed.attempt) == ("making", 1)
    now = SystemClock().now()  # its lease is over
    await factories.change(site.label.database, Download, row.id, due_at=now, claimed_until=now)
    await site.start()
    shown = await site.ready(f"/tracks/{track_id}", "mp3_v0")
    assert shown["link"]
    row = await site.label.download(row.id)
    assert row.attempt == 2
    assert await site.label.stored() == [row.key]


async def rows_of(site: Site) -> list[Download]:
    async with site.label.database.read() as session:
        return list((await session.scalars(select(Download))).all())


async def large_album(site: Site, tracks: int, track_bytes: int) -> UUID:
    """A release, each of whose files is there and has so many bytes; what they hold is no sound."""
    release_id, track_ids = await site.label.album(*(f"Track {number}" for number in range(tracks)))
    async with site.label.database.write("test") as session:
        holder = Holder(site.label.person_id)
        asked = (await ask_for_release(session, holder, release_id, DownloadFormat.WAV)).downloads
    chance = random.Random(7)
    for one in asked:
        key, content = f"downloads/{one.id}/1/track.wav", chance.randbytes(SPACE) * (track_bytes // SPACE)
        await site.label.objects.put(key, content)
        now = SystemClock().now()
        await factories.change(
            site.label.database, Download, one.id, status="ready", attempt=1, due_at=None, key=key,
            size_bytes=len(content), crc32=zlib.crc32(content), file_hash=hashlib.sha256(content).hexdigest(),
            ready_at=now, last_used_at=now,
        )  # fmt: skip
    assert len(track_ids) == tracks
    return release_id


def size_of(path: Path) -> int:
    return path.stat().st_size


def are_equal(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def memory_from_now(pid: int) -> int:
    """Bytes of memory that the process has; `highest_memory` counts from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return highest_memory(pid)


def highest_memory(pid: int) -> int:
    """Bytes of memory that the process has had at most since it was last reset."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


async def moved_by(site: Site, release_id: UUID, path: Path) -> int:
    """Bytes by which the release's download moves the server's memory."""
    shown = await site.ready(f"/releases/{release_id}", "wav")
    await site.fetch(shown["link"], path.with_name("first"), 0, 1000)
    pid = site.server.pid
    before = memory_from_now(pid)
    answer = await site.fetch(shown["link"], path)
    assert size_of(path) == int(answer.headers["content-length"])
    return highest_memory(pid) - before


async def test_a_large_release_moves_no_memory(site: Site, tmp_path: Path) -> None:
    tracks = 10
    release_id = await large_album(site, tracks, 10 * SPACE)
    await site.start()
    await site.sign_in(site.label.person_id)
    await site.ask(f"/releases/{release_id}", "wav")
    path = tmp_path / "a.zip"
    assert await moved_by(site, release_id, path) < MOST_MOVED_BYTES
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == tracks
