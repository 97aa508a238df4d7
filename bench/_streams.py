"""A whole Veza that serves streams: its database and files made here, and the links of listeners to them."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from _stand import Running, running
from sqlalchemy import select

from veza.accounts import sessions as sign_ins
from veza.accounts.people import Person
from veza.accounts.sessions import SignIn
from veza.audio.manifest import Rendition, Rung, Segment
from veza.audio.rendering import Rendered
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import AudioVersion
from veza.kit.clock import SystemClock
from veza.kit.database import Database, Session
from veza.kit.objects import Objects
from veza.ops.migrations import migrate
from veza.settings import Settings
from veza.streaming.stream_links import StreamLink, StreamLinks
from veza.streaming.stream_sessions import StreamSession

TOKEN = "of the benchmark, and of no other place"
RATE, SECONDS = 44_100, 240
LASTS = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Song:
    """A track with sound: where its files are in the folder of objects, and their contents, by rung."""

    track_id: UUID
    version_id: UUID
    files: Mapping[Rung, bytes]

    def key(self, rung: Rung) -> str:
        return f"audio/{self.version_id}/1/{rung}.mp4"


class Site:
    """What is in the database: songs, and sessions of listeners."""

    def __init__(self, var: Path, songs: Sequence[Song], sessions: Mapping[tuple[int, int], StreamLink]) -> None:
        self.objects, self.songs, self._sessions = var / "objects", songs, sessions
        self._links = StreamLinks(TOKEN)

    def target(self, listener: int, song: int, rung: Rung) -> str:
        """The listener's signed link to a file."""
        found = self._sessions[listener, song]
        link = self._links.write(StreamLink(found.session_id, found.version_id, rung, found.expires_at))
        return f"/stream/{self.songs[song].track_id}/{rung}/audio.mp4?link={link}"


@asynccontextmanager
async def serving(
    sizes: Mapping[Rung, int], songs: int, sessions: Iterable[tuple[int, int]], *, core: int
) -> AsyncIterator[tuple[Site, Running, int]]:
    """`veza serve` on one core: songs of these sizes, and sessions of (listener, song); its port is last."""
    with tempfile.TemporaryDirectory(prefix="veza-bench-") as made:
        var = Path(made)
        url = f"sqlite+aiosqlite:///{var / 'veza.db'}"
        await asyncio.to_thread(migrate, Settings(database_url=url, var_dir=var))
        site = await _filled(var, url, sizes, songs, sessions)
        settings = {
            "VAR_DIR": made, "DATABASE_URL": url, "OPERATOR_TOKEN": TOKEN, "AUDIO_WORKER_ENABLED": "false",
            "CONNECTIONS_PER_ADDRESS": "8000",
        }  # fmt: skip
        async with running(["-m", "veza", "serve", "--port", "0"], settings, "Veza is ready on") as process:
            _pin(process.pid, core)
            yield site, process, int(process.line.rpartition(":")[2])


def _pin(pid: int, core: int) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


async def _filled(
    var: Path, url: str, sizes: Mapping[Rung, int], songs: int, sessions: Iterable[tuple[int, int]]
) -> Site:
    objects = Objects.in_folder(var / "objects")
    database = Database.open(url, clock=SystemClock())
    try:
        async with database.write("benchmark") as session:
            person_id, release_id, artist_id = await _owner(session)
            made = [await _song(session, release_id, artist_id, number, sizes) for number in range(songs)]
            sign_in_id = await _signed_in(session, person_id)
            links = {one: _session(session, person_id, sign_in_id, made[one[1]]) for one in sessions}
    finally:
        await database.close()
    for song in made:
        for rung, data in song.files.items():
            await objects.put(song.key(rung), data)
    return Site(var, made, links)


async def _owner(session: Session) -> tuple[UUID, UUID, UUID]:
    """A person who acts for the artist, and so hears everything; the release and the artist."""
    person_id, release_id, artist_id = session.new_id(), session.new_id(), session.new_id()
    now = session.now
    person = Person(id=person_id, name="Mara", email="mara@example.org", email_confirmed_at=now, created_at=now)
    artist = Artist(id=artist_id, slug="anna", name="Anna", country="DE", currency="EUR", created_at=now)
    session.add_all([person, artist])
    await session.flush()
    session.add(ArtistMember(artist_id=artist_id, person_id=person_id, role="owner", since=now))
    release = Release(
        id=release_id, artist_id=artist_id, slug="dawn", title="Dawn", kind="album", status="published", tags=[],
        published_at=now, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(release)
    await session.flush()
    return person_id, release_id, artist_id


async def _song(
    session: Session, release_id: UUID, artist_id: UUID, number: int, sizes: Mapping[Rung, int]
) -> Song:  # fmt: skip
    song = Song(session.new_id(), session.new_id(), {rung: os.urandom(size) for rung, size in sizes.items()})
    rendered = Rendered(
        RATE, SECONDS * RATE, 2, 16, "flac", "flac", True, 0, 0, 0, [_rendition(*one) for one in sizes.items()],
        None, None, None,
    )  # fmt: skip
    said = msgspec.to_builtins(rendered)
    track = Track(
        id=song.track_id, release_id=release_id, artist_id=artist_id, position=number + 1, title=f"Song {number}",
        credits=[], tags=[], duration_ms=SECONDS * 1000, created_at=session.now, audio_state="ready",
        audio_id=song.version_id, audio_samples=SECONDS * RATE, audio_rate=RATE,
    )  # fmt: skip
    version = AudioVersion(
        id=song.version_id, track_id=song.track_id, artist_id=artist_id, status="ready", attempt=1, tries=1,
        sent_by="benchmark", file_name="take.flac", file_hash="0", original_key="none", original_bytes=0,
        encoder_version=1, prefix=f"audio/{song.version_id}/1", rendered=said, preview=said["renditions"][0],
        created_at=session.now, ready_at=session.now,
    )  # fmt: skip
    session.add_all([track, version])
    await session.flush()
    return song


def _rendition(rung: Rung, size: int) -> Rendition:
    part: Any = Segment(0, size, SECONDS * RATE, 0)
    return Rendition(rung, "mp4a.40.2", RATE, SECONDS * RATE, 0, 0, 0, size, None, 256_000, 256_000, [part])


async def _signed_in(session: Session, person_id: UUID) -> UUID:
    await sign_ins.begin(session, person_id, LASTS)
    return (await session.scalars(select(SignIn.id))).one()


def _session(session: Session, person_id: UUID, sign_in_id: UUID, song: Song) -> StreamLink:
    """A session of a listener with a song, and what its links say; the rung is filled in later."""
    expires_at = session.now + LASTS
    row = StreamSession(
        id=session.new_id(), track_id=song.track_id, version_id=song.version_id, person_id=person_id,
        sign_in_id=sign_in_id, is_staff=False, started_at=session.now, expires_at=expires_at, ended_at=None,
    )  # fmt: skip
    session.add(row)
    return StreamLink(row.id, song.version_id, Rung.AAC_256, expires_at)
