"""Hostile recordings and ZIPs on their way to drafts: `python -m tests.ingest.tag_mutants --seed 7 --count 2000`.

Of each mutant of a tagged recording with a cover the real process of reading_apart.py reads tags and picture, with its
limits; each mutant of a ZIP is opened, and all that it lists is read. Prints one line of JSON: what became of them.
Exits with 1 if any took more than its limits, hung, said nothing, or raised what is no sentence.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from tests.audio.mutants import MOST_RESIDENT_KILOBYTES, forked, mutant, said_in, waited
from tests.ingest.pictures import picture
from tests.ingest.recordings import FORMS, TAGS, recording
from veza.audio.apart import Limits
from veza.ingest import reading_process
from veza.ingest.opening import open_source
from veza.ingest.reading_jobs import ReadingAnswer, ReadingJob
from veza.ingest.sources import BadSource, Bounds, SourceFile, UnreadableFile

LIMITS = Limits(memory_bytes=1 << 30, cpu_seconds=5, wall_seconds=20.0, output_bytes=1 << 20)
MOST_UNPACKED = 4 << 20
BOUNDS = Bounds(files=100, file_bytes=MOST_UNPACKED, total_bytes=MOST_UNPACKED)
MOST_SECONDS, MOST_HELD_BYTES = 5.0, 32 << 20
"""For one ZIP: processor time, and what Python holds at most."""


def files_of(folder: Path) -> list[tuple[str, bytes]]:
    """A recording of each form, by its suffix."""
    made = {suffix: recording(folder / f"take{suffix}", cover=picture(), **TAGS) for suffix in FORMS}
    return [(suffix, path.read_bytes()) for suffix, path in made.items()]


def zip_of(folder: Path, files: list[tuple[str, bytes]], method: int) -> bytes:
    path = folder / "upload.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for number, (suffix, content) in enumerate(files[:4], 1):
            archive.writestr(f"Blue Hours/{number}{suffix}", content)
        archive.writestr("Blue Hours/cover.png", picture())
        archive.writestr("Blue Hours/more.flac", bytes(MOST_UNPACKED // 4))
    return path.read_bytes()


def fate_of_recording(content: bytes, suffix: str, folder: Path) -> tuple[str, str]:
    """What became of one, and what must not be."""
    path = folder / f"mutant{suffix}"
    path.write_bytes(content)
    job = ReadingJob(str(path), SourceFile(path.name, len(content)), LIMITS)
    pid, said = forked(reading_process.main, msgspec.json.encode(job))
    status, used, hung = waited(pid, LIMITS.wall_seconds)
    answer = said_in(said)
    cpu = used.ru_utime + used.ru_stime
    if hung or cpu > LIMITS.cpu_seconds + 2:
        return "ended", f"it took {cpu:.1f} s" if not hung else "it hung"
    if status:
        return "ended", f"it ended with {status}"
    if used.ru_maxrss > MOST_RESIDENT_KILOBYTES:
        return "ended", f"it took {used.ru_maxrss:,} kB of memory"
    found = msgspec.json.decode(b"".join(answer), type=ReadingAnswer)
    return ("refused", "") if found.refused else ("read", "" if found.read else "it said nothing")


def fate_of_zip(content: bytes, folder: Path) -> tuple[str, str]:
    """The same of a ZIP."""
    path, began, read_bytes, outcome = folder / "mutant.zip", time.process_time(), 0, "read"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        source = open_source(path, BOUNDS)
        try:
            for file in source.listed.files:
                try:
                    with source.open(file) as opened:
                        while chunk := opened.read(1 << 16):
                            read_bytes += len(chunk)
                except UnreadableFile as error:
                    outcome = "left out" if str(error) else "ended"
        finally:
            source.close()
    except BadSource as error:
        outcome = "refused" if str(error) else "ended"
    except Exception as error:
        return "ended", f"{type(error).__name__}: {error}"
    finally:
        _, held = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    took = time.process_time() - began
    if took > MOST_SECONDS or held > MOST_HELD_BYTES or read_bytes > MOST_UNPACKED:
        return "ended", f"it took {took:.1f} s, {held:,} bytes of memory, and gave {read_bytes:,}"
    return outcome, "" if outcome != "ended" else "it gave no reason"


def run(seed: int, count: int) -> dict[str, Any]:
    """Fates of `count` mutants of each kind, summed up; `troubles` names what must not be."""
    recordings, zips, troubles = Counter[str](), Counter[str](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = files_of(folder)
        others = [content for _, content in files]
        packed = [zip_of(folder, files, method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]
        for number in range(count):
            chance = random.Random(f"{seed} {number}")
            suffix, whole = chance.choice(files)
            done, content = mutant(chance, [whole], others)
            fate, trouble = fate_of_recording(content, suffix, folder)
            recordings[fate] += 1
            zip_done, zip_content = mutant(chance, packed, others)
            zip_fate, zip_trouble = fate_of_zip(zip_content, folder)
            zips[zip_fate] += 1
            if trouble:
                troubles.append(f"seed {seed}, recording {number} ({suffix}, {done}): {trouble}")
            if zip_trouble:
                troubles.append(f"seed {seed}, ZIP {number} ({zip_done}): {zip_trouble}")
    return {"seed": seed, "recordings": recordings, "zips": zips, "troubles": troubles}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=2_000)
    asked = parser.parse_args()
    found = run(asked.seed, asked.count)
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(1 if found["troubles"] else 0)
