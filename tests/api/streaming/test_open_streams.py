"""Streams of a real server that end while they are read: each within twice STREAM_RECHECK of what ended its right."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete, update

from tests import factories
from tests.commands import serving
from tests.sounding import give_sound
from tests.waiting import until
from veza.accounts.sessions import SignIn
from veza.catalog.visibility import HiddenTrack
from veza.ingest.audio_versions import AudioVersion
from veza.kit.clock import SystemClock
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.kit.objects import Objects
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind
from veza.streaming.stream_sessions import StreamSession

LARGE = 64 << 20
"""Bytes of the FLAC file: far more than the kernel holds for a connection."""
TAKES = 16_384
CHUNK = bytes(range(256)) * 4_096
RECHECK = timedelta(milliseconds=200)


@dataclass
class Listener:
    """A person who owns a release, signed in, with the link to a track's FLAC."""

    person: UUID
    track: UUID
    cause: UUID
    cookie: dict[str, str]
    link: str = ""


@dataclass
class Site:
    """A server, and the database and the folder it works on."""

    url: str
    pid: int
    database: Database
    objects: Objects
    client: httpx.AsyncClient

    def open_files(self, name: str) -> int:
        """How many descriptors of this file the server has: one for each answer under way."""
        found = 0
        for one in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                found += os.readlink(one).endswith(name)
            except FileNotFoundError:
                continue
        return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, Path]]:
    folder = tmp_path_factory.mktemp("site")
    settings = {"STREAM_RECHECK": f"{RECHECK.total_seconds():.1f}s", "AUDIO_WORKER_ENABLED": "false"}
    with serving(folder, **settings) as (process, url, _):
        yield url, process.pid, folder / "var"


@pytest.fixture
async def site(served: tuple[str, int, Path]) -> AsyncIterator[Site]:
    url, pid, folder = served
    database = Database.open(f"sqlite+aiosqlite:///{folder / 'veza.db'}", clock=SystemClock())
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        yield Site(url, pid, database, Objects.in_folder(folder / "objects"), client)
    await database.close()


async def large_track(site: Site, artist: UUID) -> tuple[UUID, UUID]:
    """A release and its track, whose FLAC and best M4A have LARGE bytes each."""
    release, (track,) = await factories.release(site.database, artist, "First light")
    version_id = await give_sound(site.database, site.objects, track, 2.0)
    async with site.database.write("test") as session:
        version = await session.get_one(AudioVersion, version_id)
        rendered = dict(version.rendered or {})
        sizes = {"flac": {"size_bytes": LARGE}, "aac256": {"progressive_bytes": LARGE}}
        rendered["renditions"] = [{**one, **sizes.get(one["rung"], {})} for one in rendered["renditions"]]
        version.rendered = rendered
    for name in ("flac.mp4", "aac256.m4a"):
        file = site.objects.local_path(f"{version.prefix}/{name}")
        assert file is not None
        with file.open("wb") as written:
            for _ in range(LARGE // len(CHUNK)):
                written.write(CHUNK)
    return release, track


async def listener(site: Site, release: UUID, track: UUID) -> Listener:
    person, cause = await factories.person(site.database), uuid4()
    given = Given(ItemKind.RELEASE, release, release, CauseKind.DOWNLOAD_CODE, cause, person)
    async with site.database.write("test") as session:
        await grants.give(session, given, because=verbatim("a test"))
    found = Listener(person, track, cause, await factories.cookie(site.database, person))
    manifest = (await site.client.get(f"/stream/{track}/manifest.json", headers=found.cookie)).json()
    flac = next(one for one in manifest["renditions"] if one["rung"] == "flac")
    return replace(found, link=f"/stream/{track}/{flac['url']}")


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
"""Both are held: without its writer a connection is closed."""


async def begin_to_read(site: Site, path: str, cookie: dict[str, str]) -> Stream:
    """An answer of LARGE bytes whose head alone is read."""
    host, _, port = site.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=TAKES)
    said = "".join(f"{name}: {value}\r\n" for name, value in cookie.items())
    writer.write(f"GET {path} HTTP/1.1\r\nHost: veza\r\n{said}\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    return reader, writer


async def taken_of(stream: Stream) -> int:
    """How many bytes are left to be read, until the end; the connection is closed then."""
    reader, writer = stream
    taken = 0
    try:
        while chunk := await reader.read(1 << 20):
            taken += len(chunk)
            if taken == LARGE:
                break
    except ConnectionError:
        pass
    writer.transport.abort()
    return taken


async def test_what_ends_a_right_ends_its_answers_in_their_middle_and_its_links(site: Site) -> None:
    owner = await factories.person(site.database)
    artist = await factories.artist(site.database, run_by=owner)
    release, track = await large_track(site, artist)
    hidden_release, hidden_track = await large_track(site, artist)
    refunded, signed_out, ended, stays = [await listener(site, release, track) for _ in range(4)]
    loses = await listener(site, hidden_release, hidden_track)
    everyone = (refunded, signed_out, ended, stays, loses)
    streams = [await begin_to_read(site, one.link, {}) for one in everyone]
    await until(lambda: site.open_files("flac.mp4") == len(everyone))

    async with site.database.write("test") as session:
        await grants.revoke(session, CauseKind.DOWNLOAD_CODE, [refunded.cause], because=verbatim("refunded"))
        await session.execute(delete(SignIn).where(SignIn.person_id == signed_out.person))
        theirs = StreamSession.person_id == ended.person
        await session.execute(update(StreamSession).where(theirs).values(ended_at=session.now))
        session.add(HiddenTrack(track_id=hidden_track, hidden_at=session.now))

    await until(lambda: site.open_files("flac.mp4") == 1)
    taken = [await taken_of(one) for one in streams]
    assert taken[3] == LARGE
    assert max(one for number, one in enumerate(taken) if number != 3) < LARGE // 4
    for one in everyone:
        answer = await site.client.get(one.link, headers={"Range": "bytes=0-99"})
        assert answer.status_code == (206 if one is stays else 403), one


async def test_a_link_that_the_server_knows_ends_too(site: Site) -> None:
    owner = await factories.person(site.database)
    release, track = await large_track(site, await factories.artist(site.database, run_by=owner))
    buyer = await listener(site, release, track)

    async def asked() -> httpx.Response:
        return await site.client.get(buyer.link, headers={"Range": "bytes=0-99"})

    answers = [await asked() for _ in range(3)]
    assert [(one.status_code, one.content) for one in answers] == [(206, CHUNK[:100])] * 3
    assert "x-request-id" not in answers[-1].headers, "the application answered"
    async with site.database.write("test") as session:
        await grants.revoke(session, CauseKind.DOWNLOAD_CODE, [buyer.cause], because=verbatim("refunded"))

    async def is_over() -> bool:
        return (await asked()).status_code == 403

    await until(is_over, "the end of the link")
    assert (await asked()).json()["type"] == "urn:veza:problem:stream-ended"


async def test_a_track_played_as_one_file_ends_in_its_middle_too(site: Site) -> None:
    owner = await factories.person(site.database)
    release, track = await large_track(site, await factories.artist(site.database, run_by=owner))
    buyer = await listener(site, release, track)
    stream = await begin_to_read(site, f"/stream/{track}/audio.m4a", buyer.cookie)
    async with site.database.write("test") as session:
        await grants.revoke(session, CauseKind.DOWNLOAD_CODE, [buyer.cause], because=verbatim("refunded"))
    await until(lambda: site.open_files("aac256.m4a") == 0)
    assert await taken_of(stream) < LARGE // 4
