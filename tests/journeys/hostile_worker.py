"""Hostile files through the whole pipeline, by the thousand: rows, objects, worker and processes.

.venv/bin/python -m tests.journeys.hostile_worker --seed 7 --count 5000

Each mutant is a track's original, which the audio worker of a real `veza serve` takes as it takes all others. Prints
one line of JSON: what became of them, how many a second, the most that the server's memory grew. Exits with 1 if one
came to no end in its first try, failed without a reason, left a file behind or was ended by a fault of a decoder, and
if the server grew by more than MOST_GROWN_BYTES or did not answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests import factories
from tests.api.ingest.site import a_site
from tests.audio.mutants import mutant, originals
from tests.journeys.label import Label
from veza.catalog.tracks import find_track
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.originals import Original, original_key, take_original
from veza.ingest.removing import remove_audio_of

ENDED = "reading.ended_without_a_word"
AT_ONCE = 100
"""Mutants sent together: so many files lie in the store at a time."""
MOST_GROWN_BYTES = 64 << 20
SETTINGS = {"UPLOAD_MAX_DURATION": "1m", "AUDIO_JOBS": "2", "LOG_FORMAT": "json"}
"""The longest track says how much of a processor one may take: 75 s."""
_OF_LIMITS = ("SIGXCPU", "SIGKILL")


@dataclass
class Fates:
    """What became of the mutants; `troubles` names what must not be, with the seed that makes it again."""

    seed: int
    mutants: int
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    grown_bytes: int = 0
    troubles: list[str] = field(default_factory=list)

    @property
    def a_second(self) -> float:
        return round(self.mutants / self.seconds, 2) if self.seconds else 0.0


async def run(folder: Path, seed: int, count: int) -> Fates:
    """The fates of `count` mutants, in a server of their own under `folder`."""
    fates = Fates(seed, count)
    (folder / "made").mkdir()
    files = await asyncio.to_thread(originals, folder / "made")
    async with a_site(folder, **SETTINGS) as site:
        label, before = Label(site, longest_wait_seconds=60.0 * AT_ONCE), site.memory_bytes()
        began = time.monotonic()
        for first in range(0, count, AT_ONCE):
            sent = {}
            numbers = range(first, min(first + AT_ONCE, count))
            tracks = await factories.tracks(site.database, *(f"Take {number}" for number in numbers))
            for number, track in zip(numbers, tracks, strict=True):
                done, content = mutant(random.Random(f"{seed} {number}"), files)
                await _send(label, track, content)
                sent[track] = f"seed {seed}, mutant {number} ({done})"
            await _judge(fates, label, sent)
            await remove_audio_of(site.database, site.objects, sent)
        fates.seconds = time.monotonic() - began
        fates.grown_bytes = site.memory_bytes("VmHWM") - before
        if fates.grown_bytes > MOST_GROWN_BYTES:
            fates.troubles.append(f"the server grew by {fates.grown_bytes:,} bytes")
        async with httpx.AsyncClient(base_url=site.url) as client:
            ready = await client.get("/health/ready")
        if ready.status_code != 200:
            fates.troubles.append(f"the server says {ready.status_code}")
        log = await asyncio.to_thread(site.server.log.read_text, encoding="utf-8", errors="replace")
        ended = [json.loads(line) for line in log.splitlines() if ENDED in line]
        fates.troubles += [f"a process was ended: {one}" for one in ended if fault_in(one)]
    return fates


def fault_in(ended: Mapping[str, Any]) -> bool:
    """Whether such a line of the log tells of a fault, not of a limit that was met."""
    return ended["signal"] not in _OF_LIMITS


async def _send(label: Label, track: UUID, content: bytes) -> None:
    """As an upload does, with a name that says nothing."""
    key = original_key(label.site.database.ids.new())
    await label.site.objects.put(key, content)
    async with label.site.database.write("test") as session:
        original = Original(key, len(content), "0" * 64, "take", "upload")
        await take_original(session, await find_track(session, track), original)


async def _judge(fates: Fates, label: Label, sent: Mapping[UUID, str]) -> None:
    """Wait until all of these have come to an end, and note how."""
    versions = await label.processed(sent)
    for one in versions:
        fates.outcomes[one.status] += 1
        if one.reason is not None:
            fates.reasons[one.reason.template] += 1
        if trouble := _trouble_in(one):
            fates.troubles.append(f"{sent[one.track_id]}: {trouble}")
    site = label.site
    stored = {one.key.split("/")[1] async for one in site.objects.listing("audio")}
    if stored != {str(one.id) for one in versions if one.status == "ready"}:
        fates.troubles.append(f"files are kept of {len(stored)} versions")
    work = site.folder / "var" / "processing"
    if left := await asyncio.to_thread(lambda: [one.name for one in work.iterdir()]):
        fates.troubles.append(f"left behind in the work folder: {left}")


def _trouble_in(version: AudioVersion) -> str:
    if version.status not in ("ready", "failed"):
        return f"it is {version.status}"
    if (version.status == "failed") != (version.reason is not None):
        return f"it is {version.status}, because of {version.reason}"
    return "" if version.tries == 1 else f"{version.tries} tries: the server was to blame"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=5_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = asyncio.run(run(Path(name), asked.seed, asked.count))
    print(json.dumps({**vars(found), "a_second": found.a_second}))
    sys.exit(1 if found.troubles else 0)
