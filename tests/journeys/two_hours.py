"""A track of two hours, imported, processed, and played by mpv to its end by the links of one playlist:

.venv/bin/python -m tests.journeys.two_hours --seconds 7200
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from tests.api.ingest.site import a_site
from tests.journeys.label import RATE, Label
from tests.journeys.programs import ran, samples_by_mpv

PRIMING_AND_PADDING = 2 * 1024
RESERVE = timedelta(minutes=15)
"""What a link lasts longer than its track."""


@dataclass(frozen=True)
class Done:
    """How long processing and playing took, what was played, and how often mpv asked for each playlist."""

    samples: int
    played: int
    playlists: Mapping[str, int]
    lasts: timedelta
    processed_seconds: float
    played_seconds: float


async def heard(folder: Path, seconds: int) -> Done:
    """A tone of so many seconds and a sample, which ffmpeg writes: in memory two hours are 5 GB."""
    samples = seconds * RATE + 1
    (folder / "music").mkdir()
    await ran(
        "ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"sine=frequency=441.3:sample_rate={RATE}",
        "-af", f"atrim=end_sample={samples}", "-ac", "2", "-c:a", "flac", "-metadata", "title=Long Way",
        "-metadata", "album=Blue Hours", "-metadata", "track=1", str(folder / "music" / "1.flac"),
    )  # fmt: skip
    began = time.monotonic()
    async with a_site(folder, log_level="info") as site:
        label = Label(site, longest_wait_seconds=60.0 + seconds / 2)
        (track,) = (await label.published(folder / "music")).values()
        buyer = await label.buyer(track)
        processed, before = time.monotonic(), datetime.now().astimezone()
        async with httpx.AsyncClient(headers=buyer.bearer) as client:
            manifest = (await client.get(label.stream(track, "manifest.json"))).json()
        lasts = datetime.fromisoformat(manifest["expires_at"]) - before
        played = await samples_by_mpv(label.stream(track, "master.m3u8"), buyer.bearer, folder, 60.0 + seconds / 2)
        asked = Counter(re.findall(r"/stream/[^\s\"'?]+\.m3u8", site.server.log.read_text()))
        return Done(samples, played, asked, lasts, processed - began, time.monotonic() - processed)


def trouble_in(done: Done) -> str:
    """What must not be; empty where all is well."""
    if not 0 <= done.played - done.samples < PRIMING_AND_PADDING:
        return f"{done.played} samples were played of {done.samples}"
    expected = timedelta(seconds=done.samples / RATE) + RESERVE
    if abs(done.lasts - expected) > timedelta(seconds=30):
        return f"a link lasts {done.lasts}, not {expected}"
    # mpv looks at the address it was given, and then has libav open it.
    again = {one: count for one, count in done.playlists.items() if count > (2 if one.endswith("/master.m3u8") else 1)}
    if again or len(done.playlists) < 2:
        return f"playlists were asked for again, or not at all: {done.playlists}"
    return ""


def main() -> int:
    """Print what was measured; 1 if anything is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=7200)
    with tempfile.TemporaryDirectory() as folder:
        done = asyncio.run(heard(Path(folder), parser.parse_args().seconds))
    print(f"{done} {trouble_in(done)}")
    return 1 if trouble_in(done) else 0


if __name__ == "__main__":
    sys.exit(main())
