"""A large file, downloaded whole and by ranges from a real server: what the server's memory does.

.venv/bin/python -m tests.api.streaming.large_download --gib 1
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
from sqlalchemy import update

from tests.api.ingest.large_upload import MIB, printed
from tests.api.ingest.site import Site, a_site
from tests.sounding import give_sound
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.originals import original_key

RANGE_BYTES = 64 * MIB
AT_ONCE = 4


@dataclass(frozen=True)
class Done:
    """By how much the server's memory grew at most, from before the first byte; and what both ways took."""

    length_bytes: int
    grown_bytes: int
    whole_seconds: float
    ranges_seconds: float


async def downloaded(folder: Path, length_bytes: int) -> Done:
    """Read an original of so many bytes, which are zeros that lie on no disk, in one answer, and by ranges at once."""
    async with a_site(folder) as site:
        version = await give_sound(site.database, site.objects, UUID(site.track))
        # The first request compiles statements and imports what it needs: it is no part of a file.
        await asyncio.to_thread(_read, await _link(site))
        key = original_key(site.database.ids.new())
        await site.objects.put(key, b"")
        path = site.objects.local_path(key)
        assert path is not None
        with path.open("wb") as file:
            file.truncate(length_bytes)
        async with site.database.write("test") as session:
            large = update(AudioVersion).where(AudioVersion.id == version)
            await session.execute(large.values(original_key=key, original_bytes=length_bytes))
        link, before, began = await _link(site), site.memory_bytes(), time.monotonic()
        assert await asyncio.to_thread(_read, link) == length_bytes
        whole, turns = time.monotonic(), asyncio.Semaphore(AT_ONCE)

        async def part(start: int) -> int:
            async with turns:
                return await asyncio.to_thread(_read, link, f"bytes={start}-{start + RANGE_BYTES - 1}")

        read = await asyncio.gather(*(part(start) for start in range(0, length_bytes, RANGE_BYTES)))
        assert sum(read) == length_bytes
        grown = site.memory_bytes("VmHWM") - before
        return Done(length_bytes, grown, whole - began, time.monotonic() - whole)


async def _link(site: Site) -> str:
    async with httpx.AsyncClient(base_url=site.url, headers=site.headers) as client:
        answer = await client.get(f"/api/v1/tracks/{site.track}/original")
    assert answer.status_code == 200, answer.text
    return str(httpx.URL(site.url).join(answer.json()["link"]))


def _read(link: str, part: str = "") -> int:
    """How many bytes came."""
    with httpx.stream("GET", link, headers={"Range": part} if part else {}, timeout=60) as answer:
        assert answer.status_code == (206 if part else 200)
        return sum(len(chunk) for chunk in answer.iter_raw(MIB))


if __name__ == "__main__":
    sys.exit(printed(__doc__, downloaded))
