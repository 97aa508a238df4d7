"""Tracks that can be heard: rendered once in each process of tests, stored and noted as the audio worker does it."""

from __future__ import annotations

import io
import tempfile
import zlib
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from tests.audio.sounds import FORMATS, tone, write
from veza.audio.manifest import Rung
from veza.audio.previews import default_start, render_preview
from veza.audio.rendering import render
from veza.catalog.tracks import find_track
from veza.ingest.audio_versions import find_version, machine
from veza.ingest.originals import Original, original_key, play, take_original
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.kit.objects import Objects
from veza.streaming import downloads
from veza.streaming.downloads import Download

RATE = 44_100
_LONGEST_SECONDS = 600.0


@cache
def rendered(
    seconds: float, how: str = "FLAC 16 bit", hertz: float = 441.3
) -> tuple[bytes, dict[str, bytes], Any, Any]:
    """A tone of `seconds`: the original, the files of its version by name, and what was rendered, with its preview."""
    with tempfile.TemporaryDirectory() as folder:
        original = write(
            Path(folder) / f"take.{FORMATS[how].suffix}", FORMATS[how], tone(round(seconds * RATE), RATE, hertz=hertz),
            RATE,
        ).read_bytes()  # fmt: skip
        made = Path(folder) / "made"
        made.mkdir()
        whole = render(io.BytesIO(original), made, list(Rung), longest_seconds=_LONGEST_SECONDS, measures=True)
        start = default_start(whole.samples, whole.rate)
        preview = render_preview(io.BytesIO(original), made, start, whole.samples, longest_seconds=_LONGEST_SECONDS)
        files = {one.name: one.read_bytes() for one in made.iterdir()}
    return original, files, msgspec.to_builtins(whole), msgspec.to_builtins(preview)


async def give_sound(
    database: Database, objects: Objects, track_id: UUID, seconds: float = 1.0, *, how: str = "FLAC 16 bit",
    hertz: float = 441.3,
) -> UUID:  # fmt: skip
    """A new version of a track's audio, ready; returns its id."""
    original, files, whole, preview = rendered(seconds, how, hertz)
    key = original_key(database.ids.new())
    await objects.put(key, original)
    async with database.write("test") as session:
        track = await find_track(session, track_id)
        sent = Original(key, len(original), "0" * 64, f"take.{FORMATS[how].suffix}", "upload")
        version_id = (await take_original(session, track, sent)).id
    prefix = f"audio/{version_id}/1"
    for name, data in files.items():
        await objects.put(f"{prefix}/{name}", data)
    async with database.write("test") as session:
        version = await find_version(session, version_id)
        await machine.move(
            session, version, "processing", because=verbatim("a test"), attempt=1, tries=1, claimed_until=session.now
        )
        await play(
            session, version, verbatim("a test"), verbatim("a test"), prefix=prefix, rendered=whole, preview=preview,
            ready_at=session.now, due_at=None, claimed_until=None,
        )  # fmt: skip
    return version_id


async def keep_downloads(database: Database, objects: Objects, made: Sequence[Download], content: bytes) -> None:
    """Downloads that wait have this content, as the download worker keeps it."""
    async with database.write("test") as session:
        for row in made:
            key = f"downloads/{row.id}/1/track.{row.format}"
            await objects.put(key, content)
            await downloads.machine.move(session, row, "making", because=verbatim("a test"), attempt=1)
            await downloads.machine.move(
                session, row, "ready", because=verbatim("a test"), key=key, size_bytes=len(content),
                crc32=zlib.crc32(content), file_hash=sha256(content).hexdigest(), ready_at=session.now, due_at=None,
            )  # fmt: skip
