"""The demo as it is after a quarter of an hour: its sales, and a sound for each track, all of one piece of music."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from _music import write_music
from sqlalchemy import select

from veza.audio.manifest import Rung
from veza.audio.previews import default_start, render_preview
from veza.audio.rendering import render
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import machine
from veza.ingest.originals import Original, original_key, play, take_original
from veza.kit.database import Database
from veza.kit.messages import verbatim

SECONDS = 240
_WHY = verbatim("the benchmark's")


@asynccontextmanager
async def made_demo() -> AsyncIterator[Mapping[str, str]]:
    """The settings of a `veza serve` whose demo is complete, and whose music is made."""
    with tempfile.TemporaryDirectory(prefix="veza-bench-") as name:
        var = Path(name) / "var"
        settings = {"VAR_DIR": str(var), "DEMO_DATA": "true", "PORT": str(_free_port())}
        await sold(settings, name)
        database = Database.open(f"sqlite+aiosqlite:///{var / 'veza.db'}")
        try:
            await _sounding(database, var / "objects", Path(name) / "made")
        finally:
            await database.close()
        yield settings


async def sold(settings: Mapping[str, str], folder: str) -> None:
    """The demo's label and its month of sales, without its music; raises SystemExit."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "veza", "demo", "--json", cwd=folder, stdout=asyncio.subprocess.DEVNULL,
        env={**kept, **settings, "DEMO_MUSIC": "false", "LOG_LEVEL": "error"},
    )  # fmt: skip
    if await process.wait():
        raise SystemExit(f"the demo was not made: veza demo ended with {process.returncode}")


async def _sounding(database: Database, objects: Path, made: Path) -> None:
    """Every track has a version of the same music, with files of its own name."""
    original, files, whole, preview = await asyncio.to_thread(_rendered, made)
    async with database.read() as session:
        tracks = list(await session.scalars(select(Track.id)))
    for track_id in tracks:
        async with database.write("bench") as session:
            sent = Original(original_key(session.new_id()), 1, "0" * 64, "piece.wav", "demo")
            version = await take_original(session, await session.get_one(Track, track_id), sent)
            _link(original, objects / version.original_key)
            for file in files:
                _link(file, objects / f"audio/{version.id}/1/{file.name}")
            await machine.move(session, version, "processing", because=_WHY, attempt=1, tries=1)
            await play(
                session, version, _WHY, _WHY, prefix=f"audio/{version.id}/1", rendered=whole, preview=preview,
                ready_at=session.now, due_at=None,
            )  # fmt: skip


def _rendered(made: Path) -> tuple[Path, list[Path], object, object]:
    """The original and what is made of it; what was rendered, and of the preview."""
    made.mkdir()
    original = write_music(made.with_suffix(".wav"), SECONDS)
    with original.open("rb") as file:
        whole = render(file, made, list(Rung), longest_seconds=2 * SECONDS, measures=True)
        file.seek(0)
        start = default_start(whole.samples, whole.rate)
        preview = render_preview(file, made, start, whole.samples, longest_seconds=2 * SECONDS)
    return original, list(made.iterdir()), msgspec.to_builtins(whole), msgspec.to_builtins(preview)


def _link(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    os.link(file, to)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
